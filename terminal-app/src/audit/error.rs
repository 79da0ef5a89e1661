//! Why nothing could be recorded, or nothing be said of the records.

use std::path::{Path, PathBuf};

use crate::failure::{ErrorCode, Failure};

/// What kept a log from being written or read. None of these says that a log was tampered with: that is a finding.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file or folder cannot be read or written.
    #[error("audit log: {path}: {source}")]
    Disk {
        /// Which.
        path: PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// Another program holds the log.
    #[error("audit log: another program has kept {path} locked for {waited_s} s")]
    Locked {
        /// The lock.
        path: PathBuf,
        /// How long it was waited for.
        waited_s: u64,
    },
    /// What stands on disk does not fit the signed head, so nothing is appended.
    #[error("audit log: {folder} does not fit its signed head: {problem}")]
    Unfit {
        /// The log's folder.
        folder: PathBuf,
        /// What does not fit.
        problem: String,
    },
    /// The terminal's key cannot be made, read or used.
    #[error("audit log: {0}")]
    Key(String),
    /// A record is too long to be one.
    #[error("audit log: a record of the kind {kind} is longer than {} bytes", super::MAX_LINE_BYTES)]
    TooLong {
        /// Its kind.
        kind: &'static str,
    },
}

impl AuditError {
    pub(super) fn disk(path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Disk { path, source }
    }
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        let code = match error {
            AuditError::Unfit { .. } => ErrorCode::AuditUnfit,
            _ => ErrorCode::AuditUnusable,
        };
        Self::new(code, error.to_string())
    }
}

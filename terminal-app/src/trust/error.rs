//! Why the store could not be opened or written.

use std::path::{Path, PathBuf};

/// What to do about a damaged store.
const REMEDY: &str = "put the folder back from a copy, or remove it and add certificates and lists again";

/// Why the store could not be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file or folder cannot be read.
    #[error("{path} cannot be read: {problem}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// A file or folder cannot be written. The store is whole: as it was before, or as it should be now.
    #[error("{path} cannot be written: {source}; nothing of the store is lost")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the store is not what it was when it was written.
    #[error("{path} is damaged: {problem}; {REMEDY}")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// How.
        problem: String,
    },
    /// The store was written by a newer program.
    #[error(
        "{path} has the form {schema:?}, which this program does not know; use the program that wrote it, or a newer one"
    )]
    Newer {
        /// The index.
        path: PathBuf,
        /// What it calls itself.
        schema: String,
    },
    /// Another program has been changing the store for longer than anybody should wait.
    #[error(
        "{path} is locked: another program has been changing the store for {waited_s} s; wait for it or end it"
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long it was waited for.
        waited_s: u64,
    },
}

impl TrustError {
    pub(super) fn read(path: &Path, problem: impl std::fmt::Display) -> Self {
        Self::Read { path: path.to_owned(), problem: problem.to_string() }
    }

    pub(super) fn damaged(path: &Path, problem: String) -> Self {
        Self::Damaged { path: path.to_owned(), problem }
    }

    pub(super) fn write(path: &Path, source: std::io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }
}

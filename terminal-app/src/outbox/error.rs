//! Why the outbox could not do what it was asked for: what, where, and what to do.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode as Sqlite;

use crate::failure::{ErrorCode, Failure};

/// The outbox could not do it. Nothing of what it was asked for was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The disk, or this program's share of it, is full.
    #[error("{}: the disk is full", .0.display())]
    NoSpace(PathBuf),
    /// The disk, the folder or the file takes no writing, or cannot be opened.
    #[error("{}: it cannot be opened for writing ({why})", path.display())]
    NotWritable {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The disk failed while reading or writing.
    #[error("{}: the disk does not read or write ({why})", path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Another program held it for too long.
    #[error("{}: another program holds it", .0.display())]
    Busy(PathBuf),
    /// The file is damaged. The next opening sets it aside.
    #[error("{}: the file is damaged", .0.display())]
    Damaged(PathBuf),
    /// The file was written by a newer version of this program.
    #[error("{}: it was written by a newer version ({version})", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        version: i64,
    },
    /// The file is a database of another program.
    #[error("{}: it is no outbox", .0.display())]
    Foreign(PathBuf),
    /// The key is missing or unusable; the text says which and how to provide it.
    #[error("{0}")]
    NoKey(String),
    /// The outbox was made with another key.
    #[error("{}: it was made with another key", .0.display())]
    WrongKey(PathBuf),
    /// It holds as many deliveries as it may.
    #[error("the outbox holds {entries} deliveries of {limit} that it may hold")]
    Full {
        /// Held now.
        entries: u64,
        /// The bound.
        limit: u64,
    },
    /// It holds as many bytes as it may.
    #[error("the outbox holds {bytes} bytes of {limit} that it may hold")]
    FullBytes {
        /// Held now, with what was to be added.
        bytes: u64,
        /// The bound.
        limit: u64,
    },
    /// One delivery is larger than any that is made here.
    #[error("a delivery of {bytes} bytes is larger than any that is made here")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// There is no such delivery in the state that is needed.
    #[error("{0}")]
    NoSuch(String),
    /// The operating system gives no random numbers.
    #[error("the operating system gives no random numbers")]
    NoRandomness,
    /// Something that this program did wrongly.
    #[error("{}: {why}", path.display())]
    Internal {
        /// Which file.
        path: PathBuf,
        /// What.
        why: String,
    },
}

impl OutboxError {
    /// What an error of SQLite means here.
    pub(super) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        let why = error.to_string();
        match error.sqlite_error_code() {
            Some(Sqlite::DiskFull) => Self::NoSpace(path),
            Some(Sqlite::ReadOnly | Sqlite::CannotOpen | Sqlite::PermissionDenied) => {
                Self::NotWritable { path, why }
            }
            Some(Sqlite::SystemIoFailure | Sqlite::FileLockingProtocolFailed) => Self::Disk { path, why },
            Some(Sqlite::DatabaseBusy | Sqlite::DatabaseLocked) => Self::Busy(path),
            Some(Sqlite::DatabaseCorrupt | Sqlite::NotADatabase) => Self::Damaged(path),
            _ => Self::Internal { path, why },
        }
    }

    /// What an error of the file system means here.
    pub(super) fn of_io(path: &Path, error: &io::Error) -> Self {
        let (path, why) = (path.to_owned(), error.to_string());
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::NoSpace(path)
            }
            ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotADirectory => Self::NotWritable { path, why },
            _ => Self::Disk { path, why },
        }
    }

    /// What to do about it, for staff.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::NoSpace(_) => {
                "Free space on this disk, or raise the limit of files that the program runs under."
            }
            Self::NotWritable { .. } => {
                "Give the program leave to write there, mount the disk for writing, or name another folder with --outbox."
            }
            Self::Disk { .. } => "Check the disk and its free space; replace it where this stays.",
            Self::Busy(_) => "Wait and try again; look for another program that holds the file.",
            Self::Damaged(_) => {
                "Start the program again: it sets the file aside and begins a new one. Check the disk."
            }
            Self::Newer { .. } => "Use that version of the program, or name another folder with --outbox.",
            Self::Foreign(_) => "Name another folder with --outbox, or move that file away.",
            Self::NoKey(_) => "Provide the key; [outbox] key in the site file says where it comes from.",
            Self::WrongKey(_) => {
                "Provide the key that it was made with. Where that is lost, so is what waits: move the file away."
            }
            Self::Full { .. } | Self::FullBytes { .. } => {
                "See with `idterm outbox list` which recipient takes nothing; mend that, or drop what nobody needs."
            }
            Self::TooLarge { .. } => "Let this delivery see less in the site file.",
            Self::NoSuch(_) => "`idterm outbox list` shows what there is.",
            Self::NoRandomness => "Restart the machine; if it returns, replace it.",
            Self::Internal { .. } => "Report this with the output of `idterm doctor`.",
        }
    }
}

impl From<OutboxError> for Failure {
    fn from(error: OutboxError) -> Self {
        let code = match error {
            OutboxError::Full { .. } | OutboxError::FullBytes { .. } => ErrorCode::OutboxFull,
            OutboxError::NoSuch(_) => ErrorCode::UnknownDelivery,
            OutboxError::NoRandomness => ErrorCode::NoRandomness,
            _ => ErrorCode::OutboxUnusable,
        };
        Self::new(code, error.to_string()).with_remedy(error.remedy())
    }
}

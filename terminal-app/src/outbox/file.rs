//! The outbox's file: opened, checked, brought to the present version; a damaged one is set aside, never replaced in silence.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::OutboxError;
use crate::private_file;

/// Name of the file.
pub(super) const FILE: &str = "outbox.sqlite";
/// Beginning of the names of damaged files.
const DAMAGED: &str = "outbox.damaged-";
/// Held while the file is opened, so that no two programs set it aside or bring it to the present version at once.
const LOCK: &str = "outbox.lock";
/// Marks the file as an outbox: "idtO".
const APPLICATION_ID: i64 = 0x6964_744F;
/// How long another program's transaction is waited for.
const BUSY: Duration = Duration::from_secs(3);

/// What each version adds to the one before. Never edited once released.
const VERSIONS: &[&str] = &["
    CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
    CREATE TABLE entries (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        verification TEXT NOT NULL,
        recipient TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'set_aside', 'dropped')),
        accepted_ms INTEGER NOT NULL,
        changed_ms INTEGER NOT NULL,
        next_try_ms INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        fault TEXT,
        reason INTEGER CHECK ((reason IS NOT NULL) = (state = 'set_aside')),
        note TEXT,
        payload BLOB CHECK (payload IS NULL OR state IN ('waiting', 'set_aside')),
        CHECK (state <> 'waiting' OR payload IS NOT NULL)
    ) STRICT;
    CREATE INDEX in_line ON entries (recipient, seq) WHERE state = 'waiting';
"];

/// The opened file.
pub(super) struct OutboxFile {
    pub connection: Connection,
    pub path: PathBuf,
    /// A damaged one stood in its place and has this name now.
    pub damaged: Option<PathBuf>,
}

impl OutboxFile {
    /// Opens the outbox of this folder, and makes it where there is none. As long as the file that comes with it is held, nobody
    /// else opens it: whatever belongs to the making is done by then.
    pub fn open(folder: &Path, now_ms: i64) -> Result<(Self, File), OutboxError> {
        private_file::make_folder(folder).map_err(|error| OutboxError::of_io(folder, &error))?;
        let lock = folder.join(LOCK);
        let held = File::create(&lock).and_then(|file| file.lock().map(|()| file));
        let held = held.map_err(|error| OutboxError::of_io(&lock, &error))?;
        let path = folder.join(FILE);
        let opened = match Self::open_sound(&path) {
            Err(OutboxError::Damaged(_)) => {
                let damaged = set_aside(folder, &path, now_ms)?;
                Self::open_sound(&path).map(|file| Self { damaged: Some(damaged), ..file })
            }
            opened => opened,
        };
        opened.map(|file| (file, held))
    }

    fn open_sound(path: &Path) -> Result<Self, OutboxError> {
        let of = |error: rusqlite::Error| OutboxError::of(path, &error);
        if !path.exists() {
            // SQLite would make it readable for everybody.
            private_file::create(path, b"").map_err(|error| OutboxError::of_io(path, &error))?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(of)?;
        connection.busy_timeout(BUSY).map_err(of)?;
        let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let (owner, version) = (number("application_id").map_err(of)?, number("user_version").map_err(of)?);
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(of)?;
        let is_new = owner == 0 && version == 0 && tables == 0;
        if owner != APPLICATION_ID && !is_new {
            return Err(OutboxError::Foreign(path.to_owned()));
        }
        // A journal that is cut off, not removed: the loss of its end is then on the disk when a change is reported as done.
        for (name, value) in [("journal_mode", "TRUNCATE"), ("temp_store", "MEMORY")] {
            connection.pragma_update(None, name, value).map_err(of)?;
        }
        for (name, value) in [
            ("synchronous", "FULL"),
            ("secure_delete", "ON"),
            ("trusted_schema", "OFF"),
            ("cell_size_check", "ON"),
        ] {
            connection.pragma_update(None, name, value).map_err(of)?;
        }
        let check = connection.pragma_query_value(None, "integrity_check", |row| row.get::<_, String>(0));
        if check.map_err(of)? != "ok" {
            return Err(OutboxError::Damaged(path.to_owned()));
        }
        bring_to_present(&mut connection, path, version)?;
        Ok(Self { connection, path: path.to_owned(), damaged: None })
    }
}

fn bring_to_present(connection: &mut Connection, path: &Path, version: i64) -> Result<(), OutboxError> {
    let of = |error: rusqlite::Error| OutboxError::of(path, &error);
    let present = i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX);
    if version > present {
        return Err(OutboxError::Newer { path: path.to_owned(), version });
    }
    if version == present {
        return Ok(());
    }
    let missing = VERSIONS.get(usize::try_from(version).unwrap_or_default()..).unwrap_or_default();
    let transaction = connection.transaction().map_err(of)?;
    for step in missing {
        transaction.execute_batch(step).map_err(of)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(of)?;
    transaction.pragma_update(None, "user_version", present).map_err(of)?;
    transaction.commit().map_err(of)
}

/// Gives a damaged file, and the journal that may mend it, names of their own.
fn set_aside(folder: &Path, path: &Path, now_ms: i64) -> Result<PathBuf, OutboxError> {
    let free = (0..).map(|more| folder.join(format!("{DAMAGED}{}.sqlite", now_ms.saturating_add(more))));
    let damaged = free.into_iter().find(|name| !name.exists()).unwrap_or_else(|| folder.join(DAMAGED));
    let journal = |file: &Path| {
        let mut name = file.as_os_str().to_owned();
        name.push("-journal");
        PathBuf::from(name)
    };
    // The journal first: what follows must never find it beside a new file.
    let moved = match fs::rename(journal(path), journal(&damaged)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => fs::rename(path, &damaged),
    };
    moved.and_then(|()| private_file::sync_name(path)).map_err(|error| OutboxError::of_io(path, &error))?;
    tracing::error!(file = %damaged.display(), "the outbox was damaged; its file has this name now");
    Ok(damaged)
}

/// Damaged files that lie in the folder, oldest first, until somebody takes them away.
pub(super) fn damaged_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_one = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with(DAMAGED) && name.ends_with(".sqlite")
    };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_one).collect();
    found.sort();
    found
}

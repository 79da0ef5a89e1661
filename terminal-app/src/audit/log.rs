//! Appending: one record, then the signed head; and what an interruption left is found and recorded before the next.
//!
//! The order is what makes a loss of power harmless: the record's bytes are on disk before the head that counts them. So beyond
//! the head stands at most one record and what is left of another, besides records of earlier recoveries that were cut off as
//! well. Anything else was not done by this program, and nothing is appended to it.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use reader_core::pki::Fingerprint;
use serde::Serialize;
use serde_json::{Value, json};

use super::chain::{Chain, MAX_TORN_BYTES, RECOVERY};
use super::error::AuditError;
use super::record::{self, MAX_LINE_BYTES, Record, RecordHash};
use super::signed::{self, HEAD_SCHEMA, Head};
use crate::private_file;
use crate::signing_key::{self, SigningKey};

pub(super) const HEAD: &str = "head.json";
const KEY: &str = "key.pem";
const LOCK: &str = "lock";
/// Longest wait for another program's record.
const PATIENCE: Duration = Duration::from_secs(10);
/// Size beyond which a file is not continued.
const FILE_BYTES: u64 = 8 << 20;
/// Records between checkpoints; each new file begins with one as well.
const CHECKPOINT_EVERY: u64 = 256;
const MAX_HEAD_BYTES: u64 = 8 << 10;
/// Most bytes that interruptions can leave beyond the head.
const MAX_REST_BYTES: u64 = MAX_TORN_BYTES as u64;

/// What is recorded: a kind and what it says. [`super::entry`] has the kinds.
pub trait Entry: Serialize {
    /// The word by which records of this kind are found.
    const KIND: &'static str;
}

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stamp {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: RecordHash,
}

/// A log: a folder with numbered files, the head beside them, and the terminal's key.
#[derive(Clone, Debug)]
pub struct AuditLog {
    folder: PathBuf,
    file_bytes: u64,
}

impl AuditLog {
    /// The log in `folder`, which need not exist yet.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), file_bytes: FILE_BYTES }
    }

    /// The folder that this platform has for such data.
    #[must_use]
    pub fn of_platform() -> Option<Self> {
        let folders = directories::ProjectDirs::from("", "", "idterm")?;
        Some(Self::at(&folders.data_dir().join("audit")))
    }

    /// The same with files of at most `bytes`.
    #[must_use]
    pub const fn with_files_of(mut self, bytes: u64) -> Self {
        self.file_bytes = bytes;
        self
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Appends a record. When this returns, the record and the head that counts it survive a loss of power.
    ///
    /// # Errors
    /// The disk, the lock or the key; or the log does not fit its head, and then nothing is appended.
    pub fn append<E: Entry>(&self, entry: &E, now: Timestamp) -> Result<Stamp, AuditError> {
        let _held = self.lock()?;
        let mut writer = Writer::open(self, now)?;
        writer.append(entry)
    }

    /// Removes the files all of whose records are older than `keep_days`, after recording it. Gives the number of files.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn prune(&self, keep_days: u32, now: Timestamp) -> Result<usize, AuditError> {
        let _held = self.lock()?;
        let kept_from = now.as_second().saturating_sub(i64::from(keep_days).saturating_mul(86_400));
        let files = self.files()?;
        let mut old: Vec<(PathBuf, Record)> = Vec::new();
        // The last file is the one that is written to.
        for (_, path) in files.iter().take(files.len().saturating_sub(1)) {
            let Some(last) = last_record(path)? else { break };
            let is_old = last.time.parse::<Timestamp>().is_ok_and(|time| time.as_second() < kept_from);
            if !is_old {
                break;
            }
            old.push((path.clone(), last));
        }
        let Some((_, last)) = old.last() else { return Ok(0) };
        let removed = Removed {
            files: old.iter().map(|(path, _)| name_of(path)).collect(),
            through: last.seq,
            hash: last.hash,
            keep_days,
        };
        Writer::open(self, now)?.append(&removed)?;
        for (path, _) in &old {
            fs::remove_file(path).map_err(AuditError::disk(path))?;
        }
        Ok(old.len())
    }

    /// The terminal's key; `None` where the log was never written to.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn key(&self) -> Result<Option<SigningKey>, AuditError> {
        let path = self.folder.join(KEY);
        if !path.exists() {
            return Ok(None);
        }
        let key =
            SigningKey::open(&path.to_string_lossy()).map_err(|failure| AuditError::Key(failure.text))?;
        Ok(Some(key))
    }

    /// Beside, then renamed: no half of a key is ever found.
    fn make_key(&self) -> Result<(), AuditError> {
        let (path, beside) = (self.folder.join(KEY), self.folder.join(".key.new"));
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(AuditError::disk(&beside)(error));
            }
            _ => {}
        }
        signing_key::make(&beside).map_err(|failure| AuditError::Key(failure.text))?;
        fs::rename(&beside, &path)
            .and_then(|()| private_file::sync_name(&path))
            .map_err(AuditError::disk(&path))
    }

    /// Holds off every writer until the file given back is dropped.
    pub(super) fn lock(&self) -> Result<fs::File, AuditError> {
        private_file::make_folder(&self.folder).map_err(AuditError::disk(&self.folder))?;
        let path = self.folder.join(LOCK);
        let held = private_file::lock(&path, PATIENCE).map_err(AuditError::disk(&path))?;
        held.ok_or(AuditError::Locked { path, waited_s: PATIENCE.as_secs() })
    }

    /// The bytes of the head, as they stand.
    pub(super) fn head_bytes(&self) -> Result<Option<Vec<u8>>, AuditError> {
        let path = self.folder.join(HEAD);
        private_file::read(&path, MAX_HEAD_BYTES).map_err(AuditError::disk(&path))
    }

    /// The log's files by number.
    pub(super) fn files(&self) -> Result<Vec<(u32, PathBuf)>, AuditError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(AuditError::disk(&self.folder)(error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(AuditError::disk(&self.folder))?;
            if let Some(number) = number_of(&entry.file_name().to_string_lossy()) {
                files.push((number, entry.path()));
            }
        }
        files.sort();
        Ok(files)
    }

    fn file(&self, number: u32) -> PathBuf {
        self.folder.join(format!("audit-{number:06}.jsonl"))
    }

    fn unfit(&self, problem: impl Into<String>) -> AuditError {
        AuditError::Unfit { folder: self.folder.clone(), problem: problem.into() }
    }
}

/// `audit-NNNNNN.jsonl`.
fn number_of(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("audit-")?.strip_suffix(".jsonl")?;
    let sound = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| digits.parse().ok()).flatten()
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The last record of a file that is not written to any more.
fn last_record(path: &Path) -> Result<Option<Record>, AuditError> {
    let bytes = read_from(path, u64::MAX, MAX_LINE_BYTES as u64)?;
    let line = bytes.strip_suffix(b"\n").unwrap_or_default();
    let start = line.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    Ok(record::read(line.get(start..).unwrap_or_default()).ok())
}

/// The bytes of a file from an offset, or the last `limit` of them where the offset lies beyond the end.
fn read_from(path: &Path, offset: u64, limit: u64) -> Result<Vec<u8>, AuditError> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(if offset > length { length.saturating_sub(limit) } else { offset }))?;
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(AuditError::disk(path))
}

/// The first record: whose log this is.
#[derive(Serialize)]
struct Begin {
    key: String,
    sha256: String,
    versions: Value,
}

impl Entry for Begin {
    const KIND: &'static str = "begin";
}

#[derive(Serialize)]
struct Checkpoint {
    count: u64,
    hash: RecordHash,
    signature: String,
}

impl Entry for Checkpoint {
    const KIND: &'static str = "checkpoint";
}

/// What an interruption had left. A record that no head counted yet is attested by this record and no earlier.
#[derive(Serialize)]
struct Recovery {
    uncounted: u64,
    torn: Option<Torn>,
}

#[derive(Serialize)]
struct Torn {
    bytes: u64,
    sha256: String,
}

impl Entry for Recovery {
    const KIND: &'static str = RECOVERY;
}

/// Files that were removed because their time was over.
#[derive(Serialize)]
struct Removed {
    files: Vec<String>,
    through: u64,
    hash: RecordHash,
    keep_days: u32,
}

impl Entry for Removed {
    const KIND: &'static str = "removed";
}

/// Writes while the lock is held.
struct Writer<'a> {
    log: &'a AuditLog,
    key: SigningKey,
    now: Timestamp,
    head: Head,
}

impl<'a> Writer<'a> {
    fn open(log: &'a AuditLog, now: Timestamp) -> Result<Self, AuditError> {
        let (files, head_bytes) = (log.files()?, log.head_bytes()?);
        let key = match log.key()? {
            Some(key) => key,
            None if files.is_empty() && head_bytes.is_none() => {
                log.make_key()?;
                log.key()?.ok_or_else(|| AuditError::Key("the key that was made is not there".to_owned()))?
            }
            None => return Err(log.unfit(format!("{KEY} is missing"))),
        };
        let own = signed::encoded(key.spki());
        let head = match head_bytes {
            Some(bytes) => Head::read(&bytes)
                .filter(|head| head.key == own)
                .ok_or_else(|| log.unfit(format!("{HEAD} is not signed by {KEY}")))?,
            None => Head {
                schema: HEAD_SCHEMA.to_owned(),
                count: 0,
                hash: RecordHash::NONE,
                time: String::new(),
                file: 1,
                bytes: 0,
                checkpoint: 0,
                key: own,
            },
        };
        let mut writer = Self { log, key, now, head };
        writer.recover(&files)?;
        if writer.head.count == 0 {
            let begin = Begin {
                key: writer.head.key.clone(),
                sha256: Fingerprint::of(writer.key.spki()).to_string(),
                versions: json!({ "idterm": env!("CARGO_PKG_VERSION") }),
            };
            writer.write(&begin)?;
        }
        Ok(writer)
    }

    /// Takes in what stands beyond the head, and records that it did.
    fn recover(&mut self, files: &[(u32, PathBuf)]) -> Result<(), AuditError> {
        let length = |path: &Path| fs::metadata(path).map(|data| data.len()).map_err(AuditError::disk(path));
        let counted = self.log.file(self.head.file);
        match files.iter().find(|(number, _)| *number == self.head.file) {
            Some((_, path)) if length(path)? < self.head.bytes => {
                return Err(self.log.unfit(format!("{} is shorter than it was", name_of(path))));
            }
            None if self.head.bytes > 0 => {
                return Err(self.log.unfit(format!("{} is missing", name_of(&counted))));
            }
            _ => {}
        }
        let mut last = files.last().map_or(self.head.file, |(number, _)| *number);
        let beyond_file = self.head.file.saturating_add(1);
        if last > beyond_file {
            return Err(self.log.unfit(format!("there are files beyond number {beyond_file}")));
        }
        if last == beyond_file && length(&self.log.file(last))? == 0 {
            last = self.head.file;
        }
        let (path, offset) = if last == beyond_file {
            if length(&counted)? > self.head.bytes {
                return Err(self.log.unfit(format!("{} is longer than it was", name_of(&counted))));
            }
            (self.log.file(last), 0)
        } else {
            (counted, self.head.bytes)
        };
        if !path.exists() {
            return Ok(());
        }
        let rest = read_from(&path, offset, MAX_REST_BYTES)?;
        if rest.is_empty() {
            return Ok(());
        }
        if rest.len() as u64 > MAX_REST_BYTES {
            return Err(self.log.unfit(format!("{} is longer than it was", name_of(&path))));
        }
        self.take_in(&path, last, offset, &rest)
    }

    fn take_in(&mut self, path: &Path, number: u32, offset: u64, rest: &[u8]) -> Result<(), AuditError> {
        let unfit = |problem: &str| self.log.unfit(format!("{} {problem}", name_of(path)));
        let mut chain = Chain::after(self.head.count, self.head.hash);
        let mut others = 0;
        let whole = rest.ends_with(b"\n");
        for line in rest.strip_suffix(b"\n").unwrap_or(rest).split(|byte| *byte == b'\n') {
            let taken = chain.take(line).map_err(|_| unfit("goes on with what does not follow"))?;
            others += usize::from(taken.is_some_and(|record| record.kind != RECOVERY));
        }
        if others > 1 {
            return Err(unfit("has more than one record that the head does not count"));
        }
        if !whole {
            let mut file = private_file::open_to_append(path).map_err(AuditError::disk(path))?;
            file.write_all(b"\n").map_err(AuditError::disk(path))?;
        }
        let recovery = Recovery {
            uncounted: chain.seq - self.head.count,
            torn: chain.torn_now().map(|(bytes, sha256)| Torn { bytes, sha256 }),
        };
        (self.head.count, self.head.hash) = (chain.seq, chain.hash);
        self.head.file = number;
        self.head.bytes = offset + rest.len() as u64 + u64::from(!whole);
        self.write(&recovery).map(drop)
    }

    fn append<E: Entry>(&mut self, entry: &E) -> Result<Stamp, AuditError> {
        let new_day = self.head.time.get(..10) != self.now.to_string().get(..10);
        if self.head.bytes > 0 && (new_day || self.head.bytes >= self.log.file_bytes) {
            self.head.file = self.head.file.saturating_add(1);
            self.head.bytes = 0;
        }
        if self.head.bytes == 0 || self.head.count >= self.head.checkpoint + CHECKPOINT_EVERY {
            let (count, hash, time) = (self.head.count, self.head.hash, self.time());
            let signature = signed::sign_checkpoint(&self.key, count, hash, &time)
                .map_err(|failure| AuditError::Key(failure.text))?;
            self.head.checkpoint = count + 1;
            self.write(&Checkpoint { count, hash, signature })?;
        }
        self.write(entry)
    }

    fn time(&self) -> String {
        format!("{:.3}", self.now)
    }

    /// One line, on disk, then the head that counts it.
    fn write<E: Entry>(&mut self, entry: &E) -> Result<Stamp, AuditError> {
        let (seq, time) = (self.head.count + 1, self.time());
        let (line, hash) = record::write(seq, &time, E::KIND, entry, self.head.hash)
            .ok_or(AuditError::TooLong { kind: E::KIND })?;
        let path = self.log.file(self.head.file);
        let is_new = !path.exists();
        let mut file = private_file::open_to_append(&path).map_err(AuditError::disk(&path))?;
        let written = file.write_all(&line).and_then(|()| file.sync_all());
        written.map_err(AuditError::disk(&path))?;
        if is_new {
            private_file::sync_name(&path).map_err(AuditError::disk(&path))?;
        }
        let bytes = self.head.bytes + line.len() as u64;
        self.head = Head { count: seq, hash, time, bytes, ..self.head.clone() };
        let head = signed::sign(&self.key, &self.head).map_err(|failure| AuditError::Key(failure.text))?;
        let path = self.log.folder.join(HEAD);
        private_file::replace(&path, &private_file::beside(&path), &head).map_err(AuditError::disk(&path))?;
        Ok(Stamp { seq, hash })
    }
}

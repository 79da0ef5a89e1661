//! The store's folder: an index, and a few packs named by their SHA-256.
//!
//! Packs are written before the index that names them, and the index is replaced in one step: whoever stops in between
//! leaves the old store. What no index names is removed by the next save. What stands in a pack was proved when it was
//! added; on opening, each pack is held against its SHA-256 and nothing is proved anew, so the folder must be writable
//! by the operator alone.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use reader_core::pki::{Fingerprint, Pack, TrustBuilder, TrustSnapshot};
use serde::{Deserialize, Serialize};

use super::disk::{Disk, RealDisk};
use super::{TrustError, old};

const INDEX: &str = "index.json";
const LOCK: &str = ".lock";
const SCHEMA: &str = "idterm.trust/2";
/// Largest index: it names a few dozen packs. One of the old form names each certificate.
const MAX_INDEX_BYTES: u64 = 16 << 20;
/// How long to wait for another program that is changing the store.
const LOCK_PATIENCE: Duration = Duration::from_mins(1);
const LOCK_POLL: Duration = Duration::from_millis(20);
/// How often opening begins again where another program has replaced the store meanwhile.
const OPEN_ATTEMPTS: usize = 5;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    schema: String,
    anchors: usize,
    revocation_lists: usize,
    deviation_lists: usize,
    document_signers: usize,
    packs: Vec<PackEntry>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackEntry {
    sha256: String,
    bytes: u64,
}

/// Only the word by which an index says how to read it.
#[derive(Deserialize)]
struct Schema {
    schema: String,
}

/// The store's folder.
#[derive(Clone, Debug)]
pub struct TrustFolder {
    folder: PathBuf,
}

impl TrustFolder {
    /// The store in `folder`, which need not exist yet.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder that this platform has for such data, unless one is given.
    #[must_use]
    pub fn of_platform() -> Option<Self> {
        let folders = directories::ProjectDirs::from("", "", "idterm")?;
        Some(Self { folder: folders.data_dir().join("trust") })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Everything in the store; an absent folder is an empty store.
    ///
    /// # Errors
    /// Something cannot be read, is missing or was altered. A store is never opened in part.
    pub fn open(&self) -> Result<TrustSnapshot, TrustError> {
        let mut attempt = 1;
        let mut text = self.index_text()?;
        loop {
            let Some(index) = text else { return Ok(TrustSnapshot::empty()) };
            let opened = self.open_index(&index);
            if opened.is_ok() || attempt == OPEN_ATTEMPTS {
                return opened;
            }
            // A pack may be gone because the store was replaced since its index was read.
            text = self.index_text()?;
            if text.as_ref() == Some(&index) {
                return opened;
            }
            attempt += 1;
        }
    }

    /// Changes the store: opens it, lets `change` add and remove, and writes the result. No other program can change it
    /// meanwhile, so that nothing that was added gets lost; others go on reading.
    ///
    /// # Errors
    /// The store cannot be opened or written, and is then as before; or another program keeps it locked.
    pub fn update<R>(
        &self,
        change: impl FnOnce(&mut TrustBuilder) -> R,
    ) -> Result<(R, TrustSnapshot), TrustError> {
        let _held = self.lock(&RealDisk)?;
        let mut builder = TrustBuilder::from_snapshot(&self.open()?);
        let result = change(&mut builder);
        let snapshot = builder.build();
        self.write(&snapshot, &RealDisk)?;
        Ok((result, snapshot))
    }

    /// Replaces the store's content, whatever it is.
    ///
    /// # Errors
    /// Something cannot be written; the old content then still stands.
    pub fn save(&self, snapshot: &TrustSnapshot) -> Result<(), TrustError> {
        self.save_on(snapshot, &RealDisk)
    }

    /// As [`Self::save`], by the steps of `disk`.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub fn save_on(&self, snapshot: &TrustSnapshot, disk: &impl Disk) -> Result<(), TrustError> {
        let _held = self.lock(disk)?;
        self.write(snapshot, disk)
    }

    fn index_text(&self) -> Result<Option<String>, TrustError> {
        let path = self.folder.join(INDEX);
        match File::open(&path) {
            Ok(file) => {
                let mut text = String::new();
                let read = file.take(MAX_INDEX_BYTES).read_to_string(&mut text);
                read.map(|_| Some(text)).map_err(|error| match error.kind() {
                    ErrorKind::InvalidData => TrustError::damaged(&path, "it is no text".to_owned()),
                    _ => TrustError::read(&path, error),
                })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => self.empty_or_damaged(&path),
            Err(error) => Err(TrustError::read(&path, error)),
        }
    }

    /// Without an index the store is empty. But an index is written before the first pack: packs without one are a store
    /// that lost it.
    fn empty_or_damaged(&self, index: &Path) -> Result<Option<String>, TrustError> {
        if self.names()?.iter().any(|name| is_object(name)) {
            return Err(TrustError::damaged(index, "it is missing, and its packs are there".to_owned()));
        }
        Ok(None)
    }

    /// Names of the files in the folder; none where there is no folder.
    fn names(&self) -> Result<Vec<String>, TrustError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(TrustError::read(&self.folder, error)),
        };
        let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        names.collect::<Result<_, _>>().map_err(|error| TrustError::read(&self.folder, error))
    }

    fn open_index(&self, text: &str) -> Result<TrustSnapshot, TrustError> {
        let path = self.folder.join(INDEX);
        let damaged = |problem: String| TrustError::damaged(&path, problem);
        let Schema { schema } = serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
        match schema.as_str() {
            SCHEMA => {}
            old::SCHEMA => return old::open(&self.folder, &path, text),
            _ => return Err(TrustError::Newer { path, schema }),
        }
        let index: Index = serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
        let packs: Vec<Pack> = index.packs.iter().map(|entry| self.pack(entry)).collect::<Result<_, _>>()?;
        let snapshot = TrustSnapshot::from_packs(packs).map_err(|error| {
            TrustError::damaged(&self.folder.join(pack_name(&error.pack.to_string())), error.problem)
        })?;
        if index.counts() == Index::of(&snapshot, Vec::new()).counts() {
            return Ok(snapshot);
        }
        Err(damaged("it counts other certificates and lists than its packs hold".to_owned()))
    }

    fn pack(&self, entry: &PackEntry) -> Result<Pack, TrustError> {
        let path = self.folder.join(pack_name(&entry.sha256));
        if Fingerprint::from_hex(&entry.sha256).is_none_or(|id| id.to_string() != entry.sha256) {
            let problem = format!("{:?} is no SHA-256", entry.sha256);
            return Err(TrustError::damaged(&self.folder.join(INDEX), problem));
        }
        let mut file = File::open(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => TrustError::damaged(&path, "it is missing".to_owned()),
            _ => TrustError::read(&path, error),
        })?;
        let there = file.metadata().map_err(|error| TrustError::read(&path, error))?.len();
        if there != entry.bytes {
            let problem = format!("it has {there} bytes, and {} were written", entry.bytes);
            return Err(TrustError::damaged(&path, problem));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(there).unwrap_or_default());
        file.read_to_end(&mut bytes).map_err(|error| TrustError::read(&path, error))?;
        let pack = Pack::new(bytes);
        if pack.fingerprint().to_string() == entry.sha256 {
            Ok(pack)
        } else {
            Err(TrustError::damaged(&path, "its SHA-256 is not its name".to_owned()))
        }
    }

    /// Waits until no other program changes the store. The lock goes with the file that is given back.
    fn lock(&self, disk: &impl Disk) -> Result<File, TrustError> {
        let is_new = !self.folder.exists();
        let fault = |path: &Path| {
            let path = path.to_owned();
            move |source| TrustError::write(&path, source)
        };
        disk.make_folder(&self.folder).map_err(fault(&self.folder))?;
        if is_new && let Some(parent) = self.folder.parent().filter(|parent| parent.exists()) {
            disk.sync_folder(parent).map_err(fault(parent))?;
        }
        let path = self.folder.join(LOCK);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(fault(&path))?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_PATIENCE => {
                    std::thread::sleep(LOCK_POLL);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(TrustError::Locked { path, waited_s: LOCK_PATIENCE.as_secs() });
                }
                // A file system without locks: there is one writer, or the operator sees to it.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(TrustError::write(&path, error)),
            }
        }
    }

    fn write(&self, snapshot: &TrustSnapshot, disk: &impl Disk) -> Result<(), TrustError> {
        if !self.folder.join(INDEX).exists() {
            self.replace(INDEX, Index::of(&TrustSnapshot::empty(), Vec::new()).text().as_bytes(), disk)?;
            self.settle(disk)?;
        }
        let packs = snapshot.packs();
        for pack in &packs {
            if !self.holds(pack) {
                self.replace(&pack_name(&pack.fingerprint().to_string()), pack.bytes(), disk)?;
            }
        }
        self.settle(disk)?;
        let entries = packs.iter().map(|pack| PackEntry {
            sha256: pack.fingerprint().to_string(),
            bytes: pack.bytes().len() as u64,
        });
        let index = Index::of(snapshot, entries.collect());
        self.replace(INDEX, index.text().as_bytes(), disk)?;
        self.settle(disk)?;
        self.tidy(&index, disk);
        Ok(())
    }

    /// Whether the pack stands there whole.
    fn holds(&self, pack: &Pack) -> bool {
        let path = self.folder.join(pack_name(&pack.fingerprint().to_string()));
        let size = fs::metadata(&path).map(|metadata| metadata.len());
        size.is_ok_and(|size| size == pack.bytes().len() as u64)
            && fs::read(&path).is_ok_and(|bytes| bytes == pack.bytes())
    }

    /// Writes beside, then renames: a reader sees the old file or the new one.
    fn replace(&self, name: &str, bytes: &[u8], disk: &impl Disk) -> Result<(), TrustError> {
        let path = self.folder.join(name);
        let beside = self.folder.join(format!(".{name}.new"));
        disk.write(&beside, bytes)
            .and_then(|()| disk.sync_file(&beside))
            .and_then(|()| disk.rename(&beside, &path))
            .map_err(|source| TrustError::write(&path, source))
    }

    fn settle(&self, disk: &impl Disk) -> Result<(), TrustError> {
        disk.sync_folder(&self.folder).map_err(|source| TrustError::write(&self.folder, source))
    }

    /// Removes what no index names any more. The new store stands already: what cannot be removed now is removed by the
    /// next save.
    fn tidy(&self, index: &Index, disk: &impl Disk) {
        let needed: BTreeSet<String> = index.packs.iter().map(|entry| pack_name(&entry.sha256)).collect();
        for name in self.names().unwrap_or_default() {
            let left_over = name.strip_suffix(".new").is_some_and(|stem| stem.starts_with('.'));
            if left_over || (is_object(&name) && !needed.contains(&name)) {
                let _ = disk.remove(&self.folder.join(name));
            }
        }
    }
}

impl Index {
    fn of(snapshot: &TrustSnapshot, packs: Vec<PackEntry>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            anchors: snapshot.anchors().len(),
            revocation_lists: snapshot.crls().len(),
            deviation_lists: snapshot.deviation_lists().len(),
            document_signers: snapshot.document_signers().len(),
            packs,
        }
    }

    const fn counts(&self) -> [usize; 4] {
        [self.anchors, self.revocation_lists, self.deviation_lists, self.document_signers]
    }

    fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

fn pack_name(sha256: &str) -> String {
    format!("{sha256}.pack")
}

/// Whether a file of this name is a pack, or a certificate or list of the old form.
fn is_object(name: &str) -> bool {
    let stem = name.strip_suffix(".pack").or_else(|| name.strip_suffix(".der"));
    stem.is_some_and(|stem| stem.len() == 64 && stem.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

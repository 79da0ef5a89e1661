//! What earlier readings learnt of cards and readers: kept between runs where a site wants it.
//!
//! One small file in the program's data folder, by reader and answer to reset. It says how much such a card takes at once;
//! nothing in it is of a person.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use reader_core::session::{LearntLimits, Plan};
use serde::{Deserialize, Serialize};

use crate::capture_folder::hex;
use crate::config::Site;
use crate::failure::{ErrorCode, Failure};
use crate::worker::{Place, Verified};

const FILE: &str = "learnt-limits.json";
const SCHEMA: &str = "idterm.learnt-limits/1";
/// Kinds of cards that are remembered; the one not met for longest is forgotten first.
const MAX_ENTRIES: usize = 64;
/// Larger than any such file that is written here.
const MAX_BYTES: u64 = 64 << 10;
/// Longer than any reader's name or answer to reset; longer ones are not remembered.
const MAX_KEY_BYTES: usize = 256;

/// The file, or the place where it will be.
#[derive(Clone, Debug)]
pub struct LearntStore {
    folder: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    schema: String,
    /// The one met last stands first.
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    reader: String,
    /// Answer to reset, in hexadecimal.
    atr: String,
    limits: LearntLimits,
}

impl LearntStore {
    /// The store in this folder.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The store in the folder that this platform has for such data.
    #[must_use]
    pub fn of_platform() -> Option<Self> {
        let folders = directories::ProjectDirs::from("", "", "idterm")?;
        Some(Self { folder: folders.data_dir().to_owned() })
    }

    /// What is known of such cards on this reader. A file that is absent or unusable knows nothing: the reading is then as
    /// it would be without it, and the next [`Self::keep`] writes it anew.
    #[must_use]
    pub fn known(&self, reader: &str, atr: &[u8]) -> Option<LearntLimits> {
        let atr = hex(atr);
        let entries = self.entries().into_iter();
        entries.filter(|entry| entry.reader == reader && entry.atr == atr).map(|entry| entry.limits).next()
    }

    /// Remembers what a reading learnt. Nothing learnt forgets what was known: it no longer holds.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(&self, reader: &str, atr: &[u8], limits: LearntLimits) -> Result<(), Failure> {
        let atr = hex(atr);
        if atr.is_empty() || reader.len() > MAX_KEY_BYTES || atr.len() > MAX_KEY_BYTES {
            return Ok(());
        }
        let before = self.entries();
        let mut entries = before.clone();
        entries.retain(|entry| entry.reader != reader || entry.atr != atr);
        if limits != LearntLimits::default() {
            entries.insert(0, Entry { reader: reader.to_owned(), atr, limits });
        }
        entries.truncate(MAX_ENTRIES);
        if entries == before { Ok(()) } else { self.write(entries) }
    }

    /// The plan with what is known of such cards as the one at `place`, where the site wants that.
    #[must_use]
    pub fn recall(&self, plan: Plan, site: &Site, place: &dyn Place) -> Plan {
        let known = || self.known(&place.reader()?.name, place.atr()?);
        Plan { learnt: if site.learn_limits { known() } else { None }, ..plan }
    }

    /// Keeps what the reading at `place` learnt, where the site wants that and the reading came to its end.
    ///
    /// # Errors
    /// The file cannot be written. The verification stands all the same.
    pub fn remember(&self, verified: &Verified, site: &Site, place: &dyn Place) -> Result<(), Failure> {
        let wanted = verified.learnt.filter(|_| site.learn_limits);
        match (wanted, place.reader(), place.atr()) {
            (Some(learnt), Some(reader), Some(atr)) => self.keep(&reader.name, atr, learnt),
            _ => Ok(()),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    fn entries(&self) -> Vec<Entry> {
        let mut text = String::new();
        let read =
            fs::File::open(self.path()).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
        let content = read.ok().and_then(|_| serde_json::from_str::<Content>(&text).ok());
        let sound = |entry: &Entry| {
            entry.reader.len() <= MAX_KEY_BYTES
                && entry.atr.len() <= MAX_KEY_BYTES
                && believable(&entry.limits)
        };
        let content = content.filter(|content| content.schema == SCHEMA);
        content.map(|content| content.entries.into_iter().filter(sound).collect()).unwrap_or_default()
    }

    /// Writes beside, then renames: a reader sees the old file or the new one.
    fn write(&self, entries: Vec<Entry>) -> Result<(), Failure> {
        let path = self.path();
        let failed = |problem: String| {
            Failure::new(ErrorCode::CannotWrite, format!("{}: {problem}", path.display()))
                .with_remedy("Give the program leave to write there, or set read.learn_limits = false.")
        };
        let content = Content { schema: SCHEMA.to_owned(), entries };
        let text = serde_json::to_string_pretty(&content).map_err(|error| failed(error.to_string()))?;
        let beside = self.folder.join(format!("{FILE}.{}", std::process::id()));
        let written = fs::create_dir_all(&self.folder)
            .and_then(|()| fs::write(&beside, text))
            .and_then(|()| fs::rename(&beside, &path));
        written.map_err(|error| match fs::remove_file(&beside) {
            Err(left) if left.kind() != ErrorKind::NotFound => failed(format!("{error}; {left}")),
            _ => failed(error.to_string()),
        })
    }
}

/// Sizes that an exchange can have. Anything else was not written here.
fn believable(limits: &LearntLimits) -> bool {
    let chunk = limits.chunk_bytes.is_none_or(|bytes| (1..=256).contains(&bytes));
    let extended = limits.extended_bytes.is_none_or(|(command, response)| {
        [command, response].iter().all(|bytes| (256..=65_544).contains(bytes))
    });
    chunk && extended
}

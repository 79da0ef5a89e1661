//! The outbox: what was decided and has to be told waits here, on disk, until its recipient has it.
//!
//! [`Store::accept`] returns once the work survives a loss of power. From then on a [`Courier`] makes attempts until the
//! recipient has it, until the recipient refuses the content, or until the site's time is over; every attempt carries the
//! same idempotency key. What happened is never in doubt in the direction of a loss: a process that ends between a delivery
//! and its note repeats the delivery, under that key.
//!
//! Payloads are sealed (`seal.rs`) and deleted as soon as they are delivered. What stays for some days says which delivery
//! went to whom and when, and nothing of a person. Why it is so: `docs/decisions/0017`.

mod courier;
mod entry;
mod error;
mod file;
mod pace;
mod seal;
mod store;

use std::path::{Path, PathBuf};

pub use courier::{Courier, Nudge};
pub use entry::{Due, Entry, Head, State};
pub use error::OutboxError;
pub use store::{Accepted, Store};

use crate::connectors::PasswordSource;

/// Where an outbox lies, who can open it, and how much it holds.
#[derive(Clone, Debug)]
pub struct OutboxSettings {
    /// Its folder.
    pub folder: PathBuf,
    /// Where the secret that seals payloads comes from: at least 32 characters that nobody can guess. `None`: a key file
    /// beside the outbox, made when the outbox is.
    pub key: Option<PasswordSource>,
    /// How much it holds, and for how long.
    pub bounds: Bounds,
}

impl OutboxSettings {
    /// An outbox in this folder with a key file beside it.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), key: None, bounds: Bounds::default() }
    }

    /// Whether there is an outbox already.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.folder.join(file::FILE).exists()
    }

    /// The folder that this platform has for such data.
    #[must_use]
    pub fn folder_of_platform() -> Option<PathBuf> {
        let folders = directories::ProjectDirs::from("", "", "idterm")?;
        Some(folders.data_dir().join("outbox"))
    }
}

/// How much an outbox holds, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Deliveries whose payload is kept at once: waiting, or set aside.
    pub entries: u32,
    /// Bytes of their payloads together.
    pub bytes: u64,
    /// Seconds after which what was not delivered is set aside and its payload wiped.
    pub max_age_s: u32,
    /// Seconds for which is kept that something was delivered.
    pub keep_s: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        const DAY_S: u32 = 86_400;
        Self { entries: 10_000, bytes: 64 << 20, max_age_s: 3 * DAY_S, keep_s: 7 * DAY_S }
    }
}

//! What an outbox knows of each delivery.

use reader_core::evidence::Reason;

use crate::connectors::Record;
use crate::transaction::{IdempotencyKey, Transaction};

/// A delivery as staff may see it: nothing of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key, the same at every attempt.
    pub key: IdempotencyKey,
    /// The verification that it tells of.
    pub transaction: Transaction,
    /// The recipient's name in the site's file.
    pub recipient: String,
    /// When it was accepted, milliseconds since 1970, UTC.
    pub accepted_ms: i64,
    /// Attempts so far that came to an end.
    pub attempts: u32,
    /// Why the latest one failed. Absent: none did.
    pub fault: Option<String>,
    /// How it stands.
    pub state: State,
}

/// How a delivery stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for its next attempt.
    Waiting {
        /// Not before this moment, milliseconds since 1970, UTC.
        next_try_ms: i64,
    },
    /// The recipient has it.
    Delivered {
        /// When that was noted, milliseconds since 1970, UTC.
        at_ms: i64,
        /// What the recipient calls it.
        reference: Option<String>,
    },
    /// No further attempt is made unless staff asks for one.
    SetAside {
        /// When, milliseconds since 1970, UTC.
        at_ms: i64,
        /// Why.
        reason: Reason,
        /// Its payload is still there.
        resendable: bool,
    },
    /// Staff gave it up; its payload is gone.
    Dropped {
        /// When, milliseconds since 1970, UTC.
        at_ms: i64,
        /// Why, in the words of staff.
        why: String,
    },
}

impl State {
    /// Its word in documents: `waiting`, `delivered`, `set_aside`, `dropped`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Delivered { .. } => "delivered",
            Self::SetAside { .. } => "set_aside",
            Self::Dropped { .. } => "dropped",
        }
    }
}

/// The delivery that comes next for a recipient.
#[derive(Debug)]
pub enum Head {
    /// Nothing waits.
    Nothing,
    /// The first in line waits until this moment, milliseconds since 1970, UTC; those behind it wait with it.
    At(i64),
    /// It is to be tried now.
    Due(Box<Due>),
}

/// A delivery that is to be tried now.
#[derive(Debug)]
pub struct Due {
    /// Its key.
    pub key: IdempotencyKey,
    /// Attempts so far.
    pub attempts: u32,
    /// When it was accepted, milliseconds since 1970, UTC.
    pub accepted_ms: i64,
    /// What is delivered; `None` where the payload does not open: altered, or not what this program writes.
    pub record: Option<Record>,
}

//! What examining a log found: what is worth knowing, and the first sign that it is not as it was written.

use reader_core::pki::Fingerprint;

use super::chain::Break;
use super::record::RecordHash;

/// Something worth knowing that is no sign of tampering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The program was interrupted before this record: so many bytes of an unfinished one stand there.
    Torn {
        /// The record that tells it, or the next number where nothing was written since.
        seq: u64,
        /// How many.
        bytes: u64,
    },
    /// This record was written, and no head counted it at its time.
    Uncounted {
        /// Its number.
        seq: u64,
    },
    /// Records up to this one were removed because their time was over.
    Removed {
        /// The last of them.
        through: u64,
    },
    /// The clock stood behind that of the record before.
    ClockBack {
        /// Of this record.
        seq: u64,
    },
}

impl Note {
    /// The word of the report.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Torn { .. } => "torn",
            Self::Uncounted { .. } => "uncounted",
            Self::Removed { .. } => "removed",
            Self::ClockBack { .. } => "clock_back",
        }
    }

    /// The record that it is about.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        match self {
            Self::Torn { seq, .. } | Self::Uncounted { seq } | Self::ClockBack { seq } => *seq,
            Self::Removed { through } => *through,
        }
    }
}

/// What shows that a log is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A record does not hold, or does not follow.
    Record {
        /// The number that should stand there.
        seq: u64,
        /// In which file.
        file: String,
        /// In which line of it, from 1.
        line: usize,
        /// What does not hold.
        what: Break,
    },
    /// The log ends before the record that its head counts.
    Cut {
        /// The first number that is missing.
        seq: u64,
        /// The last one that the head counts.
        counted: u64,
    },
    /// It begins in the middle, and no record says that the beginning was removed.
    Beginning {
        /// The first number that is there.
        seq: u64,
    },
    /// More records than an interruption leaves stand beyond the head.
    Uncounted {
        /// The first of them.
        seq: u64,
    },
    /// There are records, and no head.
    NoHead,
    /// The head, or the end of an export, carries no signature that holds.
    Head,
    /// The head counts this record with another hash.
    HeadHash {
        /// Its number.
        seq: u64,
    },
    /// A checkpoint's signature does not hold.
    Checkpoint {
        /// Its number.
        seq: u64,
    },
    /// It was signed by another key than the one known from elsewhere.
    OtherKey {
        /// The key that signed.
        found: Fingerprint,
    },
    /// It lacks the record that it had at an earlier time: an older state was put in its place, or another log.
    Older {
        /// The number of that record.
        seq: u64,
    },
}

impl Fault {
    /// The word of the report.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Record { what: Break::Changed, .. } | Self::HeadHash { .. } => "changed",
            Self::Record { what: Break::Order, .. } => "order",
            Self::Cut { .. } => "cut",
            Self::Beginning { .. } => "beginning",
            Self::Uncounted { .. } => "uncounted",
            Self::NoHead | Self::Head => "head",
            Self::Checkpoint { .. } => "checkpoint",
            Self::OtherKey { .. } => "key",
            Self::Older { .. } => "older",
        }
    }

    /// The first record that is bad, where one can be named.
    #[must_use]
    pub const fn seq(&self) -> Option<u64> {
        match self {
            Self::Record { seq, .. }
            | Self::Cut { seq, .. }
            | Self::Beginning { seq }
            | Self::Uncounted { seq }
            | Self::HeadHash { seq }
            | Self::Checkpoint { seq }
            | Self::Older { seq } => Some(*seq),
            Self::NoHead | Self::Head | Self::OtherKey { .. } => None,
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Examined {
    /// Number of the first record; 0 where there is none.
    pub first: u64,
    /// Number of the last record that holds.
    pub last: u64,
    /// Its hash.
    pub hash: Option<RecordHash>,
    /// The time of the last signature over the end.
    pub signed_at: Option<String>,
    /// The key that signed.
    pub key: Option<Fingerprint>,
    /// What is worth knowing.
    pub notes: Vec<Note>,
    /// The first sign of tampering. `None`: it is intact.
    pub fault: Option<Fault>,
}

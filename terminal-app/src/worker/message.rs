//! What goes down to the worker and what comes up from it.
//!
//! The command line and the window speak the same messages. An event carries what was *proved* at that moment, never
//! what was only read: a portrait comes up once its hash agrees under a confirmed chain, text likewise.

use std::sync::Arc;

use reader_core::evidence::Holder;
use reader_core::lds::portrait::Pixels;

use super::place::Absence;
use crate::failure::Failure;
use crate::presentation::Presentation;
use crate::report::Report;

/// The steps of a verification as people follow them, in the order of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Waiting for a card on the reader.
    PlaceCard,
    /// Opening the chip: PACE or BAC.
    OpenChip,
    /// Reading the signed hashes and the texts.
    ReadText,
    /// The chip proves that it is no copy.
    ProveChip,
    /// Reading the portrait, the largest file.
    ReadPortrait,
    /// Asking the site's services.
    AskServices,
    /// Everything is there and is being judged.
    Decide,
}

impl Step {
    /// All steps in order.
    pub const ALL: [Self; 7] = [
        Self::PlaceCard,
        Self::OpenChip,
        Self::ReadText,
        Self::ProveChip,
        Self::ReadPortrait,
        Self::AskServices,
        Self::Decide,
    ];

    /// Key of its text in the language files.
    #[must_use]
    pub const fn text_key(self) -> &'static str {
        match self {
            Self::PlaceCard => "step-place-card",
            Self::OpenChip => "step-open-chip",
            Self::ReadText => "step-read-text",
            Self::ProveChip => "step-prove-chip",
            Self::ReadPortrait => "step-read-portrait",
            Self::AskServices => "step-ask-services",
            Self::Decide => "step-decide",
        }
    }
}

/// What comes up. Bounded: who does not drain the events slows the worker down, never loses one.
#[derive(Clone)]
pub enum Event {
    /// A step began.
    Step(Step),
    /// Bytes of the chip read so far, and how many there will be as far as is known now.
    Bytes {
        /// Read so far, all files together.
        done: usize,
        /// Expected in all, an estimate until the portrait's size is known.
        expected: usize,
    },
    /// Reading stands still until something comes back; what was read is kept.
    Absent {
        /// What is waited for.
        what: Absence,
        /// How much longer, in milliseconds.
        left_ms: u32,
    },
    /// It is back, and reading goes on.
    Back,
    /// The texts are proved.
    Holder(Box<Holder>),
    /// The portrait is proved and decoded.
    Portrait(Arc<Pixels>),
    /// The verification is over, with its report.
    Decided(Box<Report>),
    /// It could not be carried out.
    Failed(Failure),
    /// The card was taken away after the end.
    CardTaken,
}

/// What goes down.
#[derive(Clone)]
pub enum Intent {
    /// The scanner may read what opens the next card.
    Scan,
    /// Verify the next card; this was presented with it.
    Begin(Box<Presentation>),
    /// Stop what is going on.
    Cancel,
    /// A simulated reader offers this persona's card from now on.
    OfferPersona(String),
}

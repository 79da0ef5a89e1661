//! What lies on the reader where it is no document that can be opened: a payment card, a transit card, a phone, several
//! cards, a chip without the application, a blocked one.
//!
//! Bytes, then meaning, then judgement: [`observe`] asks the card, and only after the ordinary way has failed, so that a
//! good card costs no exchange; [`Observed::meaning`] reads the answers; [`judge`] weighs them. A card says of itself what
//! it likes: a judgement helps the person to the right card and is never evidence of anything.

mod meaning;
mod probe;
#[cfg(test)]
mod tests;

use crate::capture::AccessFailure;
use crate::wire::status::StatusWord;

use super::Cause;
pub use meaning::{AtrMeaning, Meaning, NativeAnswer, SelectAnswer, StorageCard, Uid};
pub use probe::{Observed, observe};

/// What it is, if it is no document that can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WrongCard {
    /// A bank card, or a phone or watch that pays as one: it answers to the directory of payment applications.
    Payment,
    /// A card for rides, doors or lockers.
    Storage(StorageCard),
    /// Several cards, one above the other; or one that lies so badly that nothing can be told apart.
    Several,
    /// A phone.
    Phone,
    /// A chip card without the application of travel and identity documents: another kind of card.
    NoApplication,
    /// A document whose chip, or its application, was switched off for good or for the time being.
    Blocked,
}

impl WrongCard {
    /// The word for it in keys of texts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Storage(_) => "storage",
            Self::Several => "several",
            Self::Phone => "phone",
            Self::NoApplication => "no-application",
            Self::Blocked => "blocked",
        }
    }
}

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Judgement {
    /// The card or the reader says so in so many words.
    Surely(WrongCard),
    /// Everything that was seen fits, and something else would fit too.
    Probably(WrongCard),
}

impl Judgement {
    /// What it is.
    #[must_use]
    pub const fn card(self) -> WrongCard {
        match self {
            Self::Surely(card) | Self::Probably(card) => card,
        }
    }

    /// `surely` or `probably`.
    #[must_use]
    pub const fn certainty(self) -> &'static str {
        match self {
            Self::Surely(_) => "surely",
            Self::Probably(_) => "probably",
        }
    }
}

/// Tries to power what lies there, or to exchange with it, after which silence counts.
pub const SILENT_TRIES: usize = 3;

/// Whether a reading that ended so, before the chip was opened, leaves open what the card is.
#[must_use]
pub const fn leaves_open(cause: &Cause) -> bool {
    match cause {
        Cause::Access(failure) => {
            matches!(
                failure,
                AccessFailure::Refused(_) | AccessFailure::NotOffered | AccessFailure::Protocol(_)
            )
        }
        Cause::Refused { .. } | Cause::Protocol(_) | Cause::Malformed(_) => true,
        _ => false,
    }
}

/// What it is, from everything that was seen; `None`: it may well be a document, and the ordinary reason stands.
#[must_use]
pub fn judge(seen: &Meaning) -> Option<Judgement> {
    use Judgement::{Probably, Surely};
    if let Some(AtrMeaning::Storage(kind)) = seen.atr {
        return Some(Surely(WrongCard::Storage(kind)));
    }
    let answer = seen.application?;
    match answer {
        SelectAnswer::Selected | SelectAnswer::Protected => return None,
        SelectAnswer::Deactivated | SelectAnswer::Terminated => return Some(Surely(WrongCard::Blocked)),
        SelectAnswer::NotFound
        | SelectAnswer::SelectionFailed
        | SelectAnswer::ConditionsNotMet
        | SelectAnswer::Other(_) => {}
    }
    if seen.payment {
        return Some(Surely(WrongCard::Payment));
    }
    match seen.native {
        Some(NativeAnswer::Version { .. }) => return Some(Surely(WrongCard::Storage(StorageCard::Desfire))),
        Some(NativeAnswer::Status(_)) => return Some(Probably(WrongCard::Storage(StorageCard::Desfire))),
        None => {}
    }
    // A phone gives a new identifier each time and has no files of its own.
    let no_files = !seen.card_access && seen.master_file == Some(false);
    if seen.uid == Some(Uid::Random) && no_files {
        return Some(Probably(WrongCard::Phone));
    }
    match answer {
        SelectAnswer::SelectionFailed | SelectAnswer::ConditionsNotMet => Some(Probably(WrongCard::Blocked)),
        SelectAnswer::NotFound if !seen.card_access => Some(Surely(WrongCard::NoApplication)),
        _ => None,
    }
}

/// What a status word to the selection of the application says, where it came under a valid response MAC.
#[must_use]
pub fn judge_protected(status: StatusWord) -> Option<Judgement> {
    match SelectAnswer::of(status) {
        SelectAnswer::Deactivated | SelectAnswer::Terminated => Some(Judgement::Surely(WrongCard::Blocked)),
        SelectAnswer::SelectionFailed | SelectAnswer::ConditionsNotMet => {
            Some(Judgement::Probably(WrongCard::Blocked))
        }
        SelectAnswer::NotFound => Some(Judgement::Surely(WrongCard::NoApplication)),
        SelectAnswer::Selected | SelectAnswer::Protected | SelectAnswer::Other(_) => None,
    }
}

/// What repeated silence says, of a card that the reader finds and that does not answer: two cards in one field answer at
/// once and neither is understood. One that lies badly looks the same.
#[must_use]
pub const fn judge_silence(tries: usize) -> Option<Judgement> {
    if tries >= SILENT_TRIES { Some(Judgement::Probably(WrongCard::Several)) } else { None }
}

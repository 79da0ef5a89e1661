//! Why nothing came of a visit, in the person's terms.

use crate::failure::{ErrorCode, Failure};

/// Why nothing came of it, for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The card left the reader before anything was proved.
    CardLost,
    /// The chip did not open.
    WrongNumber,
    /// No card came.
    NoCard,
    /// The machine cannot do it: nothing that the person could change.
    OutOfOrder,
}

impl Trouble {
    /// What a failure means for the person.
    #[must_use]
    pub const fn of(failure: &Failure) -> Self {
        match failure.code {
            ErrorCode::CardLost | ErrorCode::CardDisturbed | ErrorCode::CardMute => Self::CardLost,
            ErrorCode::AccessDenied | ErrorCode::BadAccess => Self::WrongNumber,
            ErrorCode::NoCard => Self::NoCard,
            _ => Self::OutOfOrder,
        }
    }

    /// Keys of its sentence and of what explains it; the second may be empty.
    #[must_use]
    pub fn text_keys(self) -> (String, String) {
        let (sentence, explanation) = match self {
            Self::CardLost => ("ui-moved", ""),
            Self::WrongNumber => ("ui-wrong-number", "ui-hint-wrong-number"),
            Self::NoCard => ("ui-no-card", "ui-place-explanation"),
            Self::OutOfOrder => ("ui-fault", ""),
        };
        (sentence.to_owned(), explanation.to_owned())
    }

    /// Whether trying once more, with the same or another card, may help.
    #[must_use]
    pub const fn may_retry(self) -> bool {
        !matches!(self, Self::OutOfOrder)
    }
}

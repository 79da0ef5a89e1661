//! Why nothing came of a visit, in the person's terms.

use reader_core::session::wrong_card::{Judgement, WrongCard};

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
    /// Something else than a document lies on the reader.
    WrongCard(Judgement),
    /// The machine cannot do it: nothing that the person could change.
    OutOfOrder,
}

impl Trouble {
    /// What a failure means for the person.
    #[must_use]
    pub const fn of(failure: &Failure) -> Self {
        if let Some(judgement) = failure.wrong_card {
            return Self::WrongCard(judgement);
        }
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
            Self::WrongCard(judgement) => {
                let sentence = match judgement.card() {
                    WrongCard::Several => "ui-wrong-several",
                    WrongCard::Blocked => "ui-wrong-blocked",
                    _ => "ui-wrong-card",
                };
                let (word, certainty) = (judgement.card().word(), judgement.certainty());
                return (sentence.to_owned(), format!("ui-wrong-why-{word}-{certainty}"));
            }
        };
        (sentence.to_owned(), explanation.to_owned())
    }

    /// Whether a card laid on the reader is what is wanted of the person.
    #[must_use]
    pub const fn wants_card(self) -> bool {
        self.may_retry() && !matches!(self, Self::WrongNumber)
    }

    /// Whether trying once more, with the same or another card, may help.
    #[must_use]
    pub const fn may_retry(self) -> bool {
        match self {
            Self::OutOfOrder => false,
            Self::WrongCard(judgement) => !matches!(judgement.card(), WrongCard::Blocked),
            Self::CardLost | Self::WrongNumber | Self::NoCard => true,
        }
    }
}

//! Where the card lies, and whether one comes back to it.

use firmware_profiles::Moment;
use reader_core::transport::{Recovery, Transport, TransportError};

use crate::report::Reader;

/// A place for one card. The link thread owns it for as long as a reading takes, waiting included.
pub trait Place: Send {
    /// Lets `work` talk to the card that is powered here.
    ///
    /// # Errors
    /// The card, the reader or the service is gone before anything was said.
    fn talk(&mut self, work: &mut dyn FnMut(&mut dyn Transport)) -> Result<(), TransportError>;

    /// The answer to reset of the card that was powered last, where the reader gives one.
    fn atr(&self) -> Option<&[u8]> {
        None
    }

    /// Whether a card that was taken away can come back to this place.
    fn can_return(&self) -> bool {
        true
    }

    /// Lets go of the card that was powered here, and looks whether a card lies here now.
    ///
    /// # Errors
    /// The reader or the service is gone.
    fn is_occupied(&mut self) -> Result<bool, TransportError>;

    /// Powers the card that lies here.
    ///
    /// # Errors
    /// There is none, it does not answer, or the reader or the service is gone.
    fn power(&mut self) -> Result<(), TransportError>;

    /// Tells the reader's lights and buzzer what is going on, where it has any. Never called while a session is open.
    fn signal(&mut self, _moment: Moment) {}

    /// What a report says of the reader, where there is one.
    fn reader(&self) -> Option<Reader> {
        None
    }
}

/// A card that is there once: what is taken away stays away.
pub struct Once<T>(pub T);

impl<T: Transport + Send> Place for Once<T> {
    fn talk(&mut self, work: &mut dyn FnMut(&mut dyn Transport)) -> Result<(), TransportError> {
        work(&mut self.0);
        Ok(())
    }

    fn can_return(&self) -> bool {
        false
    }

    fn is_occupied(&mut self) -> Result<bool, TransportError> {
        Ok(false)
    }

    fn power(&mut self) -> Result<(), TransportError> {
        Err(TransportError::TagLost)
    }
}

/// What a reading waits for, and who has to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Absence {
    /// The card moved: the person puts it back.
    Card,
    /// Another card lies there: the person puts the first one back.
    OtherCard,
    /// What lies there does not answer, perhaps because it is two cards: the person leaves one.
    Several,
    /// Reader or service: it returns by itself or by the hand of staff.
    Machine,
}

impl Absence {
    /// Whether a card is there, and no answer of it was understood.
    pub(super) const fn is_silence(error: &TransportError) -> bool {
        matches!(
            error,
            TransportError::Unresponsive { .. }
                | TransportError::Communication { .. }
                | TransportError::Unpowered { .. }
        )
    }

    /// What has to come back before an exchange that failed so can go on; none where waiting helps nothing.
    #[must_use]
    pub const fn of(error: &TransportError) -> Option<Self> {
        if let TransportError::Busy { .. } = error {
            // Whoever holds the card may let it go.
            return Some(Self::Machine);
        }
        match error.recovery() {
            Recovery::PowerAnew | Recovery::PlaceCard => Some(Self::Card),
            Recovery::Reconnect => Some(Self::Machine),
            Recovery::Staff | Recovery::Nothing => None,
        }
    }

    /// Key of the sentence for the person.
    #[must_use]
    pub const fn text_key(self) -> &'static str {
        match self {
            Self::Card => "ui-card-moved",
            Self::OtherCard => "ui-other-card",
            Self::Several => "ui-wrong-several",
            Self::Machine => "ui-machine-waits",
        }
    }
}

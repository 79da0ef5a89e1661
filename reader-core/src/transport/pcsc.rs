//! Readers of the operating system's PC/SC service.
//!
//! Calls block. A blocked wait for cards is ended by [`Canceller`]. For an exchange PC/SC has neither a deadline nor a way to
//! end it, so a thread of its own makes the calls on each card, and a call that does not return in the time given to
//! [`Transport::exchange`](super::Transport::exchange) is given up: the reader is said to hang, the program does not.

mod card;
mod events;
pub(crate) mod watched;

use std::ffi::{CStr, CString};

use pcsc::{Context, Error, Scope};

use super::{Limits, TransportError};

pub use card::{ConnectedCard, PcscTransport};
pub use events::{Canceller, CardEvent, CardEvents};

/// The service, with a context of its own: one for each thread that blocks.
#[derive(Clone)]
pub struct PcscService {
    context: Context,
}

/// A reader that is connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderInfo {
    /// Its PC/SC name.
    pub name: String,
    /// The answer to reset of the card on it, if there is one. Contactless readers make it up from the ATS.
    pub atr: Option<Vec<u8>>,
    /// Another program holds the card alone.
    pub in_use: bool,
}

impl PcscService {
    /// Connects to the service.
    ///
    /// # Errors
    /// It does not run, or refuses.
    pub fn connect() -> Result<Self, TransportError> {
        let context = Context::establish(Scope::User).map_err(|error| explain(error, ""))?;
        Ok(Self { context })
    }

    /// The readers that are there, each with its card.
    ///
    /// # Errors
    /// The service fails. No readers is not an error.
    pub fn readers(&self) -> Result<Vec<ReaderInfo>, TransportError> {
        let names = self.names()?;
        let mut states: Vec<_> =
            names.into_iter().map(|name| pcsc::ReaderState::new(name, pcsc::State::UNAWARE)).collect();
        if states.is_empty() {
            return Ok(Vec::new());
        }
        match self.context.get_status_change(std::time::Duration::ZERO, &mut states) {
            Ok(()) | Err(Error::Timeout) => {}
            Err(error) => return Err(explain(error, "")),
        }
        let info = |state: &pcsc::ReaderState| ReaderInfo {
            name: text(state.name()),
            atr: state.event_state().contains(pcsc::State::PRESENT).then(|| state.atr().to_vec()),
            in_use: state.event_state().contains(pcsc::State::EXCLUSIVE),
        };
        Ok(states.iter().map(info).collect())
    }

    /// The first reader whose name contains `part`, in any case, preferring one with a card and avoiding slots for
    /// security modules, which contactless readers list beside the antenna.
    ///
    /// # Errors
    /// None is there by this name; the error lists those that are.
    pub fn find(&self, part: &str) -> Result<ReaderInfo, TransportError> {
        let wanted = part.to_lowercase();
        let all = self.readers()?;
        let security_module = |name: &str| name.to_uppercase().contains("SAM");
        let mut matching: Vec<_> =
            all.iter().filter(|reader| reader.name.to_lowercase().contains(&wanted)).collect();
        // False sorts first: antenna before slot, card before none; otherwise the service's order.
        matching.sort_by_key(|reader| {
            (security_module(&reader.name) && !security_module(part), reader.atr.is_none())
        });
        matching.first().map(|reader| (*reader).clone()).ok_or_else(|| TransportError::NoSuchReader {
            wanted: part.to_owned(),
            present: all.into_iter().map(|reader| reader.name).collect(),
        })
    }

    /// Powers the card on the reader with this exact name, over a context of its own. `limits` come from the reader's
    /// profile.
    ///
    /// # Errors
    /// No card, an unresponsive card, another program holding it, or no such reader.
    pub fn open(&self, reader: &str, limits: Limits) -> Result<ConnectedCard, TransportError> {
        ConnectedCard::open(reader, limits)
    }

    /// Watches readers and cards.
    #[must_use]
    pub fn events(&self) -> CardEvents {
        CardEvents::new(self.context.clone())
    }

    fn names(&self) -> Result<Vec<CString>, TransportError> {
        match self.context.list_readers_owned() {
            Ok(names) => Ok(names),
            Err(Error::NoReadersAvailable) => Ok(Vec::new()),
            Err(error) => Err(explain(error, "")),
        }
    }
}

fn text(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

/// What an error of the service means for the person at the reader.
fn explain(error: Error, reader: &str) -> TransportError {
    let reader = || reader.to_owned();
    match error {
        Error::NoService => TransportError::NoService,
        // A handle that the service does not know is one of a service that was started anew.
        Error::ServiceStopped | Error::Shutdown | Error::InvalidHandle => TransportError::ServiceStopped,
        Error::RemovedCard => TransportError::TagLost,
        Error::NoSmartcard => TransportError::NoCard { reader: reader() },
        Error::ResetCard => TransportError::Reset,
        Error::SharingViolation => TransportError::Busy { reader: reader() },
        Error::UnknownReader | Error::ReaderUnavailable | Error::NoReadersAvailable => {
            TransportError::ReaderGone { reader: reader() }
        }
        Error::UnpoweredCard => TransportError::Unpowered { reader: reader() },
        Error::SecurityViolation | Error::NoAccess => TransportError::NotAllowed,
        Error::UnresponsiveCard | Error::InvalidAtr | Error::UnsupportedCard => {
            TransportError::Unresponsive { reader: reader() }
        }
        Error::CommDataLost | Error::CommError | Error::NotTransacted => {
            TransportError::Communication { code: error as u32 }
        }
        Error::Cancelled | Error::CancelledByUser | Error::SystemCancelled => TransportError::Cancelled,
        other => TransportError::Service { what: other.to_string(), code: other as u32 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_to_do() {
        let message = |error| explain(error, "Reader 00").to_string();
        assert!(message(Error::NoService).contains("start"));
        assert!(message(Error::SharingViolation).contains("Reader 00"));
        assert!(message(Error::CommDataLost).contains("0x8010002F"));
        assert!(message(Error::ReaderUnavailable).contains("cable"));
        assert_eq!(explain(Error::ResetCard, ""), TransportError::Reset);
        assert_eq!(explain(Error::RemovedCard, ""), TransportError::TagLost);
        assert!(matches!(explain(Error::InternalError, ""), TransportError::Service { .. }));
    }
}

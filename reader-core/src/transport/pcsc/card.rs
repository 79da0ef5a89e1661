//! A powered card and the transaction that keeps other programs away from it.

use std::ffi::CString;

use pcsc::Error;
use zeroize::Zeroizing;

use super::super::{Limits, Transport, TransportError};
use super::explain;
use super::watched::{Call, CallError, Watched};

/// For calls other than exchanges: powering a card, asking for it, letting it go. Drivers try for a few seconds.
const CALL_MS: u32 = 10_000;
/// How long another program may keep the card to itself before it is called busy.
const TRANSACTION_MS: u32 = 5_000;

/// A powered card. Shared until [`Self::begin`]; reset when it is let go, so that no session stays open on it.
pub struct ConnectedCard {
    calls: Watched,
    reader: String,
    atr: Vec<u8>,
    limits: Limits,
}

impl ConnectedCard {
    pub(super) fn open(reader: &str, limits: Limits) -> Result<Self, TransportError> {
        let gone = || TransportError::ReaderGone { reader: reader.to_owned() };
        let name = CString::new(reader).map_err(|_| gone())?;
        let calls = Watched::connect(name)
            .map_err(|error| TransportError::Service { what: format!("no thread: {error}"), code: 0 })?;
        Self::over(calls, reader, limits)
    }

    /// The card that `calls` is about to power.
    pub(crate) fn over(mut calls: Watched, reader: &str, limits: Limits) -> Result<Self, TransportError> {
        let atr = calls.wait(CALL_MS).map_err(|error| explain_call(error, reader, CALL_MS))?.to_vec();
        Ok(Self { calls, reader: reader.to_owned(), atr, limits })
    }

    /// The answer to reset.
    #[must_use]
    pub fn atr(&self) -> &[u8] {
        &self.atr
    }

    /// The reader's PC/SC name.
    #[must_use]
    pub fn reader(&self) -> &str {
        &self.reader
    }

    /// Keeps other programs away until the result is dropped.
    ///
    /// # Errors
    /// The card is gone, another program holds it, or another program reset it (it is powered again once; a second reset is
    /// an error).
    pub fn begin(&mut self) -> Result<PcscTransport<'_>, TransportError> {
        match self.calls.call(Call::Begin, TRANSACTION_MS) {
            Ok(_) => Ok(PcscTransport { card: self }),
            Err(CallError::Hung) => Err(TransportError::Busy { reader: self.reader.clone() }),
            Err(error) => Err(explain_call(error, &self.reader, TRANSACTION_MS)),
        }
    }

    /// Sends `command` to the reader itself (PC/SC control, CCID escape) and gives its answer. Drivers let it pass only where
    /// their settings allow it.
    ///
    /// # Errors
    /// The driver or the reader refuses, or the reader is gone.
    pub fn escape(&mut self, command: &[u8], timeout_ms: u32) -> Result<Vec<u8>, TransportError> {
        let reply = self.calls.call(Call::Escape(command.to_vec()), timeout_ms);
        reply.map(|answer| answer.to_vec()).map_err(|error| explain_call(error, &self.reader, timeout_ms))
    }

    /// A failed exchange often hides that the card has left: drivers report what their firmware says.
    fn explain_exchange(&mut self, error: CallError, timeout_ms: u32) -> TransportError {
        let CallError::Service(error) = error else { return explain_call(error, &self.reader, timeout_ms) };
        let vague = matches!(error, Error::NotTransacted | Error::CommDataLost | Error::CommError);
        let explained = |error| match explain(error, &self.reader) {
            TransportError::NoCard { .. } => TransportError::TagLost,
            // It was there when the card was powered.
            TransportError::NoService => TransportError::ServiceStopped,
            other => other,
        };
        if !vague {
            return explained(error);
        }
        match self.calls.call(Call::Status, CALL_MS) {
            // 0x80100013 is about the way to the service; asked twice, it is lost.
            Err(CallError::Service(Error::CommError)) => TransportError::ServiceStopped,
            Err(CallError::Service(status)) => match explained(status) {
                TransportError::Service { .. } | TransportError::Communication { .. } => explained(error),
                better => better,
            },
            Err(other) => explain_call(other, &self.reader, CALL_MS),
            Ok(_) => explained(error),
        }
    }
}

impl Drop for ConnectedCard {
    fn drop(&mut self) {
        // The next session on this reader must not begin before this one's reset.
        let _ = self.calls.call(Call::Release, CALL_MS);
    }
}

fn explain_call(error: CallError, reader: &str, timeout_ms: u32) -> TransportError {
    match error {
        CallError::Service(error) => explain(error, reader),
        CallError::Hung => TransportError::ReaderHung { reader: reader.to_owned(), timeout_ms },
        CallError::Ended => {
            TransportError::Service { what: "its library failed with an unknown code".to_owned(), code: 0 }
        }
    }
}

/// The card in a transaction.
pub struct PcscTransport<'card> {
    card: &'card mut ConnectedCard,
}

impl PcscTransport<'_> {
    /// As [`ConnectedCard::escape`], within the transaction.
    ///
    /// # Errors
    /// As there.
    pub fn escape(&mut self, command: &[u8], timeout_ms: u32) -> Result<Vec<u8>, TransportError> {
        self.card.escape(command, timeout_ms)
    }
}

impl Transport for PcscTransport<'_> {
    fn exchange(
        &mut self,
        command: &[u8],
        timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        response.clear();
        let limits = self.card.limits;
        if command.len() > limits.command_bytes {
            return Err(TransportError::TooLong { bytes: command.len(), limit: limits.command_bytes });
        }
        let call = Call::Transmit {
            command: Zeroizing::new(command.to_vec()),
            // The longest response that the profile allows, and never below a short one.
            room_bytes: limits.response_bytes.max(Limits::SHORT.response_bytes),
        };
        match self.card.calls.call(call, timeout_ms) {
            // Drivers have been seen to report success with nothing when the card left in the middle.
            Ok(received) if received.len() < 2 => Err(TransportError::TagLost),
            Ok(received) => {
                response.extend_from_slice(&received);
                Ok(())
            }
            Err(error) => Err(self.card.explain_exchange(error, timeout_ms)),
        }
    }

    fn limits(&self) -> Limits {
        self.card.limits
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        match self.card.calls.call(Call::Reset, CALL_MS) {
            Ok(_) => Ok(true),
            Err(error) => Err(self.card.explain_exchange(error, CALL_MS)),
        }
    }
}

impl Drop for PcscTransport<'_> {
    fn drop(&mut self) {
        let _ = self.card.calls.call(Call::End, CALL_MS);
    }
}

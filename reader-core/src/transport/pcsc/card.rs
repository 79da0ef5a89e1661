//! A powered card and the transaction that keeps other programs away from it.

use std::ffi::CString;

use pcsc::{Card, Context, Disposition, Error, Protocols, ShareMode, Status, Transaction};

use super::super::{Limits, Transport, TransportError};
use super::explain;

/// Tries to power a card that has just arrived: its field may still be rising.
const POWER_TRIES: usize = 3;

/// A powered card. Shared until [`Self::begin`]; reset when it is let go, so that no session stays open on it.
pub struct ConnectedCard {
    card: Option<Card>,
    reader: String,
    atr: Vec<u8>,
    limits: Limits,
}

impl ConnectedCard {
    pub(super) fn open(context: &Context, reader: &str, limits: Limits) -> Result<Self, TransportError> {
        let gone = || TransportError::ReaderGone { reader: reader.to_owned() };
        let name = CString::new(reader).map_err(|_| gone())?;
        let mut tries = POWER_TRIES;
        let card = loop {
            tries -= 1;
            // Contactless readers present ISO 14443-4 as T=1, a few as T=0; which one, the driver knows.
            match context.connect(&name, ShareMode::Shared, Protocols::ANY) {
                Ok(card) => break card,
                Err(
                    Error::UnpoweredCard | Error::UnresponsiveCard | Error::ResetCard | Error::CommDataLost,
                ) if tries > 0 => {}
                Err(error) => return Err(explain(error, reader)),
            }
        };
        // The attribute SCARD_ATTR_ATR_STRING is unknown to some drivers; the status is known to all.
        let atr = card.status2_owned().map_err(|error| explain(error, reader))?.atr().to_vec();
        Ok(Self { card: Some(card), reader: reader.to_owned(), atr, limits })
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
    /// The card is gone, or another program reset it (it is powered again once; a second reset is an error).
    pub fn begin(&mut self) -> Result<PcscTransport<'_>, TransportError> {
        let (reader, limits) = (self.reader.as_str(), self.limits);
        let card = self.card.as_mut().ok_or(TransportError::TagLost)?;
        if let Err(Error::ResetCard) = card.status2_owned() {
            card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard)
                .map_err(|error| explain(error, reader))?;
        }
        let transaction = card.transaction().map_err(|error| explain(error, reader))?;
        // Sized for the longest response the profile allows, and never below a short one.
        let buffer = vec![0; limits.response_bytes.max(Limits::SHORT.response_bytes)];
        Ok(PcscTransport { transaction, reader, limits, buffer })
    }
}

impl Drop for ConnectedCard {
    fn drop(&mut self) {
        if let Some(card) = self.card.take() {
            // A card that is gone cannot be reset; there is nobody to tell.
            let _ = card.disconnect(Disposition::ResetCard);
        }
    }
}

/// The card in a transaction.
pub struct PcscTransport<'card> {
    transaction: Transaction<'card>,
    reader: &'card str,
    limits: Limits,
    buffer: Vec<u8>,
}

impl PcscTransport<'_> {
    /// A failed exchange often hides that the card has left: drivers report what their firmware says.
    fn explain_exchange(&self, error: Error) -> TransportError {
        let vague = matches!(error, Error::NotTransacted | Error::CommDataLost | Error::CommError);
        if !vague {
            return match explain(error, self.reader) {
                TransportError::NoCard { .. } => TransportError::TagLost,
                other => other,
            };
        }
        match self.transaction.status2_owned() {
            Ok(card) if card.status().contains(Status::ABSENT) => TransportError::TagLost,
            Err(Error::RemovedCard | Error::NoSmartcard) => TransportError::TagLost,
            Err(Error::ResetCard) => TransportError::Reset,
            Err(Error::ReaderUnavailable | Error::UnknownReader) => {
                TransportError::ReaderGone { reader: self.reader.to_owned() }
            }
            _ => explain(error, self.reader),
        }
    }
}

impl Transport for PcscTransport<'_> {
    fn exchange(
        &mut self,
        command: &[u8],
        _timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        response.clear();
        if command.len() > self.limits.command_bytes {
            return Err(TransportError::TooLong { bytes: command.len(), limit: self.limits.command_bytes });
        }
        let result = self.transaction.transmit(command, &mut self.buffer).map(<[u8]>::len);
        match result {
            // Drivers have been seen to report success with nothing when the card left in the middle.
            Ok(0..=1) => Err(TransportError::TagLost),
            Ok(length) => {
                let received = self.buffer.get_mut(..length).unwrap_or_default();
                response.extend_from_slice(received);
                // Plain responses can hold personal data.
                zeroize::Zeroize::zeroize(received);
                Ok(())
            }
            Err(error) => Err(self.explain_exchange(error)),
        }
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        self.transaction
            .reconnect(ShareMode::Shared, Protocols::ANY, Disposition::ResetCard)
            .map_err(|error| self.explain_exchange(error))?;
        Ok(true)
    }
}

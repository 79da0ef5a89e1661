//! The simulated chip as a reader: `sim:PERSONA`. Bytes in, bytes out; nothing here helps the reader's code.

use reader_core::transport::{Limits, Transport, TransportError};
use test_vectors::chip::Chip;
use test_vectors::foreign::ForeignCard;
use test_vectors::vpcd::Insertable;

use crate::worker::Place;

/// A reader with a simulated chip on it.
pub struct SimulatedReader {
    chip: Chip,
    limits: Limits,
}

impl SimulatedReader {
    /// Lays `chip` on the reader.
    #[must_use]
    pub const fn new(chip: Chip) -> Self {
        Self { chip, limits: Limits::SHORT }
    }

    /// The same reader, carrying commands and responses up to `limits`.
    #[must_use]
    pub fn carrying(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}

impl Transport for SimulatedReader {
    fn exchange(
        &mut self,
        command: &[u8],
        _timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        response.clear();
        response.extend(self.chip.exchange(command));
        // A chip that was torn away answers nothing.
        if response.is_empty() { Err(TransportError::TagLost) } else { Ok(()) }
    }

    fn limits(&self) -> Limits {
        self.limits
    }
}

/// A place with a simulated card on it that is no document: it stays there.
pub struct ForeignPlace {
    card: ForeignCard,
    atr: Vec<u8>,
}

impl ForeignPlace {
    /// Lays such a card on the reader.
    #[must_use]
    pub fn new(card: ForeignCard) -> Self {
        Self { atr: card.atr(), card }
    }

    fn answers(&self) -> Result<(), TransportError> {
        if self.card.is_silent() {
            return Err(TransportError::Unresponsive { reader: "the simulated reader".to_owned() });
        }
        Ok(())
    }
}

impl Place for ForeignPlace {
    fn talk(&mut self, work: &mut dyn FnMut(&mut dyn Transport)) -> Result<(), TransportError> {
        self.answers()?;
        work(self);
        Ok(())
    }

    fn atr(&self) -> Option<&[u8]> {
        Some(&self.atr)
    }

    fn is_occupied(&mut self) -> Result<bool, TransportError> {
        Ok(true)
    }

    fn power(&mut self) -> Result<(), TransportError> {
        self.card.reset();
        self.answers()
    }
}

impl Transport for ForeignPlace {
    fn exchange(
        &mut self,
        command: &[u8],
        _timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        *response = self.card.exchange(command);
        Ok(())
    }

    fn limits(&self) -> Limits {
        Limits::SHORT
    }
}

//! The simulated chip as a reader: `sim:PERSONA`. Bytes in, bytes out; nothing here helps the reader's code.

use reader_core::transport::{Limits, Transport, TransportError};
use test_vectors::chip::Chip;

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

//! The holder's PIN with its retry counter: three tries, the last only after the card access number.
//! Spec: TR-03110-2 §2.4.1, §3.3; TR-03110-3 §B.11.1.

use super::{Chip, status};

/// Tries of a fresh PIN.
pub(super) const TRIES: u8 = 3;

/// A PIN and what is left of its tries.
pub(super) struct Pin {
    pub(super) digits: String,
    pub(super) tries_left: u8,
}

impl Chip {
    /// The PIN as PACE takes it, with the status word of MSE:Set AT: 9000 for all tries, 63Cx for fewer. The error is a
    /// status word that ends it: blocked (63C0), or suspended (63C1) where the card access number did not come first.
    pub(super) fn pin_for_pace(&self) -> Result<(Vec<u8>, u16), u16> {
        let pin = self.pin.as_ref().ok_or(status::REFERENCE_NOT_FOUND)?;
        let word = status::TRIES | u16::from(pin.tries_left);
        self.memory.note_password("PIN", &pin.digits);
        match pin.tries_left {
            0 => Err(word),
            1 if !self.state.by_can => Err(word),
            TRIES => Ok((pin.digits.clone().into_bytes(), status::OK)),
            _ => Ok((pin.digits.clone().into_bytes(), word)),
        }
    }

    /// Counts a wrong PIN; gives the status word.
    pub(super) fn count_wrong_pin(&mut self) -> u16 {
        let Some(pin) = self.pin.as_mut() else { return status::AUTHENTICATION_FAILED };
        pin.tries_left = pin.tries_left.saturating_sub(1);
        status::TRIES | u16::from(pin.tries_left)
    }

    /// A right PIN brings all tries back.
    pub(super) fn restore_pin(&mut self) {
        if let Some(pin) = self.pin.as_mut() {
            pin.tries_left = TRIES;
        }
    }
}

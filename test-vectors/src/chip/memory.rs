//! What a chip knew and nobody else may learn, kept for tests that search for it.

use std::sync::{Arc, Mutex, PoisonError};

use super::Chip;
use super::primitives::derive_key;
use crate::card::{Hash, Suite};
use crate::num::{Element, Group};
use crate::search;

/// One secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What it is, for people.
    pub what: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Something that a person types; else a key or what a key follows from.
    pub is_password: bool,
}

/// Every secret of a chip since it was made, power cycles and other sessions included. Copies share what they hold, so
/// that one stays behind when the chip is given away.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Vec<Known>>>);

impl Memory {
    /// Adds a key, or what a key follows from.
    ///
    /// # Panics
    /// It has less than eight bytes: it would be found in any long text.
    pub fn note_key(&self, what: &str, bytes: &[u8]) {
        assert!(bytes.len() >= 8, "{what} is too short to be searched for");
        self.note(Known { what: what.to_owned(), bytes: bytes.to_vec(), is_password: false });
    }

    /// Adds what a person types.
    pub fn note_password(&self, what: &str, text: &str) {
        self.note(Known { what: what.to_owned(), bytes: text.as_bytes().to_vec(), is_password: true });
    }

    /// Everything so far, each once.
    pub fn known(&self) -> Vec<Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What of it stands in some bytes, and in which form; see [`search`].
    pub fn found_in(&self, place: &[u8]) -> Vec<String> {
        search::secrets(&self.known(), place)
    }

    fn note(&self, known: Known) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&known) {
            all.push(known);
        }
    }
}

impl Chip {
    /// What this chip knew and nobody else may learn. It grows while the chip is used.
    pub fn memory(&self) -> Memory {
        self.memory.clone()
    }

    /// The key that a secret and a counter give; with triple DES also as it was before its parity was set.
    pub(super) fn knew_derived(&self, what: &str, suite: Suite, secret: &[u8], counter: u32) {
        self.memory.note_key(what, &derive_key(suite, secret, counter));
        if suite == Suite::TripleDes {
            let digest = Hash::Sha1.digest(&[secret, &counter.to_be_bytes()].concat());
            self.memory.note_key(what, &digest[..16]);
        }
    }

    /// An agreed secret and both keys of the channel that follows from it.
    pub(super) fn knew_channel(&self, protocol: &str, suite: Suite, secret: &[u8]) {
        self.memory.note_key(&format!("shared secret of {protocol}"), secret);
        self.knew_derived(&format!("encryption key of {protocol}"), suite, secret, 1);
        self.knew_derived(&format!("authentication key of {protocol}"), suite, secret, 2);
    }

    /// An element that is no public key: a point by its x coordinate.
    pub(super) fn knew_element(&self, what: &str, group: Group, element: &Element) {
        let encoded = group.encode(element);
        let bytes = match group {
            // 04 ‖ x ‖ y.
            Group::Curve(_) => encoded.get(1..=encoded.len() / 2).unwrap_or_default(),
            Group::Modp(_) => &encoded,
        };
        self.memory.note_key(what, bytes);
    }
}

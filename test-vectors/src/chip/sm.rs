//! Secure messaging, from the chip's end. Spec: 9303-11 §9.8.

use super::command_in::Command;
use super::misshapen::Deviation;
use super::primitives::{cbc_decrypt, derive_key, encrypt_block, mac, pad, unpad};
use super::{Answer, status, tlv};
use crate::card::Suite;

/// An open channel: two keys and a counter.
#[derive(Clone, Debug)]
pub struct Channel {
    suite: Suite,
    encryption: Vec<u8>,
    authentication: Vec<u8>,
    counter: Vec<u8>,
}

impl Channel {
    /// A channel whose keys follow from a shared secret, with the counter at zero.
    pub fn from_secret(suite: Suite, secret: &[u8]) -> Channel {
        let [encryption, authentication] = [1, 2].map(|counter| derive_key(suite, secret, counter));
        Channel { suite, encryption, authentication, counter: vec![0; suite.block_bytes()] }
    }

    /// A channel with given keys and counter, as a worked example begins with.
    pub fn from_keys(suite: Suite, encryption: &[u8], authentication: &[u8], counter: &[u8]) -> Channel {
        let [encryption, authentication, counter] = [encryption, authentication, counter].map(<[u8]>::to_vec);
        Channel { suite, encryption, authentication, counter }
    }

    /// The same channel with another counter.
    pub(super) fn with_counter(self, counter: Vec<u8>) -> Channel {
        Channel { counter, ..self }
    }

    /// The cipher of the channel.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// The encryption key, the authentication key and the counter as it stands.
    pub fn keys(&self) -> (&[u8], &[u8], &[u8]) {
        (&self.encryption, &self.authentication, &self.counter)
    }

    /// Checks and opens a protected command: the plain command comes out. The error is the status word that a chip
    /// answers with, unprotected, after it has destroyed the keys.
    pub fn open(&mut self, outer: &Command) -> Result<Command, u16> {
        self.count();
        let objects = tlv::split(&outer.data).ok_or(status::SM_OBJECTS_INCORRECT)?;
        let (last, protected) = objects.split_last().ok_or(status::SM_OBJECTS_MISSING)?;
        if last.tag != 0x8E {
            return Err(status::SM_OBJECTS_MISSING);
        }
        if protected.iter().any(|object| !matches!(object.tag, 0x85 | 0x87 | 0x97)) {
            return Err(status::SM_OBJECTS_INCORRECT);
        }
        let body: Vec<u8> = protected.iter().flat_map(|object| object.encoded).copied().collect();
        if self.mac_over(&pad(&outer.header(), self.suite.block_bytes()), &body) != last.value {
            return Err(status::SM_OBJECTS_INCORRECT);
        }
        let data = match (tlv::find(protected, 0x87), tlv::find(protected, 0x85)) {
            (None, None) => Vec::new(),
            // An even instruction carries the padding indicator 01; an odd one carries data objects without it.
            (Some([1, cryptogram @ ..]), None) if outer.ins & 1 == 0 => self.decrypt(cryptogram)?,
            (None, Some(cryptogram)) if outer.ins & 1 == 1 => self.decrypt(cryptogram)?,
            _ => return Err(status::SM_OBJECTS_INCORRECT),
        };
        let ne = match tlv::find(protected, 0x97) {
            None => None,
            Some([0]) => Some(256),
            Some([le]) => Some(usize::from(*le)),
            Some([0, 0]) => Some(65536),
            Some([high, low]) => Some(usize::from(u16::from_be_bytes([*high, *low]))),
            Some(_) => return Err(status::SM_OBJECTS_INCORRECT),
        };
        Ok(Command { cla: outer.cla & !0x0C, data, ne, ..outer.clone() })
    }

    /// Protects an answer: 87 or 85, then 99, then 8E, and the status word once more outside.
    pub fn protect(&mut self, answer: &Answer, odd_instruction: bool) -> Vec<u8> {
        self.protect_as(answer, odd_instruction, Deviation::default())
    }

    /// How many plain bytes fit into a protected short response of 256 bytes.
    pub fn short_capacity_bytes(&self) -> usize {
        // 4 bytes of DO99, 10 of DO8E, 3 of DO87's tag and length, 1 padding indicator.
        (256 - 18) / self.suite.block_bytes() * self.suite.block_bytes() - 1
    }

    pub(super) fn count(&mut self) {
        for byte in self.counter.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }

    /// Moves the counter by a few steps either way.
    pub(super) fn shift(&mut self, ahead: i8) {
        for _ in 0..ahead.max(0) {
            self.count();
        }
        for _ in ahead.min(0)..0 {
            for byte in self.counter.iter_mut().rev() {
                *byte = byte.wrapping_sub(1);
                if *byte != 0xFF {
                    break;
                }
            }
        }
    }

    pub(super) fn mac_over(&self, header: &[u8], body: &[u8]) -> Vec<u8> {
        let body = if body.is_empty() { Vec::new() } else { pad(body, self.suite.block_bytes()) };
        mac(self.suite, &self.authentication, &[self.counter.as_slice(), header, &body].concat())
    }

    pub(super) fn iv(&self) -> Vec<u8> {
        match self.suite {
            Suite::TripleDes => vec![0; 8],
            _ => encrypt_block(self.suite, &self.encryption, &self.counter),
        }
    }

    fn decrypt(&self, cryptogram: &[u8]) -> Result<Vec<u8>, u16> {
        if cryptogram.is_empty() || !cryptogram.len().is_multiple_of(self.suite.block_bytes()) {
            return Err(status::SM_OBJECTS_INCORRECT);
        }
        let padded = cbc_decrypt(self.suite, &self.encryption, &self.iv(), cryptogram);
        unpad(&padded).map(<[u8]>::to_vec).ok_or(status::SM_OBJECTS_INCORRECT)
    }
}

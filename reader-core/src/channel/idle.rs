//! Commands into protected commands.

use crate::crypto::cipher::{self, CipherError};
use crate::crypto::kdf::{CipherSuite, SessionKeys};
use crate::crypto::mac::{self, MAC_BYTES, MacInput};
use crate::wire::Malformed;
use crate::wire::apdu::{Command, EXTENDED_NE_MAX_BYTES, LengthForm, SHORT_NE_MAX_BYTES};
use crate::wire::tlv;

use super::{Awaiting, DO_8E, DO_85, DO_87, DO_97, SendSequenceCounter, initialisation_vector};

/// The class bits of secure messaging with an authenticated header. Spec: 9303-11 §9.8.4.
const CLA_PROTECTED: u8 = 0x0C;

/// Data objects beside the encrypted data in a response: DO99 and DO8E.
const RESPONSE_OVERHEAD_BYTES: usize = 4 + 2 + MAC_BYTES;

/// A command that cannot be protected. The channel is gone, since the counter may not be used twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unprotectable {
    /// It does not fit the form of lengths.
    #[error("the protected command does not fit: {0}")]
    TooLong(#[from] Malformed),
    /// A key or counter of the wrong length.
    #[error(transparent)]
    Cipher(#[from] CipherError),
}

/// A channel that may send. There is never a second one under the same keys and counter.
pub struct Idle {
    keys: SessionKeys,
    counter: SendSequenceCounter,
}

impl Idle {
    /// A channel under new keys. `counter` is zero after PACE and chip authentication.
    #[must_use]
    pub const fn new(keys: SessionKeys, counter: SendSequenceCounter) -> Self {
        Self { keys, counter }
    }

    /// The cipher.
    #[must_use]
    pub const fn suite(&self) -> CipherSuite {
        self.keys.suite
    }

    /// The counter as it stands; it is no secret.
    #[must_use]
    pub const fn counter(&self) -> &SendSequenceCounter {
        &self.counter
    }

    /// Protects one command. The length form is that of the protected command.
    ///
    /// # Errors
    /// The protected command does not fit `form`.
    pub fn protect(self, command: &Command, form: LengthForm) -> Result<(Vec<u8>, Awaiting), Unprotectable> {
        let Self { keys, counter } = self;
        let counter = counter.next();
        let block_bytes = keys.suite.block_size();
        let odd = command.ins & 1 == 1;
        let mut objects = Vec::new();
        if !command.data.is_empty() {
            let iv = initialisation_vector(&keys, &counter)?;
            let padded = zeroize::Zeroizing::new(cipher::pad(&command.data, block_bytes));
            let encrypted = cipher::cbc_encrypt(keys.suite, &keys.enc, &iv, &padded)?;
            objects = if odd {
                tlv::encode(DO_85, &encrypted)
            } else {
                tlv::encode(DO_87, &[&[1], encrypted.as_slice()].concat())
            };
        }
        if let Some(ne) = command.ne {
            objects.extend(tlv::encode(DO_97, &expected_length(ne)));
        }
        let cla = command.cla | CLA_PROTECTED;
        let header = [cla, command.ins, command.p1, command.p2];
        let mut input = counter.bytes().to_vec();
        input.extend(cipher::pad(&header, block_bytes));
        if !objects.is_empty() {
            // What came before is whole blocks, so this pads the objects alone.
            input.extend_from_slice(&objects);
            input = cipher::pad(&input, block_bytes);
        }
        let mac = mac::mac(keys.suite, &keys.mac, MacInput::Padded(&input))?;
        objects.extend(tlv::encode(DO_8E, &mac));
        let ne = match form {
            LengthForm::Short => SHORT_NE_MAX_BYTES,
            LengthForm::Extended => EXTENDED_NE_MAX_BYTES,
        };
        let protected =
            Command::new(cla, command.ins, command.p1, command.p2).with_data(objects).expecting(ne);
        Ok((protected.encode(form)?, Awaiting::new(keys, counter, if odd { DO_85 } else { DO_87 })))
    }

    /// Most command data whose protected form, Le included, has at most `room_bytes` of data.
    #[must_use]
    pub fn max_command_data(&self, room_bytes: usize) -> usize {
        // DO97 with two bytes takes the room that DO99 takes in a response.
        self.max_response_data(room_bytes)
    }

    /// Most response data whose protected form fits `room_bytes` (status word not counted): 223 bytes under AES and 231
    /// under triple DES for the 256 of a short response.
    #[must_use]
    pub fn max_response_data(&self, room_bytes: usize) -> usize {
        let block = self.keys.suite.block_size();
        let room = room_bytes.saturating_sub(RESPONSE_OVERHEAD_BYTES);
        // Tag, length field and padding indicator of DO87 around the ciphertext.
        let fits = |encrypted: usize| {
            let value = encrypted + 1;
            let length_bytes = match value {
                0..0x80 => 1,
                0x80..0x100 => 2,
                0x100..0x1_0000 => 3,
                _ => 4,
            };
            1 + length_bytes + value <= room
        };
        let mut encrypted = room / block * block;
        while encrypted > 0 && !fits(encrypted) {
            encrypted -= block;
        }
        encrypted.saturating_sub(1)
    }
}

/// The value of DO97: one byte up to 256, two beyond; the largest of each wraps to zero.
fn expected_length(ne: usize) -> Vec<u8> {
    let [.., high, low] = ne.to_be_bytes();
    if ne <= SHORT_NE_MAX_BYTES { vec![low] } else { vec![high, low] }
}

//! Active Authentication. Spec: 9303-11 §6.1.

use super::command_in::Command;
use super::{Answer, Chip, Fault, KeyProof, status};
use crate::card::{ActiveAuthenticationKey, Hash};
use crate::num::{ecdsa_sign, private_from_seed, rsa_raw};

impl Chip {
    /// INTERNAL AUTHENTICATE: signs the terminal's eight bytes.
    pub(super) fn internal_authenticate(&mut self, command: &Command) -> Result<Answer, u16> {
        let holder = self.key_holder(KeyProof::ActiveAuthentication);
        let key = holder.active_authentication.clone().ok_or(status::INSTRUCTION_UNKNOWN)?;
        self.require_access()?;
        let challenge: &[u8; 8] = command.data.as_slice().try_into().map_err(|_| status::WRONG_LENGTH)?;
        let mut challenge = *challenge;
        if self.has(&Fault::AaOtherChallenge) {
            challenge[7] ^= 1;
        }
        let wrong = self.has(&Fault::AaWrongKey);
        match &key {
            ActiveAuthenticationKey::Rsa { private, .. } | ActiveAuthenticationKey::Ecdsa { private, .. } => {
                self.memory.note_key("signing key of the chip", private);
            }
        }
        let mut signature = match key {
            ActiveAuthenticationKey::Rsa { modulus, mut private, hash } => {
                if let (true, Some(last)) = (wrong, private.last_mut()) {
                    *last ^= 2;
                }
                let mut m1 = vec![0; m1_bytes(hash, modulus.len())];
                self.fill_random(&mut m1);
                let mut block = recovered_block(hash, &m1, &challenge);
                if self.has(&Fault::AaUnknownTrailer) {
                    *block.iter_mut().nth_back(1).ok_or(status::CONDITIONS_NOT_SATISFIED)? = UNKNOWN_TRAILER;
                }
                rsa_raw(&modulus, &private, &block)
            }
            ActiveAuthenticationKey::Ecdsa { curve, mut private, hash } => {
                if wrong {
                    private = private_from_seed(curve, "not the key of this chip");
                }
                let seed = self.random::<16>();
                ecdsa_sign(curve, &private, &hash.digest(&challenge), &seed).plain(curve)
            }
        };
        if let (true, Some(channel)) = (self.has(&Fault::AaCutsSignature), &self.state.channel) {
            signature.truncate(channel.short_capacity_bytes());
        }
        Ok(Answer::ok(signature))
    }
}

/// The first of two bytes of a trailer that ISO/IEC 10118-3 gives to no hash.
const UNKNOWN_TRAILER: u8 = 0x7F;

/// The trailer that tells the hash. Spec: ISO/IEC 9796-2 §8.1, ISO/IEC 10118-3.
fn trailer(hash: Hash) -> &'static [u8] {
    match hash {
        Hash::Sha1 => &[0xBC],
        Hash::Sha224 => &[0x38, 0xCC],
        Hash::Sha256 => &[0x34, 0xCC],
        Hash::Sha384 => &[0x36, 0xCC],
        Hash::Sha512 => &[0x35, 0xCC],
    }
}

/// Length of the recoverable part of the message.
fn m1_bytes(hash: Hash, modulus_bytes: usize) -> usize {
    modulus_bytes.saturating_sub(1 + hash.digest(&[]).len() + trailer(hash).len())
}

/// The block that is signed: 6A ‖ M1 ‖ hash of M1 and the challenge ‖ trailer.
pub fn recovered_block(hash: Hash, m1: &[u8], challenge: &[u8]) -> Vec<u8> {
    let digest = hash.digest(&[m1, challenge].concat());
    [&[0x6A], m1, &digest, trailer(hash)].concat()
}

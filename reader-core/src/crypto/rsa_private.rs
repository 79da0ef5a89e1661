//! The RSA private operation: blinded, in constant time in the exponent, and checked before its result leaves.
//!
//! Spec: RFC 8017 §5.2.1. Made without the prime factors, so that no fault can give them away.

use core::fmt;

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use zeroize::Zeroize;

use super::rsa::{RsaKeyError, RsaPublicKey};
use super::secret::{Entropy, Secret};
use super::signature::SignatureError;

/// Draws of a blinding factor; one that has no inverse would factor the modulus, and does not happen.
const MAX_DRAWS: usize = 4;

/// An RSA private key; wiped when dropped, never printed.
pub struct RsaPrivateKey {
    public: RsaPublicKey,
    /// The private exponent, big-endian, as long as the modulus.
    exponent: Secret,
}

impl RsaPrivateKey {
    /// The key with these unsigned big-endian numbers.
    ///
    /// # Errors
    /// A number is out of range.
    pub fn new(modulus: &[u8], public_exponent: &[u8], private_exponent: &[u8]) -> Result<Self, RsaKeyError> {
        let public = RsaPublicKey::new(modulus, public_exponent)?;
        let start = private_exponent.iter().position(|byte| *byte != 0).ok_or(RsaKeyError::Exponent)?;
        let significant = private_exponent.get(start..).unwrap_or_default();
        let mut padded = vec![0; public.modulus_len()];
        let room = padded.len().checked_sub(significant.len()).ok_or(RsaKeyError::Exponent)?;
        if let Some(tail) = padded.get_mut(room..) {
            tail.copy_from_slice(significant);
        }
        Ok(Self { public, exponent: Secret::new(padded) })
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &RsaPublicKey {
        &self.public
    }

    /// RSASP1: `encoded` to the private exponent, in as many bytes as the modulus.
    ///
    /// # Errors
    /// No randomness; `encoded` is not below the modulus; or the result does not verify, because the numbers of the key do
    /// not belong together or the machine erred.
    pub(super) fn sign(&self, encoded: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, SignatureError> {
        let signature = self.blinded(encoded, entropy)?.ok_or(SignatureError::Faulty)?;
        match self.public.recover(&signature) {
            Some(recovered) if recovered == encoded => Ok(signature),
            _ => Err(SignatureError::Faulty),
        }
    }

    fn blinded(&self, encoded: &[u8], entropy: &mut dyn Entropy) -> Result<Option<Vec<u8>>, SignatureError> {
        let len = self.public.modulus_len();
        let modulus = BoxedUint::from_be_slice_vartime(&self.public.modulus_bytes());
        let bits = modulus.bits_precision();
        let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, bits).ok();
        let Some(message) = number(encoded).filter(|message| *message < modulus) else { return Ok(None) };
        let Some(odd) = Option::<Odd<BoxedUint>>::from(Odd::new(modulus.clone())) else { return Ok(None) };
        let parameters = BoxedMontyParams::new_vartime(odd);
        let (Some(mut private), Some(public)) =
            (number(self.exponent.expose()), number(&self.public.exponent_bytes()))
        else {
            return Ok(None);
        };
        for _ in 0..MAX_DRAWS {
            let mut draw = Secret::random(len, entropy)?.expose().to_vec();
            // Below the modulus for sure: the highest bit that it can have is cleared.
            let spare_bits = len * 8 - self.public.modulus_bits() as usize + 1;
            for (byte, cut) in draw.iter_mut().zip([spare_bits, spare_bits.saturating_sub(8)]) {
                *byte &= 0xFF_u8.checked_shr(u32::try_from(cut).unwrap_or(8)).unwrap_or(0);
            }
            let factor = number(&draw).map(|factor| BoxedMontyForm::new(factor, &parameters));
            draw.zeroize();
            let Some(factor) = factor else { continue };
            let Some(inverse) = Option::<BoxedMontyForm>::from(factor.invert()) else { continue };
            let hidden = BoxedMontyForm::new(message.clone(), &parameters) * &factor.pow(&public);
            let mut result = (hidden.pow(&private) * &inverse).retrieve();
            let full = result.to_be_bytes();
            let signature = full.get(full.len().saturating_sub(len)..).unwrap_or_default().to_vec();
            result.zeroize();
            private.zeroize();
            return Ok(Some(signature));
        }
        private.zeroize();
        Ok(None)
    }
}

impl fmt::Debug for RsaPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPrivateKey({} bits)", self.public.modulus_bits())
    }
}

//! The RSA public operation. There is no private one here, so timing of secrets is no concern (RUSTSEC-2023-0071).
//!
//! Spec: RFC 8017 §5.2.2, §8; 9303-12 §4.4.2.

use crypto_bigint::{
    BoxedUint, Integer, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};

/// Smallest accepted modulus: old documents have 1024 bits; whether that is enough is policy.
pub const MIN_MODULUS_BITS: u32 = 1024;
/// Largest accepted modulus: real issuers use 6144 bits; more only costs time.
pub const MAX_MODULUS_BITS: u32 = 6144;
/// Largest accepted public exponent. Spec: FIPS 186-4 B.3.1.
pub const MAX_EXPONENT_BITS: u32 = 256;

/// Why a key was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RsaKeyError {
    /// The modulus has an unsupported size.
    #[error("an RSA modulus of {bits} bits is not supported ({MIN_MODULUS_BITS} to {MAX_MODULUS_BITS} are)")]
    ModulusSize {
        /// Its size.
        bits: u32,
    },
    /// An even modulus is no product of two large primes.
    #[error("the RSA modulus is even: the key is damaged")]
    EvenModulus,
    /// The exponent is even, below three or longer than [`MAX_EXPONENT_BITS`].
    #[error("the RSA exponent is even, below 3 or above {MAX_EXPONENT_BITS} bits")]
    Exponent,
}

/// An RSA public key whose numbers were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    modulus: Odd<BoxedUint>,
    exponent: BoxedUint,
    modulus_bits: u32,
}

impl RsaPublicKey {
    /// The key with these unsigned big-endian numbers; leading zeros are ignored.
    ///
    /// # Errors
    /// When a number is out of the supported range.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, RsaKeyError> {
        let max_bytes = (MAX_MODULUS_BITS / 8) as usize;
        let modulus = trimmed(modulus);
        let exponent = trimmed(exponent);
        if modulus.len() > max_bytes {
            let bits = u32::try_from(modulus.len()).unwrap_or(u32::MAX).saturating_mul(8);
            return Err(RsaKeyError::ModulusSize { bits });
        }
        if exponent.len() > (MAX_EXPONENT_BITS / 8) as usize {
            return Err(RsaKeyError::Exponent);
        }
        let modulus = BoxedUint::from_be_slice_vartime(modulus);
        let modulus_bits = modulus.bits_vartime();
        if !(MIN_MODULUS_BITS..=MAX_MODULUS_BITS).contains(&modulus_bits) {
            return Err(RsaKeyError::ModulusSize { bits: modulus_bits });
        }
        let modulus = Option::from(Odd::new(modulus)).ok_or(RsaKeyError::EvenModulus)?;
        let exponent = BoxedUint::from_be_slice_vartime(exponent);
        if exponent.bits_vartime() < 2 || !bool::from(exponent.is_odd()) {
            return Err(RsaKeyError::Exponent);
        }
        Ok(Self { modulus, exponent, modulus_bits })
    }

    /// Size of the modulus in bits.
    #[must_use]
    pub const fn modulus_bits(&self) -> u32 {
        self.modulus_bits
    }

    /// Length of the modulus and of every signature, in bytes.
    #[must_use]
    pub const fn modulus_len(&self) -> usize {
        self.modulus_bits.div_ceil(8) as usize
    }

    /// The modulus, big-endian, without leading zeros.
    #[must_use]
    pub fn modulus_bytes(&self) -> Vec<u8> {
        self.modulus.as_ref().to_be_bytes_trimmed_vartime().to_vec()
    }

    /// The exponent, big-endian, without leading zeros.
    #[must_use]
    pub fn exponent_bytes(&self) -> Vec<u8> {
        self.exponent.to_be_bytes_trimmed_vartime().to_vec()
    }

    /// RSAVP1: the number that was signed, in [`RsaPublicKey::modulus_len`] bytes; nothing when the signature has another
    /// length or is not below the modulus (then it is no signature of this key).
    #[must_use]
    pub fn recover(&self, signature: &[u8]) -> Option<Vec<u8>> {
        if signature.len() != self.modulus_len() {
            return None;
        }
        let modulus: &BoxedUint = self.modulus.as_ref();
        let signature = BoxedUint::from_be_slice(signature, modulus.bits_precision()).ok()?;
        if signature >= *modulus {
            return None;
        }
        let parameters = BoxedMontyParams::new_vartime(self.modulus.clone());
        let power = BoxedMontyForm::new(signature, &parameters)
            .pow_bounded_exp(&self.exponent, self.exponent.bits_vartime())
            .retrieve();
        Some(self.encode(&power))
    }

    /// n − value for a value that [`RsaPublicKey::recover`] gave.
    pub(super) fn complement(&self, value: &[u8]) -> Option<Vec<u8>> {
        let modulus: &BoxedUint = self.modulus.as_ref();
        let value = BoxedUint::from_be_slice(value, modulus.bits_precision()).ok()?;
        Some(self.encode(&modulus.wrapping_sub(&value)))
    }

    fn encode(&self, number: &BoxedUint) -> Vec<u8> {
        let full = number.to_be_bytes();
        full.get(full.len().saturating_sub(self.modulus_len())..).unwrap_or_default().to_vec()
    }
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

//! The RSA public operation. There is no private one here, so timing of secrets is no concern (RUSTSEC-2023-0071).
//!
//! Spec: RFC 8017 §5.2.2, §8; 9303-12 §4.4.2.

use crypto_bigint::{
    BoxedUint, Integer, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};

use super::hash::HashAlgorithm;

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

/// What a key may be used with, by its own word. Spec: RFC 4055 §1.2, §3.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaUse {
    /// Any scheme.
    Any,
    /// RSASSA-PSS with whatever parameters.
    Pss,
    /// RSASSA-PSS with these hashes, and a salt of at least this length.
    PssWith {
        /// Hash of the message.
        hash: HashAlgorithm,
        /// Hash inside MGF1.
        mgf_hash: HashAlgorithm,
        /// Shortest salt, in bytes.
        min_salt_len: usize,
    },
}

/// An RSA public key whose numbers were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    modulus: Odd<BoxedUint>,
    exponent: BoxedUint,
    modulus_bits: u32,
    usage: RsaUse,
}

impl RsaPublicKey {
    /// The key, for any use, with these unsigned big-endian numbers; leading zeros are ignored.
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
        Ok(Self { modulus, exponent, modulus_bits, usage: RsaUse::Any })
    }

    /// The key kept to this use.
    #[must_use]
    pub fn for_use(self, usage: RsaUse) -> Self {
        Self { usage, ..self }
    }

    /// What it may be used with.
    #[must_use]
    pub const fn usage(&self) -> RsaUse {
        self.usage
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

    /// Whether the exponent is 65537, as in nearly every key.
    #[must_use]
    pub fn has_usual_exponent(&self) -> bool {
        self.exponent_bytes() == [1, 0, 1]
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
        let base = BoxedMontyForm::new(signature, &parameters);
        // The exponent is public and nearly always 65537: square and multiply beats any window.
        let mut power = base.clone();
        for bit in (0..self.exponent.bits_vartime().saturating_sub(1)).rev() {
            power = power.square();
            if self.exponent.bit_vartime(bit) {
                power *= &base;
            }
        }
        Some(self.encode(&power.retrieve()))
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

#[cfg(test)]
mod tests {
    use test_vectors::num;

    use super::*;

    fn odd(bits: usize) -> Vec<u8> {
        let mut modulus = num::expand(&[b"modulus"], bits.div_ceil(8));
        let first = (bits - 1) % 8;
        modulus[0] = modulus[0] & ((1 << first) - 1) | 1 << first;
        *modulus.last_mut().unwrap() |= 1;
        modulus
    }

    #[test]
    fn sizes_and_exponents_out_of_range_are_refused() {
        let key =
            |bits, exponent: &[u8]| RsaPublicKey::new(&odd(bits), exponent).map(|key| key.modulus_bits());
        assert_eq!(key(1024, &[3]), Ok(1024));
        assert_eq!(key(6144, &[1, 0, 1]), Ok(6144));
        assert_eq!(key(1023, &[3]), Err(RsaKeyError::ModulusSize { bits: 1023 }));
        assert!(matches!(key(6145, &[3]), Err(RsaKeyError::ModulusSize { .. })));
        assert!(matches!(key(100_000, &[3]), Err(RsaKeyError::ModulusSize { .. })));
        for exponent in [&[][..], &[0], &[1], &[2], &[1, 0, 0], &[1; 33]] {
            assert_eq!(key(2048, exponent), Err(RsaKeyError::Exponent), "{exponent:?}");
        }
        let mut even = odd(2048);
        *even.last_mut().unwrap() &= 0xFE;
        assert_eq!(RsaPublicKey::new(&even, &[3]), Err(RsaKeyError::EvenModulus));
        assert_eq!(RsaPublicKey::new(&[], &[3]), Err(RsaKeyError::ModulusSize { bits: 0 }));
    }

    #[test]
    fn leading_zeros_do_not_matter() {
        let modulus = odd(1030);
        let plain = RsaPublicKey::new(&modulus, &[1, 0, 1]).unwrap();
        let padded = RsaPublicKey::new(&[&[0, 0][..], &modulus].concat(), &[0, 1, 0, 1]).unwrap();
        assert_eq!(plain, padded);
        assert_eq!(padded.modulus_bytes(), modulus);
        assert_eq!(padded.exponent_bytes(), [1, 0, 1]);
        assert_eq!(plain.modulus_len(), 129);
    }

    #[test]
    fn the_public_operation_equals_that_of_the_simulator() {
        // Exponents of real issuers, among them long odd ones.
        for exponent in
            [&[3][..], &[5], &[1, 0, 1], &[0xC3, 0x5A, 0x11, 0x27], &[1, 2, 3, 4, 5, 6, 7, 9], &[0xFF; 32]]
        {
            for bits in [1024, 1025, 1031, 2048, 3072, 4096] {
                let modulus = odd(bits);
                let key = RsaPublicKey::new(&modulus, exponent).unwrap();
                let mut signature = num::expand(&[b"signature"], modulus.len());
                signature[0] = 0;
                assert_eq!(
                    key.recover(&signature),
                    Some(num::rsa_raw(&modulus, exponent, &signature)),
                    "{bits}"
                );
            }
        }
    }

    #[test]
    fn a_signature_of_another_length_or_not_below_the_modulus_is_none() {
        let modulus = odd(1024);
        let key = RsaPublicKey::new(&modulus, &[3]).unwrap();
        assert_eq!(key.recover(&modulus), None);
        assert_eq!(key.recover(&[0xFF; 128]), None);
        assert_eq!(key.recover(&[0; 127]), None);
        assert_eq!(key.recover(&[0; 129]), None);
        assert_eq!(key.recover(&[0; 128]), Some(vec![0; 128]));
    }
}

//! Making signatures with a private key that this program holds itself.
//!
//! Spec: TR-03111 §4.2.1.1, §5.2.1; RFC 8017 §8.1.1, §8.2.1.

use core::fmt;

use super::ec;
use super::hash::HashAlgorithm;
use super::rsa_private::RsaPrivateKey;
use super::secret::{Entropy, Secret};
use super::signature::{EcdsaEncoding, PublicKey, SignatureError, SignatureScheme, mgf1, pkcs1_encoding};

/// The parameters of a hash in a DigestInfo.
const NULL: [u8; 2] = [0x05, 0x00];

/// A private key for signatures; wiped when dropped, never printed.
pub enum SigningKey {
    /// On a curve, with its standard base point.
    Ec(ec::PrivateKey),
    /// RSA.
    Rsa(RsaPrivateKey),
}

impl SigningKey {
    /// The public key that belongs to it.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Ec(key) => PublicKey::Ec(key.public().clone()),
            Self::Rsa(key) => PublicKey::Rsa(key.public().clone()),
        }
    }

    /// Signs `message`. ECDSA signatures are plain (r ‖ s).
    ///
    /// # Errors
    /// Key and scheme do not fit each other, no randomness, or the numbers of the key do not belong together.
    pub fn sign(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, SignatureError> {
        let hash = scheme.hash().digest(message);
        let too_short = || SignatureError::KeyTooShort { scheme: scheme.name(), key: self.public().name() };
        match (self, scheme) {
            (Self::Ec(key), SignatureScheme::Ecdsa { encoding: EcdsaEncoding::Plain, .. }) => {
                key.sign(&hash, entropy).map_err(|error| match error {
                    ec::EcError::Entropy(error) => error.into(),
                    _ => SignatureError::Faulty,
                })
            }
            (Self::Rsa(key), SignatureScheme::RsaPkcs1 { hash: algorithm }) => {
                let len = key.public().modulus_len();
                let encoded = pkcs1_encoding(algorithm, &NULL, &hash, len).ok_or_else(too_short)?;
                key.sign(&encoded, entropy)
            }
            (Self::Rsa(key), SignatureScheme::RsaPss { hash: algorithm, mgf_hash, salt_len }) => {
                let len = key.public().modulus_len();
                let bits = key.public().modulus_bits() - 1;
                let longest = (bits.div_ceil(8) as usize).saturating_sub(algorithm.len() + 2);
                if salt_len > longest {
                    return Err(too_short());
                }
                let salt = Secret::random(salt_len, entropy)?;
                let encoded =
                    pss_encoding(algorithm, mgf_hash, &hash, salt.expose(), bits).ok_or_else(too_short)?;
                let encoded = [vec![0; len.saturating_sub(encoded.len())], encoded].concat();
                key.sign(&encoded, entropy)
            }
            _ => Err(SignatureError::SchemeKeyMismatch { scheme: scheme.name(), key: self.public().name() }),
        }
    }
}

/// EMSA-PSS-ENCODE into `bits` bits. Spec: RFC 8017 §9.1.1.
fn pss_encoding(
    algorithm: HashAlgorithm,
    mgf_hash: HashAlgorithm,
    hash: &[u8],
    salt: &[u8],
    bits: u32,
) -> Option<Vec<u8>> {
    let len = bits.div_ceil(8) as usize;
    let seed = algorithm.digest_parts(&[&[0; 8], hash, salt]);
    let filler = len.checked_sub(algorithm.len() + salt.len() + 2)?;
    let mut encoded = vec![0; filler];
    encoded.push(1);
    encoded.extend_from_slice(salt);
    for (byte, mask) in encoded.iter_mut().zip(mgf1(mgf_hash, &seed, len - algorithm.len() - 1)) {
        *byte ^= mask;
    }
    *encoded.first_mut()? &= 0xFF_u8 >> (8 * len - bits as usize);
    encoded.extend(seed);
    encoded.push(0xBC);
    Some(encoded)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::curve::Curve;
    use crate::crypto::ec::{Generator, PrivateKey};
    use crate::crypto::secret::EntropyError;
    use crate::crypto::signature;

    struct Counting(u8);

    impl Entropy for Counting {
        fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
            for byte in out {
                self.0 = self.0.wrapping_mul(5).wrapping_add(17);
                *byte = self.0;
            }
            Ok(())
        }
    }

    /// A key of 1024 bits from two primes of 512 bits, for this test alone.
    fn rsa() -> SigningKey {
        let key = test_vectors::num::RsaKey::from_seed(1024, "terminal key of a test");
        SigningKey::Rsa(RsaPrivateKey::new(&key.modulus, &key.public, &key.private).unwrap())
    }

    #[test]
    fn every_curve_and_hash_makes_signatures_that_hold() {
        let mut entropy = Counting(1);
        for curve in Curve::ALL {
            let key =
                SigningKey::Ec(PrivateKey::generate(&Generator::standard(curve), &mut entropy).unwrap());
            for hash in HashAlgorithm::ALL {
                let scheme = SignatureScheme::Ecdsa { hash, encoding: EcdsaEncoding::Plain };
                let signed = key.sign(scheme, b"message", &mut entropy).unwrap();
                assert!(
                    signature::verify(&key.public(), scheme, b"message", &signed).unwrap().is_valid(),
                    "{curve}"
                );
                assert!(!signature::verify(&key.public(), scheme, b"massage", &signed).unwrap().is_valid());
            }
        }
    }

    #[test]
    fn both_paddings_of_rsa_hold() {
        let (key, mut entropy) = (rsa(), Counting(2));
        for hash in [HashAlgorithm::Sha1, HashAlgorithm::Sha256] {
            let pss = SignatureScheme::RsaPss { hash, mgf_hash: hash, salt_len: hash.len() };
            for scheme in [SignatureScheme::RsaPkcs1 { hash }, pss] {
                let signed = key.sign(scheme, b"message", &mut entropy).unwrap();
                assert!(signature::verify(&key.public(), scheme, b"message", &signed).unwrap().is_valid());
                assert!(!signature::verify(&key.public(), scheme, b"massage", &signed).unwrap().is_valid());
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let (key, mut entropy) = (rsa(), Counting(3));
        let hash = HashAlgorithm::Sha512;
        let long = SignatureScheme::RsaPss { hash, mgf_hash: hash, salt_len: 64 };
        assert!(matches!(key.sign(long, b"", &mut entropy), Err(SignatureError::KeyTooShort { .. })));
        let ecdsa = SignatureScheme::Ecdsa { hash, encoding: EcdsaEncoding::Plain };
        assert!(matches!(key.sign(ecdsa, b"", &mut entropy), Err(SignatureError::SchemeKeyMismatch { .. })));
        let other = test_vectors::num::RsaKey::from_seed(1024, "another key of a test");
        let SigningKey::Rsa(own) = &key else { panic!("an RSA key") };
        let mixed = RsaPrivateKey::new(&own.public().modulus_bytes(), &[1, 0, 1], &other.private);
        let mixed = SigningKey::Rsa(mixed.unwrap());
        let pkcs1 = SignatureScheme::RsaPkcs1 { hash: HashAlgorithm::Sha256 };
        assert!(matches!(mixed.sign(pkcs1, b"", &mut entropy), Err(SignatureError::Faulty)));
    }

    #[test]
    fn debug_shows_no_number() {
        assert_eq!(format!("{:?}", rsa()), "SigningKey(RSA-1024)");
    }
}

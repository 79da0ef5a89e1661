//! Signatures with partial message recovery, as RSA active authentication uses them (ISO 9796-2, scheme 1).
//!
//! Spec: 9303-11 §6.1.2.2 and appendix F.

use super::{hash::HashAlgorithm, rsa::RsaPublicKey};

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Iso9796Fault {
    /// Longer than the modulus, or not below it.
    #[error("the signature is longer than the modulus or not below it")]
    Length,
    /// The recovered block does not begin with 6A where it has to.
    #[error("the recovered block does not begin with 6A")]
    Header,
    /// The trailer is neither BC nor a known hash followed by CC.
    #[error("the recovered block ends in an unknown trailer")]
    Trailer,
    /// The hash over recovered message and challenge differs.
    #[error("the hash over the recovered message and the challenge differs")]
    Hash,
}

/// What opening a signature found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Iso9796Check {
    /// The key signed a message that ends in the challenge.
    Valid {
        /// Hash that the trailer names.
        hash: HashAlgorithm,
    },
    /// It did not.
    Invalid(Iso9796Fault),
}

/// Opens `signature` and checks that the signed message is M1 ‖ `challenge`.
pub fn open(key: &RsaPublicKey, signature: &[u8], challenge: &[u8]) -> Iso9796Check {
    let result = recovered_block(key, signature).and_then(|block| check_block(&block, challenge));
    match result {
        Ok(hash) => Iso9796Check::Valid { hash },
        Err(fault) => Iso9796Check::Invalid(fault),
    }
}

/// The number that a signature is, as long as the modulus: a chip may send it with more or fewer leading zeros.
fn padded(key: &RsaPublicKey, signature: &[u8]) -> Option<Vec<u8>> {
    let zeros = signature.iter().take_while(|byte| **byte == 0).count();
    let number = signature.get(zeros..)?;
    let missing = key.modulus_len().checked_sub(number.len())?;
    Some([vec![0; missing], number.to_vec()].concat())
}

/// The block, of the length that belongs to the modulus: no zeros are skipped but those that a modulus not filling its
/// first byte enforces, since a short block is easier to forge.
fn recovered_block(key: &RsaPublicKey, signature: &[u8]) -> Result<Vec<u8>, Iso9796Fault> {
    let signature = padded(key, signature).ok_or(Iso9796Fault::Length)?;
    let mut block = key.recover(&signature).ok_or(Iso9796Fault::Length)?;
    // A signer may send n − s instead of s; every block ends in the nibble C. Spec: ISO 9796-2 §6.
    if block.last().is_some_and(|last| last & 0x0F != 0x0C) {
        block = key.complement(&block).ok_or(Iso9796Fault::Length)?;
    }
    let len = (key.modulus_bits() / 8) as usize;
    let (zeros, block) = block.split_at_checked(block.len() - len).ok_or(Iso9796Fault::Length)?;
    if zeros.iter().any(|byte| *byte != 0) {
        return Err(Iso9796Fault::Header);
    }
    Ok(block.to_vec())
}

/// `6A ‖ M1 ‖ H(M1 ‖ challenge) ‖ trailer`.
pub(super) fn check_block(block: &[u8], challenge: &[u8]) -> Result<HashAlgorithm, Iso9796Fault> {
    let Some((0x6A, rest)) = block.split_first() else { return Err(Iso9796Fault::Header) };
    let (hash, rest) = match rest {
        [rest @ .., 0xBC] => (HashAlgorithm::Sha1, rest),
        [rest @ .., 0x33, 0xCC] => (HashAlgorithm::Sha1, rest),
        [rest @ .., 0x34, 0xCC] => (HashAlgorithm::Sha256, rest),
        [rest @ .., 0x35, 0xCC] => (HashAlgorithm::Sha512, rest),
        [rest @ .., 0x36, 0xCC] => (HashAlgorithm::Sha384, rest),
        [rest @ .., 0x38, 0xCC] => (HashAlgorithm::Sha224, rest),
        _ => return Err(Iso9796Fault::Trailer),
    };
    let (message, digest) = rest
        .len()
        .checked_sub(hash.len())
        .and_then(|split| rest.split_at_checked(split))
        .ok_or(Iso9796Fault::Hash)?;
    if hash.digest_parts(&[message, challenge]) == digest { Ok(hash) } else { Err(Iso9796Fault::Hash) }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use test_vectors::num::{self, RsaKey};

    use super::*;

    fn key() -> &'static RsaKey {
        static KEY: OnceLock<RsaKey> = OnceLock::new();
        KEY.get_or_init(|| RsaKey::from_seed(1024, "active authentication"))
    }

    /// Signs whatever block it is given, right or wrong.
    fn check(block: &[u8]) -> Iso9796Check {
        let public = RsaPublicKey::new(&key().modulus, &key().public).unwrap();
        open(&public, &num::rsa_raw(&key().modulus, &key().private, block), b"12345678")
    }

    fn block(hash: HashAlgorithm, trailer: &[u8], len: usize) -> Vec<u8> {
        let message = num::expand(&[b"M1"], len - 1 - hash.len() - trailer.len());
        [&[0x6A], &message[..], &hash.digest_parts(&[&message, b"12345678"]), trailer].concat()
    }

    #[test]
    fn every_trailer_holds_with_its_own_hash_only() {
        for (hash, trailer) in [
            (HashAlgorithm::Sha1, &[0xBC][..]),
            (HashAlgorithm::Sha1, &[0x33, 0xCC]),
            (HashAlgorithm::Sha224, &[0x38, 0xCC]),
            (HashAlgorithm::Sha256, &[0x34, 0xCC]),
            (HashAlgorithm::Sha384, &[0x36, 0xCC]),
            (HashAlgorithm::Sha512, &[0x35, 0xCC]),
        ] {
            assert_eq!(check(&block(hash, trailer, 128)), Iso9796Check::Valid { hash });
        }
        let mixed = block(HashAlgorithm::Sha256, &[0x38, 0xCC], 128);
        assert_eq!(check(&mixed), Iso9796Check::Invalid(Iso9796Fault::Hash));
        let unknown = block(HashAlgorithm::Sha256, &[0x37, 0xCC], 128);
        assert_eq!(check(&unknown), Iso9796Check::Invalid(Iso9796Fault::Trailer));
    }

    #[test]
    fn leading_zeros_of_a_signature_and_of_its_message_are_no_matter() {
        let public = RsaPublicKey::new(&key().modulus, &key().public).unwrap();
        let valid = Iso9796Check::Valid { hash: HashAlgorithm::Sha256 };
        let hash = HashAlgorithm::Sha256;
        let mut found = 0;
        for draw in 0_u32..4096 {
            let mut message = num::expand(&[b"M1", &draw.to_be_bytes()], 128 - 1 - 32 - 2);
            message[..4].fill(0);
            let digest = hash.digest_parts(&[&message, b"12345678"]);
            let block = [&[0x6A], &message[..], &digest, &[0x34, 0xCC]].concat();
            let signature = num::rsa_raw(&key().modulus, &key().private, &block);
            assert_eq!(signature.len(), 128);
            if signature[0] == 0 {
                for sent in [&signature[..], &signature[1..], &[&[0; 3], &signature[..]].concat()] {
                    assert_eq!(open(&public, sent, b"12345678"), valid, "{} bytes", sent.len());
                }
                found += 1;
            } else if draw < 8 {
                // Nothing but a zero may be missing or added.
                for sent in [&signature[1..], &[&[1], &signature[..]].concat()] {
                    assert!(matches!(open(&public, sent, b"12345678"), Iso9796Check::Invalid(_)));
                }
            }
            if found == 2 {
                return;
            }
        }
        panic!("one signature of 256 begins with a zero");
    }

    #[test]
    fn the_complement_of_a_signature_is_the_same_signature() {
        let public = RsaPublicKey::new(&key().modulus, &key().public).unwrap();
        let block = block(HashAlgorithm::Sha384, &[0x36, 0xCC], 128);
        let signature = num::rsa_raw(&key().modulus, &key().private, &block);
        let complement = public.complement(&signature).unwrap();
        assert_ne!(complement, signature);
        let valid = Iso9796Check::Valid { hash: HashAlgorithm::Sha384 };
        assert_eq!(open(&public, &complement, b"12345678"), valid);
    }

    #[test]
    fn a_shorter_block_is_refused_though_its_hash_holds() {
        let mut short = vec![0];
        short.extend(block(HashAlgorithm::Sha1, &[0xBC], 127));
        assert_eq!(check(&short), Iso9796Check::Invalid(Iso9796Fault::Header));
        let mut other = block(HashAlgorithm::Sha1, &[0xBC], 128);
        other[0] = 0x4A;
        assert_eq!(check(&other), Iso9796Check::Invalid(Iso9796Fault::Header));
    }
}

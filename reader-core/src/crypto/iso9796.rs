//! Signatures with partial message recovery, as RSA active authentication uses them (ISO 9796-2, scheme 1).
//!
//! Spec: 9303-11 §6.1.2.2 and appendix F.

use super::{hash::HashAlgorithm, rsa::RsaPublicKey};

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Iso9796Fault {
    /// Another length than the modulus, or not below it.
    #[error("the signature has the wrong length or is not below the modulus")]
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

/// The block, of the length that belongs to the modulus: no zeros are skipped but those that a modulus not filling its
/// first byte enforces, since a short block is easier to forge.
fn recovered_block(key: &RsaPublicKey, signature: &[u8]) -> Result<Vec<u8>, Iso9796Fault> {
    let mut block = key.recover(signature).ok_or(Iso9796Fault::Length)?;
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

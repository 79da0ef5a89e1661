//! The challenge of active authentication where it is bound to a transaction.

use super::hash::HashAlgorithm;

/// Length of the nonce that the other party of a transaction fixes.
pub const NONCE_BYTES: usize = 32;

/// Eight bytes of SHA-256(transaction ‖ nonce), to be signed by the chip.
///
/// The other party draws the nonce, and fixes it before it learns the transaction's bytes; so the terminal can not have
/// had the signature made beforehand. Its length is fixed, so that no other transaction gives the same bytes to the hash.
/// A signature over the challenge says that a key signed 64 bits: neither consent nor place.
#[must_use]
pub fn for_transaction(transaction: &[u8], nonce: &[u8; NONCE_BYTES]) -> [u8; 8] {
    let digest = HashAlgorithm::Sha256.digest_parts(&[transaction, nonce]);
    digest.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_beginning_of_the_hash_over_both() {
        // SHA-256 of "contract 7" and 32 zeros, by another program.
        let challenge = for_transaction(b"contract 7", &[0; NONCE_BYTES]);
        assert_eq!(challenge, CONTRACT_7);
        assert_ne!(for_transaction(b"contract 8", &[0; NONCE_BYTES]), challenge);
        let mut nonce = [0; NONCE_BYTES];
        nonce[31] = 1;
        assert_ne!(for_transaction(b"contract 7", &nonce), challenge);
        // What moves between the two parts is another transaction.
        assert_ne!(for_transaction(b"contract 7\0", &[0; NONCE_BYTES]), challenge);
    }

    const CONTRACT_7: [u8; 8] = [0x00, 0x37, 0x15, 0xB1, 0xD9, 0x6B, 0x7C, 0x12];
}

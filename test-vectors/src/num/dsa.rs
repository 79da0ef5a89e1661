//! DSA with a nonce hashed from key and digest. Spec: FIPS 186-4 §4.6.

use num_bigint::BigUint;

use super::{Modp, expand};

/// r and s over a digest. The same key and digest give the same signature.
pub fn dsa_sign(group: Modp, private: &BigUint, digest: &[u8]) -> [BigUint; 2] {
    let numbers = group.numbers();
    let excess = (digest.len() as u64 * 8).saturating_sub(numbers.q.bits());
    let z = BigUint::from_bytes_be(digest) >> excess;
    let mut attempt = 0u64;
    loop {
        let seed = [b"dsa nonce", private.to_bytes_be().as_slice(), digest, &attempt.to_be_bytes()].concat();
        attempt += 1;
        let k = BigUint::from_bytes_be(&expand(&[&seed], 48)) % (&numbers.q - 1u8) + 1u8;
        let r = numbers.g.modpow(&k, &numbers.p) % &numbers.q;
        let Some(inverse) = k.modinv(&numbers.q) else { continue };
        let s = inverse * (&z + &r * private) % &numbers.q;
        if r != BigUint::ZERO && s != BigUint::ZERO {
            return [r, s];
        }
    }
}

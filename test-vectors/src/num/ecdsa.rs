//! ECDSA with a nonce hashed from key, digest and seed. Spec: SEC 1 §4.1.

use num_bigint::BigUint;

use super::{Curve, CurveName, Point, fixed_width, scalar_from};

/// An ECDSA signature as two integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The first integer.
    pub r: BigUint,
    /// The second integer.
    pub s: BigUint,
}

impl Signature {
    /// r ‖ s, each as wide as the curve's order. Spec: TR-03111 §5.2.1.
    pub fn plain(&self, curve: CurveName) -> Vec<u8> {
        let width = curve.curve().order_bytes();
        [fixed_width(&self.r, width), fixed_width(&self.s, width)].concat()
    }

    /// The contents of two ASN.1 INTEGERs: shortest form, with a zero byte in front where the first bit is set.
    pub fn integer_contents(&self) -> [Vec<u8>; 2] {
        [&self.r, &self.s].map(|number| {
            let mut bytes = number.to_bytes_be();
            if bytes[0] & 0x80 != 0 {
                bytes.insert(0, 0);
            }
            bytes
        })
    }
}

/// Signs a digest. The same key, digest and seed give the same signature.
pub fn ecdsa_sign(curve: CurveName, private: &[u8], digest: &[u8], seed: &[u8]) -> Signature {
    let curve = curve.curve();
    let key = BigUint::from_bytes_be(private);
    let e = leading_bits(curve, digest);
    let mut attempt = 0u64;
    loop {
        let k = scalar_from(curve, &[b"ecdsa", private, digest, seed, &attempt.to_be_bytes()]);
        attempt += 1;
        let Point::Affine { x, .. } = curve.multiply(&k, &curve.generator) else { continue };
        let r = x % &curve.n;
        let Some(inverse) = k.modinv(&curve.n) else { continue };
        let s = inverse * (&e + &r * &key) % &curve.n;
        if r != BigUint::ZERO && s != BigUint::ZERO {
            return Signature { r, s };
        }
    }
}

/// Whether a signature over a digest holds under a public key.
pub fn ecdsa_verify(curve: CurveName, public: &Point, digest: &[u8], signature: &Signature) -> bool {
    let curve = curve.curve();
    let Signature { r, s } = signature;
    let in_range = |number: &BigUint| *number != BigUint::ZERO && *number < curve.n;
    if !curve.contains(public) || !in_range(r) || !in_range(s) {
        return false;
    }
    let Some(w) = s.modinv(&curve.n) else { return false };
    let u1 = leading_bits(curve, digest) * &w % &curve.n;
    let u2 = r * &w % &curve.n;
    match curve.add(&curve.multiply(&u1, &curve.generator), &curve.multiply(&u2, public)) {
        Point::Infinity => false,
        Point::Affine { x, .. } => x % &curve.n == *r,
    }
}

/// The leftmost bits of a digest, as many as the order has.
fn leading_bits(curve: &Curve, digest: &[u8]) -> BigUint {
    let excess = (digest.len() as u64 * 8).saturating_sub(curve.n.bits());
    BigUint::from_bytes_be(digest) >> excess
}

#[cfg(test)]
mod tests {
    use super::super::{private_from_seed, public_key};
    use super::*;
    use crate::card::Hash;

    #[test]
    fn a_signature_holds_for_its_message_only() {
        for name in CurveName::ALL {
            let private = private_from_seed(name, "signer");
            let public = public_key(name, &private);
            for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
                let digest = hash.digest(b"message");
                let signature = ecdsa_sign(name, &private, &digest, b"seed");
                assert!(ecdsa_verify(name, &public, &digest, &signature), "{name:?} {hash:?}");
                assert!(
                    !ecdsa_verify(name, &public, &hash.digest(b"other"), &signature),
                    "{name:?} {hash:?}"
                );
                assert_eq!(signature, ecdsa_sign(name, &private, &digest, b"seed"));
                assert_eq!(signature.plain(name).len(), 2 * name.curve().order_bytes());
            }
        }
    }

    /// RFC 6979 §A.2.5: P-256, SHA-256, message "sample".
    #[test]
    fn a_published_signature_verifies() {
        let number = |text: &str| BigUint::parse_bytes(text.as_bytes(), 16).unwrap();
        let private =
            number("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721").to_bytes_be();
        let public = public_key(CurveName::P256, &private);
        let x = number("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6");
        assert!(matches!(&public, Point::Affine { x: actual, .. } if *actual == x));
        let signature = Signature {
            r: number("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"),
            s: number("F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"),
        };
        assert!(ecdsa_verify(CurveName::P256, &public, &Hash::Sha256.digest(b"sample"), &signature));
    }
}

//! Naive big-integer arithmetic of the simulator. Not constant time: fit for tests only.
//!
//! Private keys are byte strings, big-endian; public keys are [`Point`]s. Everything is deterministic: a nonce is hashed
//! from the key, the message and a seed.

mod dsa;
mod ecdsa;
mod group;
mod modp;
mod params;
mod point;
mod point_encoding;
mod rsa;

use std::sync::OnceLock;

pub use dsa::dsa_sign;
pub use ecdsa::{Signature, ecdsa_sign, ecdsa_verify};
pub use group::{Element, Group};
pub use modp::{Modp, ModpNumbers};
pub use num_bigint::BigUint;
pub use point::{Curve, Point};
pub use rsa::{RsaKey, rsa_raw};

use crate::card::Hash;

/// The curves that the simulator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CurveName {
    /// NIST P-192.
    P192,
    /// NIST P-224.
    P224,
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// brainpoolP160r1.
    BrainpoolP160r1,
    /// brainpoolP192r1.
    BrainpoolP192r1,
    /// brainpoolP224r1.
    BrainpoolP224r1,
    /// brainpoolP256r1.
    BrainpoolP256r1,
    /// brainpoolP320r1.
    BrainpoolP320r1,
    /// brainpoolP384r1.
    BrainpoolP384r1,
    /// brainpoolP512r1.
    BrainpoolP512r1,
    /// brainpoolP160t1.
    BrainpoolP160t1,
    /// brainpoolP192t1.
    BrainpoolP192t1,
    /// brainpoolP224t1.
    BrainpoolP224t1,
    /// brainpoolP256t1.
    BrainpoolP256t1,
    /// brainpoolP320t1.
    BrainpoolP320t1,
    /// brainpoolP384t1.
    BrainpoolP384t1,
    /// brainpoolP512t1.
    BrainpoolP512t1,
}

impl CurveName {
    /// Every curve, in the order of the declaration.
    pub const ALL: [CurveName; 19] = [
        CurveName::P192,
        CurveName::P224,
        CurveName::P256,
        CurveName::P384,
        CurveName::P521,
        CurveName::BrainpoolP160r1,
        CurveName::BrainpoolP192r1,
        CurveName::BrainpoolP224r1,
        CurveName::BrainpoolP256r1,
        CurveName::BrainpoolP320r1,
        CurveName::BrainpoolP384r1,
        CurveName::BrainpoolP512r1,
        CurveName::BrainpoolP160t1,
        CurveName::BrainpoolP192t1,
        CurveName::BrainpoolP224t1,
        CurveName::BrainpoolP256t1,
        CurveName::BrainpoolP320t1,
        CurveName::BrainpoolP384t1,
        CurveName::BrainpoolP512t1,
    ];

    /// The curve's numbers.
    pub fn curve(self) -> &'static Curve {
        static CURVES: OnceLock<Vec<Curve>> = OnceLock::new();
        &CURVES.get_or_init(|| Self::ALL.map(Curve::from_parameters).into())[self as usize]
    }

    /// The standardized domain parameter identifier, which brainpoolP160r1 lacks. Spec: 9303-11 §9.5.1.
    pub fn parameter_id(self) -> Option<u8> {
        Some(match self {
            CurveName::P192 => 8,
            CurveName::BrainpoolP192r1 => 9,
            CurveName::P224 => 10,
            CurveName::BrainpoolP224r1 => 11,
            CurveName::P256 => 12,
            CurveName::BrainpoolP256r1 => 13,
            CurveName::BrainpoolP320r1 => 14,
            CurveName::P384 => 15,
            CurveName::BrainpoolP384r1 => 16,
            CurveName::BrainpoolP512r1 => 17,
            CurveName::P521 => 18,
            CurveName::BrainpoolP160r1
            | CurveName::BrainpoolP160t1
            | CurveName::BrainpoolP192t1
            | CurveName::BrainpoolP224t1
            | CurveName::BrainpoolP256t1
            | CurveName::BrainpoolP320t1
            | CurveName::BrainpoolP384t1
            | CurveName::BrainpoolP512t1 => return None,
        })
    }

    /// The curve of a standardized domain parameter identifier.
    pub fn from_parameter_id(id: u8) -> Option<CurveName> {
        Self::ALL.into_iter().find(|name| name.parameter_id() == Some(id))
    }

    /// The components of the curve's object identifier. Spec: SEC 2 appendix A, RFC 5639 §4.1.
    pub fn object_identifier(self) -> &'static [u32] {
        match self {
            CurveName::P192 => &[1, 2, 840, 10045, 3, 1, 1],
            CurveName::P224 => &[1, 3, 132, 0, 33],
            CurveName::P256 => &[1, 2, 840, 10045, 3, 1, 7],
            CurveName::P384 => &[1, 3, 132, 0, 34],
            CurveName::P521 => &[1, 3, 132, 0, 35],
            CurveName::BrainpoolP160r1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 1],
            CurveName::BrainpoolP160t1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 2],
            CurveName::BrainpoolP192r1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 3],
            CurveName::BrainpoolP192t1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 4],
            CurveName::BrainpoolP224r1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 5],
            CurveName::BrainpoolP224t1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 6],
            CurveName::BrainpoolP256r1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 7],
            CurveName::BrainpoolP256t1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 8],
            CurveName::BrainpoolP320r1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 9],
            CurveName::BrainpoolP320t1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 10],
            CurveName::BrainpoolP384r1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 11],
            CurveName::BrainpoolP384t1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 12],
            CurveName::BrainpoolP512r1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 13],
            CurveName::BrainpoolP512t1 => &[1, 3, 36, 3, 3, 2, 8, 1, 1, 14],
        }
    }
}

/// A private key between 1 and n - 1 that follows from a label alone, as wide as the order.
pub fn private_from_seed(curve: CurveName, label: &str) -> Vec<u8> {
    let curve = curve.curve();
    fixed_width(&scalar_from(curve, &[b"private key", label.as_bytes()]), curve.order_bytes())
}

/// The public key of a private one.
pub fn public_key(curve: CurveName, private: &[u8]) -> Point {
    let curve = curve.curve();
    curve.multiply(&BigUint::from_bytes_be(private), &curve.generator)
}

/// The shared x coordinate, as wide as the field; `None` if the other point is not on the curve, or the product is the
/// point at infinity.
pub fn ecdh(curve: CurveName, private: &[u8], other: &Point) -> Option<Vec<u8>> {
    let curve = curve.curve();
    if !curve.contains(other) {
        return None;
    }
    match curve.multiply(&BigUint::from_bytes_be(private), other) {
        Point::Infinity => None,
        Point::Affine { x, .. } => Some(fixed_width(&x, curve.field_bytes())),
    }
}

/// A number in exactly `width_bytes` bytes, big-endian. A number that does not fit loses its high bytes.
pub fn fixed_width(number: &BigUint, width_bytes: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    let skip = bytes.len().saturating_sub(width_bytes);
    let mut out = vec![0; width_bytes - (bytes.len() - skip)];
    out.extend_from_slice(&bytes[skip..]);
    out
}

/// Bytes that follow from the parts alone: SHA-512 in counter mode over the parts, each with its length in front.
pub fn expand(parts: &[&[u8]], length_bytes: usize) -> Vec<u8> {
    let mut input = Vec::new();
    for part in parts {
        input.extend_from_slice(&(part.len() as u64).to_be_bytes());
        input.extend_from_slice(part);
    }
    let mut out = Vec::new();
    let mut counter = 0u64;
    while out.len() < length_bytes {
        out.extend(Hash::Sha512.digest(&[&counter.to_be_bytes(), input.as_slice()].concat()));
        counter += 1;
    }
    out.truncate(length_bytes);
    out
}

/// A number between 1 and n - 1. Sixteen bytes more than the order make the bias immaterial.
fn scalar_from(curve: &Curve, parts: &[&[u8]]) -> BigUint {
    let wide = BigUint::from_bytes_be(&expand(parts, curve.order_bytes() + 16));
    wide % (&curve.n - 1u8) + 1u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_on_the_curve_and_its_order_is_n() {
        for name in CurveName::ALL {
            let curve = name.curve();
            assert!(curve.contains(&curve.generator), "{name:?}: generator off the curve");
            assert_eq!(curve.multiply(&curve.n, &curve.generator), Point::Infinity, "{name:?}: wrong order");
            assert_ne!(curve.multiply(&(&curve.n - 1u8), &curve.generator), Point::Infinity, "{name:?}");
        }
    }

    #[test]
    fn addition_agrees_with_multiplication() {
        for name in CurveName::ALL {
            let curve = name.curve();
            let g = &curve.generator;
            let two = curve.add(g, g);
            assert_eq!(two, curve.multiply(&BigUint::from(2u8), g));
            let three = curve.add(&two, g);
            assert_eq!(three, curve.multiply(&BigUint::from(3u8), g));
            assert!(curve.contains(&three));
            let minus = curve.multiply(&(&curve.n - 1u8), g);
            assert_eq!(curve.add(&minus, g), Point::Infinity);
            assert_eq!(curve.add(&Point::Infinity, g), *g);
        }
    }

    #[test]
    fn points_survive_their_encoding() {
        for name in CurveName::ALL {
            let public = public_key(name, &private_from_seed(name, "encoding"));
            let bytes = name.curve().encode(&public);
            assert_eq!(bytes.len(), 1 + 2 * name.curve().field_bytes());
            assert_eq!(name.curve().decode(&bytes), Some(public));
            assert_eq!(name.curve().decode(&bytes[1..]), None);
        }
    }

    #[test]
    fn both_ends_agree_on_a_secret() {
        for name in CurveName::ALL {
            let (a, b) = (private_from_seed(name, "a"), private_from_seed(name, "b"));
            assert_ne!(a, b);
            let secret = ecdh(name, &a, &public_key(name, &b)).unwrap();
            assert_eq!(Some(secret), ecdh(name, &b, &public_key(name, &a)));
            let off = Point::Affine { x: 1u8.into(), y: 1u8.into() };
            assert_eq!(ecdh(name, &a, &off), None, "{name:?} took a point off the curve");
        }
    }

    #[test]
    fn identifiers_go_both_ways() {
        for id in 8..=18 {
            assert_eq!(CurveName::from_parameter_id(id).unwrap().parameter_id(), Some(id));
        }
        assert_eq!(CurveName::from_parameter_id(19), None);
    }
}

//! The curves that documents use, by every way in which a document names them.
//!
//! Nearly every real certificate writes explicit parameters: these are compared, all of them, with the known curves, and
//! anything else is refused, since a curve of the sender's own choosing can carry any signature.
//! Spec: 9303-11 §9.5.1 table 4; RFC 5639; FIPS 186-4 D.1.2; TR-03111 §4.

use core::fmt;

use super::ec;

/// A supported curve. All have prime order, so every point but infinity generates the whole group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Curve {
    /// NIST P-192 (secp192r1).
    P192,
    /// NIST P-224 (secp224r1).
    P224,
    /// NIST P-256 (secp256r1).
    P256,
    /// NIST P-384 (secp384r1).
    P384,
    /// NIST P-521 (secp521r1).
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
    /// brainpoolP160t1, the twist of brainpoolP160r1 with a = −3.
    BrainpoolP160t1,
    /// brainpoolP192t1, the twist of brainpoolP192r1 with a = −3.
    BrainpoolP192t1,
    /// brainpoolP224t1, the twist of brainpoolP224r1 with a = −3.
    BrainpoolP224t1,
    /// brainpoolP256t1, the twist of brainpoolP256r1 with a = −3.
    BrainpoolP256t1,
    /// brainpoolP320t1, the twist of brainpoolP320r1 with a = −3.
    BrainpoolP320t1,
    /// brainpoolP384t1, the twist of brainpoolP384r1 with a = −3.
    BrainpoolP384t1,
    /// brainpoolP512t1, the twist of brainpoolP512r1 with a = −3.
    BrainpoolP512t1,
}

/// The numbers that define a curve, big-endian. Field elements are [`Curve::field_len`] bytes long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainParameters {
    /// Prime of the field.
    pub p: Vec<u8>,
    /// Coefficient a of y² = x³ + ax + b.
    pub a: Vec<u8>,
    /// Coefficient b.
    pub b: Vec<u8>,
    /// Base point, x.
    pub gx: Vec<u8>,
    /// Base point, y.
    pub gy: Vec<u8>,
    /// Order of the base point.
    pub n: Vec<u8>,
}

/// Explicit parameters as a certificate or key gives them. Integers are unsigned and big-endian, any leading zeros.
#[derive(Debug, Clone, Copy)]
pub struct ExplicitParameters<'a> {
    /// Prime of the field.
    pub p: &'a [u8],
    /// Coefficient a.
    pub a: &'a [u8],
    /// Coefficient b.
    pub b: &'a [u8],
    /// Base point as encoded: `04 ‖ x ‖ y`, or compressed `02/03 ‖ x`.
    pub g: &'a [u8],
    /// Order.
    pub n: &'a [u8],
    /// Cofactor, where it is given; it must be one.
    pub h: Option<&'a [u8]>,
}

/// Explicit parameters that are no known curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CurveError {
    /// No known curve has this prime.
    #[error("the explicit prime of {bits} bits belongs to no known curve")]
    UnknownPrime {
        /// Size of the prime.
        bits: u32,
    },
    /// The prime is known, but something else differs: a forged or damaged curve.
    #[error("the explicit parameters have the prime of {curve} but another {parameter}")]
    Differs {
        /// Curve with this prime.
        curve: Curve,
        /// What differs.
        parameter: &'static str,
    },
}

impl Curve {
    /// Every supported curve.
    pub const ALL: [Self; 19] = [
        Self::P192,
        Self::P224,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::BrainpoolP160r1,
        Self::BrainpoolP192r1,
        Self::BrainpoolP224r1,
        Self::BrainpoolP256r1,
        Self::BrainpoolP320r1,
        Self::BrainpoolP384r1,
        Self::BrainpoolP512r1,
        Self::BrainpoolP160t1,
        Self::BrainpoolP192t1,
        Self::BrainpoolP224t1,
        Self::BrainpoolP256t1,
        Self::BrainpoolP320t1,
        Self::BrainpoolP384t1,
        Self::BrainpoolP512t1,
    ];

    /// Name as standards write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P192 => "P-192",
            Self::P224 => "P-224",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::BrainpoolP160r1 => "brainpoolP160r1",
            Self::BrainpoolP192r1 => "brainpoolP192r1",
            Self::BrainpoolP224r1 => "brainpoolP224r1",
            Self::BrainpoolP256r1 => "brainpoolP256r1",
            Self::BrainpoolP320r1 => "brainpoolP320r1",
            Self::BrainpoolP384r1 => "brainpoolP384r1",
            Self::BrainpoolP512r1 => "brainpoolP512r1",
            Self::BrainpoolP160t1 => "brainpoolP160t1",
            Self::BrainpoolP192t1 => "brainpoolP192t1",
            Self::BrainpoolP224t1 => "brainpoolP224t1",
            Self::BrainpoolP256t1 => "brainpoolP256t1",
            Self::BrainpoolP320t1 => "brainpoolP320t1",
            Self::BrainpoolP384t1 => "brainpoolP384t1",
            Self::BrainpoolP512t1 => "brainpoolP512t1",
        }
    }

    /// Size of the field in bits.
    #[must_use]
    pub const fn field_bits(self) -> usize {
        match self {
            Self::BrainpoolP160r1 | Self::BrainpoolP160t1 => 160,
            Self::P192 | Self::BrainpoolP192r1 | Self::BrainpoolP192t1 => 192,
            Self::P224 | Self::BrainpoolP224r1 | Self::BrainpoolP224t1 => 224,
            Self::P256 | Self::BrainpoolP256r1 | Self::BrainpoolP256t1 => 256,
            Self::BrainpoolP320r1 | Self::BrainpoolP320t1 => 320,
            Self::P384 | Self::BrainpoolP384r1 | Self::BrainpoolP384t1 => 384,
            Self::BrainpoolP512r1 | Self::BrainpoolP512t1 => 512,
            Self::P521 => 521,
        }
    }

    /// Bytes of a field element, and of a scalar: the orders are as long as the primes here.
    #[must_use]
    pub const fn field_len(self) -> usize {
        self.field_bits().div_ceil(8)
    }

    /// The curve behind a standardized domain parameter number. Numbers 0 to 2 are Diffie-Hellman groups; all others
    /// are reserved. Spec: 9303-11 §9.5.1 table 4.
    #[must_use]
    pub const fn from_standardized_id(id: u8) -> Option<Self> {
        Some(match id {
            8 => Self::P192,
            9 => Self::BrainpoolP192r1,
            10 => Self::P224,
            11 => Self::BrainpoolP224r1,
            12 => Self::P256,
            13 => Self::BrainpoolP256r1,
            14 => Self::BrainpoolP320r1,
            15 => Self::P384,
            16 => Self::BrainpoolP384r1,
            17 => Self::BrainpoolP512r1,
            18 => Self::P521,
            _ => return None,
        })
    }

    /// The standardized domain parameter number, where the curve has one.
    #[must_use]
    pub fn standardized_id(self) -> Option<u8> {
        (8..=18).find(|id| Self::from_standardized_id(*id) == Some(self))
    }

    /// Content bytes (without tag and length) of the curve's object identifier.
    #[must_use]
    pub const fn oid_bytes(self) -> &'static [u8] {
        match self {
            Self::P192 => &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x01],
            Self::P256 => &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07],
            Self::P224 => &[0x2B, 0x81, 0x04, 0x00, 0x21],
            Self::P384 => &[0x2B, 0x81, 0x04, 0x00, 0x22],
            Self::P521 => &[0x2B, 0x81, 0x04, 0x00, 0x23],
            Self::BrainpoolP160r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x01],
            Self::BrainpoolP160t1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x02],
            Self::BrainpoolP192r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x03],
            Self::BrainpoolP192t1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x04],
            Self::BrainpoolP224r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x05],
            Self::BrainpoolP224t1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x06],
            Self::BrainpoolP256r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07],
            Self::BrainpoolP256t1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x08],
            Self::BrainpoolP320r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x09],
            Self::BrainpoolP320t1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0A],
            Self::BrainpoolP384r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0B],
            Self::BrainpoolP384t1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0C],
            Self::BrainpoolP512r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0D],
            Self::BrainpoolP512t1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0E],
        }
    }

    /// The curve with this object identifier (content bytes).
    #[must_use]
    pub fn from_oid_bytes(oid: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.oid_bytes() == oid)
    }

    /// The numbers that define the curve.
    #[must_use]
    pub fn parameters(self) -> DomainParameters {
        ec::domain_parameters(self)
    }

    /// The known curve that has exactly these parameters.
    ///
    /// # Errors
    /// [`CurveError`] says what differed. Prime and a decide which curve is compared.
    pub fn match_explicit(given: &ExplicitParameters<'_>) -> Result<Self, CurveError> {
        // A twisted curve has the prime of its twin, and another a.
        let same_prime = |curve: &Self| trimmed(&curve.parameters().p) == trimmed(given.p);
        let mut known: Vec<Self> = Self::ALL.into_iter().filter(same_prime).collect();
        known.sort_by_key(|curve| trimmed(&curve.parameters().a) != trimmed(given.a));
        let curve = *known.first().ok_or(CurveError::UnknownPrime { bits: bit_length(given.p) })?;
        let own = curve.parameters();
        let differs = |parameter| Err(CurveError::Differs { curve, parameter });
        if trimmed(given.a) != trimmed(&own.a) {
            return differs("coefficient a");
        }
        if trimmed(given.b) != trimmed(&own.b) {
            return differs("coefficient b");
        }
        if trimmed(given.n) != trimmed(&own.n) {
            return differs("order n");
        }
        if !is_base_point(given.g, &own) {
            return differs("base point G");
        }
        if given.h.is_some_and(|h| trimmed(h) != [1]) {
            return differs("cofactor h");
        }
        Ok(curve)
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Without leading zeros: ASN.1 integers carry them or not.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

fn bit_length(bytes: &[u8]) -> u32 {
    let bytes = trimmed(bytes);
    let whole = u32::try_from(bytes.len()).unwrap_or(u32::MAX / 8).saturating_mul(8);
    whole - bytes.first().map_or(0, |first| first.leading_zeros())
}

fn is_base_point(encoded: &[u8], own: &DomainParameters) -> bool {
    let Some((form, rest)) = encoded.split_first() else { return false };
    let sign = own.gy.last().map_or(0, |last| last & 1);
    match form {
        4 => rest.split_at_checked(own.gx.len()).is_some_and(|(x, y)| x == own.gx && y == own.gy),
        2 | 3 => rest == own.gx && form & 1 == sign,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explicit(p: &DomainParameters) -> (Vec<u8>, DomainParameters) {
        let mut g = vec![4];
        g.extend_from_slice(&p.gx);
        g.extend_from_slice(&p.gy);
        (g, p.clone())
    }

    fn matched(g: &[u8], d: &DomainParameters, h: Option<&[u8]>) -> Result<Curve, CurveError> {
        Curve::match_explicit(&ExplicitParameters { p: &d.p, a: &d.a, b: &d.b, g, n: &d.n, h })
    }

    #[test]
    fn every_curve_is_found_by_its_own_parameters_and_by_nothing_close() {
        for curve in Curve::ALL {
            let (g, own) = explicit(&curve.parameters());
            assert_eq!(matched(&g, &own, Some(&[1])), Ok(curve));
            assert_eq!(matched(&g, &own, None), Ok(curve));
            let mut compressed = vec![2 + (own.gy.last().unwrap() & 1)];
            compressed.extend_from_slice(&own.gx);
            assert_eq!(matched(&compressed, &own, None), Ok(curve));
            compressed[0] ^= 1;
            let differs = |parameter| Err(CurveError::Differs { curve, parameter });
            assert_eq!(matched(&compressed, &own, None), differs("base point G"));

            let flip = |bytes: &Vec<u8>| {
                let mut other = bytes.clone();
                *other.last_mut().unwrap() ^= 1;
                other
            };
            assert_eq!(matched(&flip(&g), &own, None), differs("base point G"));
            assert_eq!(matched(&g[1..], &own, None), differs("base point G"));
            assert_eq!(matched(&[], &own, None), differs("base point G"));
            assert!(matches!(
                matched(&g, &DomainParameters { a: flip(&own.a), ..own.clone() }, None),
                Err(CurveError::Differs { parameter: "coefficient a", .. })
            ));
            assert_eq!(
                matched(&g, &DomainParameters { b: flip(&own.b), ..own.clone() }, None),
                differs("coefficient b")
            );
            assert_eq!(
                matched(&g, &DomainParameters { n: flip(&own.n), ..own.clone() }, None),
                differs("order n")
            );
            assert_eq!(matched(&g, &own, Some(&[2])), differs("cofactor h"));
            let p = DomainParameters { p: flip(&own.p), ..own.clone() };
            let bits = u32::try_from(curve.field_bits()).unwrap();
            assert_eq!(matched(&g, &p, None), Err(CurveError::UnknownPrime { bits }));
        }
    }

    #[test]
    fn names_numbers_and_identifiers_are_one_to_one() {
        for curve in Curve::ALL {
            assert_eq!(Curve::from_oid_bytes(curve.oid_bytes()), Some(curve));
            if let Some(id) = curve.standardized_id() {
                assert_eq!(Curve::from_standardized_id(id), Some(curve));
            }
            assert_eq!(curve.parameters().p.len(), curve.field_len());
            assert_eq!(curve.parameters().n.len(), curve.field_len());
        }
        assert_eq!(Curve::ALL.into_iter().filter_map(Curve::standardized_id).count(), 11);
        assert_eq!(Curve::from_standardized_id(7), None);
        assert_eq!(Curve::from_standardized_id(19), None);
        assert_eq!(Curve::from_oid_bytes(&[]), None);
    }
}

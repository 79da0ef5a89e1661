//! Public keys as documents write them, turned into keys that can be used.
//!
//! Elliptic-curve keys nearly always carry explicit domain parameters. They are compared as a whole with the curves that
//! are known here; parameters of anyone's own making are refused, because whoever chooses the generator can sign for
//! any key. Spec: 9303-12 §4.1.6.3; TR-03111 §5.1; RFC 3279 §2.3.

mod agreement;
pub mod algorithm;
mod private;

use crate::crypto::curve::{Curve, CurveError, ExplicitParameters};
use crate::crypto::dh::{DhError, DomainError};
use crate::crypto::dsa::{DsaKeyError, DsaPublicKey};
use crate::crypto::ec::{EcError, Point};
use crate::crypto::rsa::{RsaKeyError, RsaPublicKey, RsaUse};
use crate::crypto::signature::PublicKey;
use crate::wire::Malformed;
use crate::wire::der::{AlgorithmIdentifier, SEQUENCE};
use crate::wire::spki::{EcParameters, Spki};
use crate::wire::tlv::{Reader, Rules};

use algorithm::{AlgorithmError, PssParameters, pss_parameters};

pub use agreement::{agreement_key, domain_prime_field};
pub use private::private_key;

const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const EC_DH: &str = "1.3.132.1.12";
/// `standardizedDomainParameters`: a number in place of parameters. Spec: 9303-11 §9.5.1.
const STANDARDIZED_PARAMETERS: &str = "0.4.0.127.0.7.1.2";
const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const DSA: &str = "1.2.840.10040.4.1";

/// How a key names its curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurveForm {
    /// By an object identifier.
    Named,
    /// By its numbers.
    Explicit,
}

/// Why bytes are no usable public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a SubjectPublicKeyInfo.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// What the key may be used with is malformed or not known here.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    /// A kind of key that is not known here.
    #[error("keys of the algorithm {algorithm} are not supported")]
    UnknownAlgorithm {
        /// Its object identifier.
        algorithm: String,
    },
    /// The named curve is not known here.
    #[error("the curve {oid} is not supported")]
    UnknownCurve {
        /// Its object identifier.
        oid: String,
    },
    /// A number of standardized domain parameters that is no curve known here.
    #[error("the standardized domain parameters with the number {id} are no supported curve")]
    UnknownParameters {
        /// The number.
        id: u32,
    },
    /// Explicit parameters that are no known curve.
    #[error(transparent)]
    Curve(#[from] CurveError),
    /// The key does not say its curve.
    #[error("the key does not say on which curve it is")]
    NoCurve,
    /// The point is not one of the curve.
    #[error(transparent)]
    Point(#[from] EcError),
    /// The key is none of its standardized group.
    #[error(transparent)]
    Element(#[from] DhError),
    /// The key over a prime field, or the field, is unsound.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// A prime field, and none of the standardized ones.
    #[error(
        "an explicit prime field of {bits} bits that is none of the standardized ones (RFC 5114 §2.1 to §2.3); \
         report the card type"
    )]
    UnknownPrimeField {
        /// Length of its prime.
        bits: usize,
    },
    /// The key serves signatures, not key agreement.
    #[error("a key of {name} is no key for key agreement")]
    NoAgreement {
        /// Its kind.
        name: String,
    },
    /// The RSA numbers are out of range.
    #[error(transparent)]
    Rsa(#[from] RsaKeyError),
    /// The DSA numbers are out of range.
    #[error(transparent)]
    Dsa(#[from] DsaKeyError),
}

/// The public key in the bytes of a SubjectPublicKeyInfo.
///
/// # Errors
/// Not one, of an unknown kind, on an unknown curve, or with numbers out of range.
pub fn public_key(spki: &[u8]) -> Result<PublicKey, KeyError> {
    let spki = Spki::parse(spki)?;
    let algorithm = spki.algorithm.algorithm;
    if let Some(curve) = algorithm_curve(&spki.algorithm)? {
        return Ok(PublicKey::Ec(Point::decode(curve, spki.key)?));
    }
    if algorithm.is(RSA_ENCRYPTION) || algorithm.is(RSA_PSS) {
        let numbers = spki.rsa_key()?;
        let key = RsaPublicKey::new(numbers.modulus, numbers.exponent)?;
        return Ok(PublicKey::Rsa(key.for_use(rsa_use(&spki.algorithm)?)));
    }
    if algorithm.is(DSA) {
        return Ok(PublicKey::Dsa(dsa_key(&spki)?));
    }
    Err(KeyError::UnknownAlgorithm { algorithm: algorithm.to_string() })
}

/// What an RSA key may be used with: id-RSASSA-PSS keeps it to that scheme, and its parameters to those hashes and a salt
/// no shorter. Spec: RFC 4055 §1.2, §3.3.
fn rsa_use(identifier: &AlgorithmIdentifier<'_>) -> Result<RsaUse, AlgorithmError> {
    if !identifier.algorithm.is(RSA_PSS) {
        return Ok(RsaUse::Any);
    }
    Ok(match pss_parameters(identifier)? {
        None => RsaUse::Pss,
        Some(PssParameters { hash, mgf_hash, salt_len }) => {
            RsaUse::PssWith { hash, mgf_hash, min_salt_len: salt_len }
        }
    })
}

/// `Dss-Parms ::= SEQUENCE { p, q, g }` and `DSAPublicKey ::= INTEGER`. Spec: RFC 3279 §2.3.2.
fn dsa_key(spki: &Spki<'_>) -> Result<DsaPublicKey, KeyError> {
    let parameters = spki.algorithm.parameters.map(|parameters| parameters.raw).unwrap_or_default();
    let mut outer = Reader::new("Dss-Parms", Rules::Ber, parameters);
    let mut inner = outer.enter("Dss-Parms", SEQUENCE)?;
    outer.finish()?;
    let (p, q, g) = (inner.unsigned()?, inner.unsigned()?, inner.unsigned()?);
    inner.finish()?;
    let mut bits = Reader::new("DSAPublicKey", Rules::Ber, spki.key);
    let y = bits.unsigned()?;
    bits.finish()?;
    Ok(DsaPublicKey::new(p, q, g, y)?)
}

/// An elliptic-curve key whose point is not on the curve that it names, on the other curve of the same size that it is on.
/// `None` where there is none, or the key is of another kind.
#[must_use]
pub fn on_another_curve(spki: &[u8], named: Curve) -> Option<PublicKey> {
    let bits = Spki::parse(spki).ok()?.key;
    let same_size = |curve: &Curve| *curve != named && curve.field_bits() == named.field_bits();
    let mut others = Curve::ALL.into_iter().filter(same_size);
    others.find_map(|curve| Point::decode(curve, bits).ok()).map(PublicKey::Ec)
}

/// The known curve of an AlgorithmIdentifier that holds nothing but domain parameters: those of PACE, tag and length
/// included. Spec: 9303-11 §9.2.2.
///
/// # Errors
/// Not one, of an unknown kind, or of no known curve.
pub fn domain_curve(algorithm_identifier: &[u8]) -> Result<Curve, KeyError> {
    const WHAT: &str = "domain parameters";
    let mut reader = Reader::new(WHAT, Rules::Ber, algorithm_identifier);
    let identifier = reader.algorithm()?;
    reader.finish()?;
    algorithm_curve(&identifier)?
        .ok_or_else(|| KeyError::UnknownAlgorithm { algorithm: identifier.algorithm.to_string() })
}

/// The curve of an elliptic-curve algorithm; `None` for algorithms of another kind.
fn algorithm_curve(identifier: &AlgorithmIdentifier<'_>) -> Result<Option<Curve>, KeyError> {
    let parameters = identifier.parameters.as_ref();
    if identifier.algorithm.is(EC_PUBLIC_KEY) || identifier.algorithm.is(EC_DH) {
        return Ok(Some(curve(&EcParameters::parse(parameters)?)?.0));
    }
    if !identifier.algorithm.is(STANDARDIZED_PARAMETERS) {
        return Ok(None);
    }
    let raw = parameters.map(|number| number.raw).unwrap_or_default();
    let mut reader = Reader::new("standardizedDomainParameters", Rules::Ber, raw);
    let id = reader.small()?;
    reader.finish()?;
    let known = u8::try_from(id).ok().and_then(Curve::from_standardized_id);
    known.map(Some).ok_or(KeyError::UnknownParameters { id })
}

/// The known curve that domain parameters name or spell out.
///
/// # Errors
/// No known curve, or none said.
pub fn curve(parameters: &EcParameters<'_>) -> Result<(Curve, CurveForm), KeyError> {
    match parameters {
        EcParameters::Named(oid) => Curve::from_oid_bytes(oid.content())
            .map(|curve| (curve, CurveForm::Named))
            .ok_or_else(|| KeyError::UnknownCurve { oid: oid.to_string() }),
        EcParameters::Explicit(ec) => {
            let given = ExplicitParameters { p: ec.p, a: ec.a, b: ec.b, g: ec.g, n: ec.n, h: ec.h };
            Ok((Curve::match_explicit(&given)?, CurveForm::Explicit))
        }
        EcParameters::Implicit => Err(KeyError::NoCurve),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::der::{BIT_STRING, INTEGER, OCTET_STRING};
    use crate::wire::tlv::encode;

    fn unsigned(bytes: &[u8]) -> Vec<u8> {
        encode(INTEGER, &[&[0][..], bytes].concat())
    }

    /// A key at the curve's base point, with parameters written out and `tamper` applied to b.
    fn explicit_key(curve: Curve, tamper: u8) -> Vec<u8> {
        let mut own = curve.parameters();
        let g = [&[4][..], &own.gx, &own.gy].concat();
        *own.b.last_mut().unwrap() ^= tamper;
        let field = [&[6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 1, 1][..], &unsigned(&own.p)].concat();
        let curve = [encode(OCTET_STRING, &own.a), encode(OCTET_STRING, &own.b)].concat();
        let domain = [
            vec![2, 1, 1],
            encode(SEQUENCE, &field),
            encode(SEQUENCE, &curve),
            encode(OCTET_STRING, &g),
            unsigned(&own.n),
            vec![2, 1, 1],
        ]
        .concat();
        let algorithm =
            [&[6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1][..], &encode(SEQUENCE, &domain)].concat();
        let bits = encode(BIT_STRING, &[&[0][..], &g].concat());
        encode(SEQUENCE, &[encode(SEQUENCE, &algorithm), bits].concat())
    }

    #[test]
    fn explicit_parameters_are_matched_or_refused() {
        for curve in [Curve::BrainpoolP384r1, Curve::BrainpoolP512r1, Curve::P256] {
            let key = public_key(&explicit_key(curve, 0)).unwrap();
            assert_eq!(key.name(), curve.name());
            let refused = public_key(&explicit_key(curve, 1)).unwrap_err();
            assert!(matches!(
                refused,
                KeyError::Curve(CurveError::Differs { parameter: "coefficient b", .. })
            ));
        }
    }

    /// An AlgorithmIdentifier with standardized domain parameters.
    fn standardized(number: &[u8]) -> Vec<u8> {
        encode(SEQUENCE, &[&[6, 7, 4, 0, 0x7F, 0, 7, 1, 2][..], &encode(INTEGER, number)].concat())
    }

    #[test]
    fn standardized_parameters_are_curves_by_their_number() {
        let own = Curve::BrainpoolP256r1.parameters();
        let point = [&[0, 4][..], &own.gx, &own.gy].concat();
        let key = |number: &[u8], bits: &[u8]| {
            public_key(&encode(SEQUENCE, &[standardized(number), encode(BIT_STRING, bits)].concat()))
        };
        assert_eq!(key(&[13], &point).unwrap().name(), "brainpoolP256r1");
        assert!(matches!(key(&[12], &point), Err(KeyError::Point(_))), "on another curve");
        for (number, id) in [(&[0][..], 0), (&[7], 7), (&[19], 19), (&[1, 13], 269)] {
            assert_eq!(key(number, &point), Err(KeyError::UnknownParameters { id }));
        }
        assert!(matches!(key(&[13, 0, 0, 0, 0], &point), Err(KeyError::Malformed(_))));
        assert_eq!(domain_curve(&standardized(&[13])), Ok(Curve::BrainpoolP256r1));
    }

    #[test]
    fn domain_parameters_alone_are_matched_or_refused() {
        for (tamper, refused) in [(0, false), (1, true)] {
            let key = explicit_key(Curve::P384, tamper);
            let spki = Spki::parse(&key).unwrap();
            let identifier = [
                &[6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1][..],
                spki.algorithm.parameters.as_ref().unwrap().raw,
            ];
            let curve = domain_curve(&encode(SEQUENCE, &identifier.concat()));
            assert_eq!(curve.is_err(), refused);
            assert!(refused || curve == Ok(Curve::P384));
        }
        assert!(matches!(domain_curve(&[0x30, 0]), Err(KeyError::Malformed(_))));
        assert!(matches!(domain_curve(&[0x30, 3, 6, 1, 0x2A]), Err(KeyError::UnknownAlgorithm { .. })));
    }

    #[test]
    fn refuses_unknown_kinds() {
        assert!(matches!(public_key(&[0x30, 0]), Err(KeyError::Malformed(_))));
        let dsa = encode(SEQUENCE, &[&[0x30, 4, 6, 2, 0x2A, 1][..], &[3, 2, 0, 1]].concat());
        assert!(
            matches!(public_key(&dsa), Err(KeyError::UnknownAlgorithm { algorithm }) if algorithm == "1.2.1")
        );
    }
}

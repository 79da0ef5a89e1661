//! The keys of chip authentication: on curves as everywhere, and over prime fields.

use super::{KeyError, public_key};
use crate::crypto::agreement::AgreementKey;
use crate::crypto::dh::{DhGroup, StaticKey};
use crate::crypto::signature::PublicKey;
use crate::wire::der::{AlgorithmIdentifier, INTEGER};
use crate::wire::spki::{DhParameters, Spki};
use crate::wire::tlv::{Reader, Rules};

/// `dhKeyAgreement` of PKCS#3: prime and generator, no order.
const PKCS3: &str = "1.2.840.113549.1.3.1";
/// `dhpublicnumber` of X9.42: prime, generator and order. Spec: RFC 3279 §2.3.3; 9303-11 §6.2.
const X942: &str = "1.2.840.10046.2.1";
/// `standardizedDomainParameters`. Spec: 9303-11 §9.5.1.
const STANDARDIZED: &str = "0.4.0.127.0.7.1.2";

/// The key for key agreement in the bytes of a SubjectPublicKeyInfo.
///
/// # Errors
/// Not one, of a kind that agrees on nothing, over unsound parameters, or in a small subgroup.
pub fn agreement_key(spki: &[u8]) -> Result<AgreementKey, KeyError> {
    let read = Spki::parse(spki)?;
    let algorithm = read.algorithm.algorithm;
    let key = if algorithm.is(PKCS3) {
        read.pkcs3_key()?
    } else if algorithm.is(X942) {
        read.x942_key()?
    } else if let Some(group) = standardized_group(&read) {
        return Ok(AgreementKey::Modp(StaticKey::standard(group, read.integer_key()?)?));
    } else {
        return match public_key(spki)? {
            PublicKey::Ec(point) => Ok(AgreementKey::Curve(point)),
            other @ (PublicKey::Rsa(_) | PublicKey::Dsa(_)) => {
                Err(KeyError::NoAgreement { name: other.name() })
            }
        };
    };
    Ok(AgreementKey::Modp(StaticKey::new(key.p, key.g, key.q, key.y)?))
}

/// The standardized prime field of an AlgorithmIdentifier that holds nothing but domain parameters: those of PACE, tag and
/// length included. Numbers of anyone's own making are refused, though they look sound: whoever chooses the prime may know
/// more of it than it shows. Spec: 9303-11 §9.2.2, §9.5.1.
///
/// # Errors
/// Not one, of an unknown kind, or of no standardized field.
pub fn domain_prime_field(algorithm_identifier: &[u8]) -> Result<DhGroup, KeyError> {
    let mut reader = Reader::new("domain parameters", Rules::Ber, algorithm_identifier);
    let identifier = reader.algorithm()?;
    reader.finish()?;
    if let Some(group) = numbered_group(&identifier) {
        return Ok(group);
    }
    let DhParameters { p, g, q } = if identifier.algorithm.is(PKCS3) {
        DhParameters::pkcs3(&identifier)?
    } else if identifier.algorithm.is(X942) {
        DhParameters::x942(&identifier)?
    } else {
        return Err(KeyError::UnknownAlgorithm { algorithm: identifier.algorithm.to_string() });
    };
    let leading = p.first().map_or(0, |first| first.leading_zeros() as usize);
    DhGroup::match_explicit(p, g, q).ok_or(KeyError::UnknownPrimeField { bits: p.len() * 8 - leading })
}

/// The prime field that a key names by its standardized number; curves with such a number are [`public_key`]'s.
fn standardized_group(spki: &Spki<'_>) -> Option<DhGroup> {
    numbered_group(&spki.algorithm)
}

fn numbered_group(identifier: &AlgorithmIdentifier<'_>) -> Option<DhGroup> {
    let parameters = identifier.parameters.as_ref().filter(|object| object.tag == INTEGER)?;
    match parameters.value {
        [id] if identifier.algorithm.is(STANDARDIZED) => DhGroup::from_standardized_id(*id),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::domain_prime_field;
    use crate::crypto::dh::DhGroup;
    use crate::key::KeyError;
    use crate::wire::tlv::encode;
    use test_vectors::num::{BigUint, Modp};

    const PKCS3: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x03, 0x01];
    const X942: [u8; 7] = [0x2A, 0x86, 0x48, 0xCE, 0x3E, 0x02, 0x01];

    fn written(oid: &[u8], numbers: &[&BigUint]) -> Vec<u8> {
        let integer = |number: &&BigUint| encode(0x02, &[&[0][..], &number.to_bytes_be()].concat());
        let numbers: Vec<u8> = numbers.iter().flat_map(integer).collect();
        encode(0x30, &[encode(0x06, oid), encode(0x30, &numbers)].concat())
    }

    #[test]
    fn explicit_prime_fields_are_standardized_ones_or_refused() {
        let own = [DhGroup::Modp1024Q160, DhGroup::Modp2048Q224, DhGroup::Modp2048Q256];
        for (modp, group) in Modp::ALL.into_iter().zip(own) {
            let numbers = modp.numbers();
            let (p, g, q) = (&numbers.p, &numbers.g, &numbers.q);
            assert_eq!(domain_prime_field(&written(&PKCS3, &[p, g])), Ok(group));
            assert_eq!(domain_prime_field(&written(&X942, &[p, g, q])), Ok(group));
            let bits = group.modulus_bits();
            let refused = Err(KeyError::UnknownPrimeField { bits });
            let two = BigUint::from(2u8);
            for tampered in [
                written(&PKCS3, &[&(p - &two), g]),
                written(&PKCS3, &[p, &(g + &two)]),
                // The generator of a subgroup that may be small.
                written(&PKCS3, &[p, &(p - 1u8)]),
                written(&X942, &[p, g, &(q - &two)]),
            ] {
                assert_eq!(domain_prime_field(&tampered), refused);
            }
        }
        let tiny = written(&PKCS3, &[&BigUint::from(11u8), &BigUint::from(4u8)]);
        assert_eq!(domain_prime_field(&tiny), Err(KeyError::UnknownPrimeField { bits: 4 }));
        let none = encode(0x30, &[encode(0x06, &PKCS3), encode(0x30, &[])].concat());
        assert!(matches!(domain_prime_field(&none), Err(KeyError::Malformed(_))));
        let other = written(&[0x2A, 0x03], &[&BigUint::from(11u8)]);
        assert!(matches!(domain_prime_field(&other), Err(KeyError::UnknownAlgorithm { .. })));
    }
}

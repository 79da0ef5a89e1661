//! The keys of chip authentication: on curves as everywhere, and over prime fields.

use super::{KeyError, public_key};
use crate::crypto::agreement::AgreementKey;
use crate::crypto::dh::{DhGroup, StaticKey};
use crate::crypto::signature::PublicKey;
use crate::wire::der::INTEGER;
use crate::wire::spki::Spki;

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
            other @ PublicKey::Rsa(_) => Err(KeyError::NoAgreement { name: other.name() }),
        };
    };
    Ok(AgreementKey::Modp(StaticKey::new(key.p, key.g, key.q, key.y)?))
}

/// The prime field that a key names by its standardized number; curves with such a number are [`public_key`]'s.
fn standardized_group(spki: &Spki<'_>) -> Option<DhGroup> {
    let parameters = spki.algorithm.parameters.as_ref().filter(|object| object.tag == INTEGER)?;
    match parameters.value {
        [id] if spki.algorithm.algorithm.is(STANDARDIZED) => DhGroup::from_standardized_id(*id),
        _ => None,
    }
}

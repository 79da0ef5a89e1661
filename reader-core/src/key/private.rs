//! Private keys for signatures, as files hold them: PKCS#8 without encryption. Spec: RFC 5208 §5; RFC 5915 §3; RFC 8017 A.1.2.

use crate::crypto::ec::{EcError, Generator, PrivateKey};
use crate::crypto::rsa_private::RsaPrivateKey;
use crate::crypto::signing::SigningKey;
use crate::wire::der::SEQUENCE;
use crate::wire::spki::EcParameters;
use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

use super::{EC_PUBLIC_KEY, KeyError, RSA_ENCRYPTION, RSA_PSS, curve};

/// The private key in the bytes of a PrivateKeyInfo (DER). The caller wipes the bytes.
///
/// # Errors
/// Not one, encrypted, of an unknown kind, on an unknown curve, or with numbers out of range.
pub fn private_key(pkcs8: &[u8]) -> Result<SigningKey, KeyError> {
    let mut outer = Reader::new("PrivateKeyInfo", Rules::Ber, pkcs8);
    let mut info = outer.enter("PrivateKeyInfo", SEQUENCE)?;
    outer.finish()?;
    if info.small()? > 1 {
        return Err(info.fault(Problem::Value("a version other than 1 and 2")).into());
    }
    let algorithm = info.algorithm()?;
    let key = info.octet_string()?;
    if algorithm.algorithm.is(EC_PUBLIC_KEY) {
        let (curve, _) = curve(&EcParameters::parse(algorithm.parameters.as_ref())?)?;
        let scalar = scalar(key)?;
        // A number may be written with leading zeros or without.
        let start = scalar.iter().position(|byte| *byte != 0).unwrap_or(scalar.len());
        let significant = scalar.get(start..).unwrap_or_default();
        if significant.len() > curve.field_len() {
            return Err(EcError::Scalar(curve).into());
        }
        return Ok(SigningKey::Ec(PrivateKey::from_bytes(&Generator::standard(curve), significant)?));
    }
    if algorithm.algorithm.is(RSA_ENCRYPTION) || algorithm.algorithm.is(RSA_PSS) {
        let mut outer = Reader::new("RSAPrivateKey", Rules::Ber, key);
        let mut numbers = outer.enter("RSAPrivateKey", SEQUENCE)?;
        outer.finish()?;
        numbers.small()?;
        let (modulus, public, private) = (numbers.unsigned()?, numbers.unsigned()?, numbers.unsigned()?);
        return Ok(SigningKey::Rsa(RsaPrivateKey::new(modulus, public, private)?));
    }
    Err(KeyError::UnknownAlgorithm { algorithm: algorithm.algorithm.to_string() })
}

/// The number in an ECPrivateKey; what may follow (parameters, public key) is worked out again.
fn scalar(bytes: &[u8]) -> Result<&[u8], Malformed> {
    let mut outer = Reader::new("ECPrivateKey", Rules::Ber, bytes);
    let mut inner = outer.enter("ECPrivateKey", SEQUENCE)?;
    outer.finish()?;
    if inner.small()? != 1 {
        return Err(inner.fault(Problem::Value("a version other than 1")));
    }
    inner.octet_string()
}

//! AlgorithmIdentifiers of hashes and signatures, turned into schemes with all their parameters.
//!
//! Spec: 9303-12 §4.1.6; RFC 4055 §3, §5; RFC 5758; RFC 5754; TR-03111 §5.2.

use crate::crypto::curve::Curve;
use crate::crypto::hash::HashAlgorithm;
use crate::crypto::signature::{EcdsaEncoding, SignatureScheme};
use crate::key;
use crate::key::algorithm::{PssParameters, no_parameters, pss_parameters, unknown};
use crate::wire::der::AlgorithmIdentifier;
use crate::wire::oid::Oid;
use crate::wire::spki::EcParameters;

pub use crate::key::algorithm::{AlgorithmError, hash, hash_of};

const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";

/// Something about an algorithm that was tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlgorithmNote {
    /// A SignerInfo names the key's algorithm (rsaEncryption, id-ecPublicKey) where it should name the signature's; the
    /// hash was taken from its digestAlgorithm.
    BareKeyAlgorithm,
}

/// A scheme, and what was tolerated to find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedScheme {
    /// The scheme.
    pub scheme: SignatureScheme,
    /// What was tolerated.
    pub note: Option<AlgorithmNote>,
}

/// The scheme of a certificate or revocation list.
///
/// # Errors
/// An algorithm that names no scheme, or parameters that are not its own.
pub fn scheme(identifier: &AlgorithmIdentifier<'_>) -> Result<SignatureScheme, AlgorithmError> {
    let oid = identifier.algorithm;
    if let Some([arc]) = oid.under("1.2.840.113549.1.1").as_deref() {
        let hash = match arc {
            5 => HashAlgorithm::Sha1,
            10 => {
                let PssParameters { hash, mgf_hash, salt_len } =
                    pss_parameters(identifier)?.unwrap_or_default();
                return Ok(SignatureScheme::RsaPss { hash, mgf_hash, salt_len });
            }
            11 => HashAlgorithm::Sha256,
            12 => HashAlgorithm::Sha384,
            13 => HashAlgorithm::Sha512,
            14 => HashAlgorithm::Sha224,
            _ => return Err(unknown(oid)),
        };
        no_parameters(identifier)?;
        return Ok(SignatureScheme::RsaPkcs1 { hash });
    }
    let dsa = match (oid.is("1.2.840.10040.4.3"), oid.under("2.16.840.1.101.3.4.3").as_deref()) {
        (true, _) => Some(HashAlgorithm::Sha1),
        (_, Some([1])) => Some(HashAlgorithm::Sha224),
        (_, Some([2])) => Some(HashAlgorithm::Sha256),
        (_, Some([3])) => Some(HashAlgorithm::Sha384),
        (_, Some([4])) => Some(HashAlgorithm::Sha512),
        _ => None,
    };
    if let Some(hash) = dsa {
        no_parameters(identifier)?;
        return Ok(SignatureScheme::Dsa { hash });
    }
    let der = |hash| SignatureScheme::Ecdsa { hash, encoding: EcdsaEncoding::Der };
    let scheme = match oid.under("1.2.840.10045.4").as_deref() {
        Some([1]) => der(HashAlgorithm::Sha1),
        Some([3, 1]) => der(HashAlgorithm::Sha224),
        Some([3, 2]) => der(HashAlgorithm::Sha256),
        Some([3, 3]) => der(HashAlgorithm::Sha384),
        Some([3, 4]) => der(HashAlgorithm::Sha512),
        _ => plain_ecdsa(oid).ok_or_else(|| unknown(oid))?,
    };
    // Some issuers repeat the key's domain parameters here. They belong to the key and are not looked at.
    Ok(scheme)
}

/// `ecdsa-plain-SHAx` of TR-03111 §5.2.1.1.
fn plain_ecdsa(oid: Oid<'_>) -> Option<SignatureScheme> {
    let hash = match oid.under("0.4.0.127.0.7.1.1.4.1").as_deref()? {
        [1] => HashAlgorithm::Sha1,
        [2] => HashAlgorithm::Sha224,
        [3] => HashAlgorithm::Sha256,
        [4] => HashAlgorithm::Sha384,
        [5] => HashAlgorithm::Sha512,
        _ => return None,
    };
    Some(SignatureScheme::Ecdsa { hash, encoding: EcdsaEncoding::Plain })
}

/// The scheme of a SignerInfo, where a bare key algorithm is completed by the digest algorithm.
///
/// # Errors
/// As [`scheme`].
pub fn signer_scheme(
    identifier: &AlgorithmIdentifier<'_>,
    digest: HashAlgorithm,
) -> Result<NamedScheme, AlgorithmError> {
    let oid = identifier.algorithm;
    let bare = |scheme| NamedScheme { scheme, note: Some(AlgorithmNote::BareKeyAlgorithm) };
    if oid.is("1.2.840.113549.1.1.1") {
        return Ok(bare(SignatureScheme::RsaPkcs1 { hash: digest }));
    }
    if oid.is("1.2.840.10040.4.1") {
        return Ok(bare(SignatureScheme::Dsa { hash: digest }));
    }
    if oid.is(EC_PUBLIC_KEY) {
        return Ok(bare(SignatureScheme::Ecdsa { hash: digest, encoding: EcdsaEncoding::Der }));
    }
    Ok(NamedScheme { scheme: scheme(identifier)?, note: None })
}

/// The curve whose domain parameters an ECDSA signature's algorithm repeats beside the key: `None` where it repeats none,
/// `Some(None)` for parameters of no known curve.
#[must_use]
pub fn curve_beside(identifier: &AlgorithmIdentifier<'_>) -> Option<Option<Curve>> {
    let oid = identifier.algorithm;
    let ecdsa = oid.under("1.2.840.10045.4").is_some() || oid.is(EC_PUBLIC_KEY) || plain_ecdsa(oid).is_some();
    if !ecdsa {
        return None;
    }
    match EcParameters::parse(identifier.parameters.as_ref()) {
        Ok(EcParameters::Implicit) => None,
        Ok(parameters) => Some(key::curve(&parameters).ok().map(|(curve, _)| curve)),
        Err(_) => Some(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tlv::{Reader, Rules};

    fn read(bytes: &[u8]) -> Result<SignatureScheme, AlgorithmError> {
        scheme(&Reader::new("test", Rules::Der, bytes).algorithm().unwrap())
    }

    #[test]
    fn reads_pss_with_its_defaults() {
        let defaults = [0x30, 0x0D, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10, 0x30, 0];
        assert_eq!(
            read(&defaults),
            Ok(SignatureScheme::RsaPss {
                hash: HashAlgorithm::Sha1,
                mgf_hash: HashAlgorithm::Sha1,
                salt_len: 20
            })
        );
        let mut trailer = defaults[..13].to_vec();
        trailer.extend([0x30, 5, 0xA3, 3, 2, 1, 2]);
        trailer[1] = 0x12;
        assert!(read(&trailer).is_err());
    }

    #[test]
    fn hashes_do_not_take_parameters_and_unknown_algorithms_are_named() {
        let sha256_rsa = [0x30, 0x0D, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11, 5, 0];
        assert_eq!(read(&sha256_rsa), Ok(SignatureScheme::RsaPkcs1 { hash: HashAlgorithm::Sha256 }));
        let mut odd = sha256_rsa;
        odd[13] = 4;
        assert!(matches!(read(&odd), Err(AlgorithmError::Malformed(_))));
        let md5_rsa = [0x30, 0x0D, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 4, 5, 0];
        assert_eq!(read(&md5_rsa), Err(AlgorithmError::Unknown { oid: "1.2.840.113549.1.1.4".to_owned() }));
    }

    #[test]
    fn bare_key_algorithms_are_completed_and_noted() {
        let rsa = [0x30, 0x0D, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0];
        let identifier = Reader::new("test", Rules::Der, &rsa).algorithm().unwrap();
        let named = signer_scheme(&identifier, HashAlgorithm::Sha384).unwrap();
        assert_eq!(named.scheme, SignatureScheme::RsaPkcs1 { hash: HashAlgorithm::Sha384 });
        assert_eq!(named.note, Some(AlgorithmNote::BareKeyAlgorithm));
    }
}

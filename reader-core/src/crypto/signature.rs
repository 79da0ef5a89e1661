//! Verification of signatures.
//!
//! A signature that does not hold is an answer ([`SignatureCheck::Invalid`]); an error means that it could not be checked.
//! Spec: RFC 8017 §8.1.2, §8.2.2; TR-03111 §4.2.1, §5.2; RFC 3279 §2.2.3; 9303-12 §4.4.

use p256::ecdsa::signature::hazmat::PrehashVerifier;

use super::{
    curve::Curve,
    dsa::DsaPublicKey,
    ec::{self, Point},
    hash::HashAlgorithm,
    rsa::{RsaPublicKey, RsaUse},
    secret::EntropyError,
};

/// A key that signatures are checked with. Its existence proves that its numbers are in range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// An elliptic-curve key; the point knows its curve.
    Ec(Point),
    /// An RSA key.
    Rsa(RsaPublicKey),
    /// A DSA key. Issuers alone have them.
    Dsa(DsaPublicKey),
}

impl PublicKey {
    /// Kind and size for people: "brainpoolP384r1", "RSA-2048".
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Ec(point) => point.curve().name().to_owned(),
            Self::Rsa(key) => format!("RSA-{}", key.modulus_bits()),
            Self::Dsa(key) => format!("DSA-{}", key.prime_bits()),
        }
    }
}

/// How the two numbers of an ECDSA signature are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EcdsaEncoding {
    /// SEQUENCE of two INTEGERs: certificates, lists, EF.SOD.
    Der,
    /// r ‖ s, each as long as the order: active authentication.
    Plain,
}

/// A signature algorithm with all its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureScheme {
    /// ECDSA.
    Ecdsa {
        /// Hash of the message.
        hash: HashAlgorithm,
        /// Form of the signature.
        encoding: EcdsaEncoding,
    },
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1 {
        /// Hash of the message.
        hash: HashAlgorithm,
    },
    /// The same with a DigestInfo that leaves out the NULL after the hash's identifier, as some signers write it. The whole
    /// encoding is compared as with the other form, so that nothing is gained by choosing one.
    RsaPkcs1WithoutNull {
        /// Hash of the message.
        hash: HashAlgorithm,
    },
    /// RSASSA-PSS with MGF1 and trailer BC.
    RsaPss {
        /// Hash of the message.
        hash: HashAlgorithm,
        /// Hash inside MGF1.
        mgf_hash: HashAlgorithm,
        /// Length of the salt, exactly.
        salt_len: usize,
    },
    /// DSA, its two numbers in a SEQUENCE.
    Dsa {
        /// Hash of the message.
        hash: HashAlgorithm,
    },
}

impl SignatureScheme {
    /// The hash of the message.
    #[must_use]
    pub const fn hash(self) -> HashAlgorithm {
        match self {
            Self::Ecdsa { hash, .. }
            | Self::RsaPkcs1 { hash }
            | Self::RsaPkcs1WithoutNull { hash }
            | Self::RsaPss { hash, .. }
            | Self::Dsa { hash } => hash,
        }
    }

    /// The same with another hash: of the message, and where MGF1 and salt follow the message's, of those too.
    #[must_use]
    pub fn with_hash(self, other: HashAlgorithm) -> Self {
        match self {
            Self::Ecdsa { encoding, .. } => Self::Ecdsa { hash: other, encoding },
            Self::RsaPkcs1 { .. } => Self::RsaPkcs1 { hash: other },
            Self::RsaPkcs1WithoutNull { .. } => Self::RsaPkcs1WithoutNull { hash: other },
            Self::Dsa { .. } => Self::Dsa { hash: other },
            Self::RsaPss { hash, mgf_hash, salt_len } => Self::RsaPss {
                hash: other,
                mgf_hash: if mgf_hash == hash { other } else { mgf_hash },
                salt_len: if salt_len == hash.len() { other.len() } else { salt_len },
            },
        }
    }

    /// Name for people: "ECDSA with SHA-384".
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Ecdsa { hash, .. } => format!("ECDSA with {hash}"),
            Self::RsaPkcs1 { hash } | Self::RsaPkcs1WithoutNull { hash } => {
                format!("RSA PKCS#1 v1.5 with {hash}")
            }
            Self::RsaPss { hash, .. } => format!("RSA-PSS with {hash}"),
            Self::Dsa { hash } => format!("DSA with {hash}"),
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum SignatureCheck {
    /// The key signed this message.
    Valid,
    /// It did not, or the signature is malformed.
    Invalid,
    /// The key may not be used with this scheme, by its own word; whether it was is not looked at. Spec: RFC 4055 §3.3.
    NotPermitted,
}

impl SignatureCheck {
    fn from_bool(holds: bool) -> Self {
        if holds { Self::Valid } else { Self::Invalid }
    }

    /// Whether the signature holds.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        matches!(self, Self::Valid)
    }
}

/// Why a signature could not be checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// An RSA scheme with an EC key or the reverse.
    #[error("the algorithm {scheme} does not fit a key {key}")]
    SchemeKeyMismatch {
        /// Name of the scheme.
        scheme: String,
        /// Name of the key.
        key: String,
    },
    /// The encoding of hash and salt is longer than the modulus.
    #[error("the algorithm {scheme} needs a longer key than {key}")]
    KeyTooShort {
        /// Name of the scheme.
        scheme: String,
        /// Name of the key.
        key: String,
    },
    /// A signature was made and does not hold under its own key.
    #[error("the private key makes signatures that do not hold: its numbers do not belong together")]
    Faulty,
    /// No randomness for a signature.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Checks `signature` of `message` under `key`.
///
/// # Errors
/// When key and scheme do not fit each other.
pub fn verify(
    key: &PublicKey,
    scheme: SignatureScheme,
    message: &[u8],
    signature: &[u8],
) -> Result<SignatureCheck, SignatureError> {
    verify_prehashed(key, scheme, &scheme.hash().digest(message), signature)
}

/// Checks `signature` of the message whose hash (by the scheme's algorithm) is `hash`.
///
/// # Errors
/// When key and scheme do not fit each other.
pub fn verify_prehashed(
    key: &PublicKey,
    scheme: SignatureScheme,
    hash: &[u8],
    signature: &[u8],
) -> Result<SignatureCheck, SignatureError> {
    if let PublicKey::Rsa(rsa) = key
        && !permits(rsa.usage(), scheme)
    {
        return Ok(SignatureCheck::NotPermitted);
    }
    let too_short = || SignatureError::KeyTooShort { scheme: scheme.name(), key: key.name() };
    let holds = match (key, scheme) {
        (PublicKey::Ec(point), SignatureScheme::Ecdsa { encoding, .. }) => {
            let numbers = match encoding {
                EcdsaEncoding::Der => der_numbers(signature),
                EcdsaEncoding::Plain => plain_numbers(point.curve(), signature),
            };
            numbers.is_some_and(|(r, s)| ecdsa_holds(point, hash, r, s))
        }
        (
            PublicKey::Rsa(rsa),
            SignatureScheme::RsaPkcs1 { hash: algorithm }
            | SignatureScheme::RsaPkcs1WithoutNull { hash: algorithm },
        ) => {
            let null: &[u8] =
                if matches!(scheme, SignatureScheme::RsaPkcs1 { .. }) { &[0x05, 0x00] } else { &[] };
            let expected = pkcs1_encoding(algorithm, null, hash, rsa.modulus_len()).ok_or_else(too_short)?;
            rsa.recover(signature).is_some_and(|recovered| recovered == expected)
        }
        (PublicKey::Rsa(rsa), SignatureScheme::RsaPss { hash: algorithm, mgf_hash, salt_len }) => {
            let bits = rsa.modulus_bits() - 1;
            let len = bits.div_ceil(8) as usize;
            if algorithm.len().saturating_add(salt_len).saturating_add(2) > len {
                return Err(too_short());
            }
            rsa.recover(signature).is_some_and(|recovered| {
                pss_holds(&recovered, bits, algorithm, mgf_hash, salt_len, hash) == Some(true)
            })
        }
        (PublicKey::Dsa(key), SignatureScheme::Dsa { .. }) => {
            der_numbers(signature).is_some_and(|(r, s)| key.holds(hash, r, s))
        }
        _ => return Err(SignatureError::SchemeKeyMismatch { scheme: scheme.name(), key: key.name() }),
    };
    Ok(SignatureCheck::from_bool(holds))
}

/// Whether an RSA key of this use may be used with a scheme. Schemes of other kinds of keys are not asked about.
fn permits(usage: RsaUse, scheme: SignatureScheme) -> bool {
    match (usage, scheme) {
        (RsaUse::Any, _) | (_, SignatureScheme::Ecdsa { .. } | SignatureScheme::Dsa { .. }) => true,
        (RsaUse::Pss, scheme) => matches!(scheme, SignatureScheme::RsaPss { .. }),
        (
            RsaUse::PssWith { hash, mgf_hash, min_salt_len },
            SignatureScheme::RsaPss { hash: own, mgf_hash: mask, salt_len },
        ) => own == hash && mask == mgf_hash && salt_len >= min_salt_len,
        (RsaUse::PssWith { .. }, _) => false,
    }
}

/// P-256 goes through its own crate, every other curve through [`ec`].
fn ecdsa_holds(point: &Point, hash: &[u8], r: &[u8], s: &[u8]) -> bool {
    if point.curve() == Curve::P256 {
        return p256_holds(point, hash, r, s) == Some(true);
    }
    ec::ecdsa_holds(point, hash, r, s)
}

fn p256_holds(point: &Point, hash: &[u8], r: &[u8], s: &[u8]) -> Option<bool> {
    let field = |bytes: &[u8]| -> Option<[u8; 32]> {
        let mut field = [0; 32];
        field.get_mut(32usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
        Some(field)
    };
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point.encode()).ok()?;
    let signature = p256::ecdsa::Signature::from_scalars(field(r)?, field(s)?).ok()?;
    Some(key.verify_prehash(hash, &signature).is_ok())
}

/// r and s of `30 len 02 len r 02 len s`, in DER and nothing but DER; without leading zeros.
fn der_numbers(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, rest) = der_value(0x30, signature)?;
    let (r, after_r) = der_value(0x02, content)?;
    let (s, after_s) = der_value(0x02, after_r)?;
    (rest.is_empty() && after_s.is_empty()).then_some(())?;
    Some((positive_integer(r)?, positive_integer(s)?))
}

/// Content of the first object, which must have this tag and the shortest form of its length; and what follows.
fn der_value(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    if *found != tag {
        return None;
    }
    // No signature of a supported curve is as long as 256 bytes.
    let (len, rest) = match first {
        0..=0x7F => (usize::from(*first), rest),
        0x81 => {
            let (second, rest) = rest.split_first()?;
            (*second >= 0x80).then_some((usize::from(*second), rest))?
        }
        _ => return None,
    };
    rest.split_at_checked(len)
}

/// A positive INTEGER in its shortest form, without the zero that keeps it positive.
fn positive_integer(content: &[u8]) -> Option<&[u8]> {
    match content {
        [0, rest @ ..] => rest.first().is_some_and(|next| *next >= 0x80).then_some(rest),
        [first, ..] if *first < 0x80 => Some(content),
        _ => None,
    }
}

fn plain_numbers(curve: Curve, signature: &[u8]) -> Option<(&[u8], &[u8])> {
    (signature.len() == 2 * curve.field_len()).then(|| signature.split_at_checked(curve.field_len()))?
}

/// EMSA-PKCS1-v1_5: the one right encoding, compared as a whole. `null` are the parameters of the hash. Spec: RFC 8017 §9.2.
pub(super) fn pkcs1_encoding(
    algorithm: HashAlgorithm,
    null: &[u8],
    hash: &[u8],
    len: usize,
) -> Option<Vec<u8>> {
    let oid: &[u8] = match algorithm {
        HashAlgorithm::Sha1 => &[0x2B, 0x0E, 0x03, 0x02, 0x1A],
        HashAlgorithm::Sha224 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04],
        HashAlgorithm::Sha256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
        HashAlgorithm::Sha384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
        HashAlgorithm::Sha512 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
    };
    let object = |tag: u8, content: &[u8]| -> Option<Vec<u8>> {
        let mut out = vec![tag, u8::try_from(content.len()).ok()?];
        out.extend_from_slice(content);
        Some(out)
    };
    let mut identifier = object(0x06, oid)?;
    identifier.extend_from_slice(null);
    let mut info = object(0x30, &identifier)?;
    info.extend(object(0x04, hash)?);
    let info = object(0x30, &info)?;

    let filler = len.checked_sub(info.len() + 3).filter(|filler| *filler >= 8)?;
    let mut out = vec![0x00, 0x01];
    out.resize(2 + filler, 0xFF);
    out.push(0x00);
    out.extend(info);
    Some(out)
}

/// EMSA-PSS-VERIFY over `recovered`, of which the last `bits` count. Spec: RFC 8017 §9.1.2.
fn pss_holds(
    recovered: &[u8],
    bits: u32,
    algorithm: HashAlgorithm,
    mgf_hash: HashAlgorithm,
    salt_len: usize,
    hash: &[u8],
) -> Option<bool> {
    let len = bits.div_ceil(8) as usize;
    let (above, encoded) = recovered.split_at_checked(recovered.len().checked_sub(len)?)?;
    let (trailer, encoded) = encoded.split_last()?;
    let (masked, seed) = encoded.split_at_checked(encoded.len().checked_sub(algorithm.len())?)?;
    let keep = 0xFF_u8 >> (8 * len - bits as usize);
    let clean = above.iter().all(|byte| *byte == 0) && masked.first()? & !keep == 0;
    if *trailer != 0xBC || !clean {
        return Some(false);
    }
    let mut block = masked.to_vec();
    for (byte, mask) in block.iter_mut().zip(mgf1(mgf_hash, seed, masked.len())) {
        *byte ^= mask;
    }
    *block.first_mut()? &= keep;
    let (padding, salt) = block.split_at_checked(block.len().checked_sub(salt_len)?)?;
    let (marker, zeros) = padding.split_last()?;
    let expected = algorithm.digest_parts(&[&[0; 8], hash, salt]);
    Some(*marker == 0x01 && zeros.iter().all(|byte| *byte == 0) && expected == seed)
}

/// MGF1. Spec: RFC 8017 B.2.1.
pub(super) fn mgf1(hash: HashAlgorithm, seed: &[u8], len: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(len + hash.len());
    for counter in 0_u32.. {
        if mask.len() >= len {
            break;
        }
        mask.extend(hash.digest_parts(&[seed, &counter.to_be_bytes()]));
    }
    mask.truncate(len);
    mask
}

#[cfg(test)]
mod tests {
    use test_vectors::num;

    use super::*;
    use crate::crypto::ec::Generator;

    const HASH: HashAlgorithm = HashAlgorithm::Sha256;
    const DER: SignatureScheme = SignatureScheme::Ecdsa { hash: HASH, encoding: EcdsaEncoding::Der };

    fn rsa(bits: usize) -> PublicKey {
        let mut modulus = num::expand(&[b"modulus"], bits / 8);
        modulus[0] |= 0x80;
        modulus[bits / 8 - 1] |= 1;
        PublicKey::Rsa(RsaPublicKey::new(&modulus, &[1, 0, 1]).unwrap())
    }

    #[test]
    fn a_scheme_for_another_kind_of_key_is_an_error_and_no_finding() {
        let ec = PublicKey::Ec(Generator::standard(Curve::P256).point().clone());
        let pkcs1 = SignatureScheme::RsaPkcs1 { hash: HASH };
        let pss = SignatureScheme::RsaPss { hash: HASH, mgf_hash: HASH, salt_len: 32 };
        for (key, scheme) in [(&ec, pkcs1), (&ec, pss), (&rsa(2048), DER)] {
            let result = verify(key, scheme, b"", &[]);
            assert!(matches!(result, Err(SignatureError::SchemeKeyMismatch { .. })));
        }
    }

    #[test]
    fn a_hash_and_salt_that_do_not_fit_the_key_are_an_error() {
        let hash = HashAlgorithm::Sha512;
        let pss = |salt_len| SignatureScheme::RsaPss { hash, mgf_hash: hash, salt_len };
        let check = |salt_len| verify(&rsa(1024), pss(salt_len), b"", &[0; 128]);
        assert_eq!(check(62), Ok(SignatureCheck::Invalid));
        assert!(matches!(check(63), Err(SignatureError::KeyTooShort { .. })));
        assert!(matches!(check(usize::MAX), Err(SignatureError::KeyTooShort { .. })));
    }

    #[test]
    fn only_der_is_der() {
        let good = [0x30, 6, 2, 1, 1, 2, 1, 2];
        assert_eq!(der_numbers(&good), Some((&[1][..], &[2][..])));
        let high = [0x30, 7, 2, 2, 0, 0x80, 2, 1, 2];
        assert_eq!(der_numbers(&high), Some((&[0x80][..], &[2][..])));
        for wrong in [
            &[][..],
            &[0x30],
            &[0x30, 0x80, 2, 1, 1, 2, 1, 2, 0, 0],
            &[0x30, 0x81, 6, 2, 1, 1, 2, 1, 2],
            &[0x30, 6, 2, 1, 1, 2, 1, 2, 0],
            &[0x30, 7, 2, 1, 1, 2, 1, 2, 0],
            &[0x30, 7, 2, 2, 0, 1, 2, 1, 2],
            &[0x30, 6, 2, 1, 0x81, 2, 1, 2],
            &[0x30, 5, 2, 0, 2, 1, 2],
            &[0x31, 6, 2, 1, 1, 2, 1, 2],
            &[0x30, 6, 2, 1, 1, 2, 2, 2],
        ] {
            assert_eq!(der_numbers(wrong), None, "{wrong:02X?}");
        }
    }

    #[test]
    fn plain_signatures_have_exactly_twice_the_length_of_the_order() {
        let key = PublicKey::Ec(Generator::standard(Curve::BrainpoolP256r1).point().clone());
        let scheme = SignatureScheme::Ecdsa { hash: HASH, encoding: EcdsaEncoding::Plain };
        for len in [0, 1, 62, 63, 64, 65, 66, 1000] {
            assert_eq!(verify(&key, scheme, b"", &vec![1; len]), Ok(SignatureCheck::Invalid), "{len}");
        }
    }
}

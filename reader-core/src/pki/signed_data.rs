//! Whether a signer of CMS SignedData signed these bytes.
//!
//! The signature is taken over the signed attributes as received. Whose certificate it is, and whether anyone trusts it,
//! is another question ([`super::path`]). Spec: RFC 5652 §5.4, §11; 9303-10 §4.6.2.

use super::certificate::{Certificate, VerifyError, shortest};
use super::name::Name;
use super::signature_algorithm::{self, AlgorithmNote};
use crate::crypto::ec::EcError;
use crate::crypto::hash::HashAlgorithm;
use crate::crypto::signature::{self, EcdsaEncoding, PublicKey, SignatureCheck, SignatureScheme};
use crate::key::{self, KeyError};
use crate::wire::Malformed;
use crate::wire::cms::{Attribute, SignedAttributes, SignedData, SignerIdentifier, SignerInfo};
use crate::wire::date::Timestamp;
use crate::wire::der::OCTET_STRING;
use crate::wire::oid::Oid;
use crate::wire::spki::Spki;
use crate::wire::tlv::{Reader, Rules};

/// Most certificates that are tried for one signer.
const MAX_CANDIDATES: usize = 4;
/// Longest serial number.
const MAX_SERIAL_BYTES: usize = 20;

const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";

/// How a signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerFault {
    /// There is no content to sign.
    #[error("the signed object has no content")]
    NoContent,
    /// Documents and lists always sign attributes.
    #[error("there are no signed attributes")]
    NoAttributes,
    /// An attribute that must stand once with one value does not.
    #[error("the attribute {0} does not stand exactly once with one value")]
    Attribute(&'static str),
    /// The attribute names another type than the content has.
    #[error("the signed content type is not the type of the content")]
    ContentType,
    /// The signed hash is not the content's.
    #[error("the signed hash is not the hash of the content")]
    Digest,
    /// The signature over the attributes is false.
    #[error("the signature over the signed attributes is false")]
    Signature,
    /// The signer's key may not be used so, by its own word. Spec: RFC 4055 §3.3.
    #[error("the signer's key does not permit the algorithm of the signature or its parameters")]
    NotPermitted,
}

/// A departure from the standard that takes nothing from the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerNote {
    /// The attributes are not written in DER's order; signed as written, or in the right order.
    #[error("the signed attributes are not in the order of DER")]
    Unsorted,
    /// The signature algorithm was named by the key's.
    #[error("the key's algorithm stands in place of the signature's")]
    BareKeyAlgorithm,
    /// The two numbers of an ECDSA signature stand side by side instead of in a SEQUENCE.
    #[error("r and s stand side by side in place of a SEQUENCE of them")]
    PlainEcdsa,
    /// The hash's identifier inside an RSA signature has no NULL. A master list of ICAO's was signed so.
    #[error("the identifier of the hash inside the signature has no NULL")]
    DigestInfoWithoutNull,
    /// The issuer's name is written otherwise than in the certificate.
    #[error("the issuer is written otherwise than in the signer's certificate")]
    NameDiffers,
    /// The signer is named by a key identifier that its certificate does not have; it was computed from the key.
    #[error("the signer's certificate has no key identifier, by which it is named")]
    NoKeyIdentifier,
    /// The certificate's serial number is zero, negative or of more than 20 bytes. Spec: RFC 5280 §4.1.2.2.
    #[error("the serial number of the signer's certificate is zero, negative or too long")]
    SerialNumber,
    /// The signature's algorithm names another hash than the signer's digestAlgorithm.
    #[error("the signature's algorithm names another hash than the digest algorithm")]
    DigestDiffers,
    /// An RSA key with another exponent than 65537.
    #[error("the exponent of the signer's key is not 65537")]
    RsaExponent,
    /// The key, or the signature's algorithm, names another curve than the one that the key is on.
    #[error("another curve is named than the one that the signer's key is on")]
    OtherCurve,
}

/// The other way in which signers write signatures of this scheme.
const fn departure(scheme: SignatureScheme) -> Option<(SignatureScheme, SignerNote)> {
    match scheme {
        SignatureScheme::Ecdsa { hash, encoding: EcdsaEncoding::Der } => {
            let plain = SignatureScheme::Ecdsa { hash, encoding: EcdsaEncoding::Plain };
            Some((plain, SignerNote::PlainEcdsa))
        }
        SignatureScheme::RsaPkcs1 { hash } => {
            Some((SignatureScheme::RsaPkcs1WithoutNull { hash }, SignerNote::DigestInfoWithoutNull))
        }
        _ => None,
    }
}

/// What a check of one signer found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerCheck {
    /// It signed the content.
    Valid(ValidSigner),
    /// It did not.
    Invalid(SignerFault),
}

/// A signature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidSigner {
    /// How it was signed.
    pub scheme: SignatureScheme,
    /// When, if the signer says.
    pub signing_time: Option<Timestamp>,
    /// What was tolerated.
    pub notes: Vec<SignerNote>,
}

/// A certificate that may be the signer's.
#[derive(Clone, Debug)]
pub struct Candidate<'c> {
    /// The certificate.
    pub certificate: &'c Certificate,
    /// What was tolerated to find it.
    pub notes: Vec<SignerNote>,
}

/// The certificate that a signer names, among those at hand.
#[must_use]
pub fn signer_certificate<'c>(
    signer: &SignerInfo<'_>,
    at_hand: &'c [Certificate],
) -> Option<&'c Certificate> {
    candidates(signer, at_hand).into_iter().next().map(|candidate| candidate.certificate)
}

/// The certificates that a signer may mean, those first that it names to the letter; four at most. A key identifier means
/// the extension of that name; a certificate without the extension is meant where the identifier is the usual one of its
/// key. Spec: RFC 5652 §5.3; RFC 5280 §4.2.1.2.
#[must_use]
pub fn candidates<'c>(signer: &SignerInfo<'_>, at_hand: &'c [Certificate]) -> Vec<Candidate<'c>> {
    let mut found: Vec<Candidate<'c>> = at_hand
        .iter()
        .filter_map(|certificate| {
            Some(Candidate { certificate, notes: tolerated(&signer.sid, certificate)? })
        })
        .collect();
    found.sort_by_key(|candidate| candidate.notes.len());
    found.truncate(MAX_CANDIDATES);
    found
}

/// All that has to be tolerated for `named` to mean this certificate; `None` where it means another one.
#[must_use]
pub fn tolerated(named: &SignerIdentifier<'_>, certificate: &Certificate) -> Option<Vec<SignerNote>> {
    let by_name = names(named, certificate)?;
    let serial = unusual(certificate.serial()).then_some(SignerNote::SerialNumber);
    Some(by_name.into_iter().chain(serial).collect())
}

/// Whether `named` means this certificate: by its issuer and serial number, however they are written, or by its key's
/// identifier.
#[must_use]
pub fn names_certificate(named: &SignerIdentifier<'_>, certificate: &Certificate) -> bool {
    names(named, certificate).is_some()
}

/// What has to be tolerated for an identifier to mean a certificate; `None` where it means another one.
fn names(sid: &SignerIdentifier<'_>, certificate: &Certificate) -> Option<Option<SignerNote>> {
    match *sid {
        SignerIdentifier::IssuerAndSerial { issuer, serial } => {
            if !same_serial(certificate.serial(), serial) {
                return None;
            }
            if certificate.issuer().raw() == issuer {
                return Some(None);
            }
            let name = Name::parse(issuer).ok()?;
            name.says_the_same(certificate.issuer()).then_some(Some(SignerNote::NameDiffers))
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => match certificate.subject_key_id() {
            Some(own) => (own == id).then_some(None),
            None => {
                let bits = Spki::parse(certificate.spki()).ok()?.key;
                (HashAlgorithm::Sha1.digest(bits) == id).then_some(Some(SignerNote::NoKeyIdentifier))
            }
        },
    }
}

/// Equal as numbers; a negative one also equals what comes of reading its bytes without a sign.
fn same_serial(certificate: &[u8], named: &[u8]) -> bool {
    let magnitude = |serial: &'_ [u8]| serial.iter().position(|byte| *byte != 0).unwrap_or(serial.len());
    let unsigned = |serial: &[u8]| serial.get(magnitude(serial)..).unwrap_or_default().to_vec();
    shortest(certificate) == shortest(named)
        || is_negative(certificate) != is_negative(named) && unsigned(certificate) == unsigned(named)
}

fn is_negative(serial: &[u8]) -> bool {
    serial.first().is_some_and(|first| first & 0x80 != 0)
}

/// Zero, negative, or longer than a serial number may be. Spec: RFC 5280 §4.1.2.2; 9303-12 §7.1.
fn unusual(serial: &[u8]) -> bool {
    is_negative(serial) || serial.iter().all(|byte| *byte == 0) || shortest(serial).len() > MAX_SERIAL_BYTES
}

/// The key of a signer, and what was tolerated to use it. A point that is not on the curve that the key names is looked for
/// on the other curves of its size, as keys of some states need it.
fn signer_key(certificate: &Certificate) -> Result<(PublicKey, Option<SignerNote>), VerifyError> {
    match certificate.public_key() {
        Err(KeyError::Point(EcError::NotOnCurve(named))) => {
            let found = key::on_another_curve(certificate.spki(), named);
            Ok((found.ok_or(KeyError::Point(EcError::NotOnCurve(named)))?, Some(SignerNote::OtherCurve)))
        }
        Ok(PublicKey::Rsa(rsa)) if !rsa.has_usual_exponent() => {
            Ok((PublicKey::Rsa(rsa), Some(SignerNote::RsaExponent)))
        }
        Ok(key) => Ok((key, None)),
        Err(error) => Err(error.into()),
    }
}

/// The ways to read a signature, each with what they tolerate: as it is named, then as others write it, then the same with
/// the hash of the digest algorithm where another one is named.
fn readings(named: SignatureScheme, digest: HashAlgorithm) -> Vec<(SignatureScheme, Vec<SignerNote>)> {
    let mut schemes = vec![named];
    let mut notes = Vec::new();
    if named.hash() != digest {
        schemes.push(named.with_hash(digest));
        notes.push(SignerNote::DigestDiffers);
    }
    let mut readings = Vec::new();
    for scheme in schemes {
        readings.push((scheme, notes.clone()));
        if let Some((other, note)) = departure(scheme) {
            readings.push((other, notes.iter().copied().chain([note]).collect()));
        }
    }
    readings
}

/// Checks one signer's signature under its certificate.
///
/// # Errors
/// The algorithms or the key are not supported: nothing can be said.
pub fn check(
    data: &SignedData<'_>,
    signer: &SignerInfo<'_>,
    certificate: &Certificate,
) -> Result<SignerCheck, VerifyError> {
    let digest = signature_algorithm::hash(&signer.digest_algorithm)?;
    let named = signature_algorithm::signer_scheme(&signer.signature_algorithm, digest)?;
    let (key, key_note) = signer_key(certificate)?;
    let invalid = |fault| Ok(SignerCheck::Invalid(fault));
    let Some(content) = data.content else { return invalid(SignerFault::NoContent) };
    let Some(attributes) = &signer.signed_attributes else { return invalid(SignerFault::NoAttributes) };
    let signing_time = match check_attributes(attributes, data.content_type, &digest.digest(content)) {
        Ok(signing_time) => signing_time,
        Err(fault) => return invalid(fault),
    };
    let mut notes = Vec::new();
    if named.note == Some(AlgorithmNote::BareKeyAlgorithm) {
        notes.push(SignerNote::BareKeyAlgorithm);
    }
    let curve = signature_algorithm::curve_beside(&signer.signature_algorithm);
    let beside =
        curve.is_some_and(|beside| !matches!(&key, PublicKey::Ec(point) if beside == Some(point.curve())));
    notes.extend(key_note.or(beside.then_some(SignerNote::OtherCurve)));
    let sorted = attributes.sorted_bytes();
    notes.extend(sorted.is_some().then_some(SignerNote::Unsorted));
    let messages: Vec<Vec<u8>> = [attributes.signed_bytes()].into_iter().chain(sorted).collect();
    let mut fault = SignerFault::Signature;
    for (scheme, departures) in readings(named.scheme, digest) {
        for message in &messages {
            match signature::verify(&key, scheme, message, signer.signature)? {
                SignatureCheck::Valid => {
                    notes.extend(departures);
                    return Ok(SignerCheck::Valid(ValidSigner { scheme, signing_time, notes }));
                }
                SignatureCheck::NotPermitted => fault = SignerFault::NotPermitted,
                SignatureCheck::Invalid => {}
            }
        }
    }
    invalid(fault)
}

/// contentType and messageDigest stand once and are right; the signing time, if there is one.
fn check_attributes(
    attributes: &SignedAttributes<'_>,
    content_type: Oid<'_>,
    digest: &[u8],
) -> Result<Option<Timestamp>, SignerFault> {
    let signed_type = once(attributes, CONTENT_TYPE, "contentType")?;
    if signed_type.value != content_type.content() {
        return Err(SignerFault::ContentType);
    }
    let signed_digest = once(attributes, MESSAGE_DIGEST, "messageDigest")?;
    if signed_digest.tag != OCTET_STRING || signed_digest.value != digest {
        return Err(SignerFault::Digest);
    }
    let mut times = attributes.of_kind(SIGNING_TIME);
    let time = times.next().and_then(Attribute::single_value);
    if times.next().is_some() {
        return Err(SignerFault::Attribute("signingTime"));
    }
    Ok(time.and_then(|object| read_time(object.raw).ok()))
}

fn read_time(raw: &[u8]) -> Result<Timestamp, Malformed> {
    Reader::new("signingTime", Rules::Ber, raw).time()
}

fn once<'a>(
    attributes: &SignedAttributes<'a>,
    kind: &str,
    name: &'static str,
) -> Result<crate::wire::tlv::Tlv<'a>, SignerFault> {
    let mut found = attributes.attributes.iter().filter(|attribute| attribute.kind.is(kind));
    let value = found.next().and_then(Attribute::single_value);
    match (value, found.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(SignerFault::Attribute(name)),
    }
}

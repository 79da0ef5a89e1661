//! Whether a signer of CMS SignedData signed these bytes.
//!
//! The signature is taken over the signed attributes as received. Whose certificate it is, and whether anyone trusts it,
//! is another question ([`super::path`]). Spec: RFC 5652 §5.4, §11; 9303-10 §4.6.2.

use super::certificate::{Certificate, VerifyError, shortest};
use super::signature_algorithm::{self, AlgorithmNote};
use crate::crypto::signature::{self, EcdsaEncoding, SignatureScheme};
use crate::wire::Malformed;
use crate::wire::cms::{Attribute, SignedAttributes, SignedData, SignerIdentifier, SignerInfo};
use crate::wire::date::Timestamp;
use crate::wire::der::OCTET_STRING;
use crate::wire::oid::Oid;
use crate::wire::tlv::{Reader, Rules};

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
}

/// What was tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerNote {
    /// The attributes were signed in DER order and written in another.
    Unsorted,
    /// The signature algorithm was named by the key's.
    BareKeyAlgorithm,
    /// The two numbers of an ECDSA signature stand side by side instead of in a SEQUENCE.
    PlainEcdsa,
    /// The hash's identifier inside an RSA signature has no NULL. A master list of ICAO's was signed so.
    DigestInfoWithoutNull,
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

/// The certificate that a signer names, among those at hand.
#[must_use]
pub fn signer_certificate<'c>(
    signer: &SignerInfo<'_>,
    at_hand: &'c [Certificate],
) -> Option<&'c Certificate> {
    at_hand.iter().find(|certificate| names_certificate(&signer.sid, certificate))
}

/// Whether `named` is this certificate: by its issuer and serial number, however they are written, or by its key's
/// identifier.
#[must_use]
pub fn names_certificate(named: &SignerIdentifier<'_>, certificate: &Certificate) -> bool {
    match named {
        SignerIdentifier::IssuerAndSerial { issuer, serial } => {
            let same_issuer = certificate.issuer().raw() == *issuer
                || super::name::Name::parse(issuer)
                    .is_ok_and(|name| name.says_the_same(certificate.issuer()));
            same_issuer && shortest(certificate.serial()) == shortest(serial)
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => certificate.subject_key_id() == Some(*id),
    }
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
    let key = certificate.public_key()?;
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
    let schemes =
        [Some((named.scheme, None)), departure(named.scheme).map(|(scheme, note)| (scheme, Some(note)))];
    let written = attributes.signed_bytes();
    let messages =
        [Some((written, None)), attributes.sorted_bytes().map(|sorted| (sorted, Some(SignerNote::Unsorted)))];
    for (scheme, scheme_note) in schemes.into_iter().flatten() {
        for (message, order_note) in messages.iter().flatten() {
            if signature::verify(&key, scheme, message, signer.signature)?.is_valid() {
                notes.extend(order_note.iter().copied().chain(scheme_note));
                return Ok(SignerCheck::Valid(ValidSigner { scheme, signing_time, notes }));
            }
        }
    }
    invalid(SignerFault::Signature)
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

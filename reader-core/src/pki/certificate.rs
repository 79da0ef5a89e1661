//! A certificate: its fields, and the bytes that its signature is taken over.
//!
//! `x509-parser` splits it; what the standard's own extensions mean is read here. Nothing is judged but the shape: expired
//! and odd certificates are read like any other. Spec: 9303-12 §7.1; RFC 5280 §4.

use std::fmt;
use std::ops::Range;

use x509_parser::certificate::{X509Certificate, X509CertificateParser};
use x509_parser::nom::Parser as _;

use super::name::{Name, hex};
use super::signature_algorithm::{self, AlgorithmError};
use crate::crypto::hash::HashAlgorithm;
use crate::crypto::signature::{self, PublicKey, SignatureCheck, SignatureError, SignatureScheme};
use crate::key::{self, KeyError};
use crate::wire::Malformed;
use crate::wire::date::Timestamp;
use crate::wire::der::{BIT_STRING, BOOLEAN, GENERALIZED_TIME, SEQUENCE, SET};
use crate::wire::tlv::{self, Reader, Rules};

/// Largest certificate read. Real ones have less than 4 KiB.
const MAX_BYTES: usize = 65_536;
/// Most extensions read. Real ones have less than twenty.
const MAX_EXTENSIONS: usize = 64;

/// A SHA-256 fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let digest = HashAlgorithm::Sha256.digest(bytes);
        Self(digest.first_chunk().copied().unwrap_or_default())
    }

    /// Reads 64 hexadecimal digits; colons and spaces between them are skipped.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|character| !matches!(character, ':' | ' '))
            .map(|character| character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        let bytes: Vec<u8> = digits
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => Some(high << 4 | low),
                _ => None,
            })
            .collect::<Option<_>>()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// What a key may be used for, as far as documents ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage {
    /// It signs data: document signers, list signers.
    pub digital_signature: bool,
    /// It signs certificates.
    pub certificate_signing: bool,
    /// It signs revocation lists.
    pub crl_signing: bool,
    /// It has uses beside these.
    pub others: bool,
}

/// `PrivateKeyUsagePeriod`: when the key may sign, usually much shorter than the certificate's validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsagePeriod {
    /// From when on.
    pub not_before: Option<Timestamp>,
    /// Until when.
    pub not_after: Option<Timestamp>,
}

/// Why bytes are no certificate that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The parser of the outer structure refused it.
    #[error("not an X.509 certificate: {0}")]
    Shape(String),
    /// A part of it is not as the standard says.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// More bytes than any certificate has.
    #[error("{bytes} bytes are too many for a certificate")]
    TooLong {
        /// How many.
        bytes: usize,
    },
}

/// Why a certificate's signature could not be checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The signature algorithm.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    /// The issuer's key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Both together.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// A certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: Range<usize>,
    signature_algorithm: Range<usize>,
    signature: Range<usize>,
    spki: Vec<u8>,
    issuer: Name,
    subject: Name,
    serial: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
    extensions: Extensions,
    fingerprint: Fingerprint,
}

/// The extensions that matter here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Extensions {
    authority_key_id: Option<Vec<u8>>,
    subject_key_id: Option<Vec<u8>>,
    key_usage: Option<KeyUsage>,
    extended_key_usage: Option<Vec<String>>,
    authority: bool,
    usage_period: Option<UsagePeriod>,
    document_types: Option<Vec<String>>,
    alternative_country: Option<String>,
    unknown_critical: Vec<String>,
}

impl Certificate {
    /// Reads one DER certificate and nothing after it.
    ///
    /// # Errors
    /// Not one, or one of the extensions that matter is malformed or stands twice.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_BYTES {
            return Err(CertificateError::TooLong { bytes: der.len() });
        }
        let (rest, parsed) = X509CertificateParser::new()
            .with_deep_parse_extensions(false)
            .parse(der)
            .map_err(|error| CertificateError::Shape(error.to_string()))?;
        if !rest.is_empty() {
            return Err(CertificateError::Shape(format!("{} bytes follow it", rest.len())));
        }
        let mut outer = Reader::new("Certificate", Rules::Ber, der);
        let mut parts = outer.enter("Certificate", SEQUENCE)?;
        outer.finish()?;
        let tbs = parts.expect(SEQUENCE)?;
        let algorithm = parts.expect(SEQUENCE)?;
        let bits = parts.expect(BIT_STRING)?;
        parts.finish()?;
        let Some((0, _)) = bits.value.split_first() else {
            return Err(Malformed::value("Certificate", "a signature that is not whole bytes").into());
        };
        let span = |start: usize, length: usize| start..start + length;
        Ok(Self {
            tbs: span(tbs.offset, tbs.raw.len()),
            signature_algorithm: span(algorithm.offset, algorithm.raw.len()),
            signature: span(bits.value_offset() + 1, bits.value.len() - 1),
            spki: parsed.public_key().raw.to_vec(),
            issuer: Name::parse(parsed.issuer().as_raw())?,
            subject: Name::parse(parsed.subject().as_raw())?,
            serial: parsed.raw_serial().to_vec(),
            not_before: Timestamp(parsed.validity().not_before.timestamp()),
            not_after: Timestamp(parsed.validity().not_after.timestamp()),
            extensions: extensions(&parsed)?,
            fingerprint: Fingerprint::of(der),
            der: der.to_vec(),
        })
    }

    /// The certificate as it stands.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What its signature is taken over.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.der.get(self.tbs.clone()).unwrap_or_default()
    }

    /// Its SHA-256 fingerprint.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Who issued it.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Whose it is.
    #[must_use]
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// Content bytes of its serial number. Real ones are sometimes zero or negative.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// From when on it is valid.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Until when it is valid.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Key identifier of the issuer's key.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.extensions.authority_key_id.as_deref()
    }

    /// Key identifier of its own key.
    #[must_use]
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.extensions.subject_key_id.as_deref()
    }

    /// What the key may be used for, if said.
    #[must_use]
    pub const fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// Object identifiers of the extended key usage, if said.
    #[must_use]
    pub fn extended_key_usage(&self) -> Option<&[String]> {
        self.extensions.extended_key_usage.as_deref()
    }

    /// Whether basicConstraints says that it is an authority.
    #[must_use]
    pub const fn is_authority(&self) -> bool {
        self.extensions.authority
    }

    /// When its key may sign, if said.
    #[must_use]
    pub const fn usage_period(&self) -> Option<UsagePeriod> {
        self.extensions.usage_period
    }

    /// Document codes that the signer may sign, such as `P` or `ID`, if said.
    #[must_use]
    pub fn document_types(&self) -> Option<&[String]> {
        self.extensions.document_types.as_deref()
    }

    /// The three-letter country code of the SubjectAltName, if said.
    #[must_use]
    pub fn alternative_country(&self) -> Option<&str> {
        self.extensions.alternative_country.as_deref()
    }

    /// Critical extensions that are not known here.
    #[must_use]
    pub fn unknown_critical(&self) -> &[String] {
        &self.extensions.unknown_critical
    }

    /// Issuer and subject say the same: self-issued.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.issuer.says_the_same(&self.subject)
    }

    /// Whether it names its own key as the issuer's: a root, and no link certificate. Where identifiers are missing, the
    /// names decide.
    #[must_use]
    pub fn is_root(&self) -> bool {
        match (self.authority_key_id(), self.subject_key_id()) {
            (Some(authority), Some(subject)) => authority == subject && self.is_self_issued(),
            _ => self.is_self_issued(),
        }
    }

    /// Its public key's SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Its public key.
    ///
    /// # Errors
    /// The key is not usable here.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        key::public_key(&self.spki)
    }

    /// The scheme that it is signed with.
    ///
    /// # Errors
    /// The algorithm is not supported.
    pub fn signature_scheme(&self) -> Result<SignatureScheme, AlgorithmError> {
        let bytes = self.der.get(self.signature_algorithm.clone()).unwrap_or_default();
        let identifier = Reader::new("Certificate", Rules::Ber, bytes).algorithm()?;
        signature_algorithm::scheme(&identifier)
    }

    /// Checks its signature under an issuer's key.
    ///
    /// # Errors
    /// The signature cannot be checked.
    pub fn verify_under(&self, issuer: &PublicKey) -> Result<SignatureCheck, VerifyError> {
        let signature = self.der.get(self.signature.clone()).unwrap_or_default();
        Ok(signature::verify(issuer, self.signature_scheme()?, self.tbs(), signature)?)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.subject, self.fingerprint)
    }
}

fn extensions(parsed: &X509Certificate<'_>) -> Result<Extensions, CertificateError> {
    let mut found = Extensions::default();
    let mut seen: Vec<String> = Vec::new();
    if parsed.extensions().len() > MAX_EXTENSIONS {
        return Err(CertificateError::Shape(format!("more than {MAX_EXTENSIONS} extensions")));
    }
    for extension in parsed.extensions() {
        let oid = extension.oid.to_id_string();
        if seen.contains(&oid) {
            return Err(CertificateError::Shape(format!("the extension {oid} stands twice")));
        }
        let value = extension.value;
        match oid.as_str() {
            "2.5.29.35" => found.authority_key_id = authority_key_id(value)?,
            "2.5.29.14" => found.subject_key_id = Some(octets("SubjectKeyIdentifier", value)?),
            "2.5.29.15" => found.key_usage = Some(key_usage(value)?),
            "2.5.29.37" => found.extended_key_usage = Some(extended_key_usage(value)?),
            "2.5.29.19" => found.authority = basic_constraints(value)?,
            "2.5.29.16" => found.usage_period = Some(usage_period(value)?),
            "2.5.29.17" => found.alternative_country = alternative_country(value)?,
            "2.23.136.1.1.6.2" => found.document_types = Some(document_types(value)?),
            // Policies and the like bind nothing here; an unknown critical one is for the judge.
            "2.5.29.32" | "2.5.29.31" | "2.5.29.18" | "2.23.136.1.1.6.1" => {}
            _ if extension.critical => found.unknown_critical.push(oid.clone()),
            _ => {}
        }
        seen.push(oid);
    }
    Ok(found)
}

/// A reader inside the one object with `tag` that an extension's value consists of.
fn inside<'a>(what: &'static str, tag: u32, value: &'a [u8]) -> Result<Reader<'a>, Malformed> {
    let mut outer = Reader::new(what, Rules::Ber, value);
    let inner = outer.enter(what, tag)?;
    outer.finish()?;
    Ok(inner)
}

fn octets(what: &'static str, value: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut outer = Reader::new(what, Rules::Ber, value);
    let content = outer.octet_string()?.to_vec();
    outer.finish()?;
    Ok(content)
}

fn authority_key_id(value: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let mut reader = inside("AuthorityKeyIdentifier", SEQUENCE, value)?;
    Ok(reader.optional(0x80)?.map(|object| object.value.to_vec()))
}

fn key_usage(value: &[u8]) -> Result<KeyUsage, Malformed> {
    let object = tlv::single("KeyUsage", Rules::Ber, BIT_STRING, value)?;
    let (_, bits) =
        object.value.split_first().ok_or(Malformed::value("KeyUsage", "a bit string without content"))?;
    let first = bits.first().copied().unwrap_or_default();
    let others = first & !0x86 != 0 || bits.iter().skip(1).any(|byte| *byte != 0);
    Ok(KeyUsage {
        digital_signature: first & 0x80 != 0,
        certificate_signing: first & 0x04 != 0,
        crl_signing: first & 0x02 != 0,
        others,
    })
}

fn extended_key_usage(value: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut reader = inside("ExtKeyUsage", SEQUENCE, value)?;
    let mut purposes = Vec::new();
    while !reader.is_empty() {
        purposes.push(reader.oid()?.to_string());
    }
    Ok(purposes)
}

fn basic_constraints(value: &[u8]) -> Result<bool, Malformed> {
    let mut reader = inside("BasicConstraints", SEQUENCE, value)?;
    let authority = reader.optional(BOOLEAN)?;
    Ok(authority.is_some_and(|boolean| boolean.value.iter().any(|byte| *byte != 0)))
}

fn usage_period(value: &[u8]) -> Result<UsagePeriod, Malformed> {
    let mut reader = inside("PrivateKeyUsagePeriod", SEQUENCE, value)?;
    let mut time = |tag: u32| -> Result<Option<Timestamp>, Malformed> {
        // Both are implicitly tagged GeneralizedTime.
        let Some(object) = reader.optional(tag)? else { return Ok(None) };
        let explicit = tlv::encode(GENERALIZED_TIME, object.value);
        Reader::new("PrivateKeyUsagePeriod", Rules::Ber, &explicit).time().map(Some)
    };
    Ok(UsagePeriod { not_before: time(0x80)?, not_after: time(0x81)? })
}

/// `DocumentTypeListSyntax ::= SEQUENCE { version INTEGER, docTypeList SET OF PrintableString }`.
fn document_types(value: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut reader = inside("DocumentTypeList", SEQUENCE, value)?;
    reader.small()?;
    let mut set = reader.enter("DocumentTypeList", SET)?;
    let mut types = Vec::new();
    while !set.is_empty() {
        types.push(String::from_utf8_lossy(set.any()?.value).trim().to_owned());
    }
    Ok(types)
}

/// The locality inside the directoryName of a SubjectAltName. Spec: 9303-12 §7.1.1.2.
fn alternative_country(value: &[u8]) -> Result<Option<String>, Malformed> {
    let mut reader = inside("SubjectAltName", SEQUENCE, value)?;
    while !reader.is_empty() {
        let name = reader.any()?;
        if name.tag == 0xA4
            && let Some(country) = Name::parse(name.value)?.locality()
        {
            return Ok(Some(country));
        }
    }
    Ok(None)
}

/// An INTEGER's content without needless leading bytes, so that serial numbers compare equal.
pub(super) fn shortest(integer: &[u8]) -> &[u8] {
    let mut rest = integer;
    while let [sign @ (0x00 | 0xFF), next, ..] = rest {
        if (*sign ^ *next) & 0x80 != 0 {
            break;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    rest
}

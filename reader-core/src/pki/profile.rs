//! What the standard asks of a document signer's certificate beyond its signature: where one departs from that.
//!
//! What either of two profiles allows is no departure: that of the eighth edition, or the sixth edition's, whose certificates
//! inspection systems must handle. Whether a departure counts is for the judge. Spec: 9303-12 §7.1.1 tables 5 and 6,
//! §4.1.6, appendix C.

use super::certificate::Certificate;
use crate::wire::Malformed;
use crate::wire::der::{
    AlgorithmIdentifier, BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, OCTET_STRING, PRINTABLE_STRING,
    SEQUENCE, SET, UTC_TIME, UTF8_STRING,
};
use crate::wire::oid::Oid;
use crate::wire::spki::{EcParameters, Spki};
use crate::wire::tlv::{Reader, Rules, Tlv};

/// A departure from the profile of document signers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Departure {
    /// Version, form of the serial number, or unique identifiers. A serial number that is zero, negative or too long is told
    /// where the signer is found by it.
    Body(&'static str),
    /// The signed algorithm is another one than that beside the signature.
    OtherAlgorithm,
    /// The two algorithms differ in their parameters alone.
    OtherParameters,
    /// It does not name its authority's key.
    NoAuthorityKey,
    /// The issuer's name.
    IssuerName(&'static str),
    /// The subject's name, or both together.
    Name(&'static str),
    /// The form of the validity's times.
    Times(&'static str),
    /// Extensions: one is missing, forbidden or otherwise critical.
    Extension(String),
    /// The key or the signature algorithm is none that the standard permits, or the key is written otherwise.
    Key(&'static str),
}

/// A document signer's key for which lengths are "appropriate" no longer; the standard gives no number.
const WEAK_RSA_BITS: usize = 2048;
const WEAK_CURVE_BITS: usize = 224;

/// Extensions with what the profile says of them in document signers: whether they must be critical, and whether they may
/// be there at all.
const EXTENSIONS: &[(&str, &str, bool, bool)] = &[
    ("2.5.29.35", "authorityKeyIdentifier", false, true),
    ("2.5.29.14", "subjectKeyIdentifier", false, true),
    ("2.5.29.15", "keyUsage", true, true),
    ("2.5.29.16", "privateKeyUsagePeriod", false, true),
    ("2.5.29.32", "certificatePolicies", false, true),
    ("2.5.29.17", "subjectAltName", false, true),
    ("2.5.29.18", "issuerAltName", false, true),
    ("2.5.29.31", "cRLDistributionPoints", false, true),
    ("2.23.136.1.1.6.2", "documentTypeList", false, true),
    ("2.5.29.37", "extKeyUsage", true, false),
    ("2.5.29.19", "basicConstraints", true, false),
    ("2.5.29.33", "policyMappings", true, false),
    ("2.5.29.9", "subjectDirectoryAttributes", false, false),
    ("2.5.29.30", "nameConstraints", true, false),
    ("2.5.29.36", "policyConstraints", true, false),
    ("2.5.29.54", "inhibitAnyPolicy", true, false),
    ("2.5.29.46", "freshestCRL", false, false),
    ("2.23.136.1.1.6.1", "nameChange", false, false),
    ("2.16.840.1.113730.1.1", "netscape-cert-type", false, false),
];

/// Where a document signer's certificate departs from the profile; nothing where it keeps it. What its key usage says is not
/// asked here.
#[must_use]
pub fn departures(certificate: &Certificate) -> Vec<Departure> {
    let mut found = Vec::new();
    // It was read before: what cannot be walked again has nothing further to say.
    if let Some(fields) = fields(certificate.der()) {
        fields.body(&mut found);
        fields.names(&mut found);
        fields.times(&mut found);
        fields.extensions(certificate, &mut found);
    }
    if let Some(detail) = key_form(certificate) {
        found.push(Departure::Key(detail));
    }
    found
}

/// Whether the certified key is shorter than what is thought appropriate today. Spec: 9303-12 §4.1.6.
#[must_use]
pub fn key_is_weak(certificate: &Certificate) -> bool {
    let bits = |magnitude: &[u8]| magnitude.len() * 8;
    Spki::parse(certificate.spki()).is_ok_and(|spki| match (spki.ec_parameters(), spki.rsa_key()) {
        (Ok(EcParameters::Explicit(curve)), _) => bits(curve.p) < WEAK_CURVE_BITS,
        // Of the named curves that are known here, P-192 and shorter ones are weak; their points have a byte and two coordinates.
        (Ok(EcParameters::Named(_)), _) => bits(spki.key) / 2 < WEAK_CURVE_BITS,
        (_, Ok(rsa)) => bits(rsa.modulus) < WEAK_RSA_BITS,
        _ => false,
    })
}

/// The parts of a certificate as they stand.
struct Fields<'a> {
    version: Option<u32>,
    serial: &'a [u8],
    inner: AlgorithmIdentifier<'a>,
    outer: AlgorithmIdentifier<'a>,
    issuer: Tlv<'a>,
    validity: [Tlv<'a>; 2],
    subject: Tlv<'a>,
    unique_identifiers: bool,
    extensions: Vec<(Oid<'a>, bool)>,
}

fn fields(der: &[u8]) -> Option<Fields<'_>> {
    parse(der).ok()
}

fn parse(der: &[u8]) -> Result<Fields<'_>, Malformed> {
    let mut parts = Reader::new("Certificate", Rules::Ber, der).enter("Certificate", SEQUENCE)?;
    let mut body = parts.enter("TBSCertificate", SEQUENCE)?;
    let outer = parts.algorithm()?;
    parts.expect(BIT_STRING)?;
    let version = match body.optional(0xA0)? {
        Some(wrapper) => Some(body.inside("Version", &wrapper).small()?),
        None => None,
    };
    let serial = body.expect(INTEGER)?.value;
    let inner = body.algorithm()?;
    let issuer = body.expect(SEQUENCE)?;
    let mut times = body.enter("Validity", SEQUENCE)?;
    let validity = [times.any()?, times.any()?];
    let subject = body.expect(SEQUENCE)?;
    body.expect(SEQUENCE)?;
    let mut unique_identifiers = false;
    let mut extensions = Vec::new();
    while !body.is_empty() {
        let part = body.any()?;
        if part.tag != 0xA3 {
            unique_identifiers = true;
            continue;
        }
        let mut list = body.inside("Extensions", &part).enter("Extensions", SEQUENCE)?;
        while !list.is_empty() {
            let mut extension = list.enter("Extension", SEQUENCE)?;
            let oid = extension.oid()?;
            let critical = extension.optional(BOOLEAN)?.is_some_and(|flag| flag.value != [0]);
            extension.expect(OCTET_STRING)?;
            extensions.push((oid, critical));
        }
    }
    Ok(Fields { version, serial, inner, outer, issuer, validity, subject, unique_identifiers, extensions })
}

impl Fields<'_> {
    fn body(&self, found: &mut Vec<Departure>) {
        let needless = matches!(self.serial, [0x00, next, ..] if *next < 0x80)
            || matches!(self.serial, [0xFF, next, ..] if *next >= 0x80);
        let rules = [
            (self.version == Some(2), "it is not of version 3"),
            (!needless, "its serial number has a needless octet"),
            (!self.unique_identifiers, "it has unique identifiers"),
        ];
        found.extend(rules.iter().filter(|(kept, _)| !kept).map(|(_, detail)| Departure::Body(detail)));
        if self.inner.algorithm != self.outer.algorithm {
            found.push(Departure::OtherAlgorithm);
        } else if self.inner.parameters.map(|tlv| tlv.raw) != self.outer.parameters.map(|tlv| tlv.raw) {
            found.push(Departure::OtherParameters);
        }
    }

    fn names(&self, found: &mut Vec<Departure>) {
        let [issuer, subject] =
            [&self.issuer, &self.subject].map(|name| Attributes::read(name).unwrap_or_default());
        found.extend(issuer.fault.map(Departure::IssuerName));
        found.extend(subject.fault.map(Departure::Name));
        if issuer.country.map(<[u8]>::to_ascii_uppercase) != subject.country.map(<[u8]>::to_ascii_uppercase) {
            found.push(Departure::Name("issuer and subject are of different countries"));
        }
    }

    /// UTCTime through 2049, GeneralizedTime from 2050. Spec: 9303-12 §7.1.1 table 5.
    fn times(&self, found: &mut Vec<Departure>) {
        for time in &self.validity {
            let fault = match (time.tag, time.value) {
                (UTC_TIME, text) => {
                    (text.len() != 13 || text.last() != Some(&b'Z')).then_some("not YYMMDDHHMMSSZ")
                }
                (GENERALIZED_TIME, text) if text.len() != 15 || text.last() != Some(&b'Z') => {
                    Some("not YYYYMMDDHHMMSSZ")
                }
                (GENERALIZED_TIME, text) => {
                    (text < b"2050".as_slice()).then_some("GeneralizedTime before 2050")
                }
                _ => Some("neither UTCTime nor GeneralizedTime"),
            };
            found.extend(fault.map(Departure::Times));
        }
    }

    fn extensions(&self, certificate: &Certificate, found: &mut Vec<Departure>) {
        if certificate.authority_key_id().is_none() {
            found.push(Departure::NoAuthorityKey);
        }
        let period = certificate.usage_period();
        if period.is_some_and(|period| period.not_before.is_none() && period.not_after.is_none()) {
            found.push(Departure::Extension("its usage period has neither begin nor end".to_owned()));
        }
        for (oid, critical) in &self.extensions {
            match EXTENSIONS.iter().find(|(dotted, ..)| oid.is(dotted)) {
                Some((_, name, _, false)) => {
                    found.push(Departure::Extension(format!("{name} is not for document signers")));
                }
                Some((_, name, must, true)) if must != critical => {
                    let how = if *critical { "is critical" } else { "is not critical" };
                    found.push(Departure::Extension(format!("{name} {how}")));
                }
                _ => {}
            }
        }
    }
}

/// What the profile asks of a name. Spec: 9303-12 §7.1.1 table 5, §7.1.1.1.1.
#[derive(Default)]
struct Attributes<'a> {
    country: Option<&'a [u8]>,
    fault: Option<&'static str>,
}

impl<'a> Attributes<'a> {
    fn read(name: &Tlv<'a>) -> Result<Self, Malformed> {
        let mut found = Self::default();
        let mut common_name = false;
        let mut fault = None;
        let mut sets = Reader::new("Name", Rules::Ber, name.value);
        while !sets.is_empty() {
            let mut set = sets.enter("RelativeDistinguishedName", SET)?;
            while !set.is_empty() {
                let mut pair = set.enter("AttributeTypeAndValue", SEQUENCE)?;
                let kind = pair.oid()?;
                let value = pair.any()?;
                if kind.is("2.5.4.6") {
                    found.country = Some(value.value);
                    let two_capitals =
                        value.value.len() == 2 && value.value.iter().all(u8::is_ascii_uppercase);
                    if value.tag != PRINTABLE_STRING || !two_capitals {
                        fault = Some("a country that is not two capitals in a PrintableString");
                    }
                } else if kind.is("2.5.4.5") {
                    if value.tag != PRINTABLE_STRING {
                        fault = Some("a serialNumber that is no PrintableString");
                    }
                } else {
                    common_name |= kind.is("2.5.4.3");
                    // Mail addresses and domain components have a string type of their own.
                    let directory = kind.is("2.5.4.3") || kind.under("2.5.4").is_some();
                    if directory && !matches!(value.tag, PRINTABLE_STRING | UTF8_STRING) {
                        fault = Some("a string that is neither PrintableString nor UTF8String");
                    }
                }
            }
        }
        found.fault = if found.country.is_none() {
            Some("no country")
        } else if !common_name {
            Some("no common name")
        } else {
            fault
        };
        Ok(found)
    }
}

/// Why a signer's key verifies nothing, where the standard does not permit it; `None` for a key that can be used, and for DSA,
/// which is permitted whether or not it can be verified here. Spec: 9303-12 §4.1.6.
#[must_use]
pub fn unusable_key(certificate: &Certificate) -> Option<&'static str> {
    const DSA: &str = "1.2.840.10040.4.1";
    let dsa = Spki::parse(certificate.spki()).is_ok_and(|spki| spki.algorithm.algorithm.is(DSA));
    let unusable = !dsa && certificate.public_key().is_err();
    unusable.then_some("its key is of no permitted algorithm, or none of a known curve")
}

/// Spec: 9303-12 §4.1.6.
fn key_form(certificate: &Certificate) -> Option<&'static str> {
    if certificate.signature_scheme().is_err() && !names_dsa(certificate) {
        return Some("it is signed with an algorithm that is not permitted");
    }
    let Ok(spki) = Spki::parse(certificate.spki()) else { return Some("its key cannot be read") };
    if !spki.algorithm.algorithm.is("1.2.840.10045.2.1") {
        return None;
    }
    match spki.ec_parameters() {
        Ok(EcParameters::Explicit(curve)) if curve.h.is_none() => Some("its curve has no cofactor"),
        Ok(EcParameters::Explicit(_)) => {
            (spki.key.first() != Some(&4)).then_some("its point is not uncompressed")
        }
        _ => Some("its curve is not written out"),
    }
}

fn names_dsa(certificate: &Certificate) -> bool {
    const DSA_SIGNATURES: [&str; 4] =
        ["1.2.840.10040.4.3", "2.16.840.1.101.3.4.3.1", "2.16.840.1.101.3.4.3.2", "2.16.840.1.101.3.4.3.3"];
    let outer = fields(certificate.der()).map(|fields| fields.outer.algorithm);
    outer.is_some_and(|oid| DSA_SIGNATURES.iter().any(|dotted| oid.is(dotted)))
}

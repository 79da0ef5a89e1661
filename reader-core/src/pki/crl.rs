//! Revocation lists: their entries, and the bytes that their signature is taken over.
//!
//! Spec: 9303-12 §7.1.4 (profile), §4.1.5; RFC 5280 §5.

use std::fmt;
use std::ops::Range;

use super::certificate::{Certificate, Fingerprint, VerifyError, shortest};
use super::name::Name;
use super::signature_algorithm::{self, AlgorithmError};
use crate::crypto::signature::{self, PublicKey, SignatureCheck, SignatureScheme};
use crate::wire::date::Timestamp;
use crate::wire::der::{BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, OCTET_STRING, SEQUENCE, UTC_TIME};
use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

/// Most entries read out of one list.
const MAX_ENTRIES: usize = 1_000_000;
/// Most extensions of a list. Real ones have two or three.
const MAX_EXTENSIONS: usize = 32;

/// A revocation list.
#[derive(Clone, PartialEq, Eq)]
pub struct Crl {
    der: Vec<u8>,
    tbs: Range<usize>,
    signature_algorithm: Range<usize>,
    signature: Range<usize>,
    issuer: Name,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    departures: Vec<&'static str>,
    /// Where the serial numbers stand in `der`, in the order of their bytes: eight bytes for each.
    revoked: Vec<Span>,
}

/// A part of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u32,
    length: u32,
}

impl Span {
    fn of(whole: &[u8], part: &[u8], offset: usize) -> Option<Self> {
        let span = Self { start: u32::try_from(offset).ok()?, length: u32::try_from(part.len()).ok()? };
        (span.bytes(whole) == part).then_some(span)
    }

    fn bytes(self, whole: &[u8]) -> &[u8] {
        let (start, length) = (self.start as usize, self.length as usize);
        whole.get(start..start + length).unwrap_or_default()
    }
}

impl Crl {
    /// Reads one DER list and nothing after it.
    ///
    /// # Errors
    /// Not one, or one that must not pass for the whole: a part of a list, the changes to one, one of other issuers'
    /// certificates, one with a critical extension that is not known.
    pub fn from_der(der: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new("CertificateList", Rules::Ber, der);
        let mut parts = outer.enter("CertificateList", SEQUENCE)?;
        outer.finish()?;
        let tbs = parts.expect(SEQUENCE)?;
        let algorithm = parts.expect(SEQUENCE)?;
        let bits = parts.expect(BIT_STRING)?;
        let Some((0, _)) = bits.value.split_first() else {
            return Err(Malformed::value("CertificateList", "a signature that is not whole bytes"));
        };
        let span = |start: usize, length: usize| start..start + length;

        let mut list = parts.inside("TBSCertList", &tbs);
        let version = list.optional(INTEGER)?.map(|version| version.value);
        let inner = list.expect(SEQUENCE)?;
        let issuer = Name::parse(list.expect(SEQUENCE)?.raw)?;
        let this_update = list.time()?;
        let has_next = !list.is_empty() && matches!(list.peek_tag()?, UTC_TIME | GENERALIZED_TIME);
        let next_update = if has_next { Some(list.time()?) } else { None };
        let mut revoked = Vec::new();
        let entries = list.optional(SEQUENCE)?;
        if let Some(entries) = &entries {
            let mut entries = list.inside("revokedCertificates", entries);
            while !entries.is_empty() {
                if revoked.len() == MAX_ENTRIES {
                    return Err(entries.fault(Problem::TooMany { limit: MAX_ENTRIES, of: "entries" }));
                }
                revoked.push(entry(entries.enter("revokedCertificate", SEQUENCE)?, der)?);
            }
        }
        revoked.sort_unstable_by(|one: &Span, other| one.bytes(der).cmp(other.bytes(der)));
        revoked.dedup_by(|one, other| one.bytes(der) == other.bytes(der));
        let extensions = match list.optional(0xA0)? {
            Some(wrapper) => ListExtensions::read(
                list.inside("crlExtensions", &wrapper).enter("crlExtensions", SEQUENCE)?,
            )?,
            None => ListExtensions::default(),
        };
        list.finish()?;
        parts.finish()?;
        let profile = [
            (version == Some(&[1]), "it is not of version 2"),
            (inner.raw == algorithm.raw, "its two algorithms differ"),
            (next_update.is_some(), "it does not say when the next one comes"),
            (!entries.is_some_and(|entries| entries.value.is_empty()), "it has an empty field of entries"),
            (extensions.authority_key_id.is_some(), "it names no authority key"),
            (extensions.number.is_some(), "it has no number"),
        ];
        Ok(Self {
            tbs: span(tbs.offset, tbs.raw.len()),
            signature_algorithm: span(algorithm.offset, algorithm.raw.len()),
            signature: span(bits.value_offset() + 1, bits.value.len() - 1),
            departures: profile.iter().filter(|(kept, _)| !kept).map(|(_, detail)| *detail).collect(),
            der: der.to_vec(),
            issuer,
            this_update,
            next_update,
            number: extensions.number,
            authority_key_id: extensions.authority_key_id,
            revoked,
        })
    }

    /// The list as it stands.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its SHA-256 fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.der)
    }

    /// Who issued it.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Key identifier of the issuer's key, if said.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.authority_key_id.as_deref()
    }

    /// When it was issued.
    #[must_use]
    pub const fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When the next one should be there.
    #[must_use]
    pub const fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// Its number, if it has one.
    #[must_use]
    pub fn number(&self) -> Option<&[u8]> {
        self.number.as_deref()
    }

    /// How many certificates it revokes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.revoked.len()
    }

    /// Whether it revokes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.revoked.is_empty()
    }

    /// Whether it lists this certificate's serial number. Any entry revokes, whatever its reason. Spec: 9303-12 §4.1.5.
    #[must_use]
    pub fn lists(&self, certificate: &Certificate) -> bool {
        let serial = shortest(certificate.serial());
        self.revoked.binary_search_by(|span| span.bytes(&self.der).cmp(serial)).is_ok()
    }

    /// Where the list departs from its profile; nothing where it keeps it. Spec: 9303-12 §7.1.4 tables 9 and 10.
    #[must_use]
    pub fn departures(&self) -> &[&'static str] {
        &self.departures
    }

    /// Whether this list is newer than `other` of the same issuer: the number decides, then the date.
    #[must_use]
    pub fn is_newer_than(&self, other: &Self) -> bool {
        let rank = |crl: &Self| crl.number.as_ref().map(|number| (number.len(), number.clone()));
        match (rank(self), rank(other)) {
            (Some(own), Some(others)) if own != others => own > others,
            _ => self.this_update > other.this_update,
        }
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }

    /// How it is signed.
    ///
    /// # Errors
    /// The algorithm is not supported.
    pub fn signature_scheme(&self) -> Result<SignatureScheme, AlgorithmError> {
        let bytes = self.part(&self.signature_algorithm);
        let identifier = Reader::new("CertificateList", Rules::Ber, bytes).algorithm()?;
        signature_algorithm::scheme(&identifier)
    }

    /// Checks its signature under an issuer's key.
    ///
    /// # Errors
    /// The signature cannot be checked.
    pub fn verify_under(&self, issuer: &PublicKey) -> Result<SignatureCheck, VerifyError> {
        let scheme = self.signature_scheme()?;
        Ok(signature::verify(issuer, scheme, self.part(&self.tbs), self.part(&self.signature))?)
    }
}

/// The serial number of an entry. Reasons do not matter; a critical extension would change whose certificate it is.
fn entry(mut entry: Reader<'_>, der: &[u8]) -> Result<Span, Malformed> {
    let number = entry.expect(INTEGER)?;
    let serial = shortest(number.value);
    let start = number.value_offset() + number.value.len() - serial.len();
    let place = Span::of(der, serial, start).filter(|_| !serial.is_empty());
    let span = place.ok_or_else(|| entry.fault(Problem::Value("a serial number that cannot be placed")))?;
    entry.time()?;
    if let Some(extensions) = entry.optional(SEQUENCE)? {
        let mut extensions = entry.inside("crlEntryExtensions", &extensions);
        while !extensions.is_empty() {
            let mut extension = extensions.enter("Extension", SEQUENCE)?;
            let known = extension.oid()?.is("2.5.29.21");
            if is_critical(&mut extension)? && !known {
                return Err(
                    extension.fault(Problem::Value("an entry with a critical extension that is not known"))
                );
            }
        }
    }
    entry.finish()?;
    Ok(span)
}

fn is_critical(extension: &mut Reader<'_>) -> Result<bool, Malformed> {
    Ok(extension.optional(BOOLEAN)?.is_some_and(|flag| flag.value != [0]))
}

/// The extensions of a list that matter here.
#[derive(Default)]
struct ListExtensions {
    number: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
}

impl ListExtensions {
    fn read(mut extensions: Reader<'_>) -> Result<Self, Malformed> {
        let mut found = Self::default();
        let mut seen: Vec<&[u8]> = Vec::new();
        while !extensions.is_empty() {
            let mut extension = extensions.enter("Extension", SEQUENCE)?;
            let oid = extension.oid()?;
            if seen.contains(&oid.content()) {
                return Err(extension.fault(Problem::Value("an extension that stands twice")));
            }
            if seen.len() == MAX_EXTENSIONS {
                return Err(extension.fault(Problem::TooMany { limit: MAX_EXTENSIONS, of: "extensions" }));
            }
            seen.push(oid.content());
            let critical = is_critical(&mut extension)?;
            let value = extension.expect(OCTET_STRING)?.value;
            let mut reader = Reader::new("Extension", Rules::Ber, value);
            if oid.is("2.5.29.20") {
                found.number = Some(reader.unsigned()?.to_vec());
            } else if oid.is("2.5.29.35") {
                let mut inner = reader.enter("AuthorityKeyIdentifier", SEQUENCE)?;
                found.authority_key_id = inner.optional(0x80)?.map(|id| id.value.to_vec());
            } else if oid.is("2.5.29.27") || oid.is("2.5.29.28") {
                return Err(extension.fault(Problem::Value("a part of a list, or the changes to one")));
            } else if critical {
                return Err(extension.fault(Problem::Value("a critical extension that is not known")));
            }
        }
        Ok(found)
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({}, {} entries)", self.issuer, self.revoked.len())
    }
}

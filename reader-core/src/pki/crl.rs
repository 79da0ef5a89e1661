//! Revocation lists: their entries, and the bytes that their signature is taken over.
//!
//! Spec: 9303-12 §7.1.4 (profile), §4.1.5; RFC 5280 §5.

use std::collections::BTreeSet;
use std::fmt;

use super::certificate::{Certificate, Fingerprint, VerifyError, shortest};
use super::name::Name;
use super::signature_algorithm;
use crate::crypto::signature::{self, PublicKey, SignatureCheck};
use crate::wire::date::Timestamp;
use crate::wire::der::{BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, OCTET_STRING, SEQUENCE, UTC_TIME};
use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

/// Most entries read out of one list.
const MAX_ENTRIES: usize = 1_000_000;

/// A revocation list.
#[derive(Clone, PartialEq, Eq)]
pub struct Crl {
    der: Vec<u8>,
    tbs: std::ops::Range<usize>,
    signature_algorithm: std::ops::Range<usize>,
    signature: std::ops::Range<usize>,
    issuer: Name,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    revoked: BTreeSet<Vec<u8>>,
}

impl Crl {
    /// Reads one DER list and nothing after it.
    ///
    /// # Errors
    /// Not one.
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
        list.optional(INTEGER)?;
        list.algorithm()?;
        let issuer = Name::parse(list.expect(SEQUENCE)?.raw)?;
        let this_update = list.time()?;
        let has_next = !list.is_empty() && matches!(list.peek_tag()?, UTC_TIME | GENERALIZED_TIME);
        let next_update = if has_next { Some(list.time()?) } else { None };
        let mut revoked = BTreeSet::new();
        if let Some(entries) = list.optional(SEQUENCE)? {
            let mut entries = list.inside("revokedCertificates", &entries);
            while !entries.is_empty() {
                if revoked.len() == MAX_ENTRIES {
                    return Err(entries.fault(Problem::TooMany { limit: MAX_ENTRIES, of: "entries" }));
                }
                let mut entry = entries.enter("revokedCertificate", SEQUENCE)?;
                revoked.insert(shortest(entry.integer()?).to_vec());
            }
        }
        let (mut number, mut authority_key_id) = (None, None);
        if let Some(wrapper) = list.optional(0xA0)? {
            let mut extensions = list.inside("crlExtensions", &wrapper).enter("crlExtensions", SEQUENCE)?;
            while !extensions.is_empty() {
                let mut extension = extensions.enter("Extension", SEQUENCE)?;
                let oid = extension.oid()?;
                let critical = extension.optional(BOOLEAN)?.is_some_and(|flag| flag.value != [0]);
                let value = extension.expect(OCTET_STRING)?.value;
                let mut reader = Reader::new("Extension", Rules::Ber, value);
                if oid.is("2.5.29.20") {
                    number = Some(reader.unsigned()?.to_vec());
                } else if oid.is("2.5.29.35") {
                    let mut inner = reader.enter("AuthorityKeyIdentifier", SEQUENCE)?;
                    authority_key_id = inner.optional(0x80)?.map(|id| id.value.to_vec());
                } else if critical {
                    // A part of a list, or the changes to one, must not pass for the whole.
                    return Err(extension.fault(Problem::Value("a critical extension that is not known")));
                }
            }
        }
        list.finish()?;
        parts.finish()?;
        Ok(Self {
            tbs: span(tbs.offset, tbs.raw.len()),
            signature_algorithm: span(algorithm.offset, algorithm.raw.len()),
            signature: span(bits.value_offset() + 1, bits.value.len() - 1),
            der: der.to_vec(),
            issuer,
            this_update,
            next_update,
            number,
            authority_key_id,
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
        self.revoked.contains(shortest(certificate.serial()))
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

    /// Checks its signature under an issuer's key.
    ///
    /// # Errors
    /// The signature cannot be checked.
    pub fn verify_under(&self, issuer: &PublicKey) -> Result<SignatureCheck, VerifyError> {
        let part = |range: &std::ops::Range<usize>| self.der.get(range.clone()).unwrap_or_default();
        let identifier = Reader::new("CertificateList", Rules::Ber, part(&self.signature_algorithm))
            .algorithm()
            .map_err(signature_algorithm::AlgorithmError::from)?;
        let scheme = signature_algorithm::scheme(&identifier)?;
        Ok(signature::verify(issuer, scheme, part(&self.tbs), part(&self.signature))?)
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({}, {} entries)", self.issuer, self.revoked.len())
    }
}

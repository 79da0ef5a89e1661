//! Whom this terminal trusts, at one moment: country certificates with where each came from, and revocation lists.
//!
//! A [`TrustBuilder`] takes bytes and refuses what does not prove itself; what it builds never changes again. Nothing
//! expires here: an old document needs an old certificate, and dates are for the judge. Spec: 9303-12 §2, §9.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::certificate::{Certificate, CertificateError, Fingerprint};
use super::crl::Crl;
use crate::crypto::signature::{PublicKey, SignatureCheck};
use crate::wire::date::Timestamp;

/// Most candidates tried for one signature, so that hostile lists of one name cannot hold a terminal up.
pub(super) const MAX_CANDIDATES: usize = 32;

/// Where something came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The file or address, as the operator knows it.
    pub source: String,
    /// When it was taken in.
    pub imported_at: Timestamp,
}

/// Why a certificate is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifiedBy {
    /// The operator added it, and its signature by its own key holds.
    SelfSigned,
    /// A certificate already trusted signed it as a link.
    Link(Fingerprint),
    /// A signed list that was trusted holds it.
    List(Fingerprint),
    /// Its fingerprint was pinned.
    Pinned,
}

impl fmt::Display for VerifiedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SelfSigned => f.write_str("self"),
            Self::Link(id) => write!(f, "link:{id}"),
            Self::List(id) => write!(f, "list:{id}"),
            Self::Pinned => f.write_str("pinned"),
        }
    }
}

/// A trusted certificate.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// The certificate.
    pub certificate: Certificate,
    /// Where it came from.
    pub provenance: Provenance,
    /// Why it is trusted.
    pub verified_by: VerifiedBy,
    pub(super) key: PublicKey,
}

impl Anchor {
    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }
}

/// Why something was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is worded where reasons are worded")]
pub enum Refusal {
    CertificateUnreadable,
    SelfSignatureWrong,
    LinkIssuerUnknown,
    LinkSignatureWrong,
    NotAnAuthority,
    KeyUnusable,
    ListUnreadable,
    ListSignatureWrong,
    ListSignerUnknown,
    ListSignerNotForLists,
    ListNotPinned,
    CrlUnreadable,
    CrlIssuerUnknown,
    CrlSignatureWrong,
    CrlOlder,
    CertificateRevoked,
    ListSignerExpired,
}

/// Something that was not taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Whose it is, as far as it could be read.
    pub subject: String,
    /// SHA-256 of its bytes.
    pub fingerprint: Fingerprint,
    /// Why.
    pub refusal: Refusal,
    /// Particulars for staff, in English.
    pub detail: String,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Certificates and lists that are new.
    pub added: Vec<Fingerprint>,
    /// How many were there already.
    pub known: usize,
    /// What was refused, each with its reason.
    pub refused: Vec<Refused>,
}

impl Imported {
    pub(super) fn refuse(
        &mut self,
        subject: impl fmt::Display,
        bytes: &[u8],
        refusal: Refusal,
        detail: impl fmt::Display,
    ) {
        self.refused.push(Refused {
            subject: subject.to_string(),
            fingerprint: Fingerprint::of(bytes),
            refusal,
            detail: detail.to_string(),
        });
    }
}

/// Fingerprints that the operator pinned: of certificates, of list signers, of whole lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins(BTreeSet<Fingerprint>);

impl Pins {
    /// No pins.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether this fingerprint is pinned.
    #[must_use]
    pub fn contains(&self, fingerprint: Fingerprint) -> bool {
        self.0.contains(&fingerprint)
    }
}

impl FromIterator<Fingerprint> for Pins {
    fn from_iter<I: IntoIterator<Item = Fingerprint>>(pins: I) -> Self {
        Self(pins.into_iter().collect())
    }
}

/// Takes in certificates and lists.
#[derive(Clone, Debug, Default)]
pub struct TrustBuilder {
    pub(super) anchors: Vec<Anchor>,
    pub(super) crls: Vec<Crl>,
    known: BTreeSet<Fingerprint>,
    by_key_id: HashMap<Vec<u8>, Vec<usize>>,
    by_name: HashMap<Vec<u8>, Vec<usize>>,
}

impl TrustBuilder {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on from a snapshot.
    #[must_use]
    pub fn from_snapshot(snapshot: &TrustSnapshot) -> Self {
        let mut builder = Self { crls: snapshot.crls.clone(), ..Self::default() };
        for anchor in &snapshot.anchors {
            builder.push(anchor.clone());
        }
        builder
    }

    /// Takes in certificates that the operator chose: DER, or PEM with one or several. A root must be signed by its own
    /// key; a link must be signed by a certificate that is there already (add the older one first).
    pub fn add_certificate(&mut self, bytes: &[u8], provenance: &Provenance, pins: &Pins) -> Imported {
        let mut imported = Imported::default();
        let ders = match pem_or_der(bytes) {
            Ok(ders) => ders,
            Err(detail) => {
                imported.refuse("", bytes, Refusal::CertificateUnreadable, detail);
                return imported;
            }
        };
        for der in ders {
            let certificate = match Certificate::from_der(&der) {
                Ok(certificate) => certificate,
                Err(error) => {
                    imported.refuse("", &der, Refusal::CertificateUnreadable, error);
                    continue;
                }
            };
            if self.knows(&certificate) {
                imported.known += 1;
                continue;
            }
            let pinned = pins.contains(certificate.fingerprint());
            let vouched = match self.vouch(&certificate) {
                // Who pins a link need not have its issuer.
                Err((Refusal::LinkIssuerUnknown, _)) if pinned => {
                    authority_key(&certificate).map(|key| (key, VerifiedBy::Pinned))
                }
                vouched => vouched,
            };
            match vouched {
                Ok((key, verified_by)) => {
                    let verified_by = if pinned { VerifiedBy::Pinned } else { verified_by };
                    imported.added.push(certificate.fingerprint());
                    self.push(Anchor { certificate, provenance: provenance.clone(), verified_by, key });
                }
                Err((refusal, detail)) => {
                    imported.refuse(certificate.subject(), &der, refusal, detail);
                }
            }
        }
        imported
    }

    /// Puts back a certificate that this store had taken in before, without checking its signature again: for a store
    /// whose integrity is guarded by other means.
    ///
    /// # Errors
    /// The bytes are no certificate with a usable key.
    pub fn restore(
        &mut self,
        der: &[u8],
        provenance: Provenance,
        verified_by: VerifiedBy,
    ) -> Result<(), CertificateError> {
        let certificate = Certificate::from_der(der)?;
        let key = certificate.public_key().map_err(|error| CertificateError::Shape(error.to_string()))?;
        if !self.knows(&certificate) {
            self.push(Anchor { certificate, provenance, verified_by, key });
        }
        Ok(())
    }

    /// Takes in a revocation list (DER or PEM). A trusted certificate of the same issuer must have signed it.
    pub fn add_crl(&mut self, bytes: &[u8]) -> Imported {
        let mut imported = Imported::default();
        let der = match pem_or_der(bytes) {
            Ok(mut ders) if ders.len() == 1 => ders.pop().unwrap_or_default(),
            _ => bytes.to_vec(),
        };
        let crl = match Crl::from_der(&der) {
            Ok(crl) => crl,
            Err(error) => {
                imported.refuse("", &der, Refusal::CrlUnreadable, error);
                return imported;
            }
        };
        if self.crls.contains(&crl) {
            imported.known += 1;
            return imported;
        }
        let candidates = self.crl_issuers(&crl);
        if candidates.is_empty() {
            imported.refuse(
                crl.issuer(),
                &der,
                Refusal::CrlIssuerUnknown,
                "add the issuer's certificate first",
            );
            return imported;
        }
        let signed = candidates
            .iter()
            .filter_map(|index| self.anchors.get(*index))
            .any(|anchor| crl.verify_under(&anchor.key).is_ok_and(SignatureCheck::is_valid));
        if !signed {
            imported.refuse(
                crl.issuer(),
                &der,
                Refusal::CrlSignatureWrong,
                "under none of the issuer's keys",
            );
            return imported;
        }
        if let Some(index) = self.crls.iter().position(|other| same_issuer(other, &crl)) {
            if self.crls.get(index).is_some_and(|other| !crl.is_newer_than(other)) {
                imported.refuse(crl.issuer(), &der, Refusal::CrlOlder, "the one at hand stays");
                return imported;
            }
            self.crls.remove(index);
        }
        imported.added.push(crl.fingerprint());
        self.crls.push(crl);
        imported
    }

    /// The store as it stands now.
    #[must_use]
    pub fn build(self) -> TrustSnapshot {
        let parts: Vec<u8> = self
            .anchors
            .iter()
            .map(|anchor| anchor.certificate.fingerprint())
            .chain(self.crls.iter().map(Crl::fingerprint))
            .flat_map(|fingerprint| fingerprint.0)
            .collect();
        TrustSnapshot {
            id: Fingerprint::of(&parts),
            anchors: self.anchors,
            crls: self.crls,
            by_key_id: self.by_key_id,
            by_name: self.by_name,
        }
    }

    pub(super) fn knows(&self, certificate: &Certificate) -> bool {
        self.known.contains(&certificate.fingerprint())
    }

    pub(super) fn push(&mut self, anchor: Anchor) {
        if !self.known.insert(anchor.certificate.fingerprint()) {
            return;
        }
        let index = self.anchors.len();
        if let Some(id) = anchor.certificate.subject_key_id() {
            self.by_key_id.entry(id.to_vec()).or_default().push(index);
        }
        self.by_name.entry(anchor.certificate.subject().lookup_key()).or_default().push(index);
        self.anchors.push(anchor);
    }

    /// The anchors that may have signed `certificate`: those with the key identifier first, then those of the name. Real
    /// links sometimes name another key than the one that signed them.
    pub(super) fn issuers(&self, certificate: &Certificate) -> Vec<usize> {
        let by_id = certificate.authority_key_id().and_then(|id| self.by_key_id.get(id));
        let by_name = self.by_name.get(&certificate.issuer().lookup_key());
        let mut found: Vec<usize> = Vec::new();
        for index in by_id.into_iter().chain(by_name).flatten() {
            if found.len() < MAX_CANDIDATES && !found.contains(index) {
                found.push(*index);
            }
        }
        found
    }

    /// Why `certificate` may be trusted: its own signature, or that of a trusted one.
    pub(super) fn vouch(
        &self,
        certificate: &Certificate,
    ) -> Result<(PublicKey, VerifiedBy), (Refusal, String)> {
        let key = authority_key(certificate)?;
        let mut problem = None;
        let mut signed_by = |issuer: &PublicKey| match certificate.verify_under(issuer) {
            Ok(check) => check.is_valid(),
            Err(error) => {
                problem = Some(error.to_string());
                false
            }
        };
        // Some roots name another key's identifier as their issuer's: what counts is who signed.
        if certificate.is_self_issued() && signed_by(&key) {
            return Ok((key, VerifiedBy::SelfSigned));
        }
        let candidates = self.issuers(certificate);
        let anchors = candidates.iter().filter_map(|index| self.anchors.get(*index));
        let issuer = anchors.into_iter().find(|anchor| signed_by(&anchor.key));
        if let Some(anchor) = issuer {
            return Ok((key, VerifiedBy::Link(anchor.certificate.fingerprint())));
        }
        if certificate.is_root() {
            return Err(match problem {
                Some(problem) => (Refusal::KeyUnusable, problem),
                None => (Refusal::SelfSignatureWrong, "altered, or not signed by its own key".to_owned()),
            });
        }
        // A name alone is too little to call a signature false: several keys share it.
        let named_key = certificate.authority_key_id().is_some_and(|id| self.by_key_id.contains_key(id));
        if !named_key {
            let detail = format!("add the certificate of {} that signed it first", certificate.issuer());
            return Err((Refusal::LinkIssuerUnknown, detail));
        }
        let detail = problem.unwrap_or_else(|| "not under the key that it names".to_owned());
        Err((Refusal::LinkSignatureWrong, detail))
    }

    fn crl_issuers(&self, crl: &Crl) -> Vec<usize> {
        let country = crl.issuer().country();
        let issues = |anchor: &Anchor| {
            let subject = anchor.certificate.subject();
            let by_id =
                crl.authority_key_id().is_some_and(|id| anchor.certificate.subject_key_id() == Some(id));
            by_id
                || subject.says_the_same(crl.issuer())
                || (country.is_some() && subject.country() == country)
        };
        let matching = self.anchors.iter().enumerate().filter(|(_, anchor)| issues(anchor));
        matching.map(|(index, _)| index).take(MAX_CANDIDATES).collect()
    }
}

/// The key of a certificate that may sign other certificates. Either extension is enough: real links of five countries say
/// "no authority" beside "signs certificates", and old roots have no key usage.
pub(super) fn authority_key(certificate: &Certificate) -> Result<PublicKey, (Refusal, String)> {
    let signs = certificate.key_usage().is_some_and(|usage| usage.certificate_signing);
    if !signs && !certificate.is_authority() {
        let detail = "its extensions do not let it sign certificates".to_owned();
        return Err((Refusal::NotAnAuthority, detail));
    }
    certificate.public_key().map_err(|error| (Refusal::KeyUnusable, error.to_string()))
}

fn same_issuer(one: &Crl, other: &Crl) -> bool {
    one.issuer().says_the_same(other.issuer()) && one.authority_key_id() == other.authority_key_id()
}

/// The DER objects in PEM text, or the bytes themselves.
fn pem_or_der(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    if bytes.first() == Some(&0x30) {
        return Ok(vec![bytes.to_vec()]);
    }
    let objects: Result<Vec<_>, _> = x509_parser::pem::Pem::iter_from_buffer(bytes).collect();
    match objects {
        Ok(objects) if !objects.is_empty() => Ok(objects.into_iter().map(|pem| pem.contents).collect()),
        Ok(_) => Err("neither DER nor PEM".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Whom this terminal trusts, at one moment.
#[derive(Clone, Debug)]
pub struct TrustSnapshot {
    id: Fingerprint,
    anchors: Vec<Anchor>,
    crls: Vec<Crl>,
    by_key_id: HashMap<Vec<u8>, Vec<usize>>,
    by_name: HashMap<Vec<u8>, Vec<usize>>,
}

impl TrustSnapshot {
    /// A store that trusts nobody.
    #[must_use]
    pub fn empty() -> Self {
        TrustBuilder::new().build()
    }

    /// A fingerprint of everything in it.
    #[must_use]
    pub const fn id(&self) -> Fingerprint {
        self.id
    }

    /// The trusted certificates, in the order in which they came.
    #[must_use]
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// The revocation lists.
    #[must_use]
    pub fn crls(&self) -> &[Crl] {
        &self.crls
    }

    /// Anchors whose key has this identifier.
    pub(super) fn with_key_id(&self, id: &[u8]) -> impl Iterator<Item = &Anchor> {
        self.by_key_id.get(id).into_iter().flatten().filter_map(|index| self.anchors.get(*index))
    }

    /// Anchors whose subject says what `name` says.
    pub(super) fn named(&self, name: &super::name::Name) -> impl Iterator<Item = &Anchor> {
        let indices = self.by_name.get(&name.lookup_key());
        indices.into_iter().flatten().filter_map(|index| self.anchors.get(*index))
    }
}

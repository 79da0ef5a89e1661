//! Takes certificates and lists in, or refuses them.

use std::collections::{BTreeSet, HashMap};

use super::crls::Crls;
use super::shelf::SignerShelf;
use super::signers::DocumentSigners;
use super::snapshot::Content;
use super::{
    Anchor, HeldCrl, HeldKind, HeldList, Imported, MAX_CANDIDATES, Provenance, Refusal, SearchBudget,
    SourceRules, TrustSnapshot, VerifiedBy,
};
use crate::crypto::signature::PublicKey;
use crate::pki::certificate::{Certificate, CertificateError, Fingerprint};
use crate::pki::crl::Crl;
use crate::pki::revocation::same_country;

/// Takes in certificates and lists.
#[derive(Clone, Debug, Default)]
pub struct TrustBuilder {
    pub(in crate::pki) anchors: Vec<Anchor>,
    pub(in crate::pki) crls: Crls,
    pub(super) signers: SignerShelf,
    pub(in crate::pki) deviation_lists: Vec<HeldList>,
    known: BTreeSet<Fingerprint>,
    by_key_id: HashMap<Vec<u8>, Vec<usize>>,
    by_name: HashMap<Vec<u8>, Vec<usize>>,
    by_country: HashMap<String, Vec<usize>>,
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
        let mut builder = Self {
            crls: snapshot.crl_shelf().clone(),
            signers: SignerShelf::of(snapshot.document_signers()),
            deviation_lists: snapshot.deviation_lists().to_vec(),
            ..Self::default()
        };
        for anchor in snapshot.anchors() {
            builder.push(anchor.clone());
        }
        builder
    }

    /// Takes in certificates that the operator chose: DER, or PEM with one or several. A root must be signed by its own
    /// key; a link must be signed by a certificate that is there already (add the older one first).
    pub fn add_certificate(
        &mut self,
        bytes: &[u8],
        provenance: &Provenance,
        rules: &dyn SourceRules,
    ) -> Imported {
        self.take_certificates(bytes, provenance, rules, false)
    }

    /// `pinned`: the operator has compared the file in which they stand.
    pub(super) fn take_certificates(
        &mut self,
        bytes: &[u8],
        provenance: &Provenance,
        rules: &dyn SourceRules,
        pinned: bool,
    ) -> Imported {
        let mut imported = Imported::default();
        let ders = match pem_or_der(bytes) {
            Ok(ders) => ders,
            Err(detail) => {
                imported.refuse("", bytes, Refusal::CertificateUnreadable, detail);
                return imported;
            }
        };
        let mut budget = SearchBudget::of(ders.len());
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
            let pinned = pinned || rules.is_pinned(certificate.fingerprint());
            let vouched = match self.vouch(&certificate, &mut budget) {
                // Who pins a link need not have its issuer.
                Err((Refusal::LinkIssuerUnknown, _)) if pinned => {
                    authority_key(&certificate).map(|key| (key, VerifiedBy::Pinned))
                }
                vouched => vouched,
            };
            let entered = vouched.and_then(|(key, verified_by)| {
                let verified_by = if pinned { VerifiedBy::Pinned } else { verified_by };
                rules.may_enter(&certificate, verified_by).map(|()| (key, verified_by))
            });
            match entered {
                Ok((key, verified_by)) => {
                    imported.added.push(certificate.fingerprint());
                    self.push(Anchor { certificate, provenance: provenance.clone(), verified_by, key });
                }
                Err((refusal, detail)) => {
                    imported.refuse(certificate.subject(), &der, refusal, detail);
                }
            }
        }
        imported.signature_checks += budget.spent();
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

    /// Takes out what has this SHA-256, and says what it was. What was taken in because of it stays: who removes a country
    /// certificate looks for links and lists that it vouched for ([`Anchor::verified_by`]).
    pub fn remove(&mut self, fingerprint: Fingerprint) -> Option<HeldKind> {
        if self.known.remove(&fingerprint) {
            let anchors = std::mem::take(&mut self.anchors);
            self.known.clear();
            self.by_key_id.clear();
            self.by_name.clear();
            self.by_country.clear();
            let left = anchors.into_iter().filter(|anchor| anchor.certificate.fingerprint() != fingerprint);
            left.for_each(|anchor| self.push(anchor));
            return Some(HeldKind::Anchor);
        }
        if self.crls.remove(fingerprint) {
            return Some(HeldKind::RevocationList);
        }
        if self.signers.remove(fingerprint) {
            return Some(HeldKind::DocumentSigner);
        }
        let lists = self.deviation_lists.len();
        self.deviation_lists.retain(|list| list.fingerprint != fingerprint);
        (self.deviation_lists.len() < lists).then_some(HeldKind::DeviationList)
    }

    /// The store as it stands now.
    #[must_use]
    pub fn build(mut self) -> TrustSnapshot {
        let signers = std::mem::take(&mut self.signers).build();
        self.build_with(signers)
    }

    pub(super) fn build_with(self, signers: DocumentSigners) -> TrustSnapshot {
        let parts: Vec<u8> = self
            .anchors
            .iter()
            .map(|anchor| anchor.certificate.fingerprint())
            .chain(self.crls.iter().map(HeldCrl::fingerprint))
            .chain(self.deviation_lists.iter().map(|list| list.fingerprint))
            .chain(signers.id())
            .flat_map(|fingerprint| fingerprint.0)
            .collect();
        TrustSnapshot::new(Content {
            id: Fingerprint::of(&parts),
            anchors: self.anchors,
            crls: self.crls,
            deviation_lists: self.deviation_lists,
            signers,
            by_key_id: self.by_key_id,
            by_name: self.by_name,
            by_country: self.by_country,
        })
    }

    pub(super) fn holds(&self, anchor: Fingerprint) -> bool {
        self.known.contains(&anchor)
    }

    pub(in crate::pki) fn knows(&self, certificate: &Certificate) -> bool {
        self.known.contains(&certificate.fingerprint())
    }

    pub(in crate::pki) fn push(&mut self, anchor: Anchor) {
        if !self.known.insert(anchor.certificate.fingerprint()) {
            return;
        }
        let index = self.anchors.len();
        if let Some(id) = anchor.certificate.subject_key_id() {
            self.by_key_id.entry(id.to_vec()).or_default().push(index);
        }
        if let Some(country) = anchor.certificate.subject().country() {
            self.by_country.entry(country).or_default().push(index);
        }
        self.by_name.entry(anchor.certificate.subject().lookup_key()).or_default().push(index);
        self.anchors.push(anchor);
    }

    /// The anchors that may have signed `certificate`: those with the key identifier first, then those of the name. Real
    /// links sometimes name another key than the one that signed them.
    pub(in crate::pki) fn issuers(&self, certificate: &Certificate) -> Vec<usize> {
        let by_name = self.by_name.get(&certificate.issuer().lookup_key());
        first_candidates([Some(self.issuers_by_id(certificate)), by_name.map(Vec::as_slice)])
    }

    /// The anchors with the key identifier that `certificate` names.
    fn issuers_by_id(&self, certificate: &Certificate) -> &[usize] {
        let named = certificate.authority_key_id().and_then(|id| self.by_key_id.get(id));
        named.map(Vec::as_slice).unwrap_or_default()
    }

    /// Why `certificate` may be trusted: its own signature, or that of a trusted one.
    pub(in crate::pki) fn vouch(
        &self,
        certificate: &Certificate,
        budget: &mut SearchBudget,
    ) -> Result<(PublicKey, VerifiedBy), (Refusal, String)> {
        let key = authority_key(certificate)?;
        let mut tried = Tried { certificate, budget, problem: None };
        let verified_by = match self.vouch_by_key(&key, &mut tried)? {
            None => self.vouch_by_name(&key, &mut tried)?,
            found => found,
        };
        let problem = tried.problem;
        verified_by.map(|by| (key, by)).ok_or_else(|| self.unvouched(certificate, problem))
    }

    /// The own key of a root, or an anchor with the key identifier that is named.
    pub(in crate::pki) fn vouch_by_key(
        &self,
        key: &PublicKey,
        tried: &mut Tried<'_>,
    ) -> Result<Option<VerifiedBy>, (Refusal, String)> {
        if tried.certificate.is_root() && tried.under(key)? {
            return Ok(Some(VerifiedBy::SelfSigned));
        }
        tried.under_any(&self.anchors, self.issuers_by_id(tried.certificate))
    }

    /// Where identifiers lead nowhere: the own key, for some roots name another key's identifier as their issuer's, and
    /// anchors of the issuer's name. What counts is who signed.
    pub(in crate::pki) fn vouch_by_name(
        &self,
        key: &PublicKey,
        tried: &mut Tried<'_>,
    ) -> Result<Option<VerifiedBy>, (Refusal, String)> {
        let certificate = tried.certificate;
        if !certificate.is_root() && certificate.is_self_issued() && tried.under(key)? {
            return Ok(Some(VerifiedBy::SelfSigned));
        }
        let named = self.by_name.get(&certificate.issuer().lookup_key());
        // Only the first of each are ever tried; so must the comparison of the two lists be bounded.
        let by_id: Vec<usize> =
            self.issuers_by_id(certificate).iter().copied().take(MAX_CANDIDATES).collect();
        let untried = named.into_iter().flatten().copied().filter(|index| !by_id.contains(index));
        let untried: Vec<usize> = untried.take(MAX_CANDIDATES).collect();
        tried.under_any(&self.anchors, &untried)
    }

    /// Why nothing vouches for `certificate`; `problem` is why a signature could not be checked.
    pub(in crate::pki) fn unvouched(
        &self,
        certificate: &Certificate,
        problem: Option<String>,
    ) -> (Refusal, String) {
        if certificate.is_root() {
            return match problem {
                Some(problem) => (Refusal::KeyUnusable, problem),
                None => (Refusal::SelfSignatureWrong, "altered, or not signed by its own key".to_owned()),
            };
        }
        // A name alone is too little to call a signature false: several keys share it.
        if self.issuers_by_id(certificate).is_empty() {
            let detail = format!("add the certificate of {} that signed it first", certificate.issuer());
            return (Refusal::LinkIssuerUnknown, detail);
        }
        (Refusal::LinkSignatureWrong, problem.unwrap_or_else(|| "not under the key that it names".to_owned()))
    }

    /// The anchors that may have signed `crl`: those of its country that sign lists, with the key identifier first, then
    /// with the name. Spec: 9303-12 D.1.2.3 b and c.
    pub(super) fn crl_issuers(&self, crl: &Crl) -> Vec<usize> {
        let by_id = crl.authority_key_id().and_then(|id| self.by_key_id.get(id));
        let by_name = self.by_name.get(&crl.issuer().lookup_key());
        let by_country = crl.issuer().country().and_then(|country| self.by_country.get(&country));
        let issues = |index: &usize| {
            self.anchors.get(*index).map(|anchor| &anchor.certificate).is_some_and(|authority| {
                authority.key_usage().is_none_or(|usage| usage.crl_signing)
                    && same_country(authority.subject(), crl.issuer())
            })
        };
        let issuing = [by_id, by_name, by_country]
            .map(|found| found.into_iter().flatten().copied().filter(issues).collect::<Vec<usize>>());
        first_candidates(issuing.each_ref().map(|found| Some(found.as_slice())))
    }
}

/// One certificate's signature, tried under one key after another.
pub(in crate::pki) struct Tried<'c> {
    pub(in crate::pki) certificate: &'c Certificate,
    pub(in crate::pki) budget: &'c mut SearchBudget,
    /// Why it could not be checked under one of them.
    pub(in crate::pki) problem: Option<String>,
}

impl Tried<'_> {
    fn under(&mut self, issuer: &PublicKey) -> Result<bool, (Refusal, String)> {
        if !self.budget.spend(1) {
            return Err((Refusal::SearchBudgetSpent, "add it by itself".to_owned()));
        }
        match self.certificate.verify_under(issuer) {
            Ok(check) => Ok(check.is_valid()),
            Err(error) => {
                self.problem = Some(error.to_string());
                Ok(false)
            }
        }
    }

    fn under_any(
        &mut self,
        anchors: &[Anchor],
        indices: &[usize],
    ) -> Result<Option<VerifiedBy>, (Refusal, String)> {
        for anchor in indices.iter().filter_map(|index| anchors.get(*index)).take(MAX_CANDIDATES) {
            if self.under(&anchor.key)? {
                return Ok(Some(VerifiedBy::Link(anchor.certificate.fingerprint())));
            }
        }
        Ok(None)
    }
}

fn first_candidates<const N: usize>(sources: [Option<&[usize]>; N]) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    for index in sources.into_iter().flatten().flatten() {
        if found.len() == MAX_CANDIDATES {
            break;
        }
        if !found.contains(index) {
            found.push(*index);
        }
    }
    found
}

/// The key of a certificate that may sign other certificates. Either extension is enough: real links of five countries say
/// "no authority" beside "signs certificates", and old roots have no key usage.
pub(in crate::pki) fn authority_key(certificate: &Certificate) -> Result<PublicKey, (Refusal, String)> {
    let signs = certificate.key_usage().is_some_and(|usage| usage.certificate_signing);
    if !signs && !certificate.is_authority() {
        let detail = "its extensions do not let it sign certificates".to_owned();
        return Err((Refusal::NotAnAuthority, detail));
    }
    // No state introduces another's key. Spec: 9303-12 §7.1.1 table 5.
    let countries = certificate.issuer().country().zip(certificate.subject().country());
    if let Some((issuer, subject)) = countries.filter(|(issuer, subject)| issuer != subject) {
        let detail = format!("an authority of {issuer} cannot introduce one of {subject}");
        return Err((Refusal::NotAnAuthority, detail));
    }
    certificate.public_key().map_err(|error| (Refusal::KeyUnusable, error.to_string()))
}

/// The DER objects in PEM text, or the bytes themselves.
pub(super) fn pem_or_der(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
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

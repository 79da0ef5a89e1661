//! Master lists: many countries' certificates under the signature of one.
//!
//! A list may hold roots and links in any order, so that a link can stand before the certificate that introduces it. Each
//! certificate that is taken wakes those that wait for its key, so that order costs nothing; a budget bounds the signature
//! checks of the whole list. Spec: 9303-12 §9 (CscaMasterList), §7.1.1.3 (its signer).

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use super::signed::{ListKind, SignedList, Whole, in_der};
use crate::crypto::signature::{PublicKey, SignatureCheck};
use crate::pki::certificate::{Certificate, Fingerprint};
use crate::pki::trust::{
    Anchor, ImportNote, Imported, ListWord, Provenance, Refusal, SearchBudget, SourceRules, Tried,
    TrustBuilder, VerifiedBy, authority_key,
};
use crate::wire::cms::SignedData;
use crate::wire::der::{INTEGER, SEQUENCE, SET};
use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

const KIND: ListKind = ListKind {
    name: "master list",
    // id-icao-cscaMasterList, id-icao-cscaMasterListSigningKey.
    content_type: "2.23.136.1.1.2",
    purpose: "2.23.136.1.1.3",
};
/// Most certificates in one list. The largest known has 720.
const MAX_CERTIFICATES: usize = 5_000;

impl TrustBuilder {
    /// Takes in a master list. Its signer must be one for master lists and chain to a certificate that is trusted already,
    /// or it, its issuer or the list must be pinned; a list without a signature must be pinned itself. Then every
    /// certificate in it is checked like any other.
    pub fn add_master_list(
        &mut self,
        bytes: &[u8],
        provenance: &Provenance,
        rules: &dyn SourceRules,
    ) -> Imported {
        let mut imported = Imported::default();
        let mut budget = SearchBudget::of(0);
        if let Err(Whole(refusal, detail)) =
            self.read_master_list(bytes, provenance, rules, &mut budget, &mut imported)
        {
            imported.refuse(KIND.name, bytes, refusal, detail);
        }
        imported.signature_checks += budget.spent();
        imported
    }

    fn read_master_list(
        &mut self,
        bytes: &[u8],
        provenance: &Provenance,
        rules: &dyn SourceRules,
        budget: &mut SearchBudget,
        imported: &mut Imported,
    ) -> Result<(), Whole> {
        let id = Fingerprint::of(bytes);
        let origin = Origin { verified_by: VerifiedBy::List(id), provenance, rules };
        let heard = |signer| {
            let word = ListWord { list: id, signer };
            rules.may_speak(&word).map_err(|(refusal, detail)| Whole(refusal, detail))
        };
        let der = match in_der("SignedData", bytes, SignedData::parse) {
            Ok(der) => der,
            Err(_) if is_bare(bytes) => {
                let members = members(bytes).map_err(Whole::unreadable)?;
                heard(None)?;
                if !rules.is_pinned(id) {
                    let detail = format!("nobody signed it; to trust it, pin {id}");
                    return Err(Whole::new(Refusal::ListNotPinned, detail));
                }
                budget.extend(members.len());
                self.take_members(&members, &origin, budget, imported);
                return Ok(());
            }
            Err(error) => return Err(Whole::unreadable(error)),
        };
        let list = SignedList::parse(&der, &KIND)?;
        let now = provenance.imported_at;
        let accepted = list.accept(&KIND, budget, |signer, at_hand, budget| {
            self.believes(signer, at_hand, now, id, rules, budget)
        })?;
        heard(Some((accepted.signer, accepted.verified_by)))?;
        let content = in_der("CscaMasterList", accepted.content, members).map_err(Whole::unreadable)?;
        let members = members(&content).map_err(Whole::unreadable)?;
        imported.notes.extend(accepted.notes);
        if matches!((&der, &content), (Cow::Owned(_), _) | (_, Cow::Owned(_))) {
            imported.notes.push(ImportNote::Ber);
        }
        budget.extend(members.len());
        self.take_members(&members, &origin, budget, imported);
        Ok(())
    }

    /// Roots first; then links, each as soon as the key that it names is there; then, by name, what named another.
    fn take_members(
        &mut self,
        members: &[&[u8]],
        origin: &Origin<'_>,
        budget: &mut SearchBudget,
        imported: &mut Imported,
    ) {
        let Origin { verified_by, provenance, .. } = *origin;
        let fresh = self.fresh(members, origin, imported);
        let mut waiting = Waiting::default();
        let mut anchor = |builder: &mut Self, waiting: &mut Waiting, budget: &mut SearchBudget, one| {
            // Whoever is taken may be whom others wait for.
            let mut taken = vec![one];
            while let Some((certificate, key)) = taken.pop() {
                waiting.wake(&certificate, &key, budget, &mut taken);
                imported.added.push(certificate.fingerprint());
                builder.push(Anchor { certificate, provenance: provenance.clone(), verified_by, key });
            }
        };
        for (certificate, key) in fresh {
            let mut tried = Tried { certificate: &certificate, budget, problem: None };
            let (found, problem) = (self.vouch_by_key(&key, &mut tried), tried.problem);
            if matches!(found, Ok(Some(_))) {
                anchor(self, &mut waiting, budget, (certificate, key));
            } else {
                waiting.add(Parked { certificate, key, refusal: found.err(), problem });
            }
        }
        waiting.by_name_too();
        for index in 0..waiting.parked.len() {
            let Some(parked) = waiting.parked.get_mut(index).and_then(Option::take) else { continue };
            let mut tried = Tried { certificate: &parked.certificate, budget, problem: None };
            let (found, problem) = (self.vouch_by_name(&parked.key, &mut tried), tried.problem);
            if matches!(found, Ok(Some(_))) {
                anchor(self, &mut waiting, budget, (parked.certificate, parked.key));
            } else if let Some(slot) = waiting.parked.get_mut(index) {
                let problem = problem.or(parked.problem);
                *slot = Some(Parked { refusal: found.err(), problem, ..parked });
            }
        }
        for Parked { certificate, refusal, problem, .. } in waiting.parked.into_iter().flatten() {
            let (refusal, detail) = refusal.unwrap_or_else(|| self.unvouched(&certificate, problem));
            imported.refuse(certificate.subject(), certificate.der(), refusal, detail);
        }
    }

    /// The members that are new, wanted, and may sign certificates, with their keys; roots first.
    fn fresh(
        &self,
        members: &[&[u8]],
        origin: &Origin<'_>,
        imported: &mut Imported,
    ) -> Vec<(Certificate, PublicKey)> {
        let mut fresh = Vec::new();
        let mut seen = BTreeSet::new();
        for der in members {
            let certificate = match Certificate::from_der(der) {
                Ok(certificate) => certificate,
                Err(error) => {
                    imported.refuse("", der, Refusal::CertificateUnreadable, error);
                    continue;
                }
            };
            if self.knows(&certificate) || !seen.insert(certificate.fingerprint()) {
                imported.known += 1;
                continue;
            }
            let wanted = origin.rules.may_enter(&certificate, origin.verified_by);
            match wanted.and_then(|()| authority_key(&certificate)) {
                Ok(key) => fresh.push((certificate, key)),
                Err((refusal, detail)) => imported.refuse(certificate.subject(), der, refusal, detail),
            }
        }
        fresh.sort_by_key(|(certificate, _)| !certificate.is_root());
        fresh
    }
}

/// What holds for every member of a list.
struct Origin<'o> {
    verified_by: VerifiedBy,
    provenance: &'o Provenance,
    rules: &'o dyn SourceRules,
}

/// A certificate for which nobody has vouched yet.
struct Parked {
    certificate: Certificate,
    key: PublicKey,
    /// Why it was not looked into further.
    refusal: Option<(Refusal, String)>,
    /// Why its signature could not be checked under some key.
    problem: Option<String>,
}

/// Certificates that wait for their issuer, by the key identifier that they give it; later by its name too.
#[derive(Default)]
struct Waiting {
    parked: Vec<Option<Parked>>,
    by_key_id: HashMap<Vec<u8>, Vec<usize>>,
    by_name: HashMap<Vec<u8>, Vec<usize>>,
}

impl Waiting {
    fn add(&mut self, parked: Parked) {
        if let Some(id) = parked.certificate.authority_key_id() {
            self.by_key_id.entry(id.to_vec()).or_default().push(self.parked.len());
        }
        self.parked.push(Some(parked));
    }

    /// From now on names wake as well: what is left has found no key with the identifier that it names.
    fn by_name_too(&mut self) {
        for (index, parked) in self.parked.iter().enumerate() {
            let Some(parked) = parked else { continue };
            self.by_name.entry(parked.certificate.issuer().lookup_key()).or_default().push(index);
        }
    }

    /// Tries what waited for the key of `issuer`; what it signed waits no longer and is `taken`.
    fn wake(
        &mut self,
        issuer: &Certificate,
        key: &PublicKey,
        budget: &mut SearchBudget,
        taken: &mut Vec<(Certificate, PublicKey)>,
    ) {
        let by_id = issuer.subject_key_id().and_then(|id| self.by_key_id.get_mut(id));
        let by_name = self.by_name.get_mut(&issuer.subject().lookup_key());
        let parked = &mut self.parked;
        for indices in by_id.into_iter().chain(by_name) {
            indices.retain(|index| {
                let Some(slot) = parked.get_mut(*index) else { return false };
                let signed = |parked: &mut Parked| {
                    budget.spend(1)
                        && parked.certificate.verify_under(key).is_ok_and(SignatureCheck::is_valid)
                };
                let found = slot.take_if(signed);
                taken.extend(found.map(|parked| (parked.certificate, parked.key)));
                slot.is_some()
            });
        }
    }
}

/// A CscaMasterList begins with its version, signed data with an object identifier.
fn is_bare(bytes: &[u8]) -> bool {
    let mut outer = Reader::new("CscaMasterList", Rules::Ber, bytes);
    outer.enter("CscaMasterList", SEQUENCE).and_then(|inner| inner.peek_tag()).is_ok_and(|tag| tag == INTEGER)
}

/// `CscaMasterList ::= SEQUENCE { version INTEGER, certList SET OF Certificate }`: the certificates as they stand.
fn members(content: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    let mut outer = Reader::new("CscaMasterList", Rules::Ber, content);
    let mut list = outer.enter("CscaMasterList", SEQUENCE)?;
    outer.finish()?;
    if list.small()? != 0 {
        return Err(list.fault(Problem::Value("a version other than 0")));
    }
    let mut set = list.enter("CscaMasterList certList", SET)?;
    list.finish()?;
    let mut members = Vec::new();
    while !set.is_empty() {
        if members.len() == MAX_CERTIFICATES {
            return Err(set.fault(Problem::TooMany { limit: MAX_CERTIFICATES, of: "certificates" }));
        }
        members.push(set.expect(SEQUENCE)?.raw);
    }
    Ok(members)
}

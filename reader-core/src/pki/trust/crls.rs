//! The revocation lists of a store, found by issuer, by country and by key.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Deref;

use super::builder::pem_or_der;
use super::{Imported, Provenance, Refusal, TrustBuilder};
use crate::crypto::signature::SignatureCheck;
use crate::pki::certificate::{Certificate, Fingerprint};
use crate::pki::crl::Crl;
use crate::pki::name::Name;
use crate::wire::Malformed;

/// A revocation list, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldCrl {
    crl: Crl,
    fingerprint: Fingerprint,
    /// Where it came from.
    pub provenance: Provenance,
    /// The trusted certificate whose key signed it, as was found when it was taken in.
    pub signed_by: Fingerprint,
}

impl HeldCrl {
    pub(super) fn new(crl: Crl, provenance: Provenance, signed_by: Fingerprint) -> Self {
        Self { fingerprint: crl.fingerprint(), crl, provenance, signed_by }
    }

    /// Its SHA-256, computed once.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

impl Deref for HeldCrl {
    type Target = Crl;

    fn deref(&self) -> &Crl {
        &self.crl
    }
}

/// The lists with their indices. A list replaces the older one of its issuer and key at its place.
#[derive(Clone, Debug, Default)]
pub(in crate::pki) struct Crls {
    lists: Vec<HeldCrl>,
    known: HashSet<Fingerprint>,
    by_issuer_and_key: HashMap<(Vec<u8>, Option<Vec<u8>>), usize>,
    by_country: HashMap<String, Vec<usize>>,
    by_name: HashMap<Vec<u8>, Vec<usize>>,
    by_key_id: HashMap<Vec<u8>, Vec<usize>>,
}

impl Crls {
    pub(super) fn as_slice(&self) -> &[HeldCrl] {
        &self.lists
    }

    pub(in crate::pki) fn iter(&self) -> std::slice::Iter<'_, HeldCrl> {
        self.lists.iter()
    }

    pub(super) fn contains(&self, fingerprint: Fingerprint) -> bool {
        self.known.contains(&fingerprint)
    }

    /// The list that `crl` would replace.
    pub(super) fn of_same_issuer(&self, crl: &Crl) -> Option<&HeldCrl> {
        self.lists.get(*self.by_issuer_and_key.get(&issuer_and_key(crl))?)
    }

    pub(super) fn put(&mut self, list: HeldCrl) {
        let key = issuer_and_key(&list);
        if let Some(old) = self.by_issuer_and_key.get(&key).and_then(|index| self.lists.get_mut(*index)) {
            self.known.remove(&old.fingerprint);
            self.known.insert(list.fingerprint);
            *old = list;
            return;
        }
        let index = self.lists.len();
        self.known.insert(list.fingerprint);
        if let Some(country) = list.issuer().country() {
            self.by_country.entry(country).or_default().push(index);
        }
        if let Some(id) = list.authority_key_id() {
            self.by_key_id.entry(id.to_vec()).or_default().push(index);
        }
        self.by_name.entry(list.issuer().lookup_key()).or_default().push(index);
        self.by_issuer_and_key.insert(key, index);
        self.lists.push(list);
    }

    pub(super) fn remove(&mut self, fingerprint: Fingerprint) -> bool {
        let known = self.contains(fingerprint);
        if known {
            let lists = std::mem::take(self).lists;
            lists.into_iter().filter(|list| list.fingerprint != fingerprint).for_each(|list| self.put(list));
        }
        known
    }

    /// The lists that may speak of what `authority` signed in the name of `issuer`: those of its country, of either name,
    /// or under its key.
    pub(super) fn near(&self, issuer: &Name, authority: &Certificate) -> impl Iterator<Item = &HeldCrl> {
        let by_country = authority.subject().country().and_then(|country| self.by_country.get(&country));
        let by_key = authority.subject_key_id().and_then(|id| self.by_key_id.get(id));
        let by_name = |name: &Name| self.by_name.get(&name.lookup_key());
        let found = [by_country, by_key, by_name(issuer), by_name(authority.subject())];
        let indices: BTreeSet<usize> = found.into_iter().flatten().flatten().copied().collect();
        indices.into_iter().filter_map(|index| self.lists.get(index))
    }
}

fn issuer_and_key(crl: &Crl) -> (Vec<u8>, Option<Vec<u8>>) {
    (crl.issuer().lookup_key(), crl.authority_key_id().map(<[u8]>::to_vec))
}

impl TrustBuilder {
    /// Takes in a revocation list (DER or PEM). A trusted certificate of the same issuer must have signed it.
    pub fn add_crl(&mut self, bytes: &[u8], provenance: &Provenance) -> Imported {
        let mut imported = Imported::default();
        let der = match pem_or_der(bytes) {
            Ok(mut ders) if ders.len() == 1 => ders.pop().unwrap_or_default(),
            _ => bytes.to_vec(),
        };
        if self.crls.contains(Fingerprint::of(&der)) {
            imported.known += 1;
            return imported;
        }
        let crl = match Crl::from_der(&der) {
            Ok(crl) => crl,
            Err(error) => {
                imported.refuse("", &der, Refusal::CrlUnreadable, error);
                return imported;
            }
        };
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
        let signer = candidates
            .iter()
            .filter_map(|index| self.anchors.get(*index))
            .find(|anchor| crl.verify_under(&anchor.key).is_ok_and(SignatureCheck::is_valid));
        let Some(signer) = signer.map(|anchor| anchor.certificate.fingerprint()) else {
            // That the country's keys did not sign it makes it false only where it names one of them.
            let is_named = candidates.iter().filter_map(|index| self.anchors.get(*index)).any(|anchor| {
                let by_id = crl.authority_key_id().zip(anchor.certificate.subject_key_id());
                by_id.is_some_and(|(named, own)| named == own)
                    || anchor.certificate.subject().says_the_same(crl.issuer())
            });
            let (refusal, detail) = if is_named {
                (Refusal::CrlSignatureWrong, "under none of the issuer's keys")
            } else {
                (
                    Refusal::CrlIssuerUnknown,
                    "add the issuer's certificate first; no other of its country signed it",
                )
            };
            imported.refuse(crl.issuer(), &der, refusal, detail);
            return imported;
        };
        if self.crls.of_same_issuer(&crl).is_some_and(|other| !crl.is_newer_than(other)) {
            imported.refuse(crl.issuer(), &der, Refusal::CrlOlder, "the one at hand stays");
            return imported;
        }
        let list = HeldCrl::new(crl, provenance.clone(), signer);
        imported.added.push(list.fingerprint());
        self.crls.put(list);
        imported
    }

    /// Puts back a revocation list that this store had taken in before, without checking its signature again: for a store
    /// whose integrity is guarded by other means. `signed_by` is the trusted certificate whose key signed it.
    ///
    /// # Errors
    /// The bytes are no revocation list.
    pub fn restore_crl(
        &mut self,
        der: &[u8],
        provenance: Provenance,
        signed_by: Fingerprint,
    ) -> Result<(), Malformed> {
        self.crls.put(HeldCrl::new(Crl::from_der(der)?, provenance, signed_by));
        Ok(())
    }
}

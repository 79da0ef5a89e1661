//! What the revocation lists at hand say about a signer and its anchor.
//!
//! A list is the country's: one authority issues one list for all that it signed, under whatever name and key. Any entry
//! revokes. A revoked certificate of the authority revokes what its key signed, the keys that it introduced included.
//! Spec: 9303-12 §4.1.5, §7.1.4 note 1, D.1.2, D.3.

use std::collections::BTreeSet;

use super::certificate::Certificate;
use super::crl::Crl;
use super::name::Name;
use super::path::MAX_SIGNATURE_CHECKS;
use super::trust::{Anchor, SearchBudget, TrustSnapshot};
use crate::crypto::signature::SignatureCheck;
use crate::wire::date::Timestamp;

/// What the lists say.
#[derive(Clone, Copy, Debug)]
pub enum Revocation<'t> {
    /// This list has the signer.
    Revoked(&'t Crl),
    /// A list has a certificate of the authority whose key signed the signer, or introduced the key that did.
    AuthorityRevoked(&'t Anchor),
    /// The authority's own list does not have the signer, and this one of a stranger of its country has that serial number.
    ListedElsewhere(&'t Crl),
    /// A certificate of the authority is on a list, and whether its key introduced this one took too long to find out.
    BudgetSpent,
    /// The newest list of the authority has neither.
    NotListed(&'t Crl),
    /// The lists at hand are all dated later than now.
    Early(&'t Crl),
    /// There is no list of that authority.
    NoList,
}

/// Looks a signer and its anchor up in the revocation lists.
#[must_use]
pub fn revocation<'t>(
    signer: &Certificate,
    anchor: &'t Anchor,
    trust: &'t TrustSnapshot,
    now: Timestamp,
) -> Revocation<'t> {
    let near = trust.crls_near(signer.issuer(), &anchor.certificate).map(|held| &**held);
    let lists: Vec<&Crl> = near.filter(|crl| same_country(crl.issuer(), signer.issuer())).collect();
    if lists.is_empty() {
        return Revocation::NoList;
    }
    let authority = Authority::of(signer, anchor, trust);
    let (own, others): (Vec<&Crl>, Vec<&Crl>) =
        lists.iter().copied().partition(|crl| authority.is_called(crl.issuer()));
    if let Some(crl) = own.iter().find(|crl| crl.lists(signer)) {
        return Revocation::Revoked(crl);
    }
    if let Some(crl) = others.iter().find(|crl| crl.lists(signer)) {
        // To ask whether two names are of one authority is optional, and fails only where both have a list.
        return if own.is_empty() { Revocation::Revoked(crl) } else { Revocation::ListedElsewhere(crl) };
    }
    match authority.revoked(anchor, if own.is_empty() { &lists } else { &own }) {
        Ok(None) => {}
        Ok(Some(revoked)) => return Revocation::AuthorityRevoked(revoked),
        Err(Spent) => return Revocation::BudgetSpent,
    }
    let clearing = if own.is_empty() { &others } else { &own };
    let newest = |lists: &mut dyn Iterator<Item = &'t Crl>| lists.max_by_key(|crl| crl.this_update());
    match newest(&mut clearing.iter().copied().filter(|crl| crl.this_update() <= now)) {
        Some(crl) => Revocation::NotListed(crl),
        None => newest(&mut clearing.iter().copied()).map_or(Revocation::NoList, Revocation::Early),
    }
}

/// Whether two names are of one country, which is what makes a list the authority's. Spec: 9303-12 D.1.2.3 b.
pub(super) fn same_country(one: &Name, other: &Name) -> bool {
    match (one.country(), other.country()) {
        (Some(one), Some(other)) => one == other,
        _ => one.says_the_same(other),
    }
}

/// The search among the authority's certificates ended before its end.
struct Spent;

/// The authority behind an anchor: the names that it has had, and its country's certificates.
struct Authority<'t> {
    names: BTreeSet<Vec<u8>>,
    anchors: Vec<&'t Anchor>,
}

impl<'t> Authority<'t> {
    fn of(signer: &Certificate, anchor: &'t Anchor, trust: &'t TrustSnapshot) -> Self {
        let anchors: Vec<&Anchor> = trust.of_country_of(signer.issuer()).collect();
        // A certificate with another issuer than subject brings two names of one authority together.
        let renamed = anchors.iter().map(|anchor| &anchor.certificate).filter(|link| !link.is_self_issued());
        let mut pairs: Vec<[Vec<u8>; 2]> =
            renamed.map(|link| [link.issuer().lookup_key(), link.subject().lookup_key()]).collect();
        let mut names =
            BTreeSet::from([signer.issuer().lookup_key(), anchor.certificate.subject().lookup_key()]);
        loop {
            let (near, far): (Vec<_>, Vec<_>) =
                pairs.into_iter().partition(|pair| pair.iter().any(|name| names.contains(name)));
            if near.is_empty() {
                return Self { names, anchors };
            }
            names.extend(near.into_iter().flatten());
            pairs = far;
        }
    }

    fn is_called(&self, name: &Name) -> bool {
        self.names.contains(&name.lookup_key())
    }

    /// A certificate that is on one of the lists and whose key is the anchor's, or introduced it.
    fn revoked(&self, anchor: &'t Anchor, lists: &[&Crl]) -> Result<Option<&'t Anchor>, Spent> {
        let listed = |one: &&&Anchor| lists.iter().any(|crl| crl.lists(&one.certificate));
        if !self.anchors.iter().any(|one| listed(&one)) {
            return Ok(None);
        }
        let mut budget = SearchBudget::exactly(MAX_SIGNATURE_CHECKS);
        let mut keys: Vec<&[u8]> = vec![anchor.certificate.spki()];
        let mut looked_at = 0;
        while let Some(key) = keys.get(looked_at).copied() {
            looked_at += 1;
            let with_key = || self.anchors.iter().filter(|one| one.certificate.spki() == key);
            if let Some(revoked) = with_key().find(listed) {
                return Ok(Some(revoked));
            }
            for link in with_key().filter(|one| !one.certificate.is_root()) {
                for issuer in self.introducers(&link.certificate, &mut budget)? {
                    if !keys.contains(&issuer) {
                        keys.push(issuer);
                    }
                }
            }
        }
        Ok(None)
    }

    /// The keys under which a link certificate's signature holds.
    fn introducers(&self, link: &Certificate, budget: &mut SearchBudget) -> Result<Vec<&'t [u8]>, Spent> {
        let named = |one: &&&Anchor| {
            link.authority_key_id().is_some_and(|id| one.certificate.subject_key_id() == Some(id))
        };
        let (by_id, by_name): (Vec<&&Anchor>, Vec<&&Anchor>) = self.anchors.iter().partition(named);
        let by_name =
            by_name.into_iter().filter(|one| one.certificate.subject().says_the_same(link.issuer()));
        let mut tried: Vec<&[u8]> = Vec::new();
        for issuer in by_id.into_iter().chain(by_name) {
            let key = issuer.certificate.spki();
            if tried.contains(&key) {
                continue;
            }
            if !budget.spend(1) {
                return Err(Spent);
            }
            tried.push(key);
            // One key signed it; whoever else has that key is found by the key.
            if link.verify_under(issuer.key()).is_ok_and(SignatureCheck::is_valid) {
                return Ok(vec![key]);
            }
        }
        Ok(Vec::new())
    }
}

//! From a document signer to a country certificate, after ICAO and not after the rules of the web.
//!
//! A path is one certificate long: a link certificate introduces an anchor and is never an intermediate. The authority key
//! identifier picks the anchor; where it finds none, names may lead to a confirmed path and never to a refuted one. The
//! signatures that a search checks are counted, so that no store and no certificate makes it long.
//! Spec: 9303-12 §2, §6, D.1.1; BSI TR-03135-1 §4.3.

use super::certificate::Certificate;
use super::trust::{Anchor, SearchBudget, TrustSnapshot};

/// Most signatures that one search checks. The largest country has fewer than forty certificates.
pub const MAX_SIGNATURE_CHECKS: usize = 64;

/// What a search found.
#[derive(Clone, Copy, Debug)]
pub enum Path<'t> {
    /// This anchor signed the certificate.
    Confirmed {
        /// The anchor.
        anchor: &'t Anchor,
        /// How the names of issuer and anchor compare.
        name: NameMatch,
        /// The certificate names another key than the anchor says to have.
        other_key_named: bool,
    },
    /// The anchor that the certificate names did not sign it.
    Refuted(&'t Anchor),
    /// No anchor is its issuer.
    Unknown,
    /// An anchor may be its issuer, but its signature cannot be checked here.
    Unsupported,
    /// Too many anchors would have to be tried.
    BudgetSpent,
}

/// How an issuer's name compares with its anchor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameMatch {
    /// Byte for byte.
    Exact,
    /// They say the same.
    Equivalent,
    /// Only the key identifier and the country agree.
    Differs,
}

/// Looks for the anchor that signed `signer`.
#[must_use]
pub fn find<'t>(signer: &Certificate, trust: &'t TrustSnapshot) -> Path<'t> {
    let mut search = Search::new(signer, SearchBudget::exactly(MAX_SIGNATURE_CHECKS));
    let id = signer.authority_key_id();
    let by_id = || {
        id.into_iter().flat_map(|id| trust.with_key_id(id)).filter(|anchor| search_country(signer, anchor))
    };
    match search.among(by_id()) {
        Path::Unknown => {}
        decided => return decided,
    }
    match search.among(trust.named(signer.issuer())) {
        // A name alone is too little to call a signature false: several keys share it.
        Path::Refuted(_) => Path::Unknown,
        decided => decided,
    }
}

/// Keys that were tried, and what is left of the budget.
struct Search<'s, 't> {
    signer: &'s Certificate,
    budget: SearchBudget,
    tried: Vec<&'t [u8]>,
}

impl<'s, 't> Search<'s, 't> {
    const fn new(signer: &'s Certificate, budget: SearchBudget) -> Self {
        Self { signer, budget, tried: Vec::new() }
    }

    fn among(&mut self, candidates: impl Iterator<Item = &'t Anchor>) -> Path<'t> {
        let mut signed: Option<&'t Anchor> = None;
        let (mut refuted, mut unsupported, mut spent) = (None, false, false);
        for anchor in candidates {
            let key = anchor.certificate.spki();
            if let Some(found) = signed {
                // The same key may stand in a root and in a link; the one valid longest says most.
                if key == found.certificate.spki()
                    && anchor.certificate.not_after() > found.certificate.not_after()
                {
                    signed = Some(anchor);
                }
                continue;
            }
            if spent || self.tried.contains(&key) {
                continue;
            }
            if !self.budget.spend(1) {
                spent = true;
                continue;
            }
            self.tried.push(key);
            match self.signer.verify_under(anchor.key()) {
                Ok(check) if check.is_valid() => signed = Some(anchor),
                Ok(_) => refuted = Some(anchor),
                Err(_) => unsupported = true,
            }
        }
        match (signed, refuted) {
            (Some(anchor), _) => self.confirmed(anchor),
            (None, _) if spent => Path::BudgetSpent,
            (None, Some(anchor)) => Path::Refuted(anchor),
            (None, None) if unsupported => Path::Unsupported,
            (None, None) => Path::Unknown,
        }
    }

    fn confirmed(&self, anchor: &'t Anchor) -> Path<'t> {
        let named = self.signer.authority_key_id().zip(anchor.certificate.subject_key_id());
        Path::Confirmed {
            anchor,
            name: name_match(self.signer, anchor),
            other_key_named: named.is_some_and(|(named, own)| named != own),
        }
    }
}

fn search_country(signer: &Certificate, anchor: &Anchor) -> bool {
    match (signer.issuer().country(), anchor.certificate.subject().country()) {
        (Some(issuer), Some(anchor)) => issuer == anchor,
        _ => true,
    }
}

fn name_match(signer: &Certificate, anchor: &Anchor) -> NameMatch {
    let (issuer, subject) = (signer.issuer(), anchor.certificate.subject());
    if issuer.raw() == subject.raw() {
        NameMatch::Exact
    } else if issuer.says_the_same(subject) {
        NameMatch::Equivalent
    } else {
        NameMatch::Differs
    }
}

//! From a document signer to a country certificate, after ICAO and not after the rules of the web.
//!
//! A path is one certificate long: a link certificate introduces an anchor and is never an intermediate. The authority key
//! identifier picks the anchor; where it finds none, names may lead to a confirmed path and never to a refuted one.
//! Spec: 9303-12 §2, §6; BSI TR-03135-1 §4.3.

use super::certificate::Certificate;
use super::trust::{Anchor, HeldCrl, MAX_CANDIDATES, TrustSnapshot};

/// What a search found.
#[derive(Clone, Copy, Debug)]
pub enum Path<'t> {
    /// This anchor signed the certificate.
    Confirmed {
        /// The anchor.
        anchor: &'t Anchor,
        /// The names of issuer and anchor say the same but are written otherwise, or differ.
        name: NameMatch,
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
    let by_id: Vec<&Anchor> = signer
        .authority_key_id()
        .into_iter()
        .flat_map(|id| trust.with_key_id(id))
        .filter(|anchor| same_country(signer, anchor))
        .collect();
    match try_all(signer, &by_id) {
        Path::Unknown => {}
        decided => return decided,
    }
    let by_name: Vec<&Anchor> = trust.named(signer.issuer()).collect();
    match try_all(signer, &by_name) {
        // A name alone is too little to call a signature false: several keys share it.
        Path::Refuted(_) => Path::Unknown,
        decided => decided,
    }
}

fn try_all<'t>(signer: &Certificate, candidates: &[&'t Anchor]) -> Path<'t> {
    let mut refuted = None;
    let mut unsupported = false;
    let mut signed: Vec<&'t Anchor> = Vec::new();
    for anchor in candidates.iter().take(MAX_CANDIDATES) {
        match signer.verify_under(anchor.key()) {
            Ok(check) if check.is_valid() => signed.push(anchor),
            Ok(_) => refuted = Some(*anchor),
            Err(_) => unsupported = true,
        }
    }
    // The same key may stand in a root and in a link; the one valid longest says most.
    if let Some(anchor) = signed.into_iter().max_by_key(|anchor| anchor.certificate.not_after()) {
        return Path::Confirmed { anchor, name: name_match(signer, anchor) };
    }
    if candidates.len() > MAX_CANDIDATES {
        return Path::BudgetSpent;
    }
    match refuted {
        Some(anchor) => Path::Refuted(anchor),
        None if unsupported => Path::Unsupported,
        None => Path::Unknown,
    }
}

fn same_country(signer: &Certificate, anchor: &Anchor) -> bool {
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

/// What the revocation lists at hand say about a signer and its anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// A list of the issuing country revokes the signer or the anchor.
    Revoked,
    /// The issuer's newest list revokes neither.
    NotListed {
        /// When its next one should be there; `None` where it does not say.
        next_update: Option<crate::wire::date::Timestamp>,
        /// When it was issued.
        this_update: crate::wire::date::Timestamp,
    },
    /// There is no list of that issuer.
    NoList,
}

/// Looks a signer and its anchor up in the revocation lists. Any entry in any list of the country revokes, and what a
/// revoked country certificate signed is revoked with it; but only a list of the same issuer clears.
/// Spec: 9303-12 §4.1.5, D.1.2.3.
#[must_use]
pub fn revocation(signer: &Certificate, anchor: &Anchor, trust: &TrustSnapshot) -> Revocation {
    let (authority, country) = (&anchor.certificate, anchor.certificate.subject().country());
    let of_issuer = |crl: &&HeldCrl| {
        crl.issuer().says_the_same(signer.issuer())
            || crl.issuer().says_the_same(authority.subject())
            || crl.authority_key_id().is_some_and(|id| authority.subject_key_id() == Some(id))
    };
    let of_country = |crl: &&HeldCrl| country.is_some() && crl.issuer().country() == country;
    let lists = || trust.crls_near(signer.issuer(), authority);
    let listed = |crl: &HeldCrl| crl.lists(signer) || crl.lists(authority);
    if lists().filter(|crl| of_issuer(crl) || of_country(crl)).any(listed) {
        return Revocation::Revoked;
    }
    match lists().filter(of_issuer).max_by_key(|crl| crl.this_update()) {
        Some(newest) => {
            Revocation::NotListed { next_update: newest.next_update(), this_update: newest.this_update() }
        }
        None => Revocation::NoList,
    }
}

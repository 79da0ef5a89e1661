//! What is wrong with a store, or will be soon: for `trust check` and for `doctor`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use reader_core::crypto::hash::HashAlgorithm;
use reader_core::crypto::signature::{PublicKey, SignatureScheme};
use reader_core::pki::crl_addresses::crl_addresses;
use reader_core::pki::{Anchor, TrustSnapshot};
use reader_core::wire::date::Timestamp;

use super::policy::{self, PolicyError, TrustPolicy};
use super::refresh::RefreshState;
use super::sources::Place;

/// An anchor that ends within so many days is reported.
pub const EXPIRES_SOON_DAYS: i64 = 180;
const DAY_S: i64 = 86_400;

/// Kinds of findings; the word of each is part of the keys of its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// Nobody is trusted.
    Empty,
    /// No certificate in force of a country that the site serves.
    CountryMissing,
    /// Others of this machine may write to the store.
    Writable,
    /// The policy has faults.
    Policy,
    /// An anchor has expired.
    Expired,
    /// An anchor expires within [`EXPIRES_SOON_DAYS`].
    ExpiresSoon,
    /// SHA-1, or a key below what 9303-12 §4.1.6 asks for.
    Weak,
    /// A revocation list past its next update, or older than the site wants.
    StaleList,
    /// A country with anchors in force and without a revocation list.
    NoList,
    /// One key identifier for several keys.
    SameKeyId,
    /// A source has not given anything for longer than it should.
    SourceOverdue,
    /// A source failed when it was last asked.
    SourceFailed,
}

impl FindingKind {
    /// One word for scripts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::CountryMissing => "country_missing",
            Self::Writable => "writable",
            Self::Policy => "policy",
            Self::Expired => "expired",
            Self::ExpiresSoon => "expires_soon",
            Self::Weak => "weak",
            Self::StaleList => "stale_list",
            Self::NoList => "no_list",
            Self::SameKeyId => "same_key_id",
            Self::SourceOverdue => "source_overdue",
            Self::SourceFailed => "source_failed",
        }
    }

    /// Whether it keeps the terminal from its work, or lets others decide whom it trusts.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Empty | Self::CountryMissing | Self::Writable | Self::Policy)
    }
}

/// One thing that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which kind.
    pub kind: FindingKind,
    /// What it is about.
    pub what: String,
    /// SHA-256 of the certificate or list, where it is about one.
    pub sha256: Option<String>,
}

impl Finding {
    fn new(kind: FindingKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), sha256: None }
    }

    fn about(kind: FindingKind, anchor: &Anchor, what: impl std::fmt::Display) -> Self {
        let certificate = &anchor.certificate;
        let what = format!("{}: {what}", certificate.subject());
        Self { kind, what, sha256: Some(certificate.fingerprint().to_string()) }
    }
}

/// An address of revocation lists that an anchor names, and that no source fetches from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The anchor's country.
    pub country: String,
    /// The address.
    pub url: String,
}

/// What a store is held against.
#[derive(Clone, Copy, Debug)]
pub struct Wishes<'a> {
    /// The present moment.
    pub now: Timestamp,
    /// Countries that the site serves, upper case.
    pub countries: &'a BTreeSet<String>,
    /// Age in days beyond which a revocation list says nothing any more.
    pub list_max_age_days: u32,
}

/// Looks at a store; findings come worst first.
#[must_use]
pub fn examine(
    folder: &Path,
    snapshot: &TrustSnapshot,
    policy: &Result<TrustPolicy, PolicyError>,
    wishes: Wishes<'_>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if snapshot.anchors().is_empty() {
        findings.push(Finding::new(FindingKind::Empty, folder.display().to_string()));
    }
    countries(snapshot, wishes, &mut findings);
    anchors(snapshot, wishes.now, &mut findings);
    lists(snapshot, wishes, &mut findings);
    match policy {
        Ok(policy) => sources(folder, policy, wishes.now, &mut findings),
        Err(error) => findings.push(Finding::new(FindingKind::Policy, error.to_string())),
    }
    findings.extend(writable(folder).into_iter().map(|path| Finding::new(FindingKind::Writable, path)));
    findings.sort_by_key(|finding| finding.kind);
    findings
}

/// Where revocation lists of the trusted countries may be fetched from, by their own certificates' word.
#[must_use]
pub fn candidates(snapshot: &TrustSnapshot, policy: &TrustPolicy, now: Timestamp) -> Vec<Candidate> {
    let known = |url: &str| policy.sources.iter().any(|source| source.place == Place::Http(url.to_owned()));
    let in_force = snapshot.anchors().iter().filter(|anchor| anchor.certificate.not_after() >= now);
    let all: BTreeSet<Candidate> = in_force
        .flat_map(|anchor| {
            let country = country_of(anchor);
            let addresses = crl_addresses(&anchor.certificate).into_iter();
            addresses.map(move |url| Candidate { country: country.clone(), url })
        })
        .filter(|candidate| !known(&candidate.url))
        .collect();
    all.into_iter().collect()
}

/// SHA-1 in its signature, or a key below what 9303-12 §4.1.6 asks for.
#[must_use]
pub fn is_weak(anchor: &Anchor) -> bool {
    let small = match anchor.key() {
        PublicKey::Ec(point) => point.curve().field_len() < 28,
        PublicKey::Rsa(key) => key.modulus_bits() < 2048,
        PublicKey::Dsa(key) => key.prime_bits() < 2048,
    };
    let sha1 = anchor.certificate.signature_scheme().is_ok_and(|scheme| scheme.hash() == HashAlgorithm::Sha1);
    small || sha1
}

/// The country of an anchor's subject in capitals; empty where it names none.
#[must_use]
pub fn country_of(anchor: &Anchor) -> String {
    anchor.certificate.subject().country().unwrap_or_default()
}

fn countries(snapshot: &TrustSnapshot, wishes: Wishes<'_>, findings: &mut Vec<Finding>) {
    for country in wishes.countries {
        let mut theirs = snapshot.anchors().iter().filter(|anchor| country_of(anchor) == *country);
        if !theirs.any(|anchor| anchor.certificate.not_after() >= wishes.now) {
            findings.push(Finding::new(FindingKind::CountryMissing, country));
        }
    }
}

fn anchors(snapshot: &TrustSnapshot, now: Timestamp, findings: &mut Vec<Finding>) {
    let mut by_key_id: HashMap<&[u8], &Anchor> = HashMap::new();
    for anchor in snapshot.anchors() {
        let certificate = &anchor.certificate;
        let ends = certificate.not_after();
        if ends < now {
            findings.push(Finding::about(FindingKind::Expired, anchor, ends));
        } else if ends < now.plus_s(EXPIRES_SOON_DAYS * DAY_S) {
            findings.push(Finding::about(FindingKind::ExpiresSoon, anchor, ends));
        }
        if is_weak(anchor) {
            let scheme = certificate.signature_scheme().map(SignatureScheme::name).unwrap_or_default();
            let what = format!("{}, {scheme}", anchor.key().name());
            findings.push(Finding::about(FindingKind::Weak, anchor, what));
        }
        if let Some(id) = certificate.subject_key_id() {
            let first = *by_key_id.entry(id).or_insert(anchor);
            // A root and its links have one identifier because they have one key.
            if first.certificate.spki() != certificate.spki() && first.key() != anchor.key() {
                let what = format!("{} {}", policy::hex(id), first.certificate.fingerprint());
                findings.push(Finding::about(FindingKind::SameKeyId, anchor, what));
            }
        }
    }
}

fn lists(snapshot: &TrustSnapshot, wishes: Wishes<'_>, findings: &mut Vec<Finding>) {
    let oldest = wishes.now.plus_s(-i64::from(wishes.list_max_age_days) * DAY_S);
    let mut with_list = BTreeSet::new();
    for list in snapshot.crls() {
        with_list.extend(list.issuer().country());
        let late = list.next_update().filter(|next| *next < wishes.now);
        if late.is_some() || list.this_update() < oldest {
            let when = late.unwrap_or(list.this_update());
            let mut finding = Finding::new(FindingKind::StaleList, format!("{}: {when}", list.issuer()));
            finding.sha256 = Some(list.fingerprint().to_string());
            findings.push(finding);
        }
    }
    let mut without: BTreeMap<String, usize> = BTreeMap::new();
    for anchor in snapshot.anchors().iter().filter(|anchor| anchor.certificate.not_after() >= wishes.now) {
        let country = country_of(anchor);
        if !with_list.contains(&country) {
            *without.entry(country).or_default() += 1;
        }
    }
    findings.extend(without.into_keys().map(|country| Finding::new(FindingKind::NoList, country)));
}

fn sources(folder: &Path, policy: &TrustPolicy, now: Timestamp, findings: &mut Vec<Finding>) {
    if policy.sources.is_empty() {
        return;
    }
    let state = RefreshState::of_store(folder);
    for source in &policy.sources {
        let known = state.of(source);
        if state.is_overdue(source, now) {
            let last = known.and_then(|known| known.last_success_unix_s);
            let last = last.map_or_else(|| "–".to_owned(), |last| Timestamp(last).to_string());
            findings.push(Finding::new(FindingKind::SourceOverdue, format!("{}: {last}", source.name)));
        }
        if let Some(fault) = known.and_then(|known| known.last_fault.as_ref()) {
            let what = format!("{} ({}): {fault}", source.name, source.place.shown());
            findings.push(Finding::new(FindingKind::SourceFailed, what));
        }
    }
}

/// The folder and files in it to which everybody may write: who does decides whom this terminal trusts.
#[cfg(unix)]
fn writable(folder: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let by_all =
        |path: &Path| std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o002 != 0);
    let mut found = Vec::new();
    if by_all(folder) {
        found.push(folder.display().to_string());
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let first = entries.map(|entry| entry.path()).find(|path| by_all(path));
    found.extend(first.map(|path| path.display().to_string()));
    found
}

#[cfg(not(unix))]
fn writable(_: &Path) -> Vec<String> {
    Vec::new()
}

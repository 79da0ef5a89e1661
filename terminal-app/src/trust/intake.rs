//! One file into the store: it proves itself to the builder, and the policy says whether its source may bring it.

use reader_core::crypto::signature::SignatureCheck;
use reader_core::evidence::Reason;
use reader_core::pki::trust::master_lists_of_ldif;
use reader_core::pki::{
    Certificate, Fingerprint, Imported, Pins, Provenance, TrustBuilder, TrustSnapshot, VerifiedBy,
};
use reader_core::wire::ber;
use reader_core::wire::cms::SignedData;
use reader_core::wire::date::Timestamp;
use reader_core::wire::tlv::{Reader, Rules};

use super::policy::{Refused, Route, TrustPolicy};
use super::{Kind, TrustError, TrustFolder, recognise};

/// `id-icao-cscaMasterListSigningKey`.
const LIST_SIGNER_PURPOSE: &str = "2.23.136.1.1.3";
/// `signingTime`.
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";

/// What became of one file.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What the file was; `None`: a snapshot of a store.
    pub kind: Option<Kind>,
    /// What is new.
    pub added: Vec<Fingerprint>,
    /// How many were there already.
    pub known: usize,
    /// What was refused, each with its reason.
    pub refused: Vec<Refused>,
    /// What departs from the standard and was tolerated.
    pub notes: Vec<Reason>,
}

impl Taken {
    /// Whether anything of it could be used.
    #[must_use]
    pub fn is_of_use(&self) -> bool {
        self.known > 0 || !self.added.is_empty()
    }
}

/// One file into the store that `snapshot` is; gives the store with it.
#[must_use]
pub fn take(
    snapshot: TrustSnapshot,
    bytes: &[u8],
    provenance: &Provenance,
    policy: &TrustPolicy,
    pins: &Pins,
    route: Route,
) -> (TrustSnapshot, Taken) {
    let kind = recognise(bytes);
    if kind == Kind::MasterList
        && let Err((reason, detail)) = list_may_speak(&snapshot, bytes, policy, pins)
    {
        let refused = Refused {
            subject: "master list".to_owned(),
            fingerprint: Fingerprint::of(bytes),
            reason,
            detail,
        };
        return (
            snapshot,
            Taken {
                kind: Some(kind),
                added: Vec::new(),
                known: 0,
                refused: vec![refused],
                notes: Vec::new(),
            },
        );
    }
    // Each list of a directory is judged like one that came by itself.
    if kind == Kind::Directory {
        return take_directory(snapshot, bytes, provenance, policy, pins, route);
    }
    let mut builder = TrustBuilder::from_snapshot(&snapshot);
    let imported = super::add(&mut builder, bytes, provenance, pins).1;
    judged(&builder.build(), imported, kind, policy, pins, route)
}

/// A directory's file: its lists one by one, as often as one more brings the country of another, then the rest.
fn take_directory(
    mut snapshot: TrustSnapshot,
    bytes: &[u8],
    provenance: &Provenance,
    policy: &TrustPolicy,
    pins: &Pins,
    route: Route,
) -> (TrustSnapshot, Taken) {
    let kind = Kind::Directory;
    let mut all =
        Taken { kind: Some(kind), added: Vec::new(), known: 0, refused: Vec::new(), notes: Vec::new() };
    let mut waiting = master_lists_of_ldif(bytes);
    loop {
        let mut left = Vec::new();
        let mut refused = Vec::new();
        let before = all.added.len();
        for list in waiting {
            let (grown, taken) = take(snapshot, &list, provenance, policy, pins, route);
            snapshot = grown;
            if taken.is_of_use() {
                all.added.extend(taken.added);
                all.known += taken.known;
                all.refused.extend(taken.refused);
                all.notes.extend(taken.notes);
            } else {
                refused.extend(taken.refused);
                left.push(list);
            }
        }
        if left.is_empty() || all.added.len() == before {
            all.refused.extend(refused);
            break;
        }
        waiting = left;
    }
    let mut builder = TrustBuilder::from_snapshot(&snapshot);
    let imported = builder.add_ldif_without_master_lists(bytes, provenance, pins);
    let (snapshot, rest) = judged(&builder.build(), imported, kind, policy, pins, route);
    all.added.extend(rest.added);
    all.known += rest.known;
    all.refused.extend(rest.refused);
    all.notes.extend(rest.notes);
    (snapshot, all)
}

/// The store without what came in against the policy.
fn judged(
    grown: &TrustSnapshot,
    imported: Imported,
    kind: Kind,
    policy: &TrustPolicy,
    pins: &Pins,
    route: Route,
) -> (TrustSnapshot, Taken) {
    let mut refused: Vec<Refused> = imported.refused.into_iter().map(Refused::from).collect();
    let mut unwanted: Vec<Fingerprint> = Vec::new();
    for anchor in
        grown.anchors().iter().filter(|anchor| imported.added.contains(&anchor.certificate.fingerprint()))
    {
        // What only a refused certificate vouches for is refused with it.
        let judged = match anchor.verified_by {
            VerifiedBy::Link(issuer) if unwanted.contains(&issuer) => {
                Err((Reason::LinkIssuerUnknown, format!("it stands under {issuer}, which was refused")))
            }
            _ => policy.judge(anchor, kind, route, pins),
        };
        if let Err((reason, detail)) = judged {
            let (subject, fingerprint) =
                (anchor.certificate.subject().to_string(), anchor.certificate.fingerprint());
            unwanted.push(fingerprint);
            refused.push(Refused { subject, fingerprint, reason, detail });
        }
    }
    let added = imported.added.into_iter().filter(|id| !unwanted.contains(id)).collect();
    let notes = imported.notes.into_iter().map(Reason::from).collect();
    let taken = Taken { kind: Some(kind), added, known: imported.known, refused, notes };
    (without(grown.clone(), &unwanted), taken)
}

/// A list without a signature, or under a country whose lists the policy does not want, is judged as a whole. Every
/// certificate in it that is for list signers has to satisfy the policy: which of them signed is the builder's question.
fn list_may_speak(
    snapshot: &TrustSnapshot,
    bytes: &[u8],
    policy: &TrustPolicy,
    pins: &Pins,
) -> Result<(), (Reason, String)> {
    let normal;
    let data = match SignedData::parse(bytes) {
        Ok(data) => data,
        Err(_) => {
            normal = ber::normalise("master list", bytes).unwrap_or_default();
            match SignedData::parse(&normal) {
                Ok(data) => data,
                Err(_) => return policy.judge_bare_list(),
            }
        }
    };
    if policy.lists_signed_by.is_none() || pins.contains(Fingerprint::of(bytes)) {
        return Ok(());
    }
    let at_hand: Vec<Certificate> =
        data.certificates.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
    let pinned: Vec<&Certificate> =
        at_hand.iter().filter(|certificate| pins.contains(certificate.fingerprint())).collect();
    let for_lists = at_hand.iter().filter(|certificate| {
        let purposes = certificate.extended_key_usage().unwrap_or_default();
        purposes.iter().any(|purpose| purpose == LIST_SIGNER_PURPOSE)
    });
    for signer in for_lists {
        let signed_by = |authority: &Certificate| {
            let key = authority.public_key();
            key.is_ok_and(|key| signer.verify_under(&key).is_ok_and(SignatureCheck::is_valid))
        };
        if pinned.iter().any(|one| one.fingerprint() == signer.fingerprint() || signed_by(one)) {
            continue;
        }
        // The country is that of the key that signed the signer's certificate, not what the signer says of itself.
        let issuer = snapshot.anchors().iter().map(|anchor| &anchor.certificate).find(|anchor| {
            let named = anchor.subject_key_id().is_some_and(|id| signer.authority_key_id() == Some(id))
                || anchor.subject().says_the_same(signer.issuer());
            named && signed_by(anchor)
        });
        // Under no trusted key at all: the builder refuses it and says what to add.
        if let Some(issuer) = issuer {
            let country = issuer.subject().country().unwrap_or_default();
            policy.judge_list_signer(&country, signer.fingerprint())?;
        }
    }
    Ok(())
}

/// The certificates that travel in a signed list: its signer's among them.
#[must_use]
pub fn certificates_in(bytes: &[u8]) -> Vec<Fingerprint> {
    let normal = ber::normalise("signed list", bytes).unwrap_or_default();
    let data = SignedData::parse(&normal);
    data.map(|data| data.certificates.iter().map(|der| Fingerprint::of(der)).collect()).unwrap_or_default()
}

/// When a signed list was signed, by its own word.
#[must_use]
pub fn signing_time(bytes: &[u8]) -> Option<Timestamp> {
    let normal = ber::normalise("signed list", bytes).ok()?;
    let data = SignedData::parse(&normal).ok()?;
    let attributes = data.signers.first()?.signed_attributes.as_ref()?;
    let value = attributes.of_kind(SIGNING_TIME).next()?.single_value()?;
    Reader::new("signingTime", Rules::Ber, value.raw).time().ok()
}

/// Changes the store in `folder` as a whole. No other program can change it meanwhile.
///
/// # Errors
/// As [`TrustFolder::update`].
pub fn change<R>(
    folder: &TrustFolder,
    change: impl FnOnce(TrustSnapshot) -> (TrustSnapshot, R),
) -> Result<R, TrustError> {
    let (result, _) = folder.update(|builder| {
        let (snapshot, result) = change(std::mem::take(builder).build());
        *builder = TrustBuilder::from_snapshot(&snapshot);
        result
    })?;
    Ok(result)
}

/// The store without these certificates.
#[must_use]
pub fn without(snapshot: TrustSnapshot, unwanted: &[Fingerprint]) -> TrustSnapshot {
    if unwanted.is_empty() {
        return snapshot;
    }
    let mut builder = TrustBuilder::from_snapshot(&snapshot);
    for id in unwanted {
        builder.remove(*id);
    }
    builder.build()
}

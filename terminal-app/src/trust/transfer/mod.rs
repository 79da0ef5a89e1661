//! The whole store in one signed file, for terminals without a network.
//!
//! The exporting terminal's key is pinned where the file is taken in. That pin stands for everything in it, since the
//! signature covers each byte; what every certificate and list says of itself is checked again all the same. Document
//! signers are not: one of them is proved when a document names it, and trusted never.

mod container;

pub use container::{Entry, Envelope, Manifest, open_signed, write_signed};

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use reader_core::pki::{
    Fingerprint, HeldCrl, HeldList, Imported, Pack, PackError, Pins, TrustBuilder, TrustSnapshot, VerifiedBy,
};
use reader_core::wire::date::Timestamp;
use serde::{Deserialize, Serialize};

use super::TrustError;
use super::intake::Taken;
use super::policy::{Refused, TrustPolicy};
use crate::failure::Failure;
use crate::signing_key::{self, SigningKey};

/// Largest snapshot. A store of the whole world with its document signers has some 40 MB.
pub const MAX_SNAPSHOT_BYTES: u64 = 256 << 20;

/// Why a snapshot is not taken. Nothing of the store was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotFault {
    /// It is none.
    #[error("it is no snapshot of a trust store: {0}")]
    Shape(&'static str),
    /// It is cut, or has something after its end.
    #[error("it is cut or longer than it should be: {found} bytes where it says {expected}")]
    Cut {
        /// How many should follow the four lines.
        expected: usize,
        /// How many do.
        found: usize,
    },
    /// Its manifest is not understood.
    #[error("its manifest is not understood: {0}")]
    Manifest(String),
    /// A pack is not the one that was signed.
    #[error("the pack {0} does not have that SHA-256")]
    Hash(String),
    /// A pack is no part of a store.
    #[error("{0}")]
    Pack(#[from] PackError),
    /// Its key is none that signs snapshots.
    #[error("its key is no P-256 key in the form that counts")]
    Key,
    /// Its signature does not hold.
    #[error("it was altered: its signature does not hold")]
    Signature,
    /// Its signer is not the one pinned.
    #[error("it is signed by {found}, which is not pinned here")]
    Signer {
        /// SHA-256 of the key that signed it.
        found: Fingerprint,
    },
    /// One of this number or a higher one was taken in before.
    #[error("its number is {number}, and {taken} of the same signer was taken in before")]
    Older {
        /// Its number.
        number: u64,
        /// The number taken before.
        taken: u64,
    },
    /// It says that it is not to be taken any more.
    #[error("it expired on {0}")]
    Expired(String),
}

/// What an export or import has to know of those before it: `transfer.json` in the store's folder.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Numbers {
    /// The last one that was exported from this store.
    #[serde(default)]
    exported: u64,
    /// The last one that was taken in, by signer.
    #[serde(default)]
    imported: BTreeMap<String, u64>,
}

const NUMBERS: &str = "transfer.json";

impl Numbers {
    /// What stands in the store's folder.
    ///
    /// # Errors
    /// The file is there and cannot be understood: a number that is forgotten lets an old snapshot in.
    pub fn of_store(folder: &Path) -> Result<Self, TrustError> {
        let path = folder.join(NUMBERS);
        match super::read_at_most(&path, 1 << 20) {
            Err(_) if !path.exists() => Ok(Self::default()),
            Err(error) => Err(error),
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| TrustError::Read { path, problem: error.to_string() }),
        }
    }

    /// Keeps it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), TrustError> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        super::replace_file(&folder.join(NUMBERS), text.as_bytes())
    }

    /// The number of the next export: it rises, also where this file was lost, since seconds do.
    pub fn next_export(&mut self, now: Timestamp) -> u64 {
        self.exported = u64::try_from(now.0).unwrap_or_default().max(self.exported.saturating_add(1));
        self.exported
    }

    fn taken(&self, signer: Fingerprint) -> Option<u64> {
        self.imported.get(&signer.to_string()).copied()
    }

    /// Remembers an import. An older one that was allowed does not make the number fall.
    pub fn imported(&mut self, signer: Fingerprint, number: u64) {
        let last = self.imported.entry(signer.to_string()).or_default();
        *last = number.max(*last);
    }
}

/// The store as a signed file.
///
/// # Errors
/// The key does not sign.
pub fn export(
    snapshot: &TrustSnapshot,
    number: u64,
    now: Timestamp,
    expires: Option<Timestamp>,
    key: &SigningKey,
) -> Result<Vec<u8>, Failure> {
    let packs = snapshot.packs();
    let packs: Vec<&[u8]> = packs.iter().map(Pack::bytes).collect();
    let signed = write_signed(number, now.to_string(), expires.map(|time| time.to_string()), &packs);
    let signature = key.sign(&signed)?;
    Ok(Envelope { key: key.spki().to_vec(), signature, signed: &signed }.write())
}

/// A snapshot whose signature holds under a pinned key and whose packs have their hashes.
#[derive(Debug)]
pub struct Opened<'a> {
    /// SHA-256 of the signer's key.
    pub signer: Fingerprint,
    /// What is said of the packs.
    pub manifest: Manifest,
    packs: Vec<&'a [u8]>,
}

/// Under which conditions a snapshot is taken.
#[derive(Clone, Copy, Debug)]
pub struct Conditions<'a> {
    /// Keys that may have signed it.
    pub signers: &'a BTreeSet<Fingerprint>,
    /// The present moment.
    pub now: Timestamp,
    /// Also one that is older than the last, or expired.
    pub allow_older: bool,
}

/// Opens a snapshot's file: signature first, then the rest.
///
/// # Errors
/// As [`SnapshotFault`] says.
pub fn open<'a>(
    file: &'a [u8],
    numbers: &Numbers,
    conditions: Conditions<'_>,
) -> Result<Opened<'a>, SnapshotFault> {
    let envelope = Envelope::parse(file)?;
    let signer = Fingerprint::of(&envelope.key);
    match signing_key::holds(&envelope.key, envelope.signed, &envelope.signature) {
        None => return Err(SnapshotFault::Key),
        Some(false) => return Err(SnapshotFault::Signature),
        Some(true) if !conditions.signers.contains(&signer) => {
            return Err(SnapshotFault::Signer { found: signer });
        }
        Some(true) => {}
    }
    let (manifest, packs) = open_signed(envelope.signed)?;
    let expires = manifest.expires_at.as_deref().map(moment).transpose()?;
    if !conditions.allow_older {
        if let Some(taken) = numbers.taken(signer).filter(|taken| manifest.number < *taken) {
            return Err(SnapshotFault::Older { number: manifest.number, taken });
        }
        if expires.is_some_and(|expires| expires < conditions.now) {
            return Err(SnapshotFault::Expired(manifest.expires_at.unwrap_or_default()));
        }
    }
    Ok(Opened { signer, manifest, packs })
}

/// The store that comes of a snapshot: all of it that proves itself again and that the policy takes, alone or, for merging,
/// beside what `base` holds already.
///
/// # Errors
/// A pack is none.
pub fn import(
    opened: &Opened<'_>,
    base: Option<&TrustSnapshot>,
    policy: &TrustPolicy,
) -> Result<(TrustSnapshot, Taken), SnapshotFault> {
    let packs = opened.packs.iter().map(|pack| Pack::new(pack.to_vec())).collect();
    let carried = TrustSnapshot::from_packs(packs)?;
    let mut taken = Taken::of(None, Imported::default());
    let unwanted = unproved(&carried, policy, &mut taken.refused);
    let kept = super::intake::without(carried, &unwanted);
    let Some(base) = base else {
        taken.added = everything(&kept);
        return Ok((kept, taken));
    };
    let mut builder = TrustBuilder::from_snapshot(base);
    let before: BTreeSet<Fingerprint> = everything(base).into_iter().collect();
    for anchor in kept.anchors() {
        // It was proved a moment ago; how the exporting terminal came to believe it is kept.
        let restored =
            builder.restore(anchor.certificate.der(), anchor.provenance.clone(), anchor.verified_by);
        restored.map_err(|error| SnapshotFault::Manifest(error.to_string()))?;
    }
    for list in kept.crls() {
        let imported = builder.add_crl(list.der(), &list.provenance);
        taken.refused.extend(imported.refused.into_iter().map(Refused::from));
    }
    for list in kept.deviation_lists() {
        let imported = builder.add_deviation_list(&list.der, &list.provenance, &vouched(list, &kept));
        taken.refused.extend(imported.refused.into_iter().map(Refused::from));
    }
    for signer in kept.document_signers().iter() {
        let imported = builder.add_known_signer(&signer);
        taken.refused.extend(imported.refused.into_iter().map(Refused::from));
    }
    let merged = builder.build();
    taken.added = everything(&merged).into_iter().filter(|id| !before.contains(id)).collect();
    taken.known = everything(&kept).iter().filter(|id| before.contains(id)).count();
    Ok((merged, taken))
}

/// What of a carried store does not prove itself any more, or is not wanted here.
fn unproved(carried: &TrustSnapshot, policy: &TrustPolicy, refused: &mut Vec<Refused>) -> Vec<Fingerprint> {
    let mut proved = TrustBuilder::new();
    let mut unwanted = Vec::new();
    for anchor in carried.anchors() {
        let certificate = &anchor.certificate;
        let fingerprint = certificate.fingerprint();
        if let Err((refusal, detail)) = policy.judge_owner(certificate) {
            unwanted.push(fingerprint);
            let subject = certificate.subject().to_string();
            refused.push(Refused { subject, fingerprint, reason: refusal.into(), detail });
            continue;
        }
        // The signer's pin is the pin of everything in it. What was pinned there, or came in a list, stands without its
        // issuer; a link that nothing but its issuer vouched for does not.
        let by_link = matches!(anchor.verified_by, VerifiedBy::Link(_));
        let pins: Pins = (!by_link).then_some(fingerprint).into_iter().collect();
        let imported = proved.add_certificate(certificate.der(), &anchor.provenance, &pins);
        unwanted.extend(imported.refused.iter().map(|one| one.fingerprint));
        refused.extend(imported.refused.into_iter().map(Refused::from));
    }
    for list in carried.crls() {
        let imported = proved.add_crl(list.der(), &list.provenance);
        unwanted.extend(imported.refused.iter().map(|one| one.fingerprint));
        refused.extend(imported.refused.into_iter().map(Refused::from));
    }
    for list in carried.deviation_lists() {
        let imported = proved.add_deviation_list(&list.der, &list.provenance, &vouched(list, carried));
        unwanted.extend(imported.refused.iter().map(|one| one.fingerprint));
        refused.extend(imported.refused.into_iter().map(Refused::from));
    }
    unwanted
}

/// The exporting terminal may have pinned a list, its signer, or an authority that is not in the store; the snapshot's signature
/// passes that on. Who was believed under a trusted certificate has to stand under it here too.
fn vouched(list: &HeldList, carried: &TrustSnapshot) -> Pins {
    match list.verified_by {
        VerifiedBy::Link(id) => {
            let trusted = carried.anchors().iter().any(|anchor| anchor.certificate.fingerprint() == id);
            (!trusted).then_some(id).into_iter().collect()
        }
        _ => super::intake::certificates_in(&list.der).into_iter().collect(),
    }
}

fn everything(snapshot: &TrustSnapshot) -> Vec<Fingerprint> {
    let anchors = snapshot.anchors().iter().map(|anchor| anchor.certificate.fingerprint());
    let crls = snapshot.crls().iter().map(HeldCrl::fingerprint);
    let lists = snapshot.deviation_lists().iter().map(|list| list.fingerprint);
    anchors.chain(crls).chain(lists).chain(snapshot.document_signers().fingerprints()).collect()
}

fn moment(text: &str) -> Result<Timestamp, SnapshotFault> {
    text.parse::<jiff::Timestamp>()
        .map(|time| Timestamp(time.as_second()))
        .map_err(|_| SnapshotFault::Manifest(format!("{text:?} is no moment (RFC 3339)")))
}

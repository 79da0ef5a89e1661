//! Takes document signers in and out of a store.

use std::collections::{BTreeMap, HashMap};

use super::pack::{Object, ObjectKind, PACK_BYTES, Pack};
use super::signers::{DocumentSigners, Named};
use super::{Conformance, Imported, KnownSigner, Provenance, Refusal, Refused, TrustBuilder, VerifiedBy};
use crate::pki::certificate::{Certificate, CertificateError, Fingerprint};
use crate::pki::name::Name;
use crate::wire::Malformed;

/// Packs beyond this number are written together when the store changes.
const MAX_SMALL_PACKS: usize = 8;
/// A pack below this size is small.
const SMALL_PACK_BYTES: usize = PACK_BYTES / 4;

/// The signers of a store that changes: those that were packed before, less those taken out, and those that came.
#[derive(Clone, Debug, Default)]
pub(super) struct SignerShelf {
    kept: DocumentSigners,
    /// Where each is: packed before, or among those that came.
    known: HashMap<Fingerprint, Place>,
    by_entry: HashMap<[u8; 16], Fingerprint>,
    fresh: BTreeMap<usize, Vec<u8>>,
    next_fresh: usize,
    changed: bool,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Packed(u32, u32),
    Fresh(usize),
}

impl SignerShelf {
    pub(super) fn of(kept: &DocumentSigners) -> Self {
        let mut shelf = Self::default();
        for ((pack, offset), object) in kept.objects() {
            shelf.known.insert(object.fingerprint, Place::Packed(*pack, *offset));
            if let Some(entry) = object.entry {
                shelf.by_entry.insert(entry, object.fingerprint);
            }
        }
        shelf.kept = kept.clone();
        shelf
    }

    pub(super) fn contains(&self, fingerprint: Fingerprint) -> bool {
        self.known.contains_key(&fingerprint)
    }

    /// Takes in a signer whose chain was found to hold. What came from its entry before is given back, and stays.
    ///
    /// # Errors
    /// It could not be looked up.
    pub(super) fn put(&mut self, signer: &KnownSigner) -> Result<Option<Fingerprint>, Malformed> {
        let fingerprint = signer.certificate.fingerprint();
        if self.contains(fingerprint) {
            return Ok(None);
        }
        Name::parse(Named::of(signer.certificate.der())?.issuer)?;
        let object = Object {
            kind: ObjectKind::Signer,
            fingerprint,
            source: &signer.provenance.source,
            imported_at: signer.provenance.imported_at,
            verified_by: VerifiedBy::Link(signer.signed_by),
            mark: mark(&signer.conformance),
            entry: signer.entry,
            der: signer.certificate.der(),
        };
        self.shelve(fingerprint, object.encode());
        Ok(signer.entry.and_then(|entry| self.by_entry.insert(entry, fingerprint)))
    }

    fn shelve(&mut self, fingerprint: Fingerprint, object: Vec<u8>) {
        self.fresh.insert(self.next_fresh, object);
        self.known.insert(fingerprint, Place::Fresh(self.next_fresh));
        self.next_fresh += 1;
        self.changed = true;
    }

    /// A signer at hand stands in this entry of a directory, which says this of it: its word replaces what was known. What
    /// came from the entry before is given back, and stays.
    pub(super) fn relabel(
        &mut self,
        fingerprint: Fingerprint,
        provenance: &Provenance,
        conformance: &Conformance,
        entry: [u8; 16],
    ) -> Option<Fingerprint> {
        let place = *self.known.get(&fingerprint)?;
        let object = self.object(place)?;
        let earlier = object.entry;
        if earlier != Some(entry) || object.mark != mark(conformance) {
            let object = Object {
                source: &provenance.source,
                imported_at: provenance.imported_at,
                mark: mark(conformance),
                entry: Some(entry),
                ..object
            };
            let object = object.encode();
            self.remove(fingerprint);
            self.shelve(fingerprint, object);
        }
        if let Some(earlier) = earlier.filter(|earlier| self.by_entry.get(earlier) == Some(&fingerprint)) {
            self.by_entry.remove(&earlier);
        }
        self.by_entry.insert(entry, fingerprint)
    }

    fn object(&self, place: Place) -> Option<Object<'_>> {
        match place {
            Place::Packed(pack, offset) => self.kept.packs().get(usize::try_from(pack).ok()?)?.object(offset),
            Place::Fresh(number) => Object::of(self.fresh.get(&number)?),
        }
    }

    /// Takes out what came from this entry of a directory.
    pub(super) fn remove_entry(&mut self, entry: &[u8; 16]) -> Option<Fingerprint> {
        let fingerprint = self.by_entry.remove(entry)?;
        self.remove(fingerprint).then_some(fingerprint)
    }

    pub(super) fn remove(&mut self, fingerprint: Fingerprint) -> bool {
        let Some(place) = self.known.remove(&fingerprint) else { return false };
        if let Place::Fresh(number) = place {
            self.fresh.remove(&number);
        }
        self.changed = true;
        true
    }

    /// Packs that lost nothing stay as they are; the rest is packed anew.
    pub(super) fn build(self) -> DocumentSigners {
        if !self.changed {
            return self.kept;
        }
        let mut left: Vec<Vec<u32>> = vec![Vec::new(); self.kept.packs().len()];
        for place in self.known.values() {
            if let Place::Packed(pack, offset) = place
                && let Some(offsets) = usize::try_from(*pack).ok().and_then(|pack| left.get_mut(pack))
            {
                offsets.push(*offset);
            }
        }
        let mut before = vec![0_usize; self.kept.packs().len()];
        for (pack, _) in self.kept.entries() {
            if let Some(count) = usize::try_from(*pack).ok().and_then(|pack| before.get_mut(pack)) {
                *count += 1;
            }
        }
        let whole = |number: usize| left.get(number).map(Vec::len) == before.get(number).copied();
        let small = |pack: &Pack| pack.bytes().len() < SMALL_PACK_BYTES;
        let many_small = self.kept.packs().iter().filter(|pack| small(pack)).count() >= MAX_SMALL_PACKS;
        let mut packs = Vec::new();
        let mut loose: Vec<Vec<u8>> = Vec::new();
        for (number, pack) in self.kept.packs().iter().enumerate() {
            if whole(number) && !(many_small && small(pack)) {
                packs.push(pack.clone());
                continue;
            }
            let mut offsets = left.get(number).cloned().unwrap_or_default();
            offsets.sort_unstable();
            loose.extend(offsets.iter().filter_map(|offset| pack.object_bytes(*offset)).map(<[u8]>::to_vec));
        }
        loose.extend(self.fresh.values().cloned());
        packs.extend(packed(&loose));
        // Each was read when it came: this cannot fail, and if it did, nothing may get lost.
        DocumentSigners::of_packs(packs).unwrap_or(self.kept)
    }
}

/// What the directory says against a signer, as it is kept.
const fn mark(conformance: &Conformance) -> Option<&str> {
    match conformance {
        Conformance::Conformant => None,
        Conformance::NonConformant { findings } => Some(findings.as_str()),
    }
}

/// What became of a document signer.
pub(super) enum Shelved {
    /// It is new. `before` came from its entry earlier, and stays.
    New { fingerprint: Fingerprint, before: Option<Fingerprint> },
    /// It was there already. `before` came from its entry earlier, and stays.
    Known { before: Option<Fingerprint> },
}

/// Objects in packs of about [`PACK_BYTES`].
fn packed(objects: &[Vec<u8>]) -> Vec<Pack> {
    let mut packs = Vec::new();
    let mut from = 0;
    let mut size = 0;
    for (index, object) in objects.iter().enumerate() {
        if size > 0 && size + object.len() > PACK_BYTES {
            packs.extend(objects.get(from..index).map(Pack::of_objects));
            (from, size) = (index, 0);
        }
        size += object.len();
    }
    let rest = objects.get(from..).unwrap_or_default();
    if !rest.is_empty() {
        packs.push(Pack::of_objects(rest));
    }
    packs
}

impl TrustBuilder {
    /// Takes in a document signer that a directory published (DER). A trusted certificate must have signed it.
    pub fn add_document_signer(
        &mut self,
        der: &[u8],
        provenance: &Provenance,
        conformance: Conformance,
    ) -> Imported {
        self.shelved(der, provenance, conformance, None)
    }

    /// Takes in a document signer that a store knew, with what that store knew of it. A trusted certificate of this one
    /// must have signed it.
    pub fn add_known_signer(&mut self, signer: &KnownSigner) -> Imported {
        if self.signers.contains(signer.certificate.fingerprint()) {
            return Imported { known: 1, ..Imported::default() };
        }
        let KnownSigner { certificate, provenance, conformance, entry, .. } = signer;
        self.shelved(certificate.der(), provenance, conformance.clone(), *entry)
    }

    fn shelved(
        &mut self,
        der: &[u8],
        provenance: &Provenance,
        conformance: Conformance,
        entry: Option<[u8; 16]>,
    ) -> Imported {
        let mut imported = Imported::default();
        match self.take_document_signer(der, provenance, conformance, entry) {
            Ok(Shelved::New { fingerprint, .. }) => imported.added.push(fingerprint),
            Ok(Shelved::Known { .. }) => imported.known += 1,
            Err(refused) => imported.refused.push(refused),
        }
        imported
    }

    /// Puts back a document signer that this store had taken in before, without checking its signature again: for a store
    /// whose integrity is guarded by other means.
    ///
    /// # Errors
    /// The bytes are no certificate.
    pub fn restore_document_signer(
        &mut self,
        der: &[u8],
        provenance: Provenance,
        signed_by: Fingerprint,
        conformance: Conformance,
    ) -> Result<(), CertificateError> {
        let certificate = Certificate::from_der(der)?;
        self.signers.put(&KnownSigner { certificate, provenance, signed_by, conformance, entry: None })?;
        Ok(())
    }

    fn signed_by_anchor(&self, certificate: &Certificate) -> Result<Fingerprint, (Refusal, String)> {
        if certificate.is_authority() || certificate.is_self_issued() {
            let detail = "it is an authority's certificate among document signers".to_owned();
            return Err((Refusal::NotADocumentSigner, detail));
        }
        let candidates = self.issuers(certificate);
        let mut problem = None;
        let issuer = candidates.iter().filter_map(|index| self.anchors.get(*index)).find(|anchor| {
            match certificate.verify_under(&anchor.key) {
                Ok(check) => check.is_valid(),
                Err(error) => {
                    problem = Some(error.to_string());
                    false
                }
            }
        });
        match (issuer, problem) {
            (Some(anchor), _) => Ok(anchor.certificate.fingerprint()),
            (None, Some(problem)) => Err((Refusal::KeyUnusable, problem)),
            (None, None) if candidates.is_empty() => {
                let detail = format!("add the certificate of {} first", certificate.issuer());
                Err((Refusal::SignerIssuerUnknown, detail))
            }
            (None, None) => {
                let detail = format!("under none of the keys of {} at hand", certificate.issuer());
                Err((Refusal::SignerSignatureWrong, detail))
            }
        }
    }

    /// `entry` is the key of its entry in the directory, whose word on a signer that is known already replaces what was
    /// known of it.
    pub(super) fn take_document_signer(
        &mut self,
        der: &[u8],
        provenance: &Provenance,
        conformance: Conformance,
        entry: Option<[u8; 16]>,
    ) -> Result<Shelved, Refused> {
        let fingerprint = Fingerprint::of(der);
        let refused = |subject: String, refusal, detail| Refused { subject, fingerprint, refusal, detail };
        if self.signers.contains(fingerprint) {
            let before =
                entry.and_then(|entry| self.signers.relabel(fingerprint, provenance, &conformance, entry));
            return Ok(Shelved::Known { before: before.filter(|before| *before != fingerprint) });
        }
        let certificate = Certificate::from_der(der)
            .map_err(|error| refused(String::new(), Refusal::CertificateUnreadable, error.to_string()))?;
        let subject = certificate.subject().to_string();
        match self.signed_by_anchor(&certificate) {
            Ok(signed_by) => {
                let provenance = provenance.clone();
                let signer = KnownSigner { certificate, provenance, signed_by, conformance, entry };
                let before = self
                    .signers
                    .put(&signer)
                    .map_err(|error| refused(subject, Refusal::CertificateUnreadable, error.to_string()))?;
                Ok(Shelved::New { fingerprint, before })
            }
            Err((refusal, detail)) => Err(refused(subject, refusal, detail)),
        }
    }
}

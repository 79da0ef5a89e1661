//! The store at one moment.

use std::collections::HashMap;
use std::sync::Arc;

use super::crls::Crls;
use super::pack::{Object, ObjectKind, Pack, PackError};
use super::signers::DocumentSigners;
use super::{Anchor, HeldCrl, HeldList, TrustBuilder, VerifiedBy};
use crate::pki::certificate::{Certificate, Fingerprint};
use crate::pki::name::Name;

/// Whom this terminal trusts, at one moment. Cheap to clone: all clones share one content.
#[derive(Clone, Debug)]
pub struct TrustSnapshot(Arc<Content>);

#[derive(Debug)]
pub(super) struct Content {
    pub(super) id: Fingerprint,
    pub(super) anchors: Vec<Anchor>,
    pub(super) crls: Crls,
    pub(super) deviation_lists: Vec<HeldList>,
    pub(super) signers: DocumentSigners,
    pub(super) by_key_id: HashMap<Vec<u8>, Vec<usize>>,
    pub(super) by_name: HashMap<Vec<u8>, Vec<usize>>,
    pub(super) by_country: HashMap<String, Vec<usize>>,
}

impl TrustSnapshot {
    /// A store that trusts nobody.
    #[must_use]
    pub fn empty() -> Self {
        TrustBuilder::new().build()
    }

    pub(super) fn new(content: Content) -> Self {
        Self(Arc::new(content))
    }

    /// A fingerprint of everything in it.
    #[must_use]
    pub fn id(&self) -> Fingerprint {
        self.0.id
    }

    /// The trusted certificates, in the order in which they came.
    #[must_use]
    pub fn anchors(&self) -> &[Anchor] {
        &self.0.anchors
    }

    /// The revocation lists, each with where it came from.
    #[must_use]
    pub fn crls(&self) -> &[HeldCrl] {
        self.0.crls.as_slice()
    }

    /// The deviation lists, each with where it came from.
    #[must_use]
    pub fn deviation_lists(&self) -> &[HeldList] {
        &self.0.deviation_lists
    }

    /// Document signers that a directory published. None of them is trusted for being here.
    #[must_use]
    pub fn document_signers(&self) -> &DocumentSigners {
        &self.0.signers
    }

    pub(super) fn crl_shelf(&self) -> &Crls {
        &self.0.crls
    }

    /// The revocation lists that may speak of what `authority` signed in the name of `issuer`: those of its country, of
    /// either name, or under its key.
    pub(in crate::pki) fn crls_near(
        &self,
        issuer: &Name,
        authority: &Certificate,
    ) -> impl Iterator<Item = &HeldCrl> {
        self.0.crls.near(issuer, authority)
    }

    /// Anchors whose key has this identifier.
    pub(in crate::pki) fn with_key_id(&self, id: &[u8]) -> impl Iterator<Item = &Anchor> {
        self.0.by_key_id.get(id).into_iter().flatten().filter_map(|index| self.0.anchors.get(*index))
    }

    /// Anchors whose subject says what `name` says.
    pub(in crate::pki) fn named(&self, name: &Name) -> impl Iterator<Item = &Anchor> {
        let indices = self.0.by_name.get(&name.lookup_key());
        indices.into_iter().flatten().filter_map(|index| self.0.anchors.get(*index))
    }

    /// Anchors whose subject is of the country that `name` is of; where it is of none, those that say the same.
    pub(in crate::pki) fn of_country_of(&self, name: &Name) -> impl Iterator<Item = &Anchor> {
        let indices = match name.country() {
            Some(country) => self.0.by_country.get(&country),
            None => self.0.by_name.get(&name.lookup_key()),
        };
        indices.into_iter().flatten().filter_map(|index| self.0.anchors.get(*index))
    }

    /// The store in the form in which it is kept and carried. What did not change since it was read keeps its pack.
    #[must_use]
    pub fn packs(&self) -> Vec<Pack> {
        let anchors: Vec<Vec<u8>> = self.anchors().iter().map(packed_anchor).collect();
        let crls: Vec<Vec<u8>> = self.crls().iter().map(packed_crl).collect();
        let lists: Vec<Vec<u8>> = self.deviation_lists().iter().map(packed_list).collect();
        let kinds = [anchors, crls, lists];
        let own = kinds.iter().filter(|objects| !objects.is_empty()).map(|objects| Pack::of_objects(objects));
        own.chain(self.document_signers().packs().iter().cloned()).collect()
    }

    /// Puts a store together again. Nothing is proved anew: who calls this has made sure that the packs are those that
    /// [`Self::packs`] gave, by their names in an index or by a signature.
    ///
    /// # Errors
    /// A pack is damaged, of another form, or holds something that cannot be read.
    pub fn from_packs(packs: Vec<Pack>) -> Result<Self, PackError> {
        let mut builder = TrustBuilder::new();
        let mut of_signers = Vec::new();
        for pack in packs {
            let fault = |problem: String| PackError { pack: pack.fingerprint(), problem };
            let mut objects = pack.objects().map_err(|error| fault(error.to_string()))?.peekable();
            let signers = matches!(objects.peek(), Some(Ok((_, first))) if first.kind == ObjectKind::Signer);
            if signers {
                drop(objects);
                of_signers.push(pack);
                continue;
            }
            for object in objects {
                let (_, object) = object.map_err(|error| fault(error.to_string()))?;
                restore(&mut builder, &object).map_err(fault)?;
            }
        }
        let signers = DocumentSigners::of_packs(of_signers)
            .map_err(|(pack, error)| PackError { pack, problem: error.to_string() })?;
        Ok(builder.build_with(signers))
    }
}

fn restore(builder: &mut TrustBuilder, object: &Object<'_>) -> Result<(), String> {
    let provenance = object.provenance();
    match (object.kind, object.verified_by) {
        (ObjectKind::Anchor, verified_by) => {
            builder.restore(object.der, provenance, verified_by).map_err(|error| error.to_string())
        }
        (ObjectKind::Crl, VerifiedBy::Link(signed_by)) => {
            builder.restore_crl(object.der, provenance, signed_by).map_err(|error| error.to_string())
        }
        (ObjectKind::DeviationList, verified_by) => {
            builder.restore_deviation_list(object.der, &provenance, verified_by)
        }
        (ObjectKind::Crl, _) => Err("a revocation list that nobody is said to have signed".to_owned()),
        (ObjectKind::Signer, _) => Err("a document signer among other things".to_owned()),
    }
}

fn packed_anchor(anchor: &Anchor) -> Vec<u8> {
    Object {
        kind: ObjectKind::Anchor,
        fingerprint: anchor.certificate.fingerprint(),
        source: &anchor.provenance.source,
        imported_at: anchor.provenance.imported_at,
        verified_by: anchor.verified_by,
        mark: None,
        entry: None,
        der: anchor.certificate.der(),
    }
    .encode()
}

fn packed_crl(list: &HeldCrl) -> Vec<u8> {
    Object {
        kind: ObjectKind::Crl,
        fingerprint: list.fingerprint(),
        source: &list.provenance.source,
        imported_at: list.provenance.imported_at,
        verified_by: VerifiedBy::Link(list.signed_by),
        mark: None,
        entry: None,
        der: list.der(),
    }
    .encode()
}

fn packed_list(list: &HeldList) -> Vec<u8> {
    Object {
        kind: ObjectKind::DeviationList,
        fingerprint: list.fingerprint,
        source: &list.provenance.source,
        imported_at: list.provenance.imported_at,
        verified_by: list.verified_by,
        mark: None,
        entry: None,
        der: &list.der,
    }
    .encode()
}

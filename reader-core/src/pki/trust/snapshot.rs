//! The store at one moment.

use std::collections::HashMap;

use super::{Anchor, TrustBuilder};
use crate::pki::certificate::Fingerprint;
use crate::pki::crl::Crl;
use crate::pki::name::Name;

/// Whom this terminal trusts, at one moment.
#[derive(Clone, Debug)]
pub struct TrustSnapshot {
    pub(super) id: Fingerprint,
    pub(super) anchors: Vec<Anchor>,
    pub(super) crls: Vec<Crl>,
    pub(super) by_key_id: HashMap<Vec<u8>, Vec<usize>>,
    pub(super) by_name: HashMap<Vec<u8>, Vec<usize>>,
}

impl TrustSnapshot {
    /// A store that trusts nobody.
    #[must_use]
    pub fn empty() -> Self {
        TrustBuilder::new().build()
    }

    /// A fingerprint of everything in it.
    #[must_use]
    pub const fn id(&self) -> Fingerprint {
        self.id
    }

    /// The trusted certificates, in the order in which they came.
    #[must_use]
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// The revocation lists.
    #[must_use]
    pub fn crls(&self) -> &[Crl] {
        &self.crls
    }

    /// Anchors whose key has this identifier.
    pub(in crate::pki) fn with_key_id(&self, id: &[u8]) -> impl Iterator<Item = &Anchor> {
        self.by_key_id.get(id).into_iter().flatten().filter_map(|index| self.anchors.get(*index))
    }

    /// Anchors whose subject says what `name` says.
    pub(in crate::pki) fn named(&self, name: &Name) -> impl Iterator<Item = &Anchor> {
        let indices = self.by_name.get(&name.lookup_key());
        indices.into_iter().flatten().filter_map(|index| self.anchors.get(*index))
    }
}

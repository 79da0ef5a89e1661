//! A trusted certificate, where it came from and why it is trusted.

use std::fmt;
use std::sync::Arc;

use crate::crypto::signature::PublicKey;
use crate::pki::certificate::{Certificate, Fingerprint};
use crate::pki::lists::DeviationList;
use crate::wire::date::Timestamp;

/// Where something came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The file or address, as the operator knows it.
    pub source: String,
    /// When it was taken in.
    pub imported_at: Timestamp,
}

/// Why a certificate is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifiedBy {
    /// The operator added it, and its signature by its own key holds.
    SelfSigned,
    /// A certificate already trusted signed it as a link.
    Link(Fingerprint),
    /// A signed list that was trusted holds it.
    List(Fingerprint),
    /// Its fingerprint was pinned.
    Pinned,
}

impl fmt::Display for VerifiedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SelfSigned => f.write_str("self"),
            Self::Link(id) => write!(f, "link:{id}"),
            Self::List(id) => write!(f, "list:{id}"),
            Self::Pinned => f.write_str("pinned"),
        }
    }
}

/// A trusted certificate.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// The certificate.
    pub certificate: Certificate,
    /// Where it came from.
    pub provenance: Provenance,
    /// Why it is trusted.
    pub verified_by: VerifiedBy,
    pub(in crate::pki) key: PublicKey,
}

impl Anchor {
    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }
}

/// A signed list as it stands, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldList {
    /// The list.
    pub der: Vec<u8>,
    /// Its SHA-256.
    pub fingerprint: Fingerprint,
    /// Where it came from.
    pub provenance: Provenance,
    /// Why it was taken in.
    pub verified_by: VerifiedBy,
    /// What it says.
    pub content: Arc<DeviationList>,
}

/// What a store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldKind {
    /// A trusted certificate.
    Anchor,
    /// A revocation list.
    RevocationList,
    /// A document signer that a directory published.
    DocumentSigner,
    /// A list of documents that deviate from the standard.
    DeviationList,
}

//! Whom this terminal trusts, at one moment: country certificates with where each came from, and revocation lists; and
//! whom it knows without trusting: document signers that a directory published.
//!
//! A [`TrustBuilder`] takes bytes and refuses what does not prove itself; what it builds never changes again. Nothing
//! expires here: an old document needs an old certificate, and dates are for the judge. Spec: 9303-12 §2, §9.

mod anchor;
mod budget;
mod builder;
mod crls;
mod directory;
mod import;
mod pack;
mod rules;
mod shelf;
mod signers;
mod snapshot;

pub use anchor::{Anchor, HeldKind, HeldList, Provenance, VerifiedBy};
pub(in crate::pki) use budget::SearchBudget;
pub use builder::TrustBuilder;
pub(in crate::pki) use builder::{Tried, authority_key};
pub use crls::HeldCrl;
pub use import::{ImportNote, Imported, Pins, Refusal, Refused, Removed};
pub use pack::{Pack, PackError};
pub use rules::{ListWord, SourceRules};
pub use signers::{Conformance, DocumentSigners, KnownSigner};
pub use snapshot::TrustSnapshot;

/// Most candidates tried for one signature, so that hostile lists of one name cannot hold a terminal up.
pub(super) const MAX_CANDIDATES: usize = 32;

//! Whom this terminal trusts, at one moment: country certificates with where each came from, and revocation lists.
//!
//! A [`TrustBuilder`] takes bytes and refuses what does not prove itself; what it builds never changes again. Nothing
//! expires here: an old document needs an old certificate, and dates are for the judge. Spec: 9303-12 §2, §9.

mod anchor;
mod budget;
mod builder;
mod import;
mod snapshot;

pub use anchor::{Anchor, Provenance, VerifiedBy};
pub(in crate::pki) use budget::SearchBudget;
pub use builder::TrustBuilder;
pub(in crate::pki) use builder::{Tried, authority_key};
pub use import::{ImportNote, Imported, Pins, Refusal, Refused};
pub use snapshot::TrustSnapshot;

/// Most candidates tried for one signature, so that hostile lists of one name cannot hold a terminal up.
pub(super) const MAX_CANDIDATES: usize = 32;

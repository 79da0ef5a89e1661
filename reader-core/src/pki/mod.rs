//! Certificates, signed objects and the dated lists of who may sign, after ICAO Doc 9303-12.
//!
//! Nothing here reads a clock, a file or the network: the store is handed in as bytes and becomes a snapshot.

pub mod certificate;
pub mod crl;
pub mod crl_addresses;
pub mod lists;
pub mod name;
pub mod path;
pub mod profile;
pub mod revocation;
pub mod signature_algorithm;
pub mod signed_data;
pub mod trust;

pub use certificate::{Certificate, Fingerprint};
pub use trust::{
    Anchor, Conformance, DocumentSigners, HeldCrl, HeldKind, HeldList, ImportNote, Imported, KnownSigner,
    ListWord, Pack, PackError, Pins, Provenance, Refusal, Refused, Removed, SourceRules, TrustBuilder,
    TrustSnapshot, VerifiedBy,
};

//! What is known of each reader, as data: how to recognise it, what it can carry, what it does oddly.
//!
//! A profile is a TOML file that inherits another. The files of this crate are built in; a folder of the operator's
//! own is read over them, so that a reader is added without a new build. `base.toml` explains every key.

mod catalogue;
mod profile;

pub use catalogue::{Catalogue, Fault, Match};
pub use profile::{ApduLevel, Kind, Limits, Profile, Quirk};

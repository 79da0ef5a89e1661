//! What is known of each reader and serial device, as data: how to recognise it, what it can carry, what it does oddly,
//! which commands it takes.
//!
//! A profile is a TOML file that inherits another. The files of this crate are built in; a folder of the operator's
//! own is read over them, so that a device is added without a new build. `docs/PROFILES.md` explains every key.

mod catalogue;
mod command;
mod details;
mod limits;
mod moment;
mod name;
mod profile;
mod quirk;

pub use catalogue::{Catalogue, Choice, Fault, Match, Slot};
pub use command::{Basis, Command, Placeholder, RenderError, Way};
pub use details::{Fingerprint, Framing, Mrz, Network, Osdp, Parity, Printer, Relay, Serial};
pub use limits::{ApduLevel, Limits};
pub use moment::{Moment, Signal};
pub use profile::{BadFirmware, Fact, Kind, NeedsDriver, Profile};
pub use quirk::Quirk;

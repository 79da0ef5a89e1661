//! A simulated issuer: countries that sign, files that go onto a chip.
//!
//! It writes from the specification alone and reads nothing back: no parser lives here, and none of the reader's codecs
//! is used, so that a mistake on one side cannot be undone by the same mistake on the other.

pub mod calendar;
pub mod card_security;
pub mod certificate;
pub mod cms_out;
pub mod country;
pub mod cvc;
pub mod der_out;
pub mod details;
pub mod deviation;
pub mod groups;
pub mod ldif;
pub mod lists;
pub mod mrz;
pub mod patterns;
pub mod personal;
pub mod portrait;
pub mod quirk;
pub mod security_infos;
pub mod signer;
pub mod sod;
pub mod terminal_pki;
pub mod world;

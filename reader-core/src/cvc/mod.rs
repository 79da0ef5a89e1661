//! Card-verifiable certificates: who may read what, as a chip can check it, and the chains that a terminal shows.
//!
//! A country's verifying authority (CVCA) lets a document verifier (DV) let an inspection system (IS) read fingers and
//! irises. The chip knows keys of its CVCA alone; link certificates lead it from an older key to a newer one. What is
//! worked out here is what a chip would accept; the chip decides. Spec: 9303-11 §7.1.4; 9303-12 §7.2; TR-03110-3 §C, §D.

mod authorization;
mod certificate;
mod chain;
mod terminal_key;

pub use authorization::{Authorization, Rights, Role, TerminalType};
pub use certificate::{CvCertificate, CvcError, Reference};
pub use chain::{Chain, ChainError, TerminalCertificates, ValidityFault};
pub use terminal_key::{KeyFailure, TerminalKey};

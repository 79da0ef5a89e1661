//! Published worked examples, invented holders, and a simulated chip, issuer and gateway.
//!
//! The simulator shares only raw primitives (hashes, block ciphers) with the reader; its curves, its TLV and its
//! protocols are its own, so that a mistake cannot cancel itself out.

pub mod card;
pub mod card_gateway;
pub mod chip;
pub mod defect;
pub mod foreign;
pub mod gateway;
pub mod inspection;
pub mod issuer;
pub mod model;
pub mod num;
pub mod path_case;
pub mod persona;
pub mod search;
pub mod vector;
pub mod vpcd;

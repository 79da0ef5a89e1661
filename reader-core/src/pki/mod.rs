//! Certificates, signed objects and the dated lists of who may sign, after ICAO Doc 9303-12.
//!
//! Nothing here reads a clock, a file or the network: the store is handed in as bytes and becomes a snapshot.

pub mod signature_algorithm;

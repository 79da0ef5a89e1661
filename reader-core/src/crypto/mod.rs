//! Narrow wrappers around published algorithms: hashes, ciphers, MACs, key derivation, elliptic curves, signatures.
//!
//! Nothing here knows of chips, files or certificates. Randomness is an argument ([`secret::Entropy`]); there is no clock.
//! Operations on secret values run in constant time and wipe what they held; operations on public values (verifying a
//! signature) may take a time that depends on them.

pub mod agreement;
pub mod challenge;
pub mod cipher;
pub mod curve;
pub mod dh;
pub mod dsa;
pub mod ec;
pub mod hash;
pub mod iso9796;
pub mod kdf;
pub mod mac;
pub mod mapping;
#[cfg(test)]
mod published;
pub mod rsa;
pub mod rsa_private;
pub mod secret;
pub mod signature;
pub mod signing;

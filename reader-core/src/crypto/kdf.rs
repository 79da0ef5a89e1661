//! Key derivation for basic access control, PACE and chip authentication.
//!
//! Spec: 9303-11 §9.7.1.

use super::{hash::HashAlgorithm, secret::Secret};

/// The block cipher of a secure channel, with the MAC that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CipherSuite {
    /// Two-key triple DES with the retail MAC.
    TripleDes,
    /// AES-128 with CMAC.
    Aes128,
    /// AES-192 with CMAC.
    Aes192,
    /// AES-256 with CMAC.
    Aes256,
}

impl CipherSuite {
    /// Block of the cipher in bytes.
    #[must_use]
    pub const fn block_size(self) -> usize {
        match self {
            Self::TripleDes => 8,
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
        }
    }

    /// Key in bytes (16 for triple DES: the third key repeats the first).
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::TripleDes | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TripleDes => "3DES",
            Self::Aes128 => "AES-128",
            Self::Aes192 => "AES-192",
            Self::Aes256 => "AES-256",
        }
    }

    /// Hash of the derivation: SHA-1 where its 20 bytes suffice. Spec: 9303-11 §9.7.1.2.
    const fn derivation_hash(self) -> HashAlgorithm {
        match self {
            Self::TripleDes | Self::Aes128 => HashAlgorithm::Sha1,
            Self::Aes192 | Self::Aes256 => HashAlgorithm::Sha256,
        }
    }
}

/// What a derived key is for; the number is the counter of the derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// K_Enc.
    Encryption = 1,
    /// K_MAC.
    Mac = 2,
    /// K_π, which encrypts the nonce of PACE.
    Password = 3,
}

/// KDF(K, c): the first bytes of H(K ‖ c), with DES parity for triple DES.
#[must_use]
pub fn derive(shared: &[u8], purpose: Purpose, suite: CipherSuite) -> Secret {
    let counter = (purpose as u32).to_be_bytes();
    let mut key = suite.derivation_hash().digest_parts(&[shared, &counter]);
    // Wipe the unused tail before it is cut off: it is as secret as the rest.
    if let Some(tail) = key.get_mut(suite.key_len()..) {
        zeroize::Zeroize::zeroize(tail);
    }
    key.truncate(suite.key_len());
    if suite == CipherSuite::TripleDes {
        for byte in &mut key {
            *byte = with_odd_parity(*byte);
        }
    }
    Secret::new(key)
}

/// Sets the lowest bit so that the byte has an odd number of ones.
const fn with_odd_parity(byte: u8) -> u8 {
    let high = byte & 0xFE;
    let mut folded = high ^ (high >> 4);
    folded ^= folded >> 2;
    folded ^= folded >> 1;
    high | ((folded & 1) ^ 1)
}

/// The two keys of a secure channel.
#[derive(Debug, Clone)]
pub struct SessionKeys {
    /// Cipher both keys are for.
    pub suite: CipherSuite,
    /// K_Enc.
    pub enc: Secret,
    /// K_MAC.
    pub mac: Secret,
}

impl SessionKeys {
    /// Both keys from the shared secret of a key agreement, or from a key seed.
    #[must_use]
    pub fn derive(shared: &Secret, suite: CipherSuite) -> Self {
        Self {
            suite,
            enc: derive(shared.expose(), Purpose::Encryption, suite),
            mac: derive(shared.expose(), Purpose::Mac, suite),
        }
    }
}

/// K_seed of basic access control from the MRZ information (document number, birth and expiry dates, each with its
/// check digit, concatenated). Spec: 9303-11 §9.7.2.
#[must_use]
pub fn bac_key_seed(mrz_information: &str) -> Secret {
    let mut hash = HashAlgorithm::Sha1.digest(mrz_information.as_bytes());
    if let Some(tail) = hash.get_mut(16..) {
        zeroize::Zeroize::zeroize(tail);
    }
    hash.truncate(16);
    Secret::new(hash)
}

/// What the holder shows to open the card with PACE.
#[derive(Clone, Copy)]
pub enum PacePassword<'a> {
    /// The MRZ information, as for basic access control.
    Mrz(&'a str),
    /// The card access number printed on the document; digits as ASCII.
    Can(&'a str),
    /// The holder's PIN; digits as ASCII. Spec: TR-03110-3 §A.2.2.
    Pin(&'a str),
}

/// K_π. Spec: 9303-11 §9.7.3.
#[must_use]
pub fn pace_password_key(password: PacePassword<'_>, suite: CipherSuite) -> Secret {
    match password {
        PacePassword::Mrz(mrz_information) => {
            let shared = Secret::new(HashAlgorithm::Sha1.digest(mrz_information.as_bytes()));
            derive(shared.expose(), Purpose::Password, suite)
        }
        PacePassword::Can(digits) | PacePassword::Pin(digits) => {
            derive(digits.as_bytes(), Purpose::Password, suite)
        }
    }
}

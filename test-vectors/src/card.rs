//! What an issuer puts onto a chip: files, keys, access secrets. The issuer fills it, the chip serves it.
//!
//! Nothing here is secret: every key belongs to an invented person and is derived from a published seed.

use std::collections::{BTreeMap, BTreeSet};

use crate::num::{CurveName, Group, Point};

/// The directory that a file identifier is relative to; 011C and 011D each name two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Directory {
    /// The master file: EF.CardAccess (011C), EF.CardSecurity (011D), EF.ATR/INFO (2F01), EF.DIR (2F00).
    MasterFile,
    /// The eMRTD application A0000002471001: EF.COM (011E), EF.SOD (011D), EF.CVCA (011C), DG1 (0101) to DG16 (0110).
    Lds,
}

/// Cipher of a secure messaging channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// Two-key triple DES with the retail MAC.
    TripleDes,
    /// AES-128 with CMAC.
    Aes128,
    /// AES-192 with CMAC.
    Aes192,
    /// AES-256 with CMAC.
    Aes256,
}

/// Hash functions that the simulated issuer and chip use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// The digest of some bytes.
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        use sha2::Digest as _;
        match self {
            Hash::Sha1 => sha1::Sha1::digest(bytes).to_vec(),
            Hash::Sha224 => sha2::Sha224::digest(bytes).to_vec(),
            Hash::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
            Hash::Sha384 => sha2::Sha384::digest(bytes).to_vec(),
            Hash::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
        }
    }
}

/// How PACE makes a generator of its nonce. Spec: 9303-11 §4.4.3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// By a key agreement of its own.
    Generic,
    /// By a pseudo-random function of two nonces.
    Integrated,
    /// Generic mapping, after which the chip proves its key of Chip Authentication. Curves and AES only.
    ChipAuthentication,
}

/// One PACE variant that the chip offers. The parameters fix the key agreement: DH for 0 to 2, ECDH for 8 to 18.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceOffer {
    /// Cipher of the resulting channel.
    pub suite: Suite,
    /// Standardized domain parameter identifier, e.g. 0 (1024 bits, DH), 12 (P-256), 13 (brainpoolP256r1).
    pub parameter_id: u8,
    /// How the nonce is mapped.
    pub mapping: Mapping,
}

impl PaceOffer {
    /// Generic mapping, as most cards have it.
    pub const fn generic(suite: Suite, parameter_id: u8) -> PaceOffer {
        PaceOffer { suite, parameter_id, mapping: Mapping::Generic }
    }

    /// The component of the object identifier below id-PACE (0.4.0.127.0.7.2.2.4) that names the key agreement and the
    /// mapping; the suite's follows it. Spec: 9303-11 §9.2.3.
    pub const fn protocol_component(self) -> u8 {
        let modular = self.parameter_id < 8;
        match self.mapping {
            Mapping::Generic if modular => 1,
            Mapping::Generic => 2,
            Mapping::Integrated if modular => 3,
            Mapping::Integrated => 4,
            Mapping::ChipAuthentication => 6,
        }
    }
}

/// A key of Chip Authentication.
#[derive(Clone, Debug)]
pub struct ChipAuthenticationKey {
    /// The group of the key: ECDH or DH.
    pub group: Group,
    /// The private scalar or exponent, big-endian.
    pub private: Vec<u8>,
    /// Key identifier, where the chip holds several keys.
    pub key_id: Option<u8>,
    /// Cipher of the channel that Chip Authentication starts.
    pub suite: Suite,
}

/// The key of Active Authentication.
#[derive(Clone, Debug)]
pub enum ActiveAuthenticationKey {
    /// RSA, ISO 9796-2 scheme 1; all numbers big-endian.
    Rsa {
        /// Modulus.
        modulus: Vec<u8>,
        /// Private exponent.
        private: Vec<u8>,
        /// Hash, which fixes the trailer.
        hash: Hash,
    },
    /// ECDSA, plain r ‖ s.
    Ecdsa {
        /// The curve of the key.
        curve: CurveName,
        /// The private scalar, big-endian.
        private: Vec<u8>,
        /// Hash applied to the challenge.
        hash: Hash,
    },
}

/// A public key that a chip verifies a terminal's certificates or signature with.
#[derive(Clone, Debug)]
pub enum TerminalKey {
    /// ECDSA, plain r ‖ s.
    Ecdsa {
        /// The curve of the key.
        curve: CurveName,
        /// The public point.
        point: Point,
        /// Hash of what is signed.
        hash: Hash,
    },
    /// RSA; the numbers big-endian.
    Rsa {
        /// Modulus.
        modulus: Vec<u8>,
        /// Public exponent.
        exponent: Vec<u8>,
        /// RSASSA-PSS instead of RSASSA-PKCS1-v1_5.
        pss: bool,
        /// Hash of what is signed.
        hash: Hash,
    },
}

/// Six digits YYMMDD, each in a byte of its own, as CV certificates state a date. Spec: 9303-12 §7.2.3.1.3.
pub type CvDate = [u8; 6];

/// A key of a country verifying certification authority (CVCA) that the chip trusts.
#[derive(Clone, Debug)]
pub struct TrustPoint {
    /// Holder reference, ISO 8859-1.
    pub reference: Vec<u8>,
    /// The public key.
    pub key: TerminalKey,
    /// Role and rights: bits 8 and 7 the role, bit 2 iris (DG4), bit 1 fingers (DG3).
    pub authorization: u8,
    /// First day.
    pub effective: CvDate,
    /// Last day.
    pub expires: CvDate,
}

/// What Terminal Authentication needs. The chip changes it: link certificates bring new trust points, and certificates
/// that can be believed in this carry the date forward.
#[derive(Clone, Debug)]
pub struct TerminalAuthentication {
    /// At most two, the most recent first. EF.CVCA names them.
    pub trust_points: Vec<TrustPoint>,
    /// The day that it is at least, as far as the chip can know.
    pub current_date: CvDate,
}

/// How the chip may be opened.
#[derive(Clone, Debug)]
pub struct AccessControl {
    /// BAC is offered.
    pub bac: bool,
    /// PACE variants offered, in the order of EF.CardAccess; empty: no PACE.
    pub pace: Vec<PaceOffer>,
    /// Card access number, if PACE takes one.
    pub can: Option<String>,
    /// The MRZ information: document number, birth date, expiry date, each with its check digit (9303-11 §4.3.2).
    pub mrz_information: String,
}

/// A finished chip's content.
#[derive(Clone, Debug)]
pub struct Card {
    /// The persona's name, such as `good` or `revoked-insurance`.
    pub persona: String,
    /// Elementary files by directory and file identifier.
    pub files: BTreeMap<(Directory, u16), Vec<u8>>,
    /// Files that need Terminal Authentication (DG3, DG4): answered with 6982 until a terminal has the right.
    pub terminal_only: BTreeSet<(Directory, u16)>,
    /// Access control.
    pub access: AccessControl,
    /// Keys of Chip Authentication; the chip answers to these even where DG14 says otherwise.
    pub chip_authentication: Vec<ChipAuthenticationKey>,
    /// Key of Active Authentication; the chip signs with this even where DG15 says otherwise.
    pub active_authentication: Option<ActiveAuthenticationKey>,
    /// Terminal Authentication; without it no terminal can prove itself.
    pub terminal_authentication: Option<TerminalAuthentication>,
    /// The chip takes extended-length commands.
    pub extended_length: bool,
}

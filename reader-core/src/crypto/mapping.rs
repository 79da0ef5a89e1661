//! The pseudo-random function of PACE's integrated mapping: what both nonces become before it is a group element; and
//! the equation of its chip authentication mapping.
//!
//! Spec: 9303-11 §4.4.3.3.2, figure 2; §4.4.3.5.

use super::{
    cipher::{CipherError, cbc_encrypt},
    ec::{Generator, Point, PrivateKey},
    kdf::CipherSuite,
    secret::Secret,
};

/// Surplus over the modulus, so that the number modulo the prime is nearly uniform.
const SURPLUS_BITS: usize = 64;

/// c0 and c1 for blocks of 128 bits.
const SHORT: ([u8; 16], [u8; 16]) = (
    [0xA6, 0x68, 0x89, 0x2A, 0x7C, 0x41, 0xE3, 0xCA, 0x73, 0x9F, 0x40, 0xB0, 0x57, 0xD8, 0x59, 0x04],
    [0xA4, 0xE1, 0x36, 0xAC, 0x72, 0x5F, 0x73, 0x8B, 0x01, 0xC1, 0xF6, 0x02, 0x17, 0xC1, 0x88, 0xAD],
);
/// c0 and c1 for blocks of 256 bits.
const LONG: ([u8; 32], [u8; 32]) = (
    [
        0xD4, 0x63, 0xD6, 0x52, 0x34, 0x12, 0x4E, 0xF7, 0x89, 0x70, 0x54, 0x98, 0x6D, 0xCA, 0x0A, 0x17, 0x4E,
        0x28, 0xDF, 0x75, 0x8C, 0xBA, 0xA0, 0x3F, 0x24, 0x06, 0x16, 0x41, 0x4D, 0x5A, 0x16, 0x76,
    ],
    [
        0x54, 0xBD, 0x72, 0x55, 0xF0, 0xAA, 0xF8, 0x31, 0xBE, 0xC3, 0x42, 0x3F, 0xCF, 0x39, 0xD6, 0x9B, 0x6C,
        0xBF, 0x06, 0x66, 0x77, 0xD0, 0xFA, 0xAE, 0x5A, 0xAD, 0xD9, 0x9D, 0xF8, 0xE5, 0x35, 0x17,
    ],
);

/// Length of the chip's nonce s in bytes: the cipher's key, filled up to whole blocks of AES.
#[must_use]
pub const fn chip_nonce_len(suite: CipherSuite) -> usize {
    match suite {
        CipherSuite::TripleDes | CipherSuite::Aes128 => SHORT.0.len(),
        CipherSuite::Aes192 | CipherSuite::Aes256 => LONG.0.len(),
    }
}

/// Length of the terminal's nonce t in bytes: a key of the cipher.
#[must_use]
pub const fn terminal_nonce_len(suite: CipherSuite) -> usize {
    suite.key_len()
}

/// R(s, t): as many bytes as a prime of `modulus_bits` needs, to be reduced by it.
///
/// # Errors
/// When a nonce has another length than [`chip_nonce_len`] and [`terminal_nonce_len`] say.
pub fn pseudo_random(
    suite: CipherSuite,
    chip_nonce: &Secret,
    terminal_nonce: &[u8],
    modulus_bits: usize,
) -> Result<Secret, CipherError> {
    let expected_bytes = chip_nonce_len(suite);
    if chip_nonce.len() != expected_bytes {
        return Err(CipherError::BlockLength { expected_bytes, actual_bytes: chip_nonce.len() });
    }
    let (next_key, next_part): (&[u8], &[u8]) = match suite {
        CipherSuite::TripleDes | CipherSuite::Aes128 => (&SHORT.0, &SHORT.1),
        CipherSuite::Aes192 | CipherSuite::Aes256 => (&LONG.0, &LONG.1),
    };
    let encrypt = |key: &Secret, data: &[u8]| {
        cbc_encrypt(suite, key, &vec![0; suite.block_size()], data).map(Secret::new)
    };
    // A key is cut from the front of an output: only AES-192 leaves a rest.
    let as_key =
        |output: &Secret| Secret::from_slice(output.expose().get(..suite.key_len()).unwrap_or_default());

    let rounds = (modulus_bits + SURPLUS_BITS).div_ceil(8 * expected_bytes);
    // Reserved whole, so that growing leaves no copy behind.
    let mut out = Vec::with_capacity(rounds * expected_bytes);
    let mut key = as_key(&encrypt(&Secret::from_slice(terminal_nonce), chip_nonce.expose())?);
    for _ in 0..rounds {
        out.extend_from_slice(encrypt(&key, next_part)?.expose());
        key = as_key(&encrypt(&key, next_key)?);
    }
    Ok(Secret::new(out))
}

/// Chip authentication mapping: whether `chip_data` times the chip's static key is the key that it mapped with, so that
/// who knows the one private key knows the other. The numbers are public. Spec: 9303-11 §4.4.3.5.2.
#[must_use]
pub fn chip_data_belongs(chip_data: &[u8], static_key: &Point, mapping_key: &[u8]) -> bool {
    let curve = static_key.curve();
    let belongs = || {
        // As wide as the order, which is as wide as the field on every curve here.
        let data = (chip_data.len() == curve.field_len()).then_some(chip_data)?;
        let mapping_key = Point::decode(curve, mapping_key).ok()?;
        let factor = PrivateKey::from_bytes(&Generator::standard(curve), data).ok()?;
        Some(factor.agree_point(static_key).ok()? == mapping_key)
    };
    belongs() == Some(true)
}

#[cfg(test)]
#[path = "mapping_tests.rs"]
mod tests;

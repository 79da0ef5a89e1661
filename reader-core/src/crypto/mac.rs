//! The eight-byte MACs of secure messaging and of PACE's authentication tokens.
//!
//! Triple DES goes with MAC algorithm 3 of ISO 9797-1 (the retail MAC), AES with CMAC cut to eight bytes.
//! Spec: 9303-11 §9.8.6.3, §4.4.3.4.

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit, array::Array};
use cmac::{Cmac, Mac};
use des::Des;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::{
    cipher::{self, CipherError},
    kdf::CipherSuite,
    secret::Secret,
};

/// Length of every MAC here, in bytes.
pub const MAC_BYTES: usize = 8;

/// What is authenticated, and who pads it.
#[derive(Clone, Copy)]
pub enum MacInput<'a> {
    /// Padded by the caller to whole blocks and taken as it is: secure messaging pads header and body by method 2
    /// under AES too, before CMAC.
    Padded(&'a [u8]),
    /// A message whose padding is the algorithm's own: method 2 for the retail MAC, none for CMAC. PACE's
    /// authentication tokens and the cryptograms of basic access control are such.
    Message(&'a [u8]),
}

/// The MAC of `input`.
///
/// # Errors
/// When the key or a padded input has the wrong length.
pub fn mac(suite: CipherSuite, key: &Secret, input: MacInput<'_>) -> Result<[u8; MAC_BYTES], CipherError> {
    match (suite, input) {
        (CipherSuite::TripleDes, MacInput::Padded(data)) => {
            cipher::check(suite, key, data)?;
            retail_mac(key, data)
        }
        (CipherSuite::TripleDes, MacInput::Message(message)) => {
            cipher::check(suite, key, &[])?;
            let mut data = cipher::pad(message, suite.block_size());
            let result = retail_mac(key, &data);
            data.zeroize();
            result
        }
        (_, MacInput::Padded(data)) => {
            cipher::check(suite, key, data)?;
            cmac(suite, key, data)
        }
        (_, MacInput::Message(message)) => {
            cipher::check(suite, key, &[])?;
            cmac(suite, key, message)
        }
    }
}

/// Whether `expected` is the MAC of `input`; constant time in the content.
///
/// # Errors
/// When the key or a padded input has the wrong length. A MAC of another length than eight is simply wrong.
pub fn verify(
    suite: CipherSuite,
    key: &Secret,
    input: MacInput<'_>,
    expected: &[u8],
) -> Result<bool, CipherError> {
    let actual = mac(suite, key, input)?;
    Ok(actual.ct_eq(expected).into())
}

/// ISO 9797-1 MAC algorithm 3: DES-CBC under the first key, the last block once more through the second and the first.
fn retail_mac(key: &Secret, data: &[u8]) -> Result<[u8; MAC_BYTES], CipherError> {
    let wrong_key = CipherError::KeyLength { expected_bytes: 16, actual_bytes: key.len() };
    let (first, second) = key.expose().split_at_checked(8).ok_or(wrong_key)?;
    let first = Des::new_from_slice(first).map_err(|_| wrong_key)?;
    let second = Des::new_from_slice(second).map_err(|_| wrong_key)?;
    let mut state = Array::from([0u8; MAC_BYTES]);
    for block in data.chunks(MAC_BYTES) {
        for (byte, input) in state.iter_mut().zip(block) {
            *byte ^= input;
        }
        first.encrypt_block(&mut state);
    }
    second.decrypt_block(&mut state);
    first.encrypt_block(&mut state);
    Ok(state.into())
}

fn cmac(suite: CipherSuite, key: &Secret, data: &[u8]) -> Result<[u8; MAC_BYTES], CipherError> {
    fn run<M: Mac + KeyInit>(key: &Secret, data: &[u8]) -> Option<[u8; MAC_BYTES]> {
        let mut mac = <M as KeyInit>::new_from_slice(key.expose()).ok()?;
        mac.update(data);
        mac.finalize().into_bytes().get(..MAC_BYTES)?.try_into().ok()
    }
    let wrong_key = CipherError::KeyLength { expected_bytes: suite.key_len(), actual_bytes: key.len() };
    match suite {
        CipherSuite::Aes128 => run::<Cmac<aes::Aes128>>(key, data),
        CipherSuite::Aes192 => run::<Cmac<aes::Aes192>>(key, data),
        CipherSuite::Aes256 => run::<Cmac<aes::Aes256>>(key, data),
        CipherSuite::TripleDes => None,
    }
    .ok_or(wrong_key)
}

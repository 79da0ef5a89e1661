//! Block ciphers in CBC mode, and the padding of ISO 9797-1 method 2.
//!
//! Spec: 9303-11 §9.8.6.1 (encryption), §9.8.6.2 (initialisation vector).

use aes::cipher::{
    BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InOutBuf, KeyInit, KeyIvInit, array::Array,
    common::BlockSizeUser,
};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use super::{kdf::CipherSuite, secret::Secret};

/// Why a cipher could not run. None of these says anything about the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CipherError {
    /// The key does not fit the cipher.
    #[error("key of {actual_bytes} bytes given, the cipher takes {expected_bytes}")]
    KeyLength {
        /// What the cipher takes.
        expected_bytes: usize,
        /// What was given.
        actual_bytes: usize,
    },
    /// The initialisation vector or single block is not one block long.
    #[error("block of {actual_bytes} bytes given, the cipher takes {expected_bytes}")]
    BlockLength {
        /// Block of the cipher.
        expected_bytes: usize,
        /// What was given.
        actual_bytes: usize,
    },
    /// The data is not a whole number of blocks.
    #[error("{actual_bytes} bytes are not a multiple of the block of {block_bytes}")]
    NotWholeBlocks {
        /// Block of the cipher.
        block_bytes: usize,
        /// What was given.
        actual_bytes: usize,
    },
    /// The padding is not `80 00 … 00` within the last block.
    #[error("the padding after decryption is wrong")]
    Padding,
}

/// Checks lengths once for all operations.
pub(super) fn check(suite: CipherSuite, key: &Secret, data: &[u8]) -> Result<(), CipherError> {
    if key.len() != suite.key_len() {
        return Err(CipherError::KeyLength { expected_bytes: suite.key_len(), actual_bytes: key.len() });
    }
    if !data.len().is_multiple_of(suite.block_size()) {
        return Err(CipherError::NotWholeBlocks {
            block_bytes: suite.block_size(),
            actual_bytes: data.len(),
        });
    }
    Ok(())
}

/// Lengths were checked by [`check`]; this is the error for a length that slipped through.
fn wrong_block(suite: CipherSuite, iv: &[u8]) -> CipherError {
    CipherError::BlockLength { expected_bytes: suite.block_size(), actual_bytes: iv.len() }
}

fn encrypt_with<C>(suite: CipherSuite, key: &Secret, iv: &[u8], data: &[u8]) -> Result<Vec<u8>, CipherError>
where
    C: BlockModeEncrypt + KeyIvInit + BlockSizeUser,
{
    let mut mode = C::new_from_slices(key.expose(), iv).map_err(|_| wrong_block(suite, iv))?;
    let mut out = data.to_vec();
    let (blocks, _) = InOutBuf::from(&mut out[..]).into_chunks();
    mode.encrypt_blocks_inout(blocks);
    Ok(out)
}

fn decrypt_with<C>(suite: CipherSuite, key: &Secret, iv: &[u8], data: &[u8]) -> Result<Vec<u8>, CipherError>
where
    C: BlockModeDecrypt + KeyIvInit + BlockSizeUser,
{
    let mut mode = C::new_from_slices(key.expose(), iv).map_err(|_| wrong_block(suite, iv))?;
    let mut out = data.to_vec();
    let (blocks, _) = InOutBuf::from(&mut out[..]).into_chunks();
    mode.decrypt_blocks_inout(blocks);
    Ok(out)
}

/// CBC encryption of whole blocks; pad first with [`pad`].
///
/// # Errors
/// When a length does not fit.
pub fn cbc_encrypt(suite: CipherSuite, key: &Secret, iv: &[u8], data: &[u8]) -> Result<Vec<u8>, CipherError> {
    check(suite, key, data)?;
    match suite {
        CipherSuite::TripleDes => encrypt_with::<cbc::Encryptor<des::TdesEde2>>(suite, key, iv, data),
        CipherSuite::Aes128 => encrypt_with::<cbc::Encryptor<aes::Aes128>>(suite, key, iv, data),
        CipherSuite::Aes192 => encrypt_with::<cbc::Encryptor<aes::Aes192>>(suite, key, iv, data),
        CipherSuite::Aes256 => encrypt_with::<cbc::Encryptor<aes::Aes256>>(suite, key, iv, data),
    }
}

/// CBC decryption of whole blocks; the padding stays, see [`unpad`].
///
/// # Errors
/// When a length does not fit.
pub fn cbc_decrypt(suite: CipherSuite, key: &Secret, iv: &[u8], data: &[u8]) -> Result<Vec<u8>, CipherError> {
    check(suite, key, data)?;
    match suite {
        CipherSuite::TripleDes => decrypt_with::<cbc::Decryptor<des::TdesEde2>>(suite, key, iv, data),
        CipherSuite::Aes128 => decrypt_with::<cbc::Decryptor<aes::Aes128>>(suite, key, iv, data),
        CipherSuite::Aes192 => decrypt_with::<cbc::Decryptor<aes::Aes192>>(suite, key, iv, data),
        CipherSuite::Aes256 => decrypt_with::<cbc::Decryptor<aes::Aes256>>(suite, key, iv, data),
    }
}

/// One block through the bare cipher: the IV of AES secure messaging is the encrypted send sequence counter.
///
/// # Errors
/// When a length does not fit.
pub fn encrypt_block(suite: CipherSuite, key: &Secret, block: &[u8]) -> Result<Vec<u8>, CipherError> {
    fn run<C: BlockCipherEncrypt + KeyInit>(key: &Secret, block: &[u8]) -> Option<Vec<u8>> {
        let cipher = C::new_from_slice(key.expose()).ok()?;
        let mut out = Array::<u8, C::BlockSize>::try_from(block).ok()?;
        cipher.encrypt_block(&mut out);
        Some(out.to_vec())
    }
    check(suite, key, &[])?;
    match suite {
        CipherSuite::TripleDes => run::<des::TdesEde2>(key, block),
        CipherSuite::Aes128 => run::<aes::Aes128>(key, block),
        CipherSuite::Aes192 => run::<aes::Aes192>(key, block),
        CipherSuite::Aes256 => run::<aes::Aes256>(key, block),
    }
    .ok_or_else(|| wrong_block(suite, block))
}

/// ISO 9797-1 method 2: `80`, then zeros to the next multiple of `block_bytes`; always adds at least one byte.
#[must_use]
pub fn pad(data: &[u8], block_bytes: usize) -> Vec<u8> {
    let total = (data.len() / block_bytes + 1) * block_bytes;
    let mut out = Vec::with_capacity(total);
    out.extend_from_slice(data);
    out.push(0x80);
    out.resize(total, 0);
    out
}

/// Removes the padding of [`pad`]. The last block is walked in full whatever it holds.
///
/// # Errors
/// [`CipherError::Padding`] when the last block holds no `80` followed by zeros only.
pub fn unpad(data: &[u8], block_bytes: usize) -> Result<&[u8], CipherError> {
    let start = data.len().saturating_sub(block_bytes);
    let mut found = subtle::Choice::from(0);
    let mut broken = subtle::Choice::from(0);
    let mut end = 0u64;
    for (index, byte) in data.iter().enumerate().skip(start).rev() {
        let is_marker = byte.ct_eq(&0x80) & !found & !broken;
        end.conditional_assign(&(index as u64), is_marker);
        broken |= !byte.ct_eq(&0) & !byte.ct_eq(&0x80) & !found;
        found |= is_marker;
    }
    if !bool::from(found & !broken) {
        return Err(CipherError::Padding);
    }
    usize::try_from(end).ok().and_then(|end| data.get(..end)).ok_or(CipherError::Padding)
}

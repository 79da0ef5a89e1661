//! CBC, the two MACs and the key derivation, built on bare block ciphers. Spec: 9303-11 §9.7, §9.8.

use aes::{Aes128, Aes192, Aes256};
use des::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use des::{Des, TdesEde2};

use crate::card::{Hash, Suite};

impl Suite {
    /// Block size in bytes, which is also the width of the send sequence counter.
    pub fn block_bytes(self) -> usize {
        if self == Suite::TripleDes { 8 } else { 16 }
    }

    /// The last component of the PACE and Chip Authentication object identifiers. Spec: 9303-11 §9.2.
    pub fn oid_component(self) -> u8 {
        match self {
            Suite::TripleDes => 1,
            Suite::Aes128 => 2,
            Suite::Aes192 => 3,
            Suite::Aes256 => 4,
        }
    }
}

/// A key from a shared secret: counter 1 encrypts, 2 authenticates, 3 is a password's. Spec: 9303-11 §9.7.1.
pub fn derive_key(suite: Suite, secret: &[u8], counter: u32) -> Vec<u8> {
    let input = [secret, &counter.to_be_bytes()].concat();
    let (hash, length) = match suite {
        Suite::TripleDes | Suite::Aes128 => (Hash::Sha1, 16),
        Suite::Aes192 => (Hash::Sha256, 24),
        Suite::Aes256 => (Hash::Sha256, 32),
    };
    let mut key = hash.digest(&input);
    key.truncate(length);
    if suite == Suite::TripleDes {
        for byte in &mut key {
            // Each byte of a DES key has odd parity.
            *byte = *byte & 0xFE | u8::from((*byte >> 1).count_ones() % 2 == 0);
        }
    }
    key
}

/// Size of a key in bytes; triple DES has two keys. Spec: 9303-11 §4.4.3.3.
pub fn key_bytes(suite: Suite) -> usize {
    match suite {
        Suite::TripleDes | Suite::Aes128 => 16,
        Suite::Aes192 => 24,
        Suite::Aes256 => 32,
    }
}

/// Size in bytes of the nonce s of integrated mapping: whole blocks, at least as many bits as the key.
pub fn integrated_nonce_bytes(suite: Suite) -> usize {
    key_bytes(suite).next_multiple_of(suite.block_bytes())
}

/// The constants c0 and c1 of the pseudo-random function, for nonces of 128 and of 256 bits.
const C_128: [u128; 2] =
    [0xa668_892a_7c41_e3ca_739f_40b0_57d8_5904, 0xa4e1_36ac_725f_738b_01c1_f602_17c1_88ad];
const C_256: [[u128; 2]; 2] = [
    [0xd463_d652_3412_4ef7_8970_5498_6dca_0a17, 0x4e28_df75_8cba_a03f_2406_1641_4d5a_1676],
    [0x54bd_7255_f0aa_f831_bec3_423f_cf39_d69b, 0x6cbf_0666_77d0_faae_5aad_d99d_f8e5_3517],
];

/// R(s, t) for a prime of so many bits: x1 ‖ x2 ‖ … of integrated mapping. Spec: 9303-11 §4.4.3.3.2.
pub fn pseudo_random(suite: Suite, s: &[u8], t: &[u8], prime_bits: u64) -> Vec<u8> {
    let [c0, c1] = if s.len() == 16 {
        C_128.map(|c| c.to_be_bytes().to_vec())
    } else {
        C_256.map(|halves| halves.map(u128::to_be_bytes).concat())
    };
    let cbc = |key: &[u8], data: &[u8]| cbc_encrypt(suite, key, &vec![0; suite.block_bytes()], data);
    let next_key = |key: &[u8], data: &[u8]| {
        let mut next = cbc(key, data);
        next.truncate(key_bytes(suite));
        next
    };
    let mut key = next_key(t, s);
    let mut out = Vec::new();
    while (out.len() as u64) * 8 < prime_bits + 64 {
        out.extend(cbc(&key, &c1));
        key = next_key(&key, &c0);
    }
    out
}

/// One block in place. The key has the suite's length: every caller derives it.
fn block(suite: Suite, key: &[u8], data: &mut [u8], encrypt: bool) {
    fn run<C: KeyInit + BlockCipherEncrypt + BlockCipherDecrypt>(key: &[u8], data: &mut [u8], encrypt: bool) {
        let cipher = C::new_from_slice(key).expect("a derived key has the cipher's length");
        let data: &mut Array<u8, C::BlockSize> = data.try_into().expect("one block");
        if encrypt { cipher.encrypt_block(data) } else { cipher.decrypt_block(data) }
    }
    match suite {
        Suite::TripleDes => run::<TdesEde2>(key, data, encrypt),
        Suite::Aes128 => run::<Aes128>(key, data, encrypt),
        Suite::Aes192 => run::<Aes192>(key, data, encrypt),
        Suite::Aes256 => run::<Aes256>(key, data, encrypt),
    }
}

/// One block, encrypted.
pub fn encrypt_block(suite: Suite, key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    block(suite, key, &mut out, true);
    out
}

fn xor_into(target: &mut [u8], other: &[u8]) {
    target.iter_mut().zip(other).for_each(|(byte, with)| *byte ^= with);
}

/// CBC encryption of whole blocks.
pub fn cbc_encrypt(suite: Suite, key: &[u8], iv: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    let mut previous = iv.to_vec();
    for chunk in out.chunks_exact_mut(suite.block_bytes()) {
        xor_into(chunk, &previous);
        block(suite, key, chunk, true);
        previous = chunk.to_vec();
    }
    out
}

/// CBC decryption of whole blocks.
pub fn cbc_decrypt(suite: Suite, key: &[u8], iv: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    let mut previous = iv.to_vec();
    for chunk in out.chunks_exact_mut(suite.block_bytes()) {
        let encrypted = chunk.to_vec();
        block(suite, key, chunk, false);
        xor_into(chunk, &previous);
        previous = encrypted;
    }
    out
}

/// Padding method 2: 80, then zeros up to a whole block.
pub fn pad(data: &[u8], block_bytes: usize) -> Vec<u8> {
    let mut out = data.to_vec();
    out.push(0x80);
    out.resize(out.len().next_multiple_of(block_bytes), 0);
    out
}

/// Takes padding method 2 off; `None` if it is not there.
pub fn unpad(data: &[u8]) -> Option<&[u8]> {
    let end = data.iter().rposition(|byte| *byte != 0)?;
    (data[end] == 0x80).then_some(&data[..end])
}

/// The eight-byte MAC of a suite over data that is already padded to whole blocks.
pub fn mac(suite: Suite, key: &[u8], padded: &[u8]) -> Vec<u8> {
    let mut out = if suite == Suite::TripleDes { retail_mac(key, padded) } else { cmac(suite, key, padded) };
    out.truncate(8);
    out
}

/// The MAC of PACE and BAC over unpadded data: DES pads by method 2, CMAC by itself.
pub fn mac_unpadded(suite: Suite, key: &[u8], data: &[u8]) -> Vec<u8> {
    if suite == Suite::TripleDes { mac(suite, key, &pad(data, 8)) } else { mac(suite, key, data) }
}

/// ISO/IEC 9797-1 algorithm 3: single DES in a chain, triple DES at its end.
fn retail_mac(key: &[u8], padded: &[u8]) -> Vec<u8> {
    let [first, second] = [&key[..8], &key[8..]]
        .map(|half| Des::new_from_slice(half).expect("half a derived key is eight bytes"));
    let mut state = Array::from([0u8; 8]);
    for chunk in padded.chunks_exact(8) {
        xor_into(&mut state, chunk);
        first.encrypt_block(&mut state);
    }
    second.decrypt_block(&mut state);
    first.encrypt_block(&mut state);
    state.to_vec()
}

/// CMAC. Spec: NIST SP 800-38B §6.
fn cmac(suite: Suite, key: &[u8], data: &[u8]) -> Vec<u8> {
    let double = |bytes: &[u8]| {
        let number = bytes.iter().fold(0u128, |sum, byte| sum << 8 | u128::from(*byte));
        let reduction = if number >> 127 == 1 { 0x87 } else { 0 };
        (number << 1 ^ reduction).to_be_bytes()
    };
    let k1 = double(&encrypt_block(suite, key, &[0; 16]));
    let k2 = double(&k1);
    let whole = !data.is_empty() && data.len().is_multiple_of(16);
    let mut padded = if whole { data.to_vec() } else { pad(data, 16) };
    let last = padded.len() - 16;
    xor_into(&mut padded[last..], if whole { &k1 } else { &k2 });
    cbc_encrypt(suite, key, &[0; 16], &padded).split_off(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::from_hex;

    /// NIST SP 800-38B appendix D.1: AES-128.
    #[test]
    fn cmac_gives_the_published_tags() {
        let key = from_hex("2b7e151628aed2a6abf7158809cf4f3c").unwrap();
        let message =
            from_hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411")
                .unwrap();
        for (length, tag) in [
            (0, "bb1d6929e95937287fa37d129b756746"),
            (16, "070a16b46b4d4144f79bdd9dd04a287c"),
            (40, "dfa66747de9ae63030ca32611497c827"),
        ] {
            assert_eq!(cmac(Suite::Aes128, &key, &message[..length]), from_hex(tag).unwrap(), "{length}");
        }
    }

    #[test]
    fn decryption_undoes_encryption() {
        for suite in [Suite::TripleDes, Suite::Aes128, Suite::Aes192, Suite::Aes256] {
            let key = derive_key(suite, b"secret", 1);
            let iv = vec![7; suite.block_bytes()];
            let data = [0x5A; 64];
            let encrypted = cbc_encrypt(suite, &key, &iv, &data);
            assert_ne!(encrypted, data);
            assert_eq!(cbc_decrypt(suite, &key, &iv, &encrypted), data);
        }
    }
}

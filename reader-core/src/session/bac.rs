//! Basic access control. Spec: 9303-11 §4.3, §9.7.2.

use zeroize::Zeroizing;

use crate::capture::AccessFailure;
use crate::channel::{Idle, SendSequenceCounter};
use crate::crypto::cipher;
use crate::crypto::kdf::{self, CipherSuite, SessionKeys};
use crate::crypto::mac::{self, MAC_BYTES, MacInput};
use crate::crypto::secret::{Entropy, Secret};
use crate::transport::Transport;
use crate::wire::apdu::Command;
use crate::wire::status::StatusWord;

use super::Cause;
use super::link::{ChipWork, Link};

const SUITE: CipherSuite = CipherSuite::TripleDes;
/// R and S: two nonces of 8 bytes and key material of 16.
const CRYPTOGRAM_BYTES: usize = 32;

/// Opens a channel with the MRZ information. The application is selected already.
pub(super) fn run<T: Transport>(
    link: &mut Link<T>,
    mrz_information: &str,
    entropy: &mut dyn Entropy,
) -> Result<Idle, Cause> {
    let keys = SessionKeys::derive(&kdf::bac_key_seed(mrz_information), SUITE);
    let rnd_ic = challenge(link)?;
    let mut rnd_ifd = [0; 8];
    entropy.fill(&mut rnd_ifd)?;
    let k_ifd = Secret::random(16, entropy)?;
    let zero_iv = vec![0; SUITE.block_size()];

    let s = Zeroizing::new([&rnd_ifd[..], &rnd_ic, k_ifd.expose()].concat());
    let encrypted = cipher::cbc_encrypt(SUITE, &keys.enc, &zero_iv, &s)?;
    let tag = mac::mac(SUITE, &keys.mac, MacInput::Message(&encrypted))?;
    let command = Command::new(0x00, 0x82, 0x00, 0x00)
        .with_data([encrypted.as_slice(), &tag].concat())
        .expecting(CRYPTOGRAM_BYTES + MAC_BYTES);
    let response = link.plain(&command, ChipWork::Bac)?;
    if response.status != StatusWord::OK {
        return Err(refusal(response.status).into());
    }

    let answer: &[u8; CRYPTOGRAM_BYTES + MAC_BYTES] = response
        .data
        .as_slice()
        .try_into()
        .map_err(|_| protocol("EXTERNAL AUTHENTICATE was answered with another length than 40 bytes"))?;
    let (encrypted, tag) = answer.split_at(CRYPTOGRAM_BYTES);
    if !mac::verify(SUITE, &keys.mac, MacInput::Message(encrypted), tag)? {
        return Err(protocol("the chip's cryptogram has a wrong MAC").into());
    }
    let r = Zeroizing::new(cipher::cbc_decrypt(SUITE, &keys.enc, &zero_iv, encrypted)?);
    let (nonces, k_ic) = r.split_at_checked(16).unwrap_or_default();
    if nonces != [rnd_ic, rnd_ifd].concat() {
        return Err(protocol("the chip's cryptogram holds other nonces").into());
    }
    let seed = Secret::new(k_ic.iter().zip(k_ifd.expose()).map(|(chip, own)| chip ^ own).collect());
    let keys = SessionKeys::derive(&seed, SUITE);
    Ok(Idle::new(keys, SendSequenceCounter::from_nonces(rnd_ic, rnd_ifd)))
}

fn challenge<T: Transport>(link: &mut Link<T>) -> Result<[u8; 8], Cause> {
    let response = link.plain(&Command::new(0x00, 0x84, 0x00, 0x00).expecting(8), ChipWork::None)?;
    if response.status != StatusWord::OK {
        return Err(AccessFailure::Refused(response.status.0).into());
    }
    let nonce = response.data.as_slice().try_into();
    nonce.map_err(|_| protocol("GET CHALLENGE was answered with another length than 8 bytes").into())
}

/// The standard names no status for a wrong key; chips use these.
const fn refusal(status: StatusWord) -> AccessFailure {
    match status.0 {
        0x6300..=0x63FF | 0x6982 | 0x6988 => AccessFailure::WrongPassword,
        other => AccessFailure::Refused(other),
    }
}

const fn protocol(what: &'static str) -> AccessFailure {
    AccessFailure::Protocol(what)
}

//! PACE over elliptic curves with generic mapping. Spec: 9303-11 §4.4.

use crate::capture::AccessFailure;
use crate::channel::{Idle, SendSequenceCounter};
use crate::crypto::cipher;
use crate::crypto::curve::Curve;
use crate::crypto::ec::{EcError, Generator, Point, PrivateKey};
use crate::crypto::kdf::{self, CipherSuite, SessionKeys};
use crate::crypto::mac::{self, MAC_BYTES, MacInput};
use crate::crypto::secret::{Entropy, Secret};
use crate::lds::security_infos::{KeyAgreement, Mapping, SecurityInfos};
use crate::transport::Transport;
use crate::wire::apdu::Command;
use crate::wire::status::StatusWord;
use crate::wire::{dynamic, tlv};

use super::link::{ChipWork, Link};
use super::{AccessKey, Cause, cipher_suite};

/// Longest nonce that is taken: two blocks of AES, as AES-192 and AES-256 chips send.
const MAX_NONCE_BYTES: usize = 32;
/// P1 P2 of MSE:Set AT for mutual authentication.
const SET_AT: (u8, u8) = (0xC1, 0xA4);

/// One variant that a chip offers and this program knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaceOffer {
    /// Content bytes of the protocol's object identifier.
    oid: Vec<u8>,
    suite: CipherSuite,
    curve: Curve,
    parameter_id: u8,
    /// The identifier is offered with several domain parameters, so the chip must be told which.
    ambiguous: bool,
}

impl PaceOffer {
    /// The strongest cipher among the offers that are known here; the first of equals. `None` if none is known.
    #[must_use]
    pub fn choose(infos: &SecurityInfos) -> Option<Self> {
        let mut best: Option<Self> = None;
        for info in infos.pace() {
            let family = info.protocol.family;
            let known = family.mapping == Mapping::Generic && family.agreement == KeyAgreement::Ecdh;
            let parameter_id = info.parameter_id.and_then(|id| u8::try_from(id).ok());
            let curve = parameter_id.and_then(Curve::from_standardized_id);
            if let (true, 2, Some(curve), Some(parameter_id), Some(oid)) =
                (known, info.version, curve, parameter_id, info.protocol.oid_content())
            {
                let same = infos.pace().filter(|other| other.protocol == info.protocol).count();
                let suite = cipher_suite(info.protocol.suite);
                let stronger = best.as_ref().is_none_or(|best| rank(suite) > rank(best.suite));
                if stronger {
                    best = Some(Self { oid, suite, curve, parameter_id, ambiguous: same > 1 });
                }
            }
        }
        best
    }

    /// The cipher of the channel.
    #[must_use]
    pub const fn suite(&self) -> CipherSuite {
        self.suite
    }

    /// The curve.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.curve
    }
}

const fn rank(suite: CipherSuite) -> u8 {
    match suite {
        CipherSuite::TripleDes => 0,
        CipherSuite::Aes128 => 1,
        CipherSuite::Aes192 => 2,
        CipherSuite::Aes256 => 3,
    }
}

/// Opens a channel with the password.
pub(super) fn run<T: Transport>(
    link: &mut Link<T>,
    offer: &PaceOffer,
    key: &AccessKey,
    entropy: &mut dyn Entropy,
) -> Result<Idle, Cause> {
    set_protocol(link, offer, key)?;
    let nonce = nonce(link, offer, key)?;
    let generator = map(link, offer, &nonce, entropy)?;
    drop(nonce);

    let own = PrivateKey::generate(&generator, entropy).map_err(own_fault)?;
    let answer = step(link, Step::Agreement, &own.public().encode())?;
    let chip = Point::decode(offer.curve, &answer)
        .map_err(|_| protocol("the chip's ephemeral key is not a point of the curve"))?;
    // Spec: 9303-11 §4.4.1 step 3: the keys must differ, or the chip echoes.
    if &chip == own.public() {
        return Err(protocol("the chip sent back the terminal's ephemeral key").into());
    }
    let shared = own.agree(&chip).map_err(|_| protocol("the key agreement gave the point at infinity"))?;
    let keys = SessionKeys::derive(&shared, offer.suite);

    let token = token(&keys, offer, &chip)?;
    let answer = step(link, Step::Tokens, &token)?;
    if !mac::verify(keys.suite, &keys.mac, MacInput::Message(&token_input(offer, own.public())), &answer)? {
        return Err(protocol("the chip's authentication token is wrong").into());
    }
    Ok(Idle::new(keys, SendSequenceCounter::zero(offer.suite)))
}

fn set_protocol<T: Transport>(link: &mut Link<T>, offer: &PaceOffer, key: &AccessKey) -> Result<(), Cause> {
    let mut data = tlv::encode(0x80, &offer.oid);
    data.extend(tlv::encode(0x83, &[key.reference()]));
    if offer.ambiguous {
        data.extend(tlv::encode(0x84, &[offer.parameter_id]));
    }
    let command = Command::new(0x00, 0x22, SET_AT.0, SET_AT.1).with_data(data);
    let response = link.plain(&command, ChipWork::None)?;
    match response.status {
        StatusWord::OK => Ok(()),
        // The password is known and a try was lost earlier; the protocol goes on.
        status if status.tries_left().is_some_and(|left| left > 0) => Ok(()),
        status => Err(AccessFailure::Refused(status.0).into()),
    }
}

fn nonce<T: Transport>(link: &mut Link<T>, offer: &PaceOffer, key: &AccessKey) -> Result<Secret, Cause> {
    let encrypted = step(link, Step::Nonce, &[])?;
    let block_bytes = offer.suite.block_size();
    // At least as many bits as the key of AES-128, so that it cannot be guessed offline; whole blocks.
    let fits =
        (16..=MAX_NONCE_BYTES).contains(&encrypted.len()) && encrypted.len().is_multiple_of(block_bytes);
    if !fits {
        return Err(protocol("the encrypted nonce has a length that the cipher does not allow").into());
    }
    let password = kdf::pace_password_key(key.pace_password(), offer.suite);
    let nonce = cipher::cbc_decrypt(offer.suite, &password, &vec![0; block_bytes], &encrypted)?;
    Ok(Secret::new(nonce))
}

/// Generic mapping: agrees on a point H and maps the generator to s·G + H.
fn map<T: Transport>(
    link: &mut Link<T>,
    offer: &PaceOffer,
    nonce: &Secret,
    entropy: &mut dyn Entropy,
) -> Result<Generator, Cause> {
    let own = PrivateKey::generate(&Generator::standard(offer.curve), entropy).map_err(own_fault)?;
    let answer = step(link, Step::Mapping, &own.public().encode())?;
    let chip = Point::decode(offer.curve, &answer)
        .map_err(|_| protocol("the chip's mapping key is not a point of the curve"))?;
    if &chip == own.public() {
        return Err(protocol("the chip sent back the terminal's mapping key").into());
    }
    let shared = own.agree_point(&chip).map_err(|_| protocol("the mapping gave the point at infinity"))?;
    Generator::map_generic(nonce, &shared)
        .map_err(|_| protocol("the mapped generator is the point at infinity or the standard one").into())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Nonce,
    Mapping,
    Agreement,
    Tokens,
}

/// One GENERAL AUTHENTICATE; all but the last are chained. Gives the value of the object that the step awaits.
fn step<T: Transport>(link: &mut Link<T>, step: Step, value: &[u8]) -> Result<Vec<u8>, Cause> {
    let (sent, awaited, cla, work) = match step {
        Step::Nonce => (None, 0x80, 0x10, ChipWork::PaceNonce),
        Step::Mapping => (Some(0x81), 0x82, 0x10, ChipWork::PaceMapping),
        Step::Agreement => (Some(0x83), 0x84, 0x10, ChipWork::PaceAgreement),
        Step::Tokens => (Some(0x85), 0x86, 0x00, ChipWork::PaceTokens),
    };
    let data = match sent {
        Some(tag) => dynamic::encode(&[(tag, value)]),
        None => dynamic::encode(&[]),
    };
    let command = Command::new(cla, 0x86, 0x00, 0x00).with_data(data).expecting(256);
    let response = link.plain(&command, work)?;
    match response.status {
        StatusWord::OK => {}
        // The chip learns at the tokens, and only there, that the password was another.
        StatusWord(0x6300..=0x63FF) if step == Step::Tokens => {
            return Err(AccessFailure::WrongPassword.into());
        }
        status => return Err(AccessFailure::Refused(status.0).into()),
    }
    let malformed = protocol("GENERAL AUTHENTICATE was answered with something else than its data object");
    let objects = dynamic::parse(&response.data).map_err(|_| malformed.clone())?;
    // Certification authority references may follow the token, nothing else.
    let extra = |tag: u8| step == Step::Tokens && matches!(tag, 0x87 | 0x88);
    match objects.split_first() {
        Some(((tag, value), rest)) if *tag == awaited && rest.iter().all(|(tag, _)| extra(*tag)) => {
            Ok(value.clone())
        }
        _ => Err(malformed.into()),
    }
}

fn token(keys: &SessionKeys, offer: &PaceOffer, other: &Point) -> Result<[u8; MAC_BYTES], Cause> {
    Ok(mac::mac(keys.suite, &keys.mac, MacInput::Message(&token_input(offer, other)))?)
}

/// The public key data object that a token is the MAC of: the key of the *other* side. Spec: 9303-11 §4.4.3.4.
fn token_input(offer: &PaceOffer, key: &Point) -> Vec<u8> {
    let inner = [tlv::encode(0x06, &offer.oid), tlv::encode(0x86, &key.encode())].concat();
    tlv::encode(0x7F49, &inner)
}

/// Making an own key fails only for want of randomness.
fn own_fault(error: EcError) -> Cause {
    match error {
        EcError::Entropy(error) => Cause::Entropy(error),
        _ => Cause::Protocol("an own key could not be made"),
    }
}

const fn protocol(what: &'static str) -> AccessFailure {
    AccessFailure::Protocol(what)
}

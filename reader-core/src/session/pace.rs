//! PACE over curves and prime fields, with each of its mappings. Spec: 9303-11 §4.4.

use crate::capture::{AccessFailure, PaceCamTrace};
use crate::channel::{Idle, SendSequenceCounter};
use crate::crypto::cipher;
use crate::crypto::kdf::{self, SessionKeys};
use crate::crypto::mac::{self, MAC_BYTES, MacInput};
use crate::crypto::mapping;
use crate::crypto::secret::{Entropy, Secret};
use crate::lds::security_infos::{KeyAgreement, Mapping};
use crate::transport::Transport;
use crate::wire::apdu::{Command, EXTENDED_NE_MAX_BYTES, Response, SHORT_NE_MAX_BYTES};
use crate::wire::status::StatusWord;
use crate::wire::{dynamic, tlv};

use super::link::{ChipWork, Link};
use super::pace_cam;
use super::pace_group::{Base, OwnKey, PublicKey};
use super::pace_offer::PaceOffer;
use super::terminal_auth::Basis;
use super::{AccessKey, Cause};

/// Longest nonce that is taken: two blocks of AES, as AES-192 and AES-256 chips send.
const MAX_NONCE_BYTES: usize = 32;
/// P1 P2 of MSE:Set AT for mutual authentication.
const SET_AT: (u8, u8) = (0xC1, 0xA4);

/// What PACE gave.
pub(super) struct Established {
    pub channel: Idle,
    /// What the chip authentication mapping added.
    pub mapping: Option<PaceCamTrace>,
}

/// What carries the commands: the bare link, or a channel that is open already.
pub(super) trait Carrier {
    fn send(&mut self, command: &Command, work: ChipWork) -> Result<Response, Cause>;
    /// What terminal authentication will rest on.
    fn basis(&mut self) -> &mut Basis;
}

impl<T: Transport> Carrier for Link<T> {
    fn send(&mut self, command: &Command, work: ChipWork) -> Result<Response, Cause> {
        self.plain(command, work)
    }

    fn basis(&mut self) -> &mut Basis {
        &mut self.terminal
    }
}

/// What may become of the last try of a PIN.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LastTry {
    /// It is kept.
    Keep,
    /// It is used, since the card access number has opened the chip for it.
    Use,
}

/// Opens a channel with the password.
pub(super) fn run(
    link: &mut impl Carrier,
    offer: &PaceOffer,
    key: &AccessKey,
    last_try: LastTry,
    entropy: &mut dyn Entropy,
) -> Result<Established, Cause> {
    set_protocol(link, offer, key, last_try)?;
    let password = kdf::pace_password_key(key.pace_password(), offer.suite);
    establish(link, offer, &password, entropy).map_err(|cause| of_pin(cause, key))
}

/// All that follows MSE:Set AT, with the key that the password gave.
pub(super) fn establish(
    link: &mut impl Carrier,
    offer: &PaceOffer,
    password: &Secret,
    entropy: &mut dyn Entropy,
) -> Result<Established, Cause> {
    let nonce = nonce(link, offer, password)?;
    let (base, chip_mapping_key) = match offer.mapping {
        Mapping::Integrated => (map_integrated(link, offer, &nonce, entropy)?, Vec::new()),
        // Spec: 9303-11 §4.4.3.3.3: the mapping phase of the generic one.
        Mapping::Generic | Mapping::ChipAuthentication => map_generic(link, offer, &nonce, entropy)?,
    };
    drop(nonce);

    let own = OwnKey::generate(&base, entropy)?;
    let public = own.public();
    let answer = step(link, offer, Step::Agreement, &public.encode())?.value;
    let chip = offer.group.decode(&answer, "the chip's ephemeral key is not one of the group")?;
    // Spec: 9303-11 §4.4.1 step 3: the keys must differ, or the chip echoes.
    if chip == public {
        return Err(protocol("the chip sent back the terminal's ephemeral key").into());
    }
    link.basis().opened_by_pace(&answer, &public.encode(), offer.agreement() == KeyAgreement::Ecdh);
    let shared = own.agree(&chip)?;
    let keys = SessionKeys::derive(&shared, offer.suite);

    let token = token(&keys, offer, &chip)?;
    let answer = step(link, offer, Step::Tokens, &token)?;
    let expected = MacInput::Message(&token_input(offer, &public));
    if !mac::verify(keys.suite, &keys.mac, expected, &answer.value)? {
        return Err(protocol("the chip's authentication token is wrong").into());
    }
    let mapping = (offer.mapping == Mapping::ChipAuthentication)
        .then(|| pace_cam::trace(&keys, offer, chip_mapping_key, answer.chip_data.as_deref()));
    let channel = Idle::new(keys, SendSequenceCounter::zero(offer.suite));
    Ok(Established { channel, mapping })
}

fn set_protocol(
    link: &mut impl Carrier,
    offer: &PaceOffer,
    key: &AccessKey,
    last_try: LastTry,
) -> Result<(), Cause> {
    let mut data = tlv::encode(0x80, &offer.oid);
    data.extend(tlv::encode(0x83, &[key.reference()]));
    if let Some(parameter_id) = offer.parameter_id.filter(|_| offer.ambiguous) {
        let bytes = parameter_id.to_be_bytes();
        let skip = bytes.iter().take_while(|byte| **byte == 0).count().min(bytes.len() - 1);
        data.extend(tlv::encode(0x84, bytes.get(skip..).unwrap_or_default()));
    }
    let command = Command::new(0x00, 0x22, SET_AT.0, SET_AT.1).with_data(data);
    let response = link.send(&command, ChipWork::None)?;
    // Spec: TR-03110-2 §3.3, TR-03110-3 §B.11.1: 63C1 suspended, 63C0 blocked.
    match (response.status, response.status.tries_left()) {
        (StatusWord::OK, _) => Ok(()),
        (_, Some(0)) | (StatusWord(0x6983), _) if key.is_pin() => Err(AccessFailure::PinBlocked.into()),
        (_, Some(1)) if key.is_pin() && last_try == LastTry::Keep => Err(AccessFailure::PinSuspended.into()),
        // The password is known and a try was lost earlier; the protocol goes on.
        (_, Some(1..)) => Ok(()),
        (status, _) => Err(AccessFailure::Refused(status.0).into()),
    }
}

/// The tries that are left count for a PIN alone: others are known to more than the holder.
fn of_pin(cause: Cause, key: &AccessKey) -> Cause {
    match cause {
        Cause::Access(AccessFailure::WrongPin { .. }) if !key.is_pin() => AccessFailure::WrongPassword.into(),
        other => other,
    }
}

fn nonce(link: &mut impl Carrier, offer: &PaceOffer, password: &Secret) -> Result<Secret, Cause> {
    let encrypted = step(link, offer, Step::Nonce, &[])?.value;
    let block_bytes = offer.suite.block_size();
    let fits = match offer.mapping {
        // Spec: 9303-11 §4.4.3.3: as long as the key, in whole blocks.
        Mapping::Integrated => encrypted.len() == mapping::chip_nonce_len(offer.suite),
        // At least as many bits as the key of AES-128, so that it cannot be guessed offline; whole blocks.
        Mapping::Generic | Mapping::ChipAuthentication => {
            (16..=MAX_NONCE_BYTES).contains(&encrypted.len()) && encrypted.len().is_multiple_of(block_bytes)
        }
    };
    if !fits {
        return Err(protocol("the encrypted nonce has a length that the protocol does not allow").into());
    }
    let nonce = cipher::cbc_decrypt(offer.suite, password, &vec![0; block_bytes], &encrypted)?;
    Ok(Secret::new(nonce))
}

/// Generic mapping: agrees on an element H and maps the generator to s·G + H. Also gives the chip's mapping key.
fn map_generic(
    link: &mut impl Carrier,
    offer: &PaceOffer,
    nonce: &Secret,
    entropy: &mut dyn Entropy,
) -> Result<(Base, Vec<u8>), Cause> {
    let own = OwnKey::generate(&offer.group.standard(), entropy)?;
    let public = own.public();
    let answer = step(link, offer, Step::Mapping, &public.encode())?.value;
    let chip = offer.group.decode(&answer, "the chip's mapping key is not one of the group")?;
    if chip == public {
        return Err(protocol("the chip sent back the terminal's mapping key").into());
    }
    Ok((own.map_generic(nonce, &chip)?, answer))
}

/// Integrated mapping: sends a nonce in the clear; both nonces together make the generator.
fn map_integrated(
    link: &mut impl Carrier,
    offer: &PaceOffer,
    nonce: &Secret,
    entropy: &mut dyn Entropy,
) -> Result<Base, Cause> {
    let mut own = vec![0; mapping::terminal_nonce_len(offer.suite)];
    entropy.fill(&mut own)?;
    // Spec: 9303-11 §4.4.5.2.2: the chip's object is there and empty.
    // Some chips leave the object out of the template, which says the same.
    if !step(link, offer, Step::Mapping, &own)?.value.is_empty() {
        return Err(protocol("the chip answered the integrated mapping with data").into());
    }
    offer.group.map_integrated(offer.suite, nonce, &own)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Nonce,
    Mapping,
    Agreement,
    Tokens,
}

/// What a step gave.
struct StepAnswer {
    /// The value of the object that the step awaits.
    value: Vec<u8>,
    /// Encrypted Chip Authentication Data, which come with the token of the chip authentication mapping alone.
    chip_data: Option<Vec<u8>>,
}

/// One GENERAL AUTHENTICATE; all but the last are chained.
fn step(link: &mut impl Carrier, offer: &PaceOffer, step: Step, value: &[u8]) -> Result<StepAnswer, Cause> {
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
    // Spec: 9303-11 §9.3.1.2: keys of 2048 bits need extended length, which is allowed here undeclared.
    let command = Command::new(cla, 0x86, 0x00, 0x00).with_data(data).expecting(SHORT_NE_MAX_BYTES);
    let command = if command.fits_short() { command } else { command.expecting(EXTENDED_NE_MAX_BYTES) };
    let response = link.send(&command, work)?;
    match response.status {
        StatusWord::OK => {}
        // The chip learns at the tokens, and only there, that the password was another.
        status @ StatusWord(0x6300..=0x63FF) if step == Step::Tokens => {
            let counted = status.tries_left().map(|tries_left| AccessFailure::WrongPin { tries_left });
            return Err(counted.unwrap_or(AccessFailure::WrongPassword).into());
        }
        status => return Err(AccessFailure::Refused(status.0).into()),
    }
    let malformed = protocol("GENERAL AUTHENTICATE was answered with something else than its data object");
    let mut objects = dynamic::parse(&response.data).map_err(|_| malformed.clone())?;
    let with_chip_data = step == Step::Tokens && offer.mapping == Mapping::ChipAuthentication;
    let at = objects.iter().position(|(tag, _)| with_chip_data && *tag == 0x8A);
    let chip_data = at.map(|at| objects.remove(at).1);
    if objects.is_empty() && step == Step::Mapping && offer.mapping == Mapping::Integrated {
        return Ok(StepAnswer { value: Vec::new(), chip_data });
    }
    // Certification authority references may follow the token. What belongs to the chip authentication mapping says nothing
    // in another one, and the token stands without it. Nothing else may follow.
    if step == Step::Tokens && !with_chip_data {
        objects.retain(|(tag, _)| *tag != 0x8A);
    }
    let extra = |tag: u8| step == Step::Tokens && matches!(tag, 0x87 | 0x88);
    match objects.split_first() {
        Some(((tag, value), rest)) if *tag == awaited && rest.iter().all(|(tag, _)| extra(*tag)) => {
            rest.iter().for_each(|(_, authority)| link.basis().names_authority(authority));
            Ok(StepAnswer { value: value.clone(), chip_data })
        }
        _ => Err(malformed.into()),
    }
}

fn token(keys: &SessionKeys, offer: &PaceOffer, other: &PublicKey) -> Result<[u8; MAC_BYTES], Cause> {
    Ok(mac::mac(keys.suite, &keys.mac, MacInput::Message(&token_input(offer, other)))?)
}

/// The public key data object that a token is the MAC of: the key of the *other* side. Spec: 9303-11 §4.4.3.4.
fn token_input(offer: &PaceOffer, key: &PublicKey) -> Vec<u8> {
    let inner = [tlv::encode(0x06, &offer.oid), tlv::encode(key.tag(), &key.encode())].concat();
    tlv::encode(0x7F49, &inner)
}

const fn protocol(what: &'static str) -> AccessFailure {
    AccessFailure::Protocol(what)
}

//! PACE with DH and ECDH; generic, integrated and chip authentication mapping. Spec: 9303-11 §4.4.

use super::command_in::Command;
use super::primitives::{
    cbc_encrypt, derive_key, integrated_nonce_bytes, key_bytes, mac_unpadded, pseudo_random,
};
use super::sm::Channel;
use super::terminal_auth::Terminal;
use super::{Answer, BadKey, Chip, Fault, PaceStep, Protocol, status, tlv};
use crate::card::{ChipAuthenticationKey, Hash, Mapping, PaceOffer, Suite};
use crate::num::{BigUint, CurveName, Element, Group, fixed_width};

/// id-PACE without its last two components: agreement with mapping, and cipher. Spec: 9303-11 §9.2.3.
const ID_PACE: [u8; 8] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04];

/// Password references of object 83. Spec: 9303-11 §4.4.4.1; TR-03110-3 §B.11.1.
const MRZ: u8 = 1;
const CAN: u8 = 2;
const PIN: u8 = 3;

/// A run of PACE and the command that it waits for.
pub(super) struct Pace {
    offer: PaceOffer,
    group: Group,
    /// Which password it is.
    reference: u8,
    /// K_π, which encrypts the nonce.
    password_key: Vec<u8>,
    /// The terminal announced its rights (7F4C) and wants to know whose certificates the chip trusts.
    names_authorities: bool,
    awaiting: Awaiting,
}

enum Awaiting {
    Nonce,
    Mapping { nonce: Vec<u8> },
    Agreement { generator: Element, chip_data: Option<Vec<u8>> },
    Token { channel: Channel, chip_public: Element, terminal_public: Element, chip_data: Option<Vec<u8>> },
}

impl Awaiting {
    /// The number of its command, from 0.
    const fn number(&self) -> u8 {
        match self {
            Awaiting::Nonce => 0,
            Awaiting::Mapping { .. } => 1,
            Awaiting::Agreement { .. } => 2,
            Awaiting::Token { .. } => 3,
        }
    }
}

impl Chip {
    /// MSE:Set AT for PACE: object identifier (80), password (83), domain parameters (84), rights (7F4C).
    pub(super) fn set_pace(&mut self, command: &Command) -> Result<Answer, u16> {
        if let Some(refusal) =
            self.fault(|fault| if let Fault::PaceRefused(sw) = fault { Some(*sw) } else { None })
        {
            return Err(refusal);
        }
        let objects = tlv::split(&command.data).ok_or(status::WRONG_DATA)?;
        let oid = tlv::find(&objects, 0x80).ok_or(status::WRONG_DATA)?;
        let offer = self.pace_offer(oid, tlv::find(&objects, 0x84))?;
        let group = Group::from_parameter_id(offer.parameter_id).ok_or(status::WRONG_DATA)?;
        let reference = tlv::find(&objects, 0x83).and_then(|bytes| bytes.first().copied()).unwrap_or(0);
        let (password, word) = match reference {
            MRZ => {
                self.memory.note_password("MRZ information", &self.card.access.mrz_information);
                let digest = Hash::Sha1.digest(self.card.access.mrz_information.as_bytes());
                self.memory.note_key("hash of the MRZ information", &digest);
                (digest, status::OK)
            }
            CAN => {
                let can = self.card.access.can.clone().ok_or(status::REFERENCE_NOT_FOUND)?;
                self.memory.note_password("card access number", &can);
                (can.into_bytes(), status::OK)
            }
            PIN => self.pin_for_pace()?,
            _ => return Err(status::REFERENCE_NOT_FOUND),
        };
        self.knew_derived("password key of PACE", offer.suite, &password, 3);
        self.state.protocol = Protocol::Pace(Pace {
            offer,
            group,
            password_key: derive_key(offer.suite, &password, 3),
            names_authorities: tlv::find(&objects, 0x7F4C).is_some(),
            reference,
            awaiting: Awaiting::Nonce,
        });
        Ok(Answer { data: Vec::new(), status: word })
    }

    /// The offer that a command means. Where the identifier is offered with several domain parameters, object 84 must
    /// say which; parameters that are not offered cannot be referred to. Spec: 9303-11 §4.4.4.1.
    fn pace_offer(&self, oid: &[u8], parameter_id: Option<&[u8]>) -> Result<PaceOffer, u16> {
        let mut offers = self.card.access.pace.iter().copied().filter(|offer| oid == identifier(*offer));
        let first = offers.clone().next().ok_or(status::WRONG_DATA)?;
        match parameter_id {
            Some(id) => offers.find(|offer| id == [offer.parameter_id]).ok_or(status::REFERENCE_NOT_FOUND),
            None if offers.any(|offer| offer.parameter_id != first.parameter_id) => Err(status::WRONG_DATA),
            None => Ok(first),
        }
    }

    /// One GENERAL AUTHENTICATE. Any failure ends the run: `pace` is put back only where it goes on.
    pub(super) fn pace_step(&mut self, mut pace: Pace, command: &Command) -> Result<Answer, u16> {
        let objects = tlv::split(&command.data).ok_or(status::WRONG_DATA)?;
        let objects =
            tlv::split(tlv::find(&objects, 0x7C).ok_or(status::WRONG_DATA)?).ok_or(status::WRONG_DATA)?;
        let step = pace.awaiting.number();
        let refusal = self.fault(|fault| match fault {
            Fault::PaceStepRefused { step: at, sw } if *at == step => Some(*sw),
            _ => None,
        });
        if let Some(sw) = refusal {
            return Err(sw);
        }
        let moved = if self.has(&Fault::PaceOtherTag { step }) { 0x10 } else { 0 };
        let last = step == 3;
        if last == (command.cla & 0x10 != 0) {
            return Err(status::CHAIN_BROKEN);
        }
        let (group, suite) = (pace.group, pace.offer.suite);
        let received = |tag| tlv::find(&objects, tag).ok_or(status::WRONG_DATA);
        let member =
            |tag| group.decode(received(tag)?).filter(|e| group.contains(e)).ok_or(status::WRONG_DATA);
        let (tag, value, awaiting) = match pace.awaiting {
            Awaiting::Nonce => {
                let integrated = pace.offer.mapping == Mapping::Integrated;
                let mut nonce = vec![0; if integrated { integrated_nonce_bytes(suite) } else { 16 }];
                self.fill_random(&mut nonce);
                self.memory.note_key("nonce of PACE", &nonce);
                let mut z = cbc_encrypt(suite, &pace.password_key, &vec![0; suite.block_bytes()], &nonce);
                if self.has(&Fault::PaceShortNonce) {
                    z.truncate(8);
                }
                if let Some(bytes) = self.fault(|fault| match fault {
                    Fault::PaceNonceBytes(bytes) => Some(*bytes),
                    _ => None,
                }) {
                    z.resize(bytes, 0x5A);
                }
                if let (true, Some(last)) = (self.has(&Fault::PaceOtherNonce), nonce.last_mut()) {
                    *last ^= 1;
                }
                (0x80, z, Awaiting::Mapping { nonce })
            }
            Awaiting::Mapping { nonce } if pace.offer.mapping == Mapping::Integrated => {
                let t = received(0x81)?;
                if t.len() != key_bytes(suite) {
                    return Err(status::WRONG_DATA);
                }
                let generator = integrated(group, suite, &nonce, t).ok_or(status::WRONG_DATA)?;
                self.knew_element("mapped generator of PACE", group, &generator);
                let mapped = group.encode(&generator);
                let answer = match self.bad_key(PaceStep::Mapping) {
                    Some(bad) => bad.encode(group, &mapped, t),
                    None => Vec::new(),
                };
                (0x82, answer, Awaiting::Agreement { generator, chip_data: None })
            }
            Awaiting::Mapping { nonce } => {
                let terminal = member(0x81)?;
                let private = self.random_scalar(group.order());
                let public = group.multiple(&private, &group.generator());
                let shared = group.multiple(&private, &terminal);
                let nonce = BigUint::from_bytes_be(&nonce);
                let generator = group.sum(&group.multiple(&nonce, &group.generator()), &shared);
                self.memory.note_key("mapping key of PACE", &private.to_bytes_be());
                self.knew_element("mapping secret of PACE", group, &shared);
                self.knew_element("mapped generator of PACE", group, &generator);
                let chip_data = match pace.offer.mapping {
                    Mapping::ChipAuthentication => {
                        Some(self.chip_data(pace.offer, &private).ok_or(status::WRONG_DATA)?)
                    }
                    Mapping::Generic | Mapping::Integrated => None,
                };
                let answer = self.public_or_fault(PaceStep::Mapping, group, &public, received(0x81)?);
                (0x82, answer, Awaiting::Agreement { generator, chip_data })
            }
            Awaiting::Agreement { generator, chip_data } => {
                let terminal_public = member(0x83)?;
                let private = self.random_scalar(group.order());
                let chip_public = group.multiple(&private, &generator);
                if chip_public == terminal_public {
                    return Err(status::AUTHENTICATION_FAILED);
                }
                let secret = group.secret(&private, &terminal_public).ok_or(status::WRONG_DATA)?;
                self.memory.note_key("ephemeral key of PACE", &private.to_bytes_be());
                self.knew_channel("PACE", suite, &secret);
                let channel = Channel::from_secret(suite, &secret);
                let answer = self.public_or_fault(PaceStep::Agreement, group, &chip_public, received(0x83)?);
                (0x84, answer, Awaiting::Token { channel, chip_public, terminal_public, chip_data })
            }
            Awaiting::Token { channel, chip_public, terminal_public, chip_data } => {
                let token = |public| token(&channel, group, pace.offer, public);
                if received(0x85)? != token(&chip_public) {
                    let counted = pace.reference == PIN;
                    return Err(if counted { self.count_wrong_pin() } else { status::AUTHENTICATION_FAILED });
                }
                if pace.reference == PIN {
                    self.restore_pin();
                }
                self.state.by_can = pace.reference == CAN;
                let mut answer = token(&terminal_public);
                if self.has(&Fault::PaceWrongToken) {
                    answer[0] ^= 1;
                }
                if self.has(&Fault::PaceTokenEcho) {
                    answer = received(0x85)?.to_vec();
                }
                if let Some(bytes) = self.fault(|fault| match fault {
                    Fault::PaceTokenBytes(bytes) => Some(*bytes),
                    _ => None,
                }) {
                    answer.resize(bytes, 0);
                }
                let mapped = chip_data.is_some();
                self.state.terminal = Terminal::after_pace(group, &chip_public, &terminal_public, mapped);
                let mut answer = tlv::write(0x86 + moved, &answer);
                if pace.names_authorities {
                    answer.extend(self.authority_references());
                }
                if self.has(&Fault::PaceStrayChipData) {
                    answer.extend(tlv::write(0x8A, &[0x5A; 48]));
                }
                if let Some(data) = chip_data {
                    answer.extend(self.chip_data_objects(&channel, group, &data));
                }
                self.state.next_channel = Some(channel);
                return Ok(Answer::ok(tlv::write(0x7C, &answer)));
            }
        };
        pace.awaiting = awaiting;
        self.state.protocol = Protocol::Pace(pace);
        Ok(Answer::ok(tlv::write(0x7C, &tlv::write(tag + moved, &value))))
    }

    /// Chip Authentication Data: the mapping key divided by the chip's key whose identifier is the parameters', as wide
    /// as the order. `None` without such a key, and where the variant does not exist. Spec: 9303-11 §4.4.3.5.1, §4.4.5.6.
    fn chip_data(&self, offer: PaceOffer, mapping_private: &BigUint) -> Option<Vec<u8>> {
        let curve = CurveName::from_parameter_id(offer.parameter_id)?;
        let fits = |key: &&ChipAuthenticationKey| {
            key.group == Group::Curve(curve) && key.key_id == Some(offer.parameter_id)
        };
        let key = self.card.chip_authentication.iter().find(fits)?;
        self.memory.note_key("private key of the chip", &key.private);
        let order = &curve.curve().n;
        let inverse = BigUint::from_bytes_be(&key.private).modinv(order)?;
        let data = fixed_width(&(inverse * mapping_private % order), curve.curve().order_bytes());
        (offer.suite != Suite::TripleDes).then_some(data)
    }

    /// The encoded public key, or what a fault puts in its place.
    fn public_or_fault(&self, step: PaceStep, group: Group, public: &Element, terminal: &[u8]) -> Vec<u8> {
        let encoded = group.encode(public);
        match self.bad_key(step) {
            Some(bad) => bad.encode(group, &encoded, terminal),
            None => encoded,
        }
    }

    fn bad_key(&self, step: PaceStep) -> Option<BadKey> {
        self.fault(|fault| match fault {
            Fault::PaceKey(at, bad) if *at == step => Some(*bad),
            Fault::PacePointAtInfinity(at) if *at == step => Some(BadKey::Infinity),
            Fault::PaceOffCurve(at) if *at == step => Some(BadKey::OffCurve),
            Fault::PaceEchoesTerminalKey(at) if *at == step => Some(BadKey::Echo),
            _ => None,
        })
    }
}

/// The contents of an offer's object identifier.
fn identifier(offer: PaceOffer) -> Vec<u8> {
    [&ID_PACE[..], &[offer.protocol_component(), offer.suite.oid_component()]].concat()
}

/// The generator of integrated mapping. Spec: 9303-11 §4.4.3.3.2.
fn integrated(group: Group, suite: Suite, s: &[u8], t: &[u8]) -> Option<Element> {
    let random = BigUint::from_bytes_be(&pseudo_random(suite, s, t, group.prime().bits()));
    group.from_field(&(random % group.prime()))
}

/// The authentication token over the other side's public key. Spec: 9303-11 §4.4.3.4, §9.4.
fn token(channel: &Channel, group: Group, offer: PaceOffer, public: &Element) -> Vec<u8> {
    let tag = match group {
        Group::Curve(_) => 0x86,
        Group::Modp(_) => 0x84,
    };
    let key = tlv::write(tag, &group.encode(public));
    let body = [tlv::write(0x06, &identifier(offer)), key].concat();
    mac_unpadded(offer.suite, channel.keys().1, &tlv::write(0x7F49, &body))
}

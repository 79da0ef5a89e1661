//! PACE with ECDH and generic mapping. Spec: 9303-11 §4.4.

use super::command_in::Command;
use super::primitives::{cbc_encrypt, derive_key, mac_unpadded};
use super::sm::Channel;
use super::{Answer, Chip, Fault, PaceStep, Protocol, status, tlv};
use crate::card::{Hash, PaceOffer, Suite};
use crate::num::{BigUint, Curve, CurveName, Point, ecdh};

/// id-PACE-ECDH-GM without its last component, which names the cipher. Spec: 9303-11 §9.2.3.
const ID_PACE_ECDH_GM: [u8; 9] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02];

/// A run of PACE and the command that it waits for.
pub(super) struct Pace {
    suite: Suite,
    curve: CurveName,
    /// K_π, which encrypts the nonce.
    password_key: Vec<u8>,
    awaiting: Awaiting,
}

enum Awaiting {
    Nonce,
    Mapping { nonce: Vec<u8> },
    Agreement { generator: Point },
    Token { channel: Channel, chip_public: Point, terminal_public: Point },
}

impl Chip {
    /// MSE:Set AT for PACE: object identifier (80), password (83), domain parameters (84).
    pub(super) fn set_pace(&mut self, command: &Command) -> Result<Answer, u16> {
        if let Some(refusal) =
            self.fault(|fault| if let Fault::PaceRefused(sw) = fault { Some(*sw) } else { None })
        {
            return Err(refusal);
        }
        let objects = tlv::split(&command.data).ok_or(status::WRONG_DATA)?;
        let oid = tlv::find(&objects, 0x80).ok_or(status::WRONG_DATA)?;
        let parameter_id = tlv::find(&objects, 0x84);
        let offer = |offer: &&PaceOffer| {
            oid == [&ID_PACE_ECDH_GM[..], &[offer.suite.oid_component()]].concat()
                && parameter_id.is_none_or(|id| id == [offer.parameter_id])
        };
        let offer = *self.card.access.pace.iter().find(offer).ok_or(status::WRONG_DATA)?;
        let curve = CurveName::from_parameter_id(offer.parameter_id).ok_or(status::WRONG_DATA)?;
        let password = match tlv::find(&objects, 0x83) {
            Some([1]) => Hash::Sha1.digest(self.card.access.mrz_information.as_bytes()),
            Some([2]) => self.card.access.can.clone().ok_or(status::REFERENCE_NOT_FOUND)?.into_bytes(),
            _ => return Err(status::REFERENCE_NOT_FOUND),
        };
        self.state.protocol = Protocol::Pace(Pace {
            suite: offer.suite,
            curve,
            password_key: derive_key(offer.suite, &password, 3),
            awaiting: Awaiting::Nonce,
        });
        Ok(Answer::ok([]))
    }

    /// One GENERAL AUTHENTICATE. Any failure ends the run: `pace` is put back only where it goes on.
    pub(super) fn pace_step(&mut self, mut pace: Pace, command: &Command) -> Result<Answer, u16> {
        let objects = tlv::split(&command.data).ok_or(status::WRONG_DATA)?;
        let objects =
            tlv::split(tlv::find(&objects, 0x7C).ok_or(status::WRONG_DATA)?).ok_or(status::WRONG_DATA)?;
        let last = matches!(pace.awaiting, Awaiting::Token { .. });
        if last == (command.cla & 0x10 != 0) {
            return Err(status::CHAIN_BROKEN);
        }
        let curve = pace.curve.curve();
        let received = |tag| tlv::find(&objects, tag).ok_or(status::WRONG_DATA);
        let point =
            |tag| curve.decode(received(tag)?).filter(|p| curve.contains(p)).ok_or(status::WRONG_DATA);
        let (tag, value, awaiting) = match pace.awaiting {
            Awaiting::Nonce => {
                let nonce = self.random::<16>();
                let iv = vec![0; pace.suite.block_bytes()];
                let mut z = cbc_encrypt(pace.suite, &pace.password_key, &iv, &nonce);
                if self.has(&Fault::PaceShortNonce) {
                    z.truncate(8);
                }
                (0x80, z, Awaiting::Mapping { nonce: nonce.to_vec() })
            }
            Awaiting::Mapping { nonce } => {
                let terminal = point(0x81)?;
                let private = self.random_scalar(curve);
                let public = curve.multiply(&private, &curve.generator);
                let shared = curve.multiply(&private, &terminal);
                let generator =
                    curve.add(&curve.multiply(&BigUint::from_bytes_be(&nonce), &curve.generator), &shared);
                let answer = self.public_or_fault(PaceStep::Mapping, curve, &public, received(0x81)?);
                (0x82, answer, Awaiting::Agreement { generator })
            }
            Awaiting::Agreement { generator } => {
                let terminal_public = point(0x83)?;
                let private = self.random_scalar(curve);
                let chip_public = curve.multiply(&private, &generator);
                if chip_public == terminal_public {
                    return Err(status::AUTHENTICATION_FAILED);
                }
                let secret = ecdh(pace.curve, &private.to_bytes_be(), &terminal_public);
                let channel = Channel::from_secret(pace.suite, &secret.ok_or(status::WRONG_DATA)?);
                let answer = self.public_or_fault(PaceStep::Agreement, curve, &chip_public, received(0x83)?);
                (0x84, answer, Awaiting::Token { channel, chip_public, terminal_public })
            }
            Awaiting::Token { channel, chip_public, terminal_public } => {
                let token = |public| token(&channel, curve, pace.suite, public);
                if received(0x85)? != token(&chip_public) {
                    return Err(status::AUTHENTICATION_FAILED);
                }
                let mut answer = token(&terminal_public);
                if self.has(&Fault::PaceWrongToken) {
                    answer[0] ^= 1;
                }
                self.state.next_channel = Some(channel);
                return Ok(Answer::ok(tlv::write(0x7C, &tlv::write(0x86, &answer))));
            }
        };
        pace.awaiting = awaiting;
        self.state.protocol = Protocol::Pace(pace);
        Ok(Answer::ok(tlv::write(0x7C, &tlv::write(tag, &value))))
    }

    /// The encoded public key, or what a fault puts in its place.
    fn public_or_fault(&self, step: PaceStep, curve: &Curve, public: &Point, terminal: &[u8]) -> Vec<u8> {
        let mut encoded = curve.encode(public);
        if self.has(&Fault::PacePointAtInfinity(step)) {
            encoded = curve.encode(&Point::Infinity);
        }
        if self.has(&Fault::PaceOffCurve(step)) {
            // The same x with another y: no curve has three.
            if let Some(last) = encoded.last_mut() {
                *last ^= 1;
            }
        }
        if self.has(&Fault::PaceEchoesTerminalKey(step)) {
            encoded = terminal.to_vec();
        }
        encoded
    }
}

/// The authentication token over the other side's public key. Spec: 9303-11 §4.4.3.4.
fn token(channel: &Channel, curve: &Curve, suite: Suite, public: &Point) -> Vec<u8> {
    let oid = tlv::write(0x06, &[&ID_PACE_ECDH_GM[..], &[suite.oid_component()]].concat());
    let key = tlv::write(0x86, &curve.encode(public));
    mac_unpadded(suite, channel.keys().1, &tlv::write(0x7F49, &[oid, key].concat()))
}

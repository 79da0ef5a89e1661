//! Chip Authentication, version 1, with ECDH and DH. Spec: 9303-11 §6.2.

use super::command_in::Command;
use super::sm::Channel;
use super::{Answer, Chip, Fault, KeyProof, Protocol, status, terminal_auth, tlv};
use crate::card::{ChipAuthenticationKey, Suite};
use crate::num::{BigUint, Group};

/// id-CA without the two components that name the key agreement and the cipher. Spec: 9303-11 §9.2.5.
const ID_CA: [u8; 8] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03];

/// The object identifier of the protocol that a key is for.
fn identifier(key: &ChipAuthenticationKey) -> Vec<u8> {
    let agreement = match key.group {
        Group::Modp(_) => 1,
        Group::Curve(_) => 2,
    };
    [&ID_CA[..], &[agreement, key.suite.oid_component()]].concat()
}

impl Chip {
    /// MSE:Set AT for Chip Authentication: object identifier (80) and, with several keys, the key's number (84).
    pub(super) fn set_chip_authentication(&mut self, command: &Command) -> Result<Answer, u16> {
        self.require_access()?;
        self.refused_chip_authentication()?;
        let objects = tlv::split(&command.data).ok_or(status::WRONG_DATA)?;
        let oid = tlv::find(&objects, 0x80).ok_or(status::WRONG_DATA)?;
        let key = self.chip_key(tlv::find(&objects, 0x84), |key| oid == identifier(key))?;
        self.state.protocol = Protocol::ChipAuthentication(key);
        Ok(Answer::ok([]))
    }

    /// GENERAL AUTHENTICATE with the terminal's public key (80 in 7C).
    pub(super) fn chip_authentication_step(
        &mut self,
        key: &ChipAuthenticationKey,
        command: &Command,
    ) -> Result<Answer, u16> {
        let objects = tlv::split(&command.data).ok_or(status::WRONG_DATA)?;
        let objects =
            tlv::split(tlv::find(&objects, 0x7C).ok_or(status::WRONG_DATA)?).ok_or(status::WRONG_DATA)?;
        self.agree(key, tlv::find(&objects, 0x80).ok_or(status::WRONG_DATA)?)?;
        Ok(Answer::ok([0x7C, 0x00]))
    }

    /// MSE:Set KAT: the terminal's public key (91) in one command; 3DES only.
    pub(super) fn set_key_agreement_template(&mut self, command: &Command) -> Result<Answer, u16> {
        self.require_access()?;
        self.refused_chip_authentication()?;
        if self.has(&Fault::RefuseKeyAgreementTemplate) {
            return Err(status::WRONG_PARAMETERS);
        }
        let objects = tlv::split(&command.data).ok_or(status::WRONG_DATA)?;
        let public = tlv::find(&objects, 0x91).ok_or(status::WRONG_DATA)?;
        let key = self.chip_key(tlv::find(&objects, 0x84), |key| key.suite == Suite::TripleDes)?;
        self.agree(&key, public)?;
        Ok(Answer::ok([]))
    }

    fn refused_chip_authentication(&self) -> Result<(), u16> {
        let refusal = self.fault(|fault| if let Fault::CaRefused(sw) = fault { Some(*sw) } else { None });
        refusal.map_or(Ok(()), Err)
    }

    /// The key that a command asks for. Without a number the first fitting one answers.
    fn chip_key(
        &self,
        id: Option<&[u8]>,
        fits: impl Fn(&ChipAuthenticationKey) -> bool,
    ) -> Result<ChipAuthenticationKey, u16> {
        let named =
            |key: &&ChipAuthenticationKey| id.is_none_or(|id| key.key_id.is_some_and(|own| id == [own]));
        let keys = &self.key_holder(KeyProof::ChipAuthentication).chip_authentication;
        let found = keys.iter().filter(named).find(|key| fits(key)).cloned();
        found.ok_or(if id.is_some() { status::REFERENCE_NOT_FOUND } else { status::WRONG_DATA })
    }

    /// The new channel begins after this command's answer, which is still protected with the old keys.
    fn agree(&mut self, key: &ChipAuthenticationKey, terminal: &[u8]) -> Result<(), u16> {
        let mut private = key.private.clone();
        if self.has(&Fault::CaWrongKey) {
            private = key.group.private_from_seed("not the key of this chip");
        }
        self.memory.note_key("private key of the chip", &private);
        let public = key.group.decode(terminal).ok_or(status::WRONG_DATA)?;
        let private = BigUint::from_bytes_be(&private);
        let secret = key.group.secret(&private, &public).ok_or(status::WRONG_DATA)?;
        self.knew_channel("chip authentication", key.suite, &secret);
        let compressed = terminal_auth::compressed(key.group, &public);
        self.state.terminal.after_chip_authentication(compressed);
        if !self.has(&Fault::CaKeepsOldKeys) {
            self.state.next_channel = Some(Channel::from_secret(key.suite, &secret));
        }
        Ok(())
    }
}

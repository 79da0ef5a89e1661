//! Chip authentication over curves and prime fields: new session keys that only the holder of the chip's private key
//! shares.
//!
//! 9000 proves nothing; the first response with a valid MAC under the new keys does. Whether the key is the issuer's is
//! judged in `verify`, from the bytes kept in the trace. Spec: 9303-11 §6.2.

use crate::capture::{ChipAuthenticationTrace, Interruption};
use crate::channel::{Idle, SendSequenceCounter};
use crate::crypto::agreement::{Agreement, AgreementError, AgreementKey};
use crate::crypto::kdf::{CipherSuite, SessionKeys};
use crate::crypto::secret::Entropy;
use crate::key::KeyError;
use crate::lds::security_infos::{
    ChipAuthenticationInfo, ChipAuthenticationPublicKey, KeyAgreement, SecurityInfos, Suite,
};
use crate::transport::Transport;
use crate::wire::apdu::{Command, LengthForm};
use crate::wire::dynamic;
use crate::wire::status::StatusWord;
use crate::wire::tlv::{self, Rules};

use super::link::ChipWork;
use super::{Cause, ChipSession, Ended, Secured, cipher_suite};

/// The commands that carry the terminal's ephemeral key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyCommand {
    /// MSE:Set KAT: one command, for triple DES only.
    SetKat,
    /// MSE:Set AT and GENERAL AUTHENTICATE: for every cipher.
    SetAt,
}

/// Whether commands of extended length may carry a key that fits no short one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extended {
    /// They may.
    Allowed,
    /// They were refused before.
    Refused,
}

/// A chip authentication that a chip offers and this program knows.
#[derive(Clone, Debug)]
pub struct ChipAuthenticationOffer {
    /// Content bytes of the protocol's object identifier.
    oid: Vec<u8>,
    suite: CipherSuite,
    key: AgreementKey,
    key_id: Option<u32>,
    spki: Vec<u8>,
    command: KeyCommand,
}

impl ChipAuthenticationOffer {
    /// The strongest cipher among the offers of DG14 that are known here; of equals, a curve before a prime field (shorter
    /// messages), then the order of the file.
    ///
    /// # Errors
    /// Why none is: in words, for the trace.
    pub fn choose(dg14: &[u8]) -> Result<Self, ChipAuthenticationTrace> {
        let not_understood = ChipAuthenticationTrace::NotUnderstood;
        let file = tlv::single("DG14", Rules::Ber, 0x6E, dg14)
            .map_err(|_| not_understood("DG14 is no 6E object"))?;
        let infos = SecurityInfos::parse(file.value)
            .map_err(|_| not_understood("DG14 holds no set of SecurityInfos"))?;
        let keys: Vec<_> = infos.chip_authentication_keys().collect();
        if keys.is_empty() {
            return Err(not_understood("DG14 has no key for chip authentication"));
        }
        let mut offers: Vec<_> = infos.chip_authentication().collect();
        if offers.is_empty() {
            // A key alone means triple DES with MSE:Set KAT. Spec: 9303-11 §6.2.
            offers.extend(keys.iter().map(|key| implied(key)));
        }
        offers.sort_by_key(|info| std::cmp::Reverse((info.suite, info.agreement == KeyAgreement::Ecdh)));
        let mut problem = "DG14 has no key for the chip authentication that it offers";
        for info in offers {
            for key in keys.iter().filter(|key| belongs(key, &info, keys.len())) {
                match (crate::key::agreement_key(&key.spki), info.agreement) {
                    (Ok(found @ AgreementKey::Curve(_)), KeyAgreement::Ecdh)
                    | (Ok(found @ AgreementKey::Modp(_)), KeyAgreement::Dh) => {
                        return Ok(Self::new(&info, key, found));
                    }
                    (Ok(_), _) | (Err(KeyError::NoAgreement { .. }), _) => {
                        problem = "the key in DG14 is of another kind than its protocol";
                    }
                    (Err(KeyError::Domain(_) | KeyError::Element(_)), _) => {
                        problem = "the key in DG14 or the group under it is unsound";
                    }
                    (Err(_), _) => problem = "the key in DG14 is of no group that is known here",
                }
            }
        }
        Err(not_understood(problem))
    }

    fn new(info: &ChipAuthenticationInfo, key: &ChipAuthenticationPublicKey, found: AgreementKey) -> Self {
        let suite = cipher_suite(info.suite);
        let command = if suite == CipherSuite::TripleDes { KeyCommand::SetKat } else { KeyCommand::SetAt };
        let key_id = info.key_id.or(key.key_id);
        Self { oid: info.oid_content(), suite, key: found, key_id, spki: key.spki.clone(), command }
    }

    /// The same by another command; triple DES alone has the choice.
    #[must_use]
    pub fn by(mut self, command: KeyCommand) -> Self {
        if self.suite == CipherSuite::TripleDes {
            self.command = command;
        }
        self
    }

    /// The command that will carry the key.
    #[must_use]
    pub const fn command(&self) -> KeyCommand {
        self.command
    }

    /// The cipher of the new channel.
    #[must_use]
    pub const fn suite(&self) -> CipherSuite {
        self.suite
    }
}

const fn implied(key: &ChipAuthenticationPublicKey) -> ChipAuthenticationInfo {
    ChipAuthenticationInfo {
        agreement: key.agreement,
        suite: Suite::TripleDes,
        version: 1,
        key_id: key.key_id,
    }
}

/// Whether an offer means this key: for the same kind of group, with the same number; or only one of the two has a number,
/// and there is only one key.
fn belongs(key: &ChipAuthenticationPublicKey, info: &ChipAuthenticationInfo, keys: usize) -> bool {
    key.agreement == info.agreement
        && match (key.key_id, info.key_id) {
            (Some(key), Some(info)) => key == info,
            (None, None) => true,
            _ => keys == 1,
        }
}

impl<T: Transport> ChipSession<T, Secured> {
    /// Chip authentication. On success the session goes on under new keys, and the next response decides; a refusal by
    /// status word under the old keys leaves them in force. [`ChipSession::chip_authentication`] tells.
    ///
    /// A key that no short command holds goes in an extended one where `extended` allows it and the reader carries it,
    /// undeclared as the standard has it; else, and where that is refused, in a chain of short ones. Spec: 9303-11
    /// §9.3.1.2; ISO/IEC 7816-4 §5.3.3.
    ///
    /// # Errors
    /// The channel breaks, the card is gone, or there is no randomness.
    pub fn authenticate_chip(
        mut self,
        offer: &ChipAuthenticationOffer,
        extended: Extended,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, Ended<T>> {
        // Until a result is there; what ends the session before says of itself what it was.
        self.link.chip_authentication = Some(ChipAuthenticationTrace::Aborted(Interruption::Terminal));
        let own = match offer.key.agree(entropy) {
            Ok(own) => own,
            Err(AgreementError::Entropy(error)) => return Err(self.end(error.into())),
            Err(AgreementError::Neutral) => {
                return Err(self.end(Cause::Protocol("chip authentication gave the neutral element")));
            }
        };
        let (mut session, refused) = match offer.command {
            KeyCommand::SetKat => self.send_by_set_kat(offer, &own, extended)?,
            KeyCommand::SetAt => self.send_by_set_at(offer, &own, extended)?,
        };
        if let Some(status) = refused {
            session.link.chip_authentication = Some(ChipAuthenticationTrace::Refused(status.0));
            return Ok(session);
        }
        let keys = SessionKeys::derive(&own.shared, offer.suite);
        let channel = Idle::new(keys, SendSequenceCounter::zero(offer.suite));
        session.link.terminal.has_new_key(offer.key.compressed(&own.public));
        let trace =
            ChipAuthenticationTrace::NewKeysAnswered { public_key: offer.spki.clone(), key_id: offer.key_id };
        Ok(Self { link: session.link, state: Secured { channel, unconfirmed: Some(trace) } })
    }

    /// The terminal's ephemeral key of the last chip authentication, compressed: a part of what terminal authentication
    /// signs. Spec: 9303-11 §7.1.
    #[must_use]
    pub fn compressed_key(&self) -> Option<&[u8]> {
        self.link.terminal.newest_key()
    }

    /// If no command has gone out under the new keys yet, sends one whose only purpose is its MAC.
    ///
    /// # Errors
    /// The new keys are not the chip's, or the card is gone.
    pub fn confirm_chip_authentication(self) -> Result<Self, Ended<T>> {
        if self.state.unconfirmed.is_none() {
            return Ok(self);
        }
        let command = Command::new(0x00, 0xB0, 0x00, 0x00).expecting(1);
        Ok(self.transmit(&command, LengthForm::Short, ChipWork::None)?.0)
    }

    /// Spec: 9303-11 §6.2.4.1.
    fn send_by_set_kat(
        self,
        offer: &ChipAuthenticationOffer,
        own: &Agreement,
        extended: Extended,
    ) -> Result<(Self, Option<StatusWord>), Ended<T>> {
        let data = [tlv::encode(0x91, &own.public), key_reference(offer)].concat();
        self.send_key(&Command::new(0x00, 0x22, 0x41, 0xA6).with_data(data), extended)
    }

    /// Spec: 9303-11 §6.2.4.2.
    fn send_by_set_at(
        self,
        offer: &ChipAuthenticationOffer,
        own: &Agreement,
        extended: Extended,
    ) -> Result<(Self, Option<StatusWord>), Ended<T>> {
        let data = [tlv::encode(0x80, &offer.oid), key_reference(offer)].concat();
        let command = Command::new(0x00, 0x22, 0x41, 0xA4).with_data(data);
        let (session, response) = self.transmit(&command, LengthForm::Short, ChipWork::None)?;
        if let Some(status) = refusal(response.status) {
            return Ok((session, Some(status)));
        }
        let data = dynamic::encode(&[(0x80, &own.public)]);
        let command = Command::new(0x00, 0x86, 0x00, 0x00).with_data(data).expecting(256);
        session.send_key(&command, extended)
    }

    /// The command that carries the key: extended as far as the reader goes, undeclared. Spec: 9303-11 §9.3.1.2.
    fn send_key(self, command: &Command, extended: Extended) -> Result<(Self, Option<StatusWord>), Ended<T>> {
        let reader = self.link.transport.limits();
        let allowed = extended == Extended::Allowed && reader.extended;
        let extended_bytes = allowed.then_some(reader.command_bytes);
        let (session, response) =
            self.transmit_long(command, extended_bytes, ChipWork::ChipAuthentication)?;
        Ok((session, refusal(response.status)))
    }
}

/// Tag 84: which private key, where the chip has several. An INTEGER without leading zeros, as in DG14.
fn key_reference(offer: &ChipAuthenticationOffer) -> Vec<u8> {
    let Some(key_id) = offer.key_id else { return Vec::new() };
    let bytes = key_id.to_be_bytes();
    let skip = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    tlv::encode(0x84, bytes.get(skip..).unwrap_or_default())
}

fn refusal(status: StatusWord) -> Option<StatusWord> {
    (status != StatusWord::OK).then_some(status)
}

//! Basic Access Control. Spec: 9303-11 §4.3.

use super::command_in::Command;
use super::primitives::{cbc_decrypt, cbc_encrypt, derive_key, mac_unpadded};
use super::sm::Channel;
use super::terminal_auth::Terminal;
use super::{Answer, Chip, Fault, status};
use crate::card::{Directory, Hash, Suite};

impl Chip {
    /// GET CHALLENGE: eight random bytes, good for the next command only.
    pub(super) fn get_challenge(&mut self, command: &Command) -> Result<Answer, u16> {
        if command.ne != Some(8) {
            return Err(status::WRONG_LENGTH);
        }
        if self.state.terminal.is_selected() {
            return Ok(self.terminal_challenge());
        }
        let challenge = self.random::<8>();
        self.state.challenge = Some(challenge);
        Ok(Answer::ok(challenge))
    }

    /// EXTERNAL AUTHENTICATE as BAC uses it: proof of the MRZ, and half of the new keys.
    pub(super) fn external_authenticate(&mut self, command: &Command) -> Result<Answer, u16> {
        const SUITE: Suite = Suite::TripleDes;
        if let Some(refusal) =
            self.fault(|fault| if let Fault::BacRefused(sw) = fault { Some(*sw) } else { None })
        {
            return Err(refusal);
        }
        let challenge = self.state.challenge.take();
        let (Some(rnd_ic), true) =
            (challenge, self.card.access.bac && self.state.directory == Directory::Lds)
        else {
            return Err(status::CONDITIONS_NOT_SATISFIED);
        };
        let Some((cryptogram, code)) = command.data.split_at_checked(32).filter(|(_, code)| code.len() == 8)
        else {
            return Err(status::WRONG_LENGTH);
        };
        let seed = &Hash::Sha1.digest(self.card.access.mrz_information.as_bytes())[..16];
        self.memory.note_password("MRZ information", &self.card.access.mrz_information);
        self.memory.note_key("key seed of BAC", seed);
        self.knew_derived("access encryption key of BAC", SUITE, seed, 1);
        self.knew_derived("access authentication key of BAC", SUITE, seed, 2);
        let [k_enc, k_mac] = [1, 2].map(|counter| derive_key(SUITE, seed, counter));
        if mac_unpadded(SUITE, &k_mac, cryptogram) != code {
            return Err(status::AUTHENTICATION_FAILED);
        }
        let s = cbc_decrypt(SUITE, &k_enc, &[0; 8], cryptogram);
        let (rnd_ifd, received_rnd_ic, k_ifd) = (&s[..8], &s[8..16], &s[16..]);
        if received_rnd_ic != rnd_ic {
            return Err(status::AUTHENTICATION_FAILED);
        }
        let k_ic = self.random::<16>();
        let mut echoed = rnd_ifd.to_vec();
        if self.has(&Fault::BacWrongNonce) {
            echoed[0] ^= 1;
        }
        let r = cbc_encrypt(SUITE, &k_enc, &[0; 8], &[rnd_ic.as_slice(), &echoed, &k_ic].concat());
        let mut code = mac_unpadded(SUITE, &k_mac, &r);
        if self.has(&Fault::BacWrongMac) {
            code[0] ^= 1;
        }
        let secret: Vec<u8> = k_ifd.iter().zip(k_ic).map(|(terminal, chip)| terminal ^ chip).collect();
        self.memory.note_key("the terminal's half of BAC", k_ifd);
        self.memory.note_key("the chip's half of BAC", &k_ic);
        self.knew_channel("BAC", SUITE, &secret);
        let counter = [&rnd_ic[4..], &rnd_ifd[4..]].concat();
        self.state.terminal = Terminal::after_bac(&self.card.access.mrz_information);
        self.state.next_channel = Some(Channel::from_secret(SUITE, &secret).with_counter(counter));
        if self.has(&Fault::BacEcho) {
            return Ok(Answer::ok(command.data.clone()));
        }
        Ok(Answer::ok([r, code].concat()))
    }
}

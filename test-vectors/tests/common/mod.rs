//! A bare card and a bare terminal for the tests of the chip.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a broken test may panic")]

pub mod access;
pub mod pace;
pub mod terminal;

use test_vectors::card::{AccessControl, Card, Suite};
use test_vectors::chip::primitives::{cbc_decrypt, cbc_encrypt, encrypt_block, mac, pad, unpad};
use test_vectors::chip::{Channel, Chip, Command, Entropy, tlv};
use test_vectors::vector::{from_hex, to_hex};

/// A card without files and keys, opened by BAC.
pub fn bare_card() -> Card {
    Card {
        persona: "bare".into(),
        files: [].into(),
        terminal_only: [].into(),
        access: AccessControl {
            bac: true,
            pace: Vec::new(),
            can: None,
            mrz_information: "000000123690010113001019".into(),
        },
        chip_authentication: Vec::new(),
        active_authentication: None,
        terminal_authentication: None,
        extended_length: true,
    }
}

/// Random numbers as an example prescribes them, in this order and of these lengths.
pub fn entropy(draws: &[&[u8]]) -> Entropy {
    let mut draws = draws.iter().map(|draw| draw.to_vec()).collect::<Vec<_>>().into_iter();
    Box::new(move |out| out.copy_from_slice(&draws.next().expect("the example draws no more")))
}

/// The cipher of a vector's `cipher` field.
pub fn suite(name: &str) -> Suite {
    match name {
        "3des" => Suite::TripleDes,
        "aes-128" => Suite::Aes128,
        "aes-192" => Suite::Aes192,
        "aes-256" => Suite::Aes256,
        other => panic!("unknown cipher {other}"),
    }
}

/// The other end of a channel: protects plain commands and opens the answers.
pub struct Terminal {
    suite: Suite,
    encryption: Vec<u8>,
    authentication: Vec<u8>,
    counter: u128,
}

impl Terminal {
    pub fn new(channel: &Channel) -> Terminal {
        let (encryption, authentication, counter) = channel.keys();
        Terminal {
            suite: channel.suite(),
            encryption: encryption.to_vec(),
            authentication: authentication.to_vec(),
            counter: counter.iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte)),
        }
    }

    fn next_counter(&mut self) -> Vec<u8> {
        self.counter += 1;
        self.counter.to_be_bytes()[16 - self.suite.block_bytes()..].to_vec()
    }

    fn iv(&self, counter: &[u8]) -> Vec<u8> {
        match self.suite {
            Suite::TripleDes => vec![0; 8],
            suite => encrypt_block(suite, &self.encryption, counter),
        }
    }

    /// Protects a plain command given in hexadecimal.
    pub fn protect(&mut self, command: &str) -> Vec<u8> {
        let plain = Command::parse(&from_hex(command).unwrap()).unwrap();
        let counter = self.next_counter();
        let block = self.suite.block_bytes();
        let header = [plain.cla | 0x0C, plain.ins, plain.p1, plain.p2];
        let mut body = Vec::new();
        if !plain.data.is_empty() {
            let cryptogram =
                cbc_encrypt(self.suite, &self.encryption, &self.iv(&counter), &pad(&plain.data, block));
            body = if plain.ins & 1 == 1 {
                tlv::write(0x85, &cryptogram)
            } else {
                tlv::write(0x87, &[vec![1], cryptogram].concat())
            };
        }
        if let Some(ne) = plain.ne {
            let digits = u16::try_from(ne % 65536).unwrap().to_be_bytes();
            body.extend(tlv::write(0x97, if plain.extended { &digits } else { &digits[1..] }));
        }
        let input = [counter, pad(&header, block), pad(&body, block)].concat();
        body.extend(tlv::write(0x8E, &mac(self.suite, &self.authentication, &input)));
        if plain.extended {
            let length = u16::try_from(body.len()).unwrap().to_be_bytes();
            return [&header[..], &[0], &length, &body, &[0, 0]].concat();
        }
        [&header[..], &[u8::try_from(body.len()).unwrap()], &body, &[0]].concat()
    }

    /// Opens a protected response; a bare status word comes back as "bare …".
    pub fn open(&mut self, response: &[u8]) -> String {
        let counter = self.next_counter();
        let (body, status) = response.split_at(response.len() - 2);
        if body.is_empty() {
            return format!("bare {}", to_hex(status));
        }
        let objects = tlv::split(body).expect("data objects");
        let (code, protected) = objects.split_last().unwrap();
        let raw: Vec<u8> = protected.iter().flat_map(|object| object.encoded).copied().collect();
        let input = [counter.clone(), pad(&raw, self.suite.block_bytes())].concat();
        assert_eq!(code.tag, 0x8E);
        assert_eq!(code.value, mac(self.suite, &self.authentication, &input), "response MAC");
        let sw = tlv::find(protected, 0x99).expect("DO99");
        assert_eq!(sw, status, "the status word inside and outside");
        let cryptogram = tlv::find(protected, 0x87).map(|value| &value[1..]).or(tlv::find(protected, 0x85));
        let data =
            cryptogram.map(|value| cbc_decrypt(self.suite, &self.encryption, &self.iv(&counter), value));
        let data = data.map(|padded| unpad(&padded).expect("padding").to_vec()).unwrap_or_default();
        to_hex(&[&data, sw].concat())
    }

    /// Sends one plain command, in hexadecimal, through the channel; fetches the rest where the chip has more.
    pub fn transmit(&mut self, chip: &mut Chip, command: &str) -> String {
        let mut response = chip.exchange(&self.protect(command));
        while let [.., 0x61, _] = response[..] {
            response.truncate(response.len() - 2);
            response.extend(chip.exchange(&[0x00, 0xC0, 0x00, 0x00, 0x00]));
        }
        self.open(&response)
    }
}

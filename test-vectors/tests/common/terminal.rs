//! A bare terminal that proves itself to a chip.

use test_vectors::card::Card;
use test_vectors::chip::{Chip, tlv};
use test_vectors::issuer::terminal_pki::TerminalChain;
use test_vectors::num::{Group, private_from_seed, public_key};
use test_vectors::vector::{from_hex, to_hex};

use super::{Terminal, access, pace};

/// How long certificates and signatures go to the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriage {
    Extended,
    /// Short commands, chained.
    Chained,
}

/// A session with a chip, and what the terminal has to sign of it.
pub struct Inspection {
    pub chip: Chip,
    pub terminal: Terminal,
    pub identifier: Vec<u8>,
    pub ephemeral: Vec<u8>,
    pub carriage: Carriage,
}

/// The x coordinate of an encoded point.
pub fn x_coordinate(point: &[u8]) -> Vec<u8> {
    assert_eq!(point[0], 0x04);
    point[1..1 + point.len() / 2].to_vec()
}

fn first_key(card: &Card) -> test_vectors::card::ChipAuthenticationKey {
    card.chip_authentication.first().unwrap().clone()
}

impl Inspection {
    /// PACE by its first offer with the card access number, then the application.
    pub fn by_pace(mut chip: Chip) -> Inspection {
        let access = chip.card().access.clone();
        let offer = access.pace[0];
        let can = access.can.unwrap();
        let opened = pace::open(&mut chip, offer, (2, can.as_bytes()), None).unwrap();
        let [theirs, own] = opened.keys.map(|key| x_coordinate(&key));
        let mapped = opened.chip_data.is_some();
        let ephemeral = if mapped { own } else { Vec::new() };
        let mut all = Inspection {
            chip,
            terminal: opened.terminal,
            identifier: theirs,
            ephemeral,
            carriage: Carriage::Extended,
        };
        assert_eq!(all.send("00A4040C07A0000002471001"), "9000");
        all
    }

    pub fn by_bac(mut chip: Chip) -> Inspection {
        let information = chip.card().access.mrz_information.clone();
        let terminal = access::bac(&mut chip, &information).unwrap();
        // Nine characters and their check digit.
        let identifier = information.as_bytes()[..10].to_vec();
        Inspection { chip, terminal, identifier, ephemeral: Vec::new(), carriage: Carriage::Extended }
    }

    /// Chip Authentication with the card's first key.
    pub fn prove_chip(mut self) -> Inspection {
        let key = first_key(self.chip.card());
        let Group::Curve(curve) = key.group else { panic!("this terminal knows curves alone") };
        let public = public_key(curve, &key.private);
        let (chip, terminal) = (&mut self.chip, &mut self.terminal);
        let (status, next) = access::chip_authentication(chip, terminal, key.suite, (curve, &public), false);
        assert_eq!(status, "7C009000");
        let own = private_from_seed(curve, "terminal, chip authentication");
        let own = curve.curve().encode(&public_key(curve, &own));
        Inspection { terminal: next, ephemeral: x_coordinate(&own), ..self }
    }

    /// One command; gives data and status.
    pub fn send(&mut self, command: &str) -> String {
        self.terminal.transmit(&mut self.chip, command)
    }

    /// A long command, by the carriage; gives the first status other than 9000, else the last one.
    pub fn send_long(&mut self, header: [u8; 4], data: &[u8]) -> String {
        if self.carriage == Carriage::Extended {
            let length = u16::try_from(data.len()).unwrap().to_be_bytes();
            return self.send(&to_hex(&[&header[..], &[0], &length, data].concat()));
        }
        let parts: Vec<&[u8]> = data.chunks(200).collect();
        let mut status = String::new();
        for (number, part) in parts.iter().enumerate() {
            let class = header[0] | if number + 1 < parts.len() { 0x10 } else { 0x00 };
            let length = u8::try_from(part.len()).unwrap();
            let command = [&[class], &header[1..], &[length], part].concat();
            status = self.send(&to_hex(&command));
            if status != "9000" {
                break;
            }
        }
        status
    }

    /// MSE:Set DST.
    pub fn name_authority(&mut self, reference: &[u8]) -> String {
        self.set(0xB6, reference)
    }

    /// MSE:Set AT.
    pub fn name_terminal(&mut self, reference: &[u8]) -> String {
        self.set(0xA4, reference)
    }

    fn set(&mut self, template: u8, reference: &[u8]) -> String {
        let data = tlv::write(0x83, reference);
        let length = u8::try_from(data.len()).unwrap();
        self.send(&to_hex(&[&[0x00, 0x22, 0x81, template, length], &data[..]].concat()))
    }

    /// MSE:Set DST and PSO:Verify Certificate; gives the first status other than 9000.
    pub fn present(&mut self, certificate: &[u8]) -> String {
        let content = tlv::split(certificate).unwrap()[0].value;
        let parts = tlv::split(content).unwrap();
        let body = tlv::split(parts[0].value).unwrap();
        match self.name_authority(tlv::find(&body, 0x42).unwrap()).as_str() {
            "9000" => self.send_long([0x00, 0x2A, 0x00, 0xBE], content),
            refused => refused.to_owned(),
        }
    }

    /// MSE:Set AT, GET CHALLENGE, EXTERNAL AUTHENTICATE; gives the first status other than 9000.
    pub fn sign(&mut self, chain: &TerminalChain) -> String {
        let named = self.name_terminal(chain.reference.as_bytes());
        if named != "9000" {
            return named;
        }
        let challenge = from_hex(&self.send("0084000008")).unwrap();
        assert_eq!(challenge.len(), 10);
        let message = [&self.identifier[..], &challenge[..8], &self.ephemeral].concat();
        let signature = chain.key.sign(&message);
        self.send_long([0x00, 0x82, 0x00, 0x00], &signature)
    }

    /// The whole of Terminal Authentication; gives the first status other than 9000.
    pub fn prove_terminal(&mut self, chain: &TerminalChain) -> String {
        for certificate in &chain.certificates {
            let status = self.present(certificate);
            if status != "9000" {
                return status;
            }
        }
        self.sign(chain)
    }

    /// Status of reading a group by its short identifier.
    pub fn group_status(&mut self, group: u8) -> String {
        let answer = self.send(&to_hex(&[0x00, 0xB0, 0x80 | group, 0x00, 0x04]));
        answer[answer.len() - 4..].to_owned()
    }

    /// A whole group, in extended commands.
    pub fn read_group(&mut self, group: u8) -> Vec<u8> {
        assert_eq!(self.send(&to_hex(&[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x01, group])), "9000");
        let mut file = Vec::new();
        loop {
            let [high, low] = u16::try_from(file.len()).unwrap().to_be_bytes();
            let mut part = from_hex(&self.send(&to_hex(&[0x00, 0xB0, high, low, 0, 0x07, 0xD0]))).unwrap();
            let status = part.split_off(part.len() - 2);
            file.extend(part);
            match status[..] {
                [0x90, 0x00] => {}
                [0x62, 0x82] | [0x6B, 0x00] => return file,
                _ => panic!("DG{group}: {status:02X?}"),
            }
        }
    }

    /// EF.CVCA by its short identifier.
    pub fn authorities(&mut self) -> Vec<u8> {
        let mut answer = from_hex(&self.send("00B09C0000")).unwrap();
        assert_eq!(answer.split_off(answer.len() - 2), [0x90, 0x00]);
        answer
    }
}

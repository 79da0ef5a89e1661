//! A stand-in for the driver drives the chip over a real socket.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;
use crate::card::{AccessControl, Card};
use crate::chip::Fault;

fn chip() -> Chip {
    let access = AccessControl {
        bac: true,
        pace: Vec::new(),
        can: None,
        mrz_information: "000000123690010113001019".into(),
    };
    let card = Card {
        persona: "bare".into(),
        files: [].into(),
        terminal_only: [].into(),
        access,
        chip_authentication: Vec::new(),
        active_authentication: None,
        terminal_authentication: None,
        extended_length: true,
    };
    Chip::new(card, 1)
}

fn send(stream: &mut TcpStream, bytes: &[u8]) {
    // Apart, as the driver does it.
    stream.write_all(&u16::try_from(bytes.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(bytes).unwrap();
}

fn ask(stream: &mut TcpStream, bytes: &[u8]) -> Vec<u8> {
    send(stream, bytes);
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut body = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut body).unwrap();
    body
}

const SELECT: &[u8] = &[0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
const CHALLENGE: &[u8] = &[0x00, 0x84, 0x00, 0x00, 0x08];

#[test]
fn a_card_is_powered_asked_and_removed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let inserted = Inserted::new(listener.local_addr().unwrap(), chip()).unwrap();
    let (mut driver, _) = listener.accept().unwrap();
    send(&mut driver, &[1]);
    let atr = ask(&mut driver, &[4]);
    assert_eq!(atr[0], 0x3B);
    assert_eq!(atr[1..].iter().fold(0, |sum, byte| sum ^ byte), 0, "the check byte makes the sum zero");
    assert_eq!(usize::from(atr[1] & 0x0F), atr.len() - 5, "historical bytes");
    assert_eq!(ask(&mut driver, SELECT), [0x90, 0x00]);
    assert_eq!(ask(&mut driver, CHALLENGE).len(), 10);
    send(&mut driver, &[2]);
    send(&mut driver, &[0]);
    assert_eq!(ask(&mut driver, &[4]), atr);
    let chip = inserted.remove().unwrap();
    assert_eq!(chip.exchanges(), 0, "the reset forgot the exchanges");
    assert_eq!(driver.read(&mut [0]).unwrap(), 0, "the card is out");
}

#[test]
fn a_torn_card_leaves_and_comes_back() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut torn = chip();
    torn.misbehave(Fault::TornAt { exchange: 1 });
    let inserted = Inserted::new(listener.local_addr().unwrap(), torn).unwrap();
    for _ in 0..2 {
        let (mut driver, _) = listener.accept().unwrap();
        assert_eq!(ask(&mut driver, SELECT), [0x90, 0x00]);
        send(&mut driver, CHALLENGE);
        assert_eq!(driver.read(&mut [0]).unwrap(), 0, "no answer, and the card is out");
    }
    assert!(inserted.remove().is_some());
}

#[test]
fn nobody_listening_is_an_error() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(Inserted::new(address, chip()).is_err());
}

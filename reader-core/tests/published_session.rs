//! Secure messaging against the published transcripts, on the reader's side alone, and everything that must break it.
#![allow(clippy::unwrap_used, reason = "a test")]

use reader_core::channel::{Broken, Idle, SendSequenceCounter};
use reader_core::crypto::kdf::{CipherSuite, SessionKeys};
use reader_core::crypto::secret::Secret;
use reader_core::wire::apdu::{Command, LengthForm};
use reader_core::wire::status::StatusWord;
use test_vectors::vector::{self, Vector};

fn suite(name: &str) -> CipherSuite {
    match name {
        "3des" => CipherSuite::TripleDes,
        "aes-128" => CipherSuite::Aes128,
        "aes-192" => CipherSuite::Aes192,
        "aes-256" => CipherSuite::Aes256,
        other => panic!("{other}"),
    }
}

fn channel(vector: &Vector, at: &str) -> Idle {
    let field = |name: &str| format!("{at}{name}");
    let suite = suite(vector.text(&field("cipher")));
    let secret = |name: &str| Secret::new(vector.hex(&field(name)));
    let keys = SessionKeys { suite, enc: secret("ks_enc"), mac: secret("ks_mac") };
    Idle::new(keys, SendSequenceCounter::from_bytes(suite, &vector.hex(&field("ssc"))).unwrap())
}

/// A short command from its bytes.
fn command(bytes: &[u8]) -> Command {
    let ne = |byte: u8| if byte == 0 { 256 } else { usize::from(byte) };
    let bare = Command::new(bytes[0], bytes[1], bytes[2], bytes[3]);
    match bytes.len() {
        4 => bare,
        5 => bare.expecting(ne(bytes[4])),
        length => {
            let end = 5 + usize::from(bytes[4]);
            let with_data = bare.with_data(&bytes[5..end]);
            if length > end { with_data.expecting(ne(bytes[end])) } else { with_data }
        }
    }
}

fn run(vector: &Vector, at: &str, phase: Option<&str>) {
    let mut idle = channel(vector, at);
    let mut seen = 0;
    for case in vector.cases() {
        if phase.is_some_and(|phase| case.text("phase") != phase) {
            continue;
        }
        let (bytes, awaiting) = idle.protect(&command(&case.hex("command")), LengthForm::Short).unwrap();
        assert_eq!(vector::to_hex(&bytes), vector::to_hex(&case.hex("protected_command")));
        let (response, next) = awaiting.open(&case.hex("protected_response")).unwrap();
        let plain = [response.data, response.status.0.to_be_bytes().to_vec()].concat();
        assert_eq!(vector::to_hex(&plain), vector::to_hex(&case.hex("response")));
        if case.has("ssc_after") {
            assert_eq!(next.counter().bytes(), case.hex("ssc_after"));
        }
        idle = next;
        seen += 1;
    }
    assert!(seen > 0);
    if vector.has("final_ssc") {
        assert_eq!(idle.counter().bytes(), vector.hex("final_ssc"));
    }
}

#[test]
fn every_published_exchange_is_reproduced() {
    run(&vector::load("sm/triple_des"), "", None);
    run(&vector::load("sm/aes256"), "", None);
    run(&vector::load("aa/rsa_session"), "", None);
    for name in ["ca/session_at", "ca/session_my"] {
        run(&vector::load(name), "before.", Some("old"));
        run(&vector::load(name), "after.", Some("new"));
    }
}

#[test]
fn the_counter_counts_and_wraps_as_published() {
    for case in vector::load("sm/counter").cases() {
        let before = case.hex("before");
        let suite = if before.len() == 8 { CipherSuite::TripleDes } else { CipherSuite::Aes128 };
        let next = SendSequenceCounter::from_bytes(suite, &before).unwrap().next();
        assert_eq!(next.bytes(), case.hex("after"));
    }
}

/// What opening `response` gives after the second command of the vector.
fn open(name: &str, response: &[u8]) -> Result<(), Broken> {
    let vector = vector::load(name);
    let cases = vector.cases();
    let first =
        channel(&vector, "").protect(&command(&cases[0].hex("command")), LengthForm::Short).unwrap().1;
    let idle = first.open(&cases[0].hex("protected_response")).unwrap().1;
    let awaiting = idle.protect(&command(&cases[1].hex("command")), LengthForm::Short).unwrap().1;
    awaiting.open(response).map(drop)
}

#[test]
fn any_flipped_bit_inside_the_protection_breaks_the_channel() {
    for name in ["sm/triple_des", "sm/aes256"] {
        let good = vector::load(name).cases()[1].hex("protected_response");
        open(name, &good).unwrap();
        // The outer status word is not authenticated, and not believed.
        for bit in 0..(good.len() - 2) * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 0x80 >> (bit % 8);
            assert!(open(name, &bytes).is_err(), "{name}: bit {bit}");
        }
        for length in 0..good.len() {
            assert!(open(name, &good[..length]).is_err(), "{name}: {length} bytes");
        }
    }
}

#[test]
fn a_bare_status_word_breaks_the_channel() {
    for status in [0x9000_u16, 0x6A82, 0x6982, 0x6988, 0x6282] {
        let broken = open("sm/aes256", &status.to_be_bytes());
        assert_eq!(broken, Err(Broken::BareStatus(StatusWord(status))));
    }
}

#[test]
fn only_the_standards_objects_in_their_order_are_taken() {
    let object = |tag: u8, value: &[u8]| [&[tag, u8::try_from(value.len()).unwrap()][..], value].concat();
    let (status, mac) = (object(0x99, &[0x90, 0x00]), object(0x8E, &[0; 8]));
    let data = object(0x87, &[&[1][..], &[0; 16]].concat());
    let malformed = [
        vec![],
        vec![mac.clone()],
        vec![status.clone()],
        vec![mac.clone(), status.clone()],
        vec![status.clone(), data.clone(), mac.clone()],
        vec![status.clone(), status.clone(), mac.clone()],
        vec![data.clone(), data.clone(), status.clone(), mac.clone()],
        vec![status.clone(), mac.clone(), mac.clone()],
        vec![object(0x81, &[1]), status.clone(), mac.clone()],
        vec![object(0x85, &[0; 16]), status.clone(), mac.clone()],
        vec![object(0x87, &[&[2][..], &[0; 16]].concat()), status.clone(), mac.clone()],
        vec![object(0x87, &[]), status.clone(), mac.clone()],
        vec![object(0x87, &[1]), status.clone(), mac.clone()],
        vec![object(0x99, &[0x90]), mac.clone()],
        vec![object(0x99, &[0x90, 0, 0]), mac.clone()],
        vec![status.clone(), object(0x8E, &[0; 7])],
        vec![status.clone(), object(0x8E, &[0; 9])],
        vec![status.clone(), mac.clone(), vec![0]],
    ];
    for objects in malformed {
        let body = objects.concat();
        let broken = open("sm/aes256", &[&body[..], &[0x90, 0x00]].concat());
        let expected = if body.is_empty() {
            matches!(broken, Err(Broken::BareStatus(_)))
        } else {
            matches!(broken, Err(Broken::Malformed(_)))
        };
        assert!(expected, "{}: {broken:?}", vector::to_hex(&body));
    }
    // The same in order, with a MAC that is not the chip's.
    let body = [data, status, mac, vec![0x90, 0x00]].concat();
    assert_eq!(open("sm/aes256", &body), Err(Broken::WrongMac));
}

#[test]
fn an_old_response_does_not_open_twice() {
    for name in ["sm/triple_des", "sm/aes256"] {
        let replayed = vector::load(name).cases()[0].hex("protected_response");
        assert_eq!(open(name, &replayed), Err(Broken::WrongMac), "{name}");
    }
}

#[test]
fn the_largest_plaintext_of_a_short_response_is_as_computed() {
    let aes = channel(&vector::load("sm/aes256"), "");
    let triple_des = channel(&vector::load("sm/triple_des"), "");
    assert_eq!((aes.max_response_data(256), triple_des.max_response_data(256)), (223, 231));
    assert_eq!(aes.max_response_data(65_536), 65_503);
    assert_eq!((aes.max_response_data(20), aes.max_response_data(0)), (0, 0));
}

#[test]
fn extended_lengths_are_coded_inside_and_outside() {
    let aes = || channel(&vector::load("sm/aes256"), "");
    let read = Command::new(0x00, 0xB0, 0x00, 0x00).expecting(1000);
    let (bytes, _) = aes().protect(&read, LengthForm::Extended).unwrap();
    assert_eq!(bytes[..11], [0x0C, 0xB0, 0, 0, 0, 0, 14, 0x97, 2, 0x03, 0xE8]);
    assert_eq!(bytes[bytes.len() - 2..], [0, 0]);
    let too_long = Command::new(0x00, 0x22, 0x41, 0xA6).with_data(vec![0; 250]);
    assert!(aes().protect(&too_long, LengthForm::Short).is_err());
}

proptest::proptest! {
    #[test]
    fn no_bytes_of_anyones_making_open(bytes in proptest::collection::vec(0_u8.., 0..400)) {
        proptest::prop_assert!(open("sm/aes256", &bytes).is_err());
        proptest::prop_assert!(open("sm/triple_des", &bytes).is_err());
    }

    #[test]
    fn no_objects_of_anyones_making_open(
        encrypted in proptest::option::of(proptest::collection::vec(0_u8.., 0..64)),
        status in proptest::array::uniform2(0_u8..),
        mac in proptest::array::uniform8(0_u8..),
    ) {
        let data = encrypted.map(|bytes| reader_core::wire::tlv::encode(0x87, &[&[1][..], &bytes].concat()));
        let status_object = reader_core::wire::tlv::encode(0x99, &status);
        let mac_object = reader_core::wire::tlv::encode(0x8E, &mac);
        let body = [data.unwrap_or_default(), status_object, mac_object, status.to_vec()].concat();
        proptest::prop_assert!(open("sm/aes256", &body).is_err());
    }
}

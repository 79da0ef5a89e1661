//! Status words, rights, lengths and faults of the simulated chip, seen by a bare terminal.

#![allow(clippy::unwrap_used, reason = "a broken test may panic")]

mod common;

use common::access::{bac, chip_authentication, pace, plain};
use common::{Terminal, bare_card};
use test_vectors::card::{
    ActiveAuthenticationKey, Card, ChipAuthenticationKey, Directory, Hash, PaceOffer, Suite,
};
use test_vectors::chip::{Channel, Chip, Fault, PaceStep};
use test_vectors::num::{
    BigUint, CurveName, Group, Point, RsaKey, Signature, ecdsa_verify, private_from_seed, public_key, rsa_raw,
};
use test_vectors::vector::{from_hex, to_hex};

const MRZ: &str = "000000123690010113001019";
const CAN: (u8, &[u8]) = (2, b"000123");
const SELECT_LDS: &str = "00A4040C07A0000002471001";
const CURVE: CurveName = CurveName::BrainpoolP256r1;

/// A card with both accesses, a large DG2, DG3 behind Terminal Authentication, and keys of every kind.
fn card() -> Card {
    let file = |length: usize, seed: u8| {
        (0..length).map(|i| u8::try_from(i % 251).unwrap() ^ seed).collect::<Vec<u8>>()
    };
    let mut card = bare_card();
    card.access.can = Some("000123".into());
    card.access.pace = vec![PaceOffer::generic(Suite::Aes128, 13)];
    card.files = [
        ((Directory::MasterFile, 0x011C), file(20, 1)),
        ((Directory::MasterFile, 0x011D), file(40, 2)),
        ((Directory::MasterFile, 0x2F01), file(7, 3)),
        ((Directory::Lds, 0x011E), file(22, 4)),
        ((Directory::Lds, 0x011D), file(900, 5)),
        ((Directory::Lds, 0x0101), file(95, 6)),
        ((Directory::Lds, 0x0102), file(40_000, 7)),
        ((Directory::Lds, 0x0103), file(500, 8)),
    ]
    .into();
    card.terminal_only = [(Directory::Lds, 0x0103)].into();
    card.chip_authentication = vec![
        ChipAuthenticationKey {
            group: Group::Curve(CURVE),
            private: private_from_seed(CURVE, "chip"),
            key_id: None,
            suite: Suite::Aes256,
        },
        ChipAuthenticationKey {
            group: Group::Curve(CurveName::P256),
            private: private_from_seed(CurveName::P256, "chip"),
            key_id: Some(7),
            suite: Suite::TripleDes,
        },
    ];
    card.active_authentication = Some(ActiveAuthenticationKey::Ecdsa {
        curve: CURVE,
        private: private_from_seed(CURVE, "aa"),
        hash: Hash::Sha256,
    });
    card
}

fn chip() -> Chip {
    Chip::new(card(), 1)
}

fn chip_public(curve: CurveName) -> Point {
    public_key(curve, &private_from_seed(curve, "chip"))
}

/// A chip opened by PACE, with the application selected.
fn opened(faults: &[Fault]) -> (Chip, Terminal) {
    let mut chip = chip();
    faults.iter().for_each(|fault| chip.misbehave(fault.clone()));
    let mut terminal = pace(&mut chip, Suite::Aes128, CURVE, CAN).unwrap();
    assert_eq!(terminal.transmit(&mut chip, SELECT_LDS), "9000");
    (chip, terminal)
}

#[test]
fn before_access_only_the_announcements_are_readable() {
    let mut chip = chip();
    let card_access = to_hex(&card().files[&(Directory::MasterFile, 0x011C)]);
    assert_eq!(plain(&mut chip, "00B09C0000"), format!("{card_access}9000"));
    assert_eq!(plain(&mut chip, "00A4020C02011C"), "9000");
    assert_eq!(plain(&mut chip, "00B0000214"), format!("{}6282", &card_access[4..]), "20 asked, 18 there");
    assert_eq!(plain(&mut chip, "00B0001401"), "6B00");
    assert_eq!(
        plain(&mut chip, "00B0810000"),
        format!("{}9000", to_hex(&card().files[&(Directory::MasterFile, 0x2F01)]))
    );
    assert_eq!(plain(&mut chip, "00B09D0000"), "6982", "EF.CardSecurity");
    assert_eq!(plain(&mut chip, "00B09E0000"), "6A82", "no EF.DIR");
    assert_eq!(plain(&mut chip, "0088000008000102030405060700"), "6982");
    assert_eq!(plain(&mut chip, "002241A40C800A04007F00070202030204"), "6982");
    assert_eq!(plain(&mut chip, SELECT_LDS), "9000");
    for command in ["00B09E0000", "00A4020C020101", "00A4020C02010B", "00B09D0000", "00B08B0000"] {
        assert_eq!(plain(&mut chip, command), "6982", "{command}");
    }
    for (command, status) in [
        ("00FF0000", "6D00"),
        ("80B0000000", "6E00"),
        ("0CB0000000", "6988"),
        ("00A4040C05A000000003", "6A82"),
        ("00A4080C02011C", "6A86"),
        ("00B0", "6700"),
        ("00840000FF", "6700"),
        ("00860000027C0000", "6985"),
        ("00A4000C023F00", "9000"),
        ("00A4000C", "9000"),
        ("00C0000000", "6D00"),
    ] {
        assert_eq!(plain(&mut chip, command), status, "{command}");
    }
}

#[test]
fn every_pace_offer_opens() {
    for suite in [Suite::TripleDes, Suite::Aes128, Suite::Aes192, Suite::Aes256] {
        for parameter_id in 8..=18 {
            let mut card = card();
            card.access.pace =
                vec![PaceOffer::generic(Suite::Aes128, 9), PaceOffer::generic(suite, parameter_id)];
            let mut chip = Chip::new(card, u64::from(parameter_id));
            let curve = CurveName::from_parameter_id(parameter_id).unwrap();
            let mut terminal = pace(&mut chip, suite, curve, CAN).unwrap();
            assert_eq!(
                terminal.transmit(&mut chip, "00B09D0001"),
                "029000",
                "EF.CardSecurity in the master file"
            );
            assert_eq!(terminal.transmit(&mut chip, SELECT_LDS), "9000");
            assert_eq!(terminal.transmit(&mut chip, "00B09D0001"), "059000", "EF.SOD in the application");
            assert_eq!(terminal.transmit(&mut chip, "00B0830001"), "6982", "DG3");
            assert_eq!(terminal.transmit(&mut chip, "00B08B0001"), "6A82", "absent, with a MAC");
        }
    }
}

#[test]
fn wrong_secrets_are_refused() {
    let mut chip = chip();
    assert_eq!(pace(&mut chip, Suite::Aes128, CURVE, (2, b"000124")).err().unwrap(), "6300");
    assert_eq!(pace(&mut chip, Suite::Aes128, CURVE, (1, &Hash::Sha1.digest(b"x"))).err().unwrap(), "6300");
    assert_eq!(pace(&mut chip, Suite::Aes256, CURVE, CAN).err().unwrap(), "6A80", "not offered");
    assert_eq!(pace(&mut chip, Suite::Aes128, CURVE, (3, b"0")).err().unwrap(), "6A88", "no PIN");
    assert!(pace(&mut chip, Suite::Aes128, CURVE, (1, &Hash::Sha1.digest(MRZ.as_bytes()))).is_ok());
    chip.reset();
    assert_eq!(bac(&mut chip, "000000123690010113001010").err().unwrap(), "6300");
    assert_eq!(plain(&mut chip, "00B09E0000"), "6982");
    assert!(bac(&mut chip, MRZ).is_ok());
}

#[test]
fn files_are_read_whole_by_every_command() {
    for by_bac in [false, true] {
        let mut chip = chip();
        let mut terminal = if by_bac { bac(&mut chip, MRZ).unwrap() } else { opened(&[]).1 };
        if !by_bac {
            chip = self::chip();
            terminal = pace(&mut chip, Suite::Aes128, CURVE, CAN).unwrap();
            terminal.transmit(&mut chip, SELECT_LDS);
        }
        let expected = card().files[&(Directory::Lds, 0x0102)].clone();
        // Short: as much as fits, then the end.
        let mut content = from_hex(&terminal.transmit(&mut chip, "00B0820000")).unwrap();
        content.truncate(content.len() - 2);
        assert_eq!(content.len(), if by_bac { 231 } else { 223 });
        while content.len() < 32_700 {
            let chunk =
                from_hex(&terminal.transmit(&mut chip, &format!("00B0{:04X}DF", content.len()))).unwrap();
            assert_eq!(chunk.len(), 225);
            content.extend_from_slice(&chunk[..223]);
        }
        while content.len() < expected.len() {
            let command = format!("00B10000045402{:04X}DF", content.len());
            let chunk = from_hex(&terminal.transmit(&mut chip, &command)).unwrap();
            assert_eq!(chunk[..2], [0x53, 0x81], "an object of 128 bytes or more");
            content.extend_from_slice(&chunk[3..chunk.len() - 2]);
            if content.len() + 220 > expected.len() {
                break;
            }
        }
        let command = format!("00B10000045402{:04X}00", content.len());
        let chunk = from_hex(&terminal.transmit(&mut chip, &command)).unwrap();
        let header = if chunk[1] == 0x81 { 3 } else { 2 };
        content.extend_from_slice(&chunk[header..chunk.len() - 2]);
        assert!(content == expected);
        // Extended: everything at once.
        let response = from_hex(&terminal.transmit(&mut chip, "00B08200000000")).unwrap();
        assert!(response[..40_000] == expected);
    }
}

#[test]
fn the_session_dies_of_a_bad_mac_and_of_a_plain_command() {
    let (mut chip, mut terminal) = opened(&[]);
    let mut command = terminal.protect("00B0810004");
    let last = command.len() - 2;
    command[last] ^= 1;
    assert_eq!(to_hex(&chip.exchange(&command)), "6988");
    assert_eq!(terminal.transmit(&mut chip, "00B0810004"), "bare 6988");

    let (mut chip, mut terminal) = opened(&[]);
    assert_eq!(plain(&mut chip, "00B0810004"), "6982");
    assert_eq!(terminal.transmit(&mut chip, "00B0810004"), "bare 6988");

    let (mut chip, mut terminal) = opened(&[]);
    let protected = terminal.protect("00B0810004");
    // Without data object 8E.
    let bare = [&protected[..4], &[3], &protected[5..8], &[0]].concat();
    assert_eq!(to_hex(&chip.exchange(&bare)), "6987");
}

#[test]
fn chip_authentication_changes_the_keys() {
    let by_oid = (CURVE, chip_public(CURVE));
    let by_template = (CurveName::P256, chip_public(CurveName::P256));
    for (suite, (curve, public), template) in
        [(Suite::Aes256, by_oid, false), (Suite::TripleDes, by_template, true)]
    {
        let (mut chip, mut terminal) = opened(&[]);
        let (status, mut fresh) =
            chip_authentication(&mut chip, &mut terminal, suite, (curve, &public), template);
        assert_eq!(status, if template { "9000" } else { "7C009000" });
        assert_eq!(fresh.transmit(&mut chip, "00B0810001"), "069000");
        assert_eq!(terminal.transmit(&mut chip, "00B0810001"), "bare 6988", "the old keys are dead");
    }
    let (mut chip, mut terminal) = opened(&[Fault::CaKeepsOldKeys]);
    let (status, mut fresh) =
        chip_authentication(&mut chip, &mut terminal, Suite::Aes256, (CURVE, &chip_public(CURVE)), false);
    assert_eq!(status, "7C009000");
    assert_eq!(terminal.transmit(&mut chip, "00B0810001"), "069000");
    assert_eq!(fresh.transmit(&mut chip, "00B0810001"), "bare 6988");

    let (mut chip, mut terminal) = opened(&[Fault::CaWrongKey]);
    let (status, mut fresh) =
        chip_authentication(&mut chip, &mut terminal, Suite::Aes256, (CURVE, &chip_public(CURVE)), false);
    assert_eq!(status, "7C009000", "9000 proves nothing");
    assert_eq!(fresh.transmit(&mut chip, "00B0810001"), "bare 6988");
}

#[test]
fn a_key_is_chosen_by_its_number() {
    let (mut chip, mut terminal) = opened(&[]);
    for (oid_end, key_id, status) in [
        ("01", "840107", "9000"),
        ("01", "", "9000"),
        ("01", "840108", "6A88"),
        ("04", "840107", "6A88"),
        ("04", "", "9000"),
        ("02", "", "6A80"),
    ] {
        let data = format!("800A04007F000702020302{oid_end}{key_id}");
        let command = format!("002241A4{:02X}{data}", data.len() / 2);
        assert_eq!(terminal.transmit(&mut chip, &command), status, "{command}");
    }
}

#[test]
fn active_authentication_signs_the_challenge() {
    let verified = |faults: &[Fault]| {
        let (mut chip, mut terminal) = opened(faults);
        let response = from_hex(&terminal.transmit(&mut chip, "0088000008010203040506070800")).unwrap();
        assert_eq!(response[64..], [0x90, 0x00]);
        let [r, s] = [&response[..32], &response[32..64]].map(BigUint::from_bytes_be);
        let public = public_key(CURVE, &private_from_seed(CURVE, "aa"));
        ecdsa_verify(CURVE, &public, &Hash::Sha256.digest(&[1, 2, 3, 4, 5, 6, 7, 8]), &Signature { r, s })
    };
    assert!(verified(&[]));
    assert!(!verified(&[Fault::AaWrongKey]));
    let (mut chip, mut terminal) = opened(&[]);
    assert_eq!(terminal.transmit(&mut chip, "00880000070102030405060700"), "6700");
}

#[test]
fn a_long_signature_is_fetched_in_parts() {
    let key = RsaKey::from_seed(2048, "long");
    let mut card = card();
    let private = key.private.clone();
    card.active_authentication =
        Some(ActiveAuthenticationKey::Rsa { modulus: key.modulus.clone(), private, hash: Hash::Sha256 });
    let mut chip = Chip::new(card, 3);
    let shared = Channel::from_secret(Suite::Aes128, b"any");
    let mut terminal = Terminal::new(&shared);
    chip.open_channel(shared, Directory::Lds);
    for command in ["0088000008010203040506070800", "008800000000080102030405060708 0000"] {
        let before = chip.exchanges();
        let response = from_hex(&terminal.transmit(&mut chip, command)).unwrap();
        assert_eq!(chip.exchanges() - before, if command.contains(' ') { 1 } else { 2 });
        let block = rsa_raw(&key.modulus, &key.public, &response[..256]);
        assert_eq!((block[0], &block[254..]), (0x6A, &[0x34, 0xCC][..]));
    }
}

#[test]
fn transport_faults_strike_once() {
    let read = "00B0810004";
    let clean = opened(&[]).0.exchanges();
    let first = |fault: Fault| {
        let (mut chip, mut terminal) = opened(&[fault]);
        let protected = terminal.protect(read);
        (chip.exchange(&protected), chip, terminal)
    };
    let (response, mut torn, _) = first(Fault::TornAt { exchange: clean });
    assert!(response.is_empty());
    assert!(plain(&mut torn, "00B09C0000").is_empty(), "gone until the next power-up");
    torn.reset();
    assert_eq!(plain(&mut torn, "00B09C0001"), "019000");

    let (good, ..) = first(Fault::RefuseExtended);
    let (response, ..) = first(Fault::WrongMac { exchange: clean });
    assert_eq!((response.len(), response == good), (good.len(), false));
    assert_eq!(to_hex(&first(Fault::PlainStatus { exchange: clean, sw: 0x6A82 }).0), "6A82");
    assert_eq!(first(Fault::TruncateResponse { exchange: clean }).0, good[..good.len() / 2]);
    assert_eq!(first(Fault::FlipBit { exchange: clean, bit: 0 }).0[0], good[0] ^ 0x80);
    let (response, _, mut terminal) = first(Fault::WrongStatus { exchange: clean, sw: 0x6F00 });
    assert!(terminal.open(&response).ends_with("6F00"), "with a right MAC");
    let (response, ..) = first(Fault::ReplayPrevious { exchange: clean });
    assert_eq!(response.len(), 16, "the answer to SELECT once more");
    let (response, mut chip, _) = first(Fault::EndlessMore { exchange: clean });
    assert_eq!(to_hex(&response), "6110");
    for _ in 0..300 {
        assert!(plain(&mut chip, "00C0000010").ends_with("6110"));
    }
    let (mut chip, mut terminal) = opened(&[Fault::AbsentUnprotected { file: 0x010E }]);
    assert_eq!(terminal.transmit(&mut chip, "00B08E0004"), "bare 6A82");
}

#[test]
fn protocol_faults_strike() {
    let status = |fault: Fault| {
        let mut chip = chip();
        chip.misbehave(fault);
        pace(&mut chip, Suite::Aes128, CURVE, CAN).err()
    };
    assert_eq!(status(Fault::PaceRefused(0x6982)), Some("6982".into()));
    let mut chip = chip();
    for (fault, length) in [(Fault::PaceShortNonce, 14), (Fault::NoEndOfFileWarning, 22)] {
        chip.misbehave(fault);
        plain(&mut chip, "0022C1A412800A04007F0007020204020283010284010D");
        assert_eq!(plain(&mut chip, "10860000027C0000").len() / 2, length);
        chip.behave();
    }
    let key = to_hex(&CURVE.curve().encode(&chip_public(CURVE)));
    for (fault, expected) in [
        (Fault::PacePointAtInfinity(PaceStep::Mapping), Some("00".to_owned())),
        (Fault::PaceEchoesTerminalKey(PaceStep::Mapping), Some(key.clone())),
        (Fault::PaceOffCurve(PaceStep::Mapping), None),
    ] {
        chip.behave();
        chip.misbehave(fault);
        plain(&mut chip, "0022C1A40F800A04007F00070202040202830102");
        plain(&mut chip, "10860000027C0000");
        let response = plain(&mut chip, &format!("10860000457C438141{key}00"));
        let point = &response[8..response.len() - 4];
        match expected {
            Some(expected) => assert_eq!(point, expected),
            None => {
                let curve = CURVE.curve();
                assert!(!curve.contains(&curve.decode(&from_hex(point).unwrap()).unwrap()));
            }
        }
    }
    chip.behave();
    chip.reset();
    chip.misbehave(Fault::BacRefused(0x6985));
    assert_eq!(bac(&mut chip, MRZ).err(), Some("6985".into()));
    chip.behave();
    chip.misbehave(Fault::NoCardAccess(0x6982));
    chip.misbehave(Fault::RefuseSelectMasterFile);
    chip.misbehave(Fault::RefuseExtended);
    chip.reset();
    assert_eq!(plain(&mut chip, "00B09C0000"), "6982");
    assert_eq!(plain(&mut chip, "00A4000C023F00"), "6D00");
    assert_eq!(plain(&mut chip, "00B09C00000000"), "6700");
    assert!(pace(&mut chip, Suite::Aes128, CURVE, CAN).is_ok());
    let (mut chip, mut terminal) = opened(&[Fault::AskForExactLength]);
    assert_eq!(terminal.transmit(&mut chip, "00B0810060"), "6C5F");
}

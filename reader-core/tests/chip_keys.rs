//! Chip authentication with every kind of key, end to end with the simulated chip: prime fields in each form of DG14,
//! several keys with their numbers, long keys in extended commands and in chains, and keys that prove nothing.
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

mod common;
#[path = "common/simulated.rs"]
mod simulated;

use reader_core::capture::ChipAuthenticationTrace;
use reader_core::key::{KeyError, agreement_key};
use reader_core::lds::{DataGroup, FileId};
use reader_core::session::{ActiveAuthentication, ChipAuthenticationOffer, KeyCommand, Plan};
use reader_core::transport::{Limits, Recorded};
use reader_core::wire::tlv::encode;
use simulated::{SimulatedTransport, card, keys, on_card, read};
use test_vectors::card::{Card, ChipAuthenticationKey, Suite};
use test_vectors::chip::Fault;
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::{CurveForm, DhForm, dh_public_key_info, rsa_public_key_info};
use test_vectors::num::{BigUint, CurveName, Element, Group, Modp};

fn shortest() -> Plan {
    Plan {
        groups: vec![DataGroup::Dg1],
        // So that no file is read with extended lengths.
        read_atr_info: false,
        active_authentication: ActiveAuthentication::Never,
        ..Plan::default()
    }
}

fn chip_key(group: Group, suite: Suite, key_id: Option<u8>) -> ChipAuthenticationKey {
    let private = group.private_from_seed(&format!("{group:?} {key_id:?}"));
    ChipAuthenticationKey { group, private, key_id, suite }
}

/// The SubjectPublicKeyInfo of a key over a prime field.
fn modular_info(key: &ChipAuthenticationKey, form: DhForm) -> Vec<u8> {
    match (key.group, key.group.public_key(&key.private)) {
        (Group::Modp(group), Element::Number(number)) => dh_public_key_info(group, form, &number),
        other => panic!("{other:?}"),
    }
}

/// The usual card with these infos in DG14 and these keys behind them.
fn with_keys(infos: &[Vec<u8>], keys: Vec<ChipAuthenticationKey>) -> Card {
    let mut card = card("good");
    card.files.insert(on_card(FileId::group(DataGroup::Dg14)), security_infos::dg14(infos));
    card.chip_authentication = keys;
    card.extended_length = true;
    card
}

fn with_key(key: ChipAuthenticationKey, info: &[u8]) -> Card {
    let infos = [security_infos::chip_authentication(&key), security_infos::chip_public_key_info(&key, info)];
    with_keys(&infos, vec![key])
}

fn trace(
    card: Card,
    limits: Limits,
    fault: Option<Fault>,
) -> (Option<ChipAuthenticationTrace>, Vec<Vec<u8>>) {
    let mut transport = SimulatedTransport::new(card).with_limits(limits);
    if let Some(fault) = fault {
        transport.chip.misbehave(fault);
    }
    let reading = read(Recorded::new(transport), &keys("good"), &shortest());
    assert_eq!(reading.ended, None);
    let sent = reading.transport.transcript().exchanges.iter().map(|(command, _)| command.clone());
    (reading.capture.chip_authentication, sent.collect())
}

fn answered(trace: Option<&ChipAuthenticationTrace>) -> bool {
    matches!(trace, Some(ChipAuthenticationTrace::NewKeysAnswered { .. }))
}

const SUITES: [Suite; 4] = [Suite::TripleDes, Suite::Aes128, Suite::Aes192, Suite::Aes256];

#[test]
fn prime_fields_in_every_form_with_every_cipher() {
    for modp in Modp::ALL {
        for (at, form) in [DhForm::Pkcs3, DhForm::X942, DhForm::Standardized].into_iter().enumerate() {
            for suite in [SUITES[at], SUITES[3]] {
                let key = chip_key(Group::Modp(modp), suite, (at == 1).then_some(9));
                let info = modular_info(&key, form);
                let (trace, _) = trace(with_key(key, &info), Limits::EXTENDED, None);
                match trace {
                    Some(ChipAuthenticationTrace::NewKeysAnswered { public_key, key_id }) => {
                        assert_eq!(public_key, info);
                        assert_eq!(key_id, (at == 1).then_some(9));
                    }
                    other => panic!("{modp:?} {form:?} {suite:?}: {other:?}"),
                }
            }
        }
    }
}

/// The commands of these instruction bytes, by class and whether they are extended.
fn forms(sent: &[Vec<u8>], instruction: [u8; 3]) -> Vec<(u8, bool)> {
    let chosen = sent.iter().filter(|command| command.get(1..4) == Some(&instruction[..]));
    chosen.map(|command| (command[0], command[4] == 0 && command.len() > 7)).collect()
}

const SET_KAT: [u8; 3] = [0x22, 0x41, 0xA6];
const GENERAL_AUTHENTICATE: [u8; 3] = [0x86, 0x00, 0x00];

#[test]
fn a_key_goes_extended_or_in_a_chain_where_it_does_not_fit() {
    let small = Group::Modp(Modp::Of1024And160);
    let large = Group::Modp(Modp::Of2048And224);
    for (suite, instruction) in [(Suite::TripleDes, SET_KAT), (Suite::Aes128, GENERAL_AUTHENTICATE)] {
        let run = |group: Group, limits, fault| {
            let key = chip_key(group, suite, None);
            let info = modular_info(&key, DhForm::X942);
            let (trace, sent) = trace(with_key(key, &info), limits, fault);
            let protected = sent
                .iter()
                .filter(|command| command.first().is_some_and(|class| class & 0x0C != 0))
                .cloned()
                .collect::<Vec<_>>();
            (trace, forms(&protected, instruction))
        };
        let (trace, sent) = run(small, Limits::SHORT, None);
        assert!(answered(trace.as_ref()), "{trace:?}");
        assert_eq!(sent, [(0x0C, false)], "1024 bits fit");
        let (trace, sent) = run(large, Limits::EXTENDED, None);
        assert!(answered(trace.as_ref()), "{trace:?}");
        assert_eq!(sent, [(0x0C, true)], "undeclared, as the standard allows for this command");
        let (trace, sent) = run(large, Limits::SHORT, None);
        assert!(answered(trace.as_ref()), "{trace:?}");
        assert_eq!(sent, [(0x1C, false), (0x0C, false)], "the reader carries no extended lengths");
        // The chip refuses extended lengths, and its channel dies of it: the next session sends a chain.
        let (trace, sent) = run(large, Limits::EXTENDED, Some(Fault::RefuseExtended));
        assert!(answered(trace.as_ref()), "{trace:?}");
        assert_eq!(sent, [(0x0C, true), (0x1C, false), (0x0C, false)]);
    }
}

#[test]
fn a_chip_that_takes_the_key_in_no_form_is_read_without_the_proof() {
    for suite in [Suite::TripleDes, Suite::Aes128] {
        let key = chip_key(Group::Modp(Modp::Of2048And224), suite, None);
        let info = modular_info(&key, DhForm::X942);
        let (trace, _) = trace(with_key(key, &info), Limits::SHORT, Some(Fault::RefuseChaining));
        // Could not be done: refused by a status word under a valid MAC, and nothing is refuted by that.
        assert_eq!(trace, Some(ChipAuthenticationTrace::Refused(0x6884)));
    }
}

#[test]
fn of_several_keys_the_one_with_the_strongest_cipher_is_named_and_used() {
    let keys = [
        chip_key(Group::Curve(CurveName::P256), Suite::TripleDes, Some(1)),
        chip_key(Group::Modp(Modp::Of2048And256), Suite::Aes128, Some(2)),
        chip_key(Group::Curve(CurveName::BrainpoolP256r1), Suite::Aes128, Some(3)),
        chip_key(Group::Modp(Modp::Of2048And256), Suite::Aes256, Some(200)),
        chip_key(Group::Curve(CurveName::P384), Suite::Aes192, Some(5)),
    ];
    // Each in turn is the last that is left.
    for (left, strongest) in [(5, 3), (3, 2), (2, 1), (1, 0)] {
        let kept = &keys[..left];
        let infos: Vec<Vec<u8>> = kept
            .iter()
            .flat_map(|key| {
                [
                    security_infos::chip_public_key(key, CurveForm::Named),
                    security_infos::chip_authentication(key),
                ]
            })
            .collect();
        let card = with_keys(&infos, kept.to_vec());
        let (trace, _) = trace(card, Limits::EXTENDED, None);
        let Some(ChipAuthenticationTrace::NewKeysAnswered { key_id, .. }) = trace else {
            panic!("{trace:?}")
        };
        assert_eq!(key_id, keys[strongest].key_id.map(u32::from));
    }
}

#[test]
fn offers_are_for_keys_of_their_own_kind_and_number() {
    let curve = chip_key(Group::Curve(CurveName::P256), Suite::Aes128, Some(1));
    let modular = chip_key(Group::Modp(Modp::Of1024And160), Suite::Aes256, Some(1));
    let choose = |infos: &[Vec<u8>]| ChipAuthenticationOffer::choose(&security_infos::dg14(infos));
    let (offer, key) =
        (security_infos::chip_authentication, |key| security_infos::chip_public_key(key, CurveForm::Named));
    assert!(choose(&[offer(&curve), key(&curve)]).is_ok());
    for infos in [
        vec![offer(&curve), key(&modular)],
        vec![offer(&modular), key(&curve)],
        vec![
            offer(&curve),
            security_infos::chip_public_key_info(&curve, &rsa_public_key_info(&[0xFF; 128], &[3])),
        ],
        vec![
            offer(&curve),
            security_infos::chip_public_key_info(&curve, &modular_info(&modular, DhForm::X942)),
        ],
        vec![offer(&curve)],
    ] {
        assert!(matches!(choose(&infos), Err(ChipAuthenticationTrace::NotUnderstood(_))), "{infos:?}");
    }
    // The stronger offer has no key, so the weaker one is taken.
    assert!(choose(&[offer(&modular), offer(&curve), key(&curve)]).is_ok());
    // A key without an offer means triple DES, over prime fields too.
    let implied = choose(&[key(&modular)]).unwrap();
    assert_eq!(implied.command(), KeyCommand::SetKat);
}

#[test]
fn keys_of_small_subgroups_and_unsound_groups_prove_nothing() {
    let modp = Modp::Of2048And256;
    let numbers = modp.numbers();
    let (p, g) = (&numbers.p, &numbers.g);
    let key = chip_key(Group::Modp(modp), Suite::Aes128, None);
    let less = p - 1u8;
    // An element of a small order that this prime has beside q, and one of order 2q.
    let small = (3u32..).find(|small| &less % small == BigUint::ZERO).unwrap();
    let in_small = BigUint::from(5u8).modpow(&(&less / small), p);
    for y in [BigUint::ZERO, BigUint::from(1u8), less.clone(), p.clone(), p + g, in_small, p - g] {
        for form in [DhForm::Pkcs3, DhForm::X942, DhForm::Standardized] {
            let info = dh_public_key_info(modp, form, &y);
            let (trace, sent) = trace(with_key(key.clone(), &info), Limits::EXTENDED, None);
            assert_eq!(
                trace,
                Some(ChipAuthenticationTrace::NotUnderstood(
                    "the key in DG14 or the group under it is unsound"
                )),
                "{form:?} {y:x}"
            );
            assert!(forms(&sent, GENERAL_AUTHENTICATE).iter().all(|(class, _)| class & 0x0C == 0));
        }
    }
}

/// The sample DG14 of Doc 9303: a key as PKCS#3 has it, in a group of 1024 bits that is no standardized one.
#[test]
fn the_published_sample_over_a_prime_field_is_understood() {
    let Some(folder) = common::shared("vectors/security-infos") else { return };
    let dg14 = common::bytes(&folder, "doc9303_sample_dg14.bin");
    let offer = ChipAuthenticationOffer::choose(&dg14).unwrap();
    assert_eq!(offer.command(), KeyCommand::SetKat);
    // One bit less in the prime, and the group is no longer one.
    let at = dg14.windows(4).position(|window| window == [0xDC, 0xB5, 0x54, 0xDF]).unwrap();
    let mut other = dg14;
    other[at + 100] ^= 1;
    assert!(ChipAuthenticationOffer::choose(&other).is_err());
}

#[test]
fn standardized_numbers_name_prime_fields_and_nothing_else_here() {
    let standardized = encode(0x06, &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x01, 0x02]);
    for id in [3, 7, 31, 200] {
        let algorithm = encode(0x30, &[standardized.clone(), encode(0x02, &[0, id])].concat());
        let info = encode(0x30, &[algorithm, encode(0x03, &[0, 2, 1, 5])].concat());
        assert!(agreement_key(&info).is_err(), "{id}");
    }
    let rsa = agreement_key(&rsa_public_key_info(&[0xFF; 128], &[3]));
    assert!(matches!(rsa, Err(KeyError::NoAgreement { .. })));
}

//! Every cipher with every curve: PACE by card access number and by MRZ, and chip authentication.
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

#[path = "common/simulated.rs"]
mod simulated;

use reader_core::capture::{
    AccessFailure, AccessTrace, ActiveAuthenticationTrace, ChipAuthenticationTrace, Deviation,
};
use reader_core::crypto::curve::Curve;
use reader_core::crypto::ec::{Generator, PrivateKey};
use reader_core::lds::{DataGroup, FileId};
use reader_core::session::{AccessKey, ActiveAuthentication, Cause, Plan, ReadLimits};
use reader_core::transport::Limits;
use reader_core::wire::tlv::encode;
use simulated::{SimulatedTransport, card, keys, mrz_key, on_card, read};
use test_vectors::card::{
    ActiveAuthenticationKey, Card, ChipAuthenticationKey, Hash, Mapping, PaceOffer, Suite,
};
use test_vectors::issuer::signer::RsaTestKeys;
use test_vectors::num::{CurveName, Group};

const SUITES: [(Suite, u8); 4] =
    [(Suite::TripleDes, 1), (Suite::Aes128, 2), (Suite::Aes192, 3), (Suite::Aes256, 4)];

/// The arc of TR-03110's protocols with what follows it.
fn protocol(arcs: &[u8]) -> Vec<u8> {
    encode(0x06, &[&[0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02][..], arcs].concat())
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(0x30, &parts.concat())
}

fn integer(value: u8) -> Vec<u8> {
    encode(0x02, &[value])
}

/// The usual card with these variants of PACE instead of its own.
fn offering(variants: &[(Suite, u8, u8)]) -> Card {
    let mut card = card("good");
    card.access.pace =
        variants.iter().map(|(suite, _, parameter_id)| PaceOffer::generic(*suite, *parameter_id)).collect();
    let infos =
        variants.iter().map(|(_, arc, id)| sequence(&[protocol(&[4, 2, *arc]), integer(2), integer(*id)]));
    card.files.insert(on_card(FileId::CARD_ACCESS), encode(0x31, &infos.collect::<Vec<_>>().concat()));
    card
}

/// Opens and reads as little as possible.
fn shortest() -> Plan {
    Plan {
        groups: vec![DataGroup::Dg1],
        active_authentication: ActiveAuthentication::Never,
        ..Plan::default()
    }
}

#[test]
fn pace_opens_with_every_cipher_on_every_curve() {
    for (suite, arc) in SUITES {
        for parameter_id in 8..=18 {
            let card = offering(&[(suite, arc, parameter_id)]);
            let presented = if parameter_id % 2 == 0 { keys("good") } else { mrz_key("good") };
            let reading = read(SimulatedTransport::new(card), &presented, &shortest());
            assert_eq!(reading.ended, None, "{suite:?} {parameter_id}");
            assert_eq!(reading.capture.pace, Some(AccessTrace::Opened), "{suite:?} {parameter_id}");
            assert_eq!(reading.capture.bac, None);
        }
    }
}

#[test]
fn pace_opens_over_prime_fields_and_with_the_integrated_mapping() {
    // The arc after id-PACE, the mapping, and the parameters; P-224 (10) has no integrated mapping.
    let curves = (8..=18).filter(|id| *id != 10);
    let variants = (0..=2).map(|id| (1, Mapping::Generic, id));
    let variants = variants.chain((0..=2).map(|id| (3, Mapping::Integrated, id)));
    for (family, mapping, parameter_id) in variants.chain(curves.map(|id| (4, Mapping::Integrated, id))) {
        for (suite, arc) in SUITES {
            let mut card = card("good");
            card.access.pace = vec![PaceOffer { suite, parameter_id, mapping }];
            let info = sequence(&[protocol(&[4, family, arc]), integer(2), integer(parameter_id)]);
            card.files.insert(on_card(FileId::CARD_ACCESS), encode(0x31, &info));
            // Keys of 2048 bits fit no short command.
            let transport = SimulatedTransport::new(card).with_limits(Limits::EXTENDED);
            let reading = read(transport, &keys("good"), &shortest());
            assert_eq!(reading.ended, None, "{family} {suite:?} {parameter_id}");
            assert_eq!(reading.capture.pace, Some(AccessTrace::Opened), "{family} {suite:?} {parameter_id}");
            assert_eq!(reading.capture.bac, None);
        }
    }
}

#[test]
fn a_wrong_password_is_told_with_every_cipher() {
    for (suite, arc) in SUITES {
        let wrong = [AccessKey::can("111111").unwrap()];
        let reading = read(SimulatedTransport::new(offering(&[(suite, arc, 12)])), &wrong, &shortest());
        assert_eq!(reading.ended, Some(Cause::Access(AccessFailure::WrongPassword)), "{suite:?}");
    }
}

#[test]
fn of_several_offers_the_strongest_is_taken_and_an_ambiguous_one_named() {
    let card = offering(&[
        (Suite::TripleDes, 1, 12),
        (Suite::Aes256, 4, 13),
        (Suite::Aes256, 4, 12),
        (Suite::Aes128, 2, 12),
    ]);
    let mut recorded = Vec::new();
    let traced = reader_core::transport::Recorded::new(SimulatedTransport::new(card));
    let reading = read(traced, &keys("good"), &shortest());
    assert_eq!(reading.ended, None);
    recorded.extend_from_slice(&reading.transport.transcript().exchanges);
    let (set_at, _) = &recorded[1];
    let expected = [
        &[0x00, 0x22, 0xC1, 0xA4, 0x12][..],
        &encode(0x80, &protocol(&[4, 2, 4])[2..]),
        &[0x83, 1, 2, 0x84, 1, 13],
    ];
    assert_eq!(*set_at, expected.concat());
}

#[test]
fn offers_that_are_not_known_here_lead_to_bac_on_the_record() {
    let mut card = card("good");
    // The chip authentication mapping with triple DES and other things that the standard does not define; reserved numbers.
    let infos = [
        sequence(&[protocol(&[4, 6, 1]), integer(2), integer(12)]),
        sequence(&[protocol(&[4, 4, 2]), integer(2), integer(10)]),
        sequence(&[protocol(&[4, 1, 2]), integer(2), integer(3)]),
        sequence(&[protocol(&[4, 2, 2]), integer(2), integer(31)]),
    ];
    card.files.insert(on_card(FileId::CARD_ACCESS), encode(0x31, &infos.concat()));
    let reading = read(SimulatedTransport::new(card), &keys("good"), &shortest());
    assert_eq!(reading.ended, None);
    assert_eq!(reading.capture.pace, Some(AccessTrace::Failed(AccessFailure::NotOffered)));
    assert_eq!(reading.capture.bac, Some(AccessTrace::Opened));
    assert_eq!(reading.capture.deviations.len(), 1);
}

#[test]
fn keys_beyond_the_reader_are_refused_before_they_are_sent() {
    let name = "good-pace-dh";
    let key = keys(name);
    let can: Vec<_> = key.iter().filter(|key| key.is_can()).cloned().collect();
    let short = read(SimulatedTransport::new(card(name)), &can, &shortest());
    assert_eq!(short.ended, Some(Cause::Access(AccessFailure::BeyondReader)));
    assert_eq!(short.capture.pace, Some(AccessTrace::Failed(AccessFailure::BeyondReader)));
    // With its zone the card opens by BAC, and that is on the record.
    let fallen = read(SimulatedTransport::new(card(name)), &key, &shortest());
    assert_eq!(fallen.ended, None);
    assert_eq!(
        fallen.capture.deviations,
        [Deviation::FellBackToBac { because: AccessFailure::BeyondReader }]
    );
    let long = SimulatedTransport::new(card(name)).with_limits(Limits::EXTENDED);
    let long = read(long, &can, &shortest());
    assert_eq!((long.ended, long.capture.pace), (None, Some(AccessTrace::Opened)));
}

/// DG14 with a key on a named curve, and what the chip needs to answer to it.
fn with_chip_key(suite: (Suite, u8), curve: (Curve, CurveName), info: bool, key_id: Option<u8>) -> Card {
    let mut card = card("good");
    let private = vec![0x5A; 20];
    let own = PrivateKey::from_bytes(&Generator::standard(curve.0), &private).unwrap();
    let algorithm = sequence(&[
        encode(0x06, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]),
        encode(0x06, curve.0.oid_bytes()),
    ]);
    let spki = sequence(&[algorithm, encode(0x03, &[&[0][..], &own.public().encode()].concat())]);
    let number = || key_id.map(integer).unwrap_or_default();
    let key = sequence(&[protocol(&[1, 2]), spki, number()]);
    let offer = sequence(&[protocol(&[3, 2, suite.1]), integer(1), number()]);
    let infos = if info { [offer, key].concat() } else { key };
    let dg14 = encode(0x6E, &encode(0x31, &infos));
    card.files.insert(on_card(FileId::group(DataGroup::Dg14)), dg14);
    card.chip_authentication =
        vec![ChipAuthenticationKey { group: Group::Curve(curve.1), private, key_id, suite: suite.0 }];
    card
}

const CURVES: [(Curve, CurveName); 4] = [
    (Curve::P256, CurveName::P256),
    (Curve::BrainpoolP256r1, CurveName::BrainpoolP256r1),
    (Curve::BrainpoolP384r1, CurveName::BrainpoolP384r1),
    (Curve::BrainpoolP512r1, CurveName::BrainpoolP512r1),
];

#[test]
fn chip_authentication_with_every_cipher() {
    for suite in SUITES {
        for curve in CURVES {
            for key_id in [None, Some(3)] {
                let what = format!("{suite:?} {curve:?} {key_id:?}");
                let card = with_chip_key(suite, curve, true, key_id);
                let reading = read(SimulatedTransport::new(card), &keys("good"), &shortest());
                assert_eq!(reading.ended, None, "{what}");
                match reading.capture.chip_authentication {
                    Some(ChipAuthenticationTrace::NewKeysAnswered { key_id: used, .. }) => {
                        assert_eq!(used, key_id.map(u32::from), "{what}");
                    }
                    other => panic!("{what}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn a_key_without_an_offer_means_triple_des() {
    let card = with_chip_key((Suite::TripleDes, 1), CURVES[0], false, None);
    let reading = read(SimulatedTransport::new(card), &keys("good"), &shortest());
    assert_eq!(reading.ended, None);
    assert!(matches!(
        reading.capture.chip_authentication,
        Some(ChipAuthenticationTrace::NewKeysAnswered { .. })
    ));
}

#[test]
fn a_long_signature_comes_in_pieces_or_at_once() {
    // RSA-2048: 256 bytes, which no short protected response holds.
    let key = RsaTestKeys::get().document_signer();
    let number = |bytes: &[u8]| encode(0x02, &[&[0][..], bytes].concat());
    let public = sequence(&[number(&key.modulus), number(&key.public)]);
    let algorithm =
        sequence(&[encode(0x06, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]), encode(0x05, &[])]);
    let spki = sequence(&[algorithm, encode(0x03, &[&[0][..], &public].concat())]);
    let signed = |declared: Option<Limits>| {
        let mut card = card("good-rsa");
        card.files.insert(on_card(FileId::group(DataGroup::Dg15)), encode(0x6F, &spki));
        card.active_authentication = Some(ActiveAuthenticationKey::Rsa {
            modulus: key.modulus.clone(),
            private: key.private.clone(),
            hash: Hash::Sha256,
        });
        card.extended_length = declared.is_some();
        let limits = ReadLimits { declared, ..ReadLimits::default() };
        let plan = Plan { groups: vec![DataGroup::Dg1], limits, ..Plan::default() };
        let transport = SimulatedTransport::new(card).with_limits(declared.unwrap_or(Limits::SHORT));
        let reading = read(transport, &keys("good-rsa"), &plan);
        assert_eq!(reading.ended, None);
        match reading.capture.active_authentication {
            Some(ActiveAuthenticationTrace::Signed { signature, .. }) => {
                (signature.len(), reading.exchanges.len())
            }
            other => panic!("{other:?}"),
        }
    };
    let (pieces, at_once) = (signed(None), signed(Some(Limits::EXTENDED)));
    assert_eq!((pieces.0, at_once.0), (256, 256));
    assert!(at_once.1 < pieces.1);
}

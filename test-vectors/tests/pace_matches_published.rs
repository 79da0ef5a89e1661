//! Every variant of PACE, the chip alone: against the published examples where there is one, and against a bare terminal.

#![allow(clippy::unwrap_used, reason = "a broken test may panic")]

mod common;

use common::pace::{identifier, open, set_at, step, value};
use common::{Terminal, bare_card, entropy, suite};
use test_vectors::card::{Card, ChipAuthenticationKey, Directory, Mapping, PaceOffer, Suite};
use test_vectors::chip::primitives::{cbc_encrypt, derive_key, encrypt_block, pad, pseudo_random};
use test_vectors::chip::{Channel, Chip, Fault, PaceStep, tlv};
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::CurveForm;
use test_vectors::num::{BigUint, CurveName, Element, Group, fixed_width, private_from_seed, public_key};
use test_vectors::persona;
use test_vectors::vector::{Vector, load, to_hex};

const SUITES: [Suite; 4] = [Suite::TripleDes, Suite::Aes128, Suite::Aes192, Suite::Aes256];
const CAN: (u8, &[u8]) = (2, b"000123");
const SELECT_LDS: &str = "00A4040C07A0000002471001";

fn number(vector: &Vector, field: &str) -> BigUint {
    BigUint::from_bytes_be(&vector.hex(field))
}

fn offer(vector: &Vector, mapping: Mapping) -> PaceOffer {
    let parameter_id = u8::try_from(vector.number("parameter_id")).unwrap();
    PaceOffer { suite: suite(vector.text("cipher")), parameter_id, mapping }
}

fn card(offers: &[PaceOffer]) -> Card {
    let mut card = bare_card();
    card.access.can = Some("000123".into());
    card.access.pace = offers.to_vec();
    card
}

/// A chip of the example, with its random numbers. Two examples print private keys above the group's order (H.2 and I.1):
/// the chip draws them reduced, which gives the same public keys.
fn example_chip(
    vector: &Vector,
    offer: PaceOffer,
    chip_authentication: Vec<ChipAuthenticationKey>,
    draws: &[&str],
) -> Chip {
    let mut card = Card { chip_authentication, ..card(&[offer]) };
    if vector.has("mrz_information") {
        card.access.mrz_information = vector.text("mrz_information").into();
    }
    let order = Group::from_parameter_id(offer.parameter_id).unwrap().order();
    let draws = draws.iter().map(|field| match *field {
        "s" => vector.hex("s"),
        key => fixed_width(&(number(vector, key) % order), order.to_bytes_be().len()),
    });
    let draws: Vec<Vec<u8>> = draws.collect();
    Chip::with_entropy(card, entropy(&draws.iter().map(Vec::as_slice).collect::<Vec<_>>()))
}

/// The agreement and the tokens of an example, and that its session keys are in force.
fn finishes(vector: &Vector, chip: &mut Chip, offer: PaceOffer) {
    let answer = step(chip, 0x83, Some(&vector.hex("terminal_ephemeral_public"))).unwrap();
    assert_eq!(to_hex(&value(&answer, 0x84)), to_hex(&vector.hex("chip_ephemeral_public")));
    let answer = step(chip, 0x85, Some(&vector.hex("t_ifd"))).unwrap();
    assert_eq!(to_hex(&answer), to_hex(&tlv::write(0x86, &vector.hex("t_ic"))), "no 8A without its mapping");
    let keys = Channel::from_keys(offer.suite, &vector.hex("ks_enc"), &vector.hex("ks_mac"), &[0; 16]);
    assert_eq!(Channel::from_secret(offer.suite, &vector.hex("shared_secret_k")).keys(), keys.keys());
    assert_eq!(Terminal::new(&keys).transmit(chip, SELECT_LDS), "9000");
}

#[test]
fn dh_with_generic_mapping() {
    let vector = load("pace/dh_gm");
    let offer = offer(&vector, Mapping::Generic);
    let group = Group::from_parameter_id(0).unwrap();
    assert_eq!((group.prime(), group.order()), (&number(&vector, "p"), &number(&vector, "q")));
    assert_eq!(group.generator(), Element::Number(number(&vector, "g")));
    let mut chip =
        example_chip(&vector, offer, Vec::new(), &["s", "chip_map_private", "chip_ephemeral_private"]);
    assert_eq!(to_hex(&chip.exchange(&vector.hex("mse_set_at"))), "9000");
    assert_eq!(value(&step(&mut chip, 0x80, None).unwrap(), 0x80), vector.hex("z"));
    let answer = step(&mut chip, 0x81, Some(&vector.hex("terminal_map_public"))).unwrap();
    assert_eq!(to_hex(&value(&answer, 0x82)), to_hex(&vector.hex("chip_map_public")));
    finishes(&vector, &mut chip, offer);
}

#[test]
fn integrated_mapping_with_both_agreements() {
    for name in ["pace/ecdh_im", "pace/dh_im"] {
        let vector = load(name);
        let offer = offer(&vector, Mapping::Integrated);
        let group = Group::from_parameter_id(offer.parameter_id).unwrap();
        // The printed K_π follows from no password that is named: the nonce's encryption is compared by itself.
        let z = cbc_encrypt(offer.suite, &vector.hex("k_pi"), &[0; 16], &vector.hex("s"));
        assert_eq!(z, vector.hex("z"), "{name}");
        let random = pseudo_random(offer.suite, &vector.hex("s"), &vector.hex("t"), group.prime().bits());
        assert_eq!(to_hex(&random), to_hex(&vector.hex("pseudo_random")), "{name}");
        let random = BigUint::from_bytes_be(&random) % group.prime();
        assert_eq!(random, number(&vector, "pseudo_random_mod_p"), "{name}");
        let generator = group.from_field(&random).unwrap();
        assert_eq!(to_hex(&group.encode(&generator)), to_hex(&vector.hex("mapped_generator")), "{name}");

        let mut chip = example_chip(&vector, offer, Vec::new(), &["s", "chip_ephemeral_private"]);
        set_at(&mut chip, offer, 2, None).unwrap();
        assert_eq!(value(&step(&mut chip, 0x80, None).unwrap(), 0x80).len(), 16);
        let answer = step(&mut chip, 0x81, Some(&vector.hex("t"))).unwrap();
        assert_eq!(to_hex(&answer), "8200", "{name}: the object is there and empty");
        finishes(&vector, &mut chip, offer);
    }
}

/// The example prints the chip's public key, not its private one: that follows from CA_IC = SK_IC⁻¹ · SK_Map,IC.
fn example_key(vector: &Vector, offer: PaceOffer) -> ChipAuthenticationKey {
    let curve = CurveName::BrainpoolP256r1;
    let order = &curve.curve().n;
    let inverse = number(vector, "chip_data").modinv(order).unwrap();
    let private = fixed_width(&(inverse * number(vector, "chip_map_private") % order), 32);
    assert_eq!(curve.curve().encode(&public_key(curve, &private)), vector.hex("chip_public"));
    let key =
        ChipAuthenticationKey { group: Group::Curve(curve), private, key_id: Some(13), suite: offer.suite };
    let info = security_infos::chip_public_key(&key, CurveForm::Standardized);
    assert_eq!(to_hex(&info), to_hex(&vector.hex("chip_public_key_info")), "as EF.CardSecurity holds it");
    key
}

#[test]
fn chip_authentication_mapping() {
    let vector = load("pace/ecdh_cam");
    let offer = offer(&vector, Mapping::ChipAuthentication);
    let keys = vec![example_key(&vector, offer)];
    let mut chip = example_chip(&vector, offer, keys, &["s", "chip_map_private", "chip_ephemeral_private"]);
    let k_pi = derive_key(offer.suite, &vector.hex("key_seed"), 3);
    assert_eq!(to_hex(&k_pi), vector.text("k_pi"));
    assert_eq!(to_hex(&chip.exchange(&vector.hex("mse_set_at"))), "9000");
    for number in 1..=4 {
        let response = chip.exchange(&vector.hex(&format!("general_authenticate_{number}")));
        assert_eq!(to_hex(&response), to_hex(&vector.hex(&format!("response_{number}"))), "step {number}");
    }
    let iv = encrypt_block(offer.suite, &vector.hex("ks_enc"), &[0xFF; 16]);
    assert_eq!(iv, vector.hex("chip_data_iv"));
    let encrypted = cbc_encrypt(offer.suite, &vector.hex("ks_enc"), &iv, &pad(&vector.hex("chip_data"), 16));
    assert_eq!(encrypted, vector.hex("encrypted_chip_data"));
    let keys = Channel::from_keys(offer.suite, &vector.hex("ks_enc"), &vector.hex("ks_mac"), &[0; 16]);
    assert_eq!(Terminal::new(&keys).transmit(&mut chip, SELECT_LDS), "9000");
}

#[test]
fn every_cipher_opens_with_every_mapping_and_parameter() {
    for suite in SUITES {
        for parameter_id in (0..=2).chain(8..=18) {
            for mapping in [Mapping::Generic, Mapping::Integrated] {
                let offer = PaceOffer { suite, parameter_id, mapping };
                let mut chip = Chip::new(card(&[offer]), u64::from(parameter_id));
                let opened = open(&mut chip, offer, CAN, None);
                if (parameter_id, mapping) == (10, Mapping::Integrated) {
                    assert_eq!(opened.err().unwrap(), "6A80", "P-224 has no integrated mapping");
                    continue;
                }
                let mut opened = opened.unwrap_or_else(|sw| panic!("{offer:?}: {sw}"));
                assert_eq!(opened.terminal.transmit(&mut chip, SELECT_LDS), "9000", "{offer:?}");
                assert_eq!(opened.chip_data, None);
                let wrong = open(&mut chip, offer, (2, b"000124"), None);
                assert_eq!(wrong.err().unwrap(), "6300", "{offer:?}");
            }
        }
    }
}

#[test]
fn chip_data_proves_the_key_on_every_curve() {
    for suite in SUITES {
        for parameter_id in 8..=18 {
            let offer = PaceOffer { suite, parameter_id, mapping: Mapping::ChipAuthentication };
            let curve = CurveName::from_parameter_id(parameter_id).unwrap();
            let private = private_from_seed(curve, "cam");
            let public = Element::Point(public_key(curve, &private));
            let key = ChipAuthenticationKey {
                group: Group::Curve(curve),
                private,
                key_id: Some(parameter_id),
                suite,
            };
            let card = Card { chip_authentication: vec![key], ..card(&[offer]) };
            let opened = open(&mut Chip::new(card.clone(), 7), offer, CAN, None);
            if suite == Suite::TripleDes {
                assert_eq!(opened.err().unwrap(), "6A80", "there is no such variant");
                continue;
            }
            let opened = opened.unwrap_or_else(|sw| panic!("{offer:?}: {sw}"));
            let data = opened.chip_data.unwrap();
            assert_eq!(data.len(), curve.curve().order_bytes(), "as wide as the order");
            let group = Group::Curve(curve);
            let proved = group.multiple(&BigUint::from_bytes_be(&data), &public);
            assert_eq!(Some(proved), opened.chip_mapping, "{offer:?}");

            let mut keyless = Chip::new(Card { chip_authentication: Vec::new(), ..card }, 7);
            assert_eq!(open(&mut keyless, offer, CAN, None).err().unwrap(), "6A80", "no key to prove");
        }
    }
}

#[test]
fn parameters_are_named_where_there_is_a_choice() {
    let [first, second] = [12, 13].map(|id| PaceOffer::generic(Suite::Aes128, id));
    let integrated = PaceOffer { suite: Suite::Aes128, parameter_id: 0, mapping: Mapping::Integrated };
    let mut chip = Chip::new(card(&[first, second, integrated]), 1);
    assert_eq!(set_at(&mut chip, first, 2, None).unwrap_err(), "6A80", "which of the two?");
    assert_eq!(set_at(&mut chip, first, 2, Some(14)).unwrap_err(), "6A88", "not offered");
    assert_eq!(set_at(&mut chip, first, 2, Some(0)).unwrap_err(), "6A88", "offered with another identifier");
    for offer in [first, second, integrated] {
        let opened = open(&mut chip, offer, CAN, Some(offer.parameter_id));
        assert!(opened.is_ok(), "{offer:?}");
        chip.reset();
    }
    assert!(open(&mut chip, integrated, CAN, None).is_ok(), "the identifier alone says it");
    assert_eq!(identifier(first), identifier(second));
}

#[test]
fn what_is_no_member_of_the_group_is_refused() {
    let offer = PaceOffer::generic(Suite::Aes128, 0);
    let prime = Group::from_parameter_id(0).unwrap().prime();
    for bad in [BigUint::ZERO, BigUint::from(1u8), prime - 1u8, prime.clone(), BigUint::from(2u8)] {
        let mut chip = Chip::new(card(&[offer]), 1);
        set_at(&mut chip, offer, 2, None).unwrap();
        step(&mut chip, 0x80, None).unwrap();
        assert_eq!(step(&mut chip, 0x81, Some(&bad.to_bytes_be())).unwrap_err(), "6A80", "{bad}");
        assert_eq!(step(&mut chip, 0x81, Some(&[4])).unwrap_err(), "6985", "the run is over");
    }
    let offer = PaceOffer { suite: Suite::Aes256, parameter_id: 13, mapping: Mapping::Integrated };
    let mut chip = Chip::new(card(&[offer]), 1);
    set_at(&mut chip, offer, 2, None).unwrap();
    assert_eq!(value(&step(&mut chip, 0x80, None).unwrap(), 0x80).len(), 32);
    assert_eq!(step(&mut chip, 0x81, Some(&[1; 16])).unwrap_err(), "6A80", "t is as wide as the key");
}

#[test]
fn faults_reach_numbers_too() {
    let offer = PaceOffer::generic(Suite::Aes128, 0);
    let group = Group::from_parameter_id(0).unwrap();
    for (fault, expected) in [
        (Fault::PacePointAtInfinity(PaceStep::Mapping), Some(group.neutral())),
        (Fault::PaceOffCurve(PaceStep::Mapping), None),
        (Fault::PaceEchoesTerminalKey(PaceStep::Mapping), Some(group.generator())),
    ] {
        let mut chip = Chip::new(card(&[offer]), 1);
        chip.misbehave(fault.clone());
        set_at(&mut chip, offer, 2, None).unwrap();
        step(&mut chip, 0x80, None).unwrap();
        let own = group.encode(&group.generator());
        let theirs = group.decode(&value(&step(&mut chip, 0x81, Some(&own)).unwrap(), 0x82)).unwrap();
        match expected {
            Some(expected) => assert_eq!(theirs, expected, "{fault:?}"),
            None => assert!(!group.contains(&theirs), "{fault:?}"),
        }
    }
}

#[test]
fn the_rarer_cards_open_as_they_say() {
    for persona in persona::beyond().iter().chain(persona::find("good-pace-cam")) {
        let card = persona.card(1_795_255_200);
        let can = card.access.can.clone().unwrap();
        for offer in card.access.pace.clone() {
            let announced = security_infos::pace(offer);
            let access = &card.files[&(Directory::MasterFile, 0x011C)];
            assert!(access.windows(announced.len()).any(|window| window == announced), "{}", persona.name);
            let mut chip = Chip::new(card.clone(), 1);
            let mut opened = open(&mut chip, offer, (2, can.as_bytes()), None)
                .unwrap_or_else(|sw| panic!("{} {offer:?}: {sw}", persona.name));
            let security = opened.terminal.transmit(&mut chip, "00B09D0001");
            let proves = card.access.pace.iter().any(|offer| offer.mapping == Mapping::ChipAuthentication);
            assert_eq!(security, if proves { "309000" } else { "6A82" }, "{}", persona.name);
            assert_eq!(opened.chip_data.is_some(), offer.mapping == Mapping::ChipAuthentication);
            assert_eq!(opened.terminal.transmit(&mut chip, SELECT_LDS), "9000", "{}", persona.name);
            assert_eq!(opened.terminal.transmit(&mut chip, "00B0810001"), "619000", "{}", persona.name);
        }
    }
}

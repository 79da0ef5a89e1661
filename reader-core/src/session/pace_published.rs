//! The published examples of PACE with prime fields and with the other mappings, replayed on this side alone.

use test_vectors::num::{BigUint, fixed_width};
use test_vectors::vector::{self, Vector};

use super::pace::{Established, establish};
use super::published::{Fixed, ok, replay, same_channel, template};
use super::*;
use crate::capture::PaceCamTrace;
use crate::channel::SendSequenceCounter;
use crate::crypto::curve::Curve;
use crate::crypto::kdf::SessionKeys;
use crate::crypto::secret::Secret;
use crate::lds::security_infos::{KeyAgreement, Mapping, SecurityInfos};
use crate::transport::{Limits, Replayed, TransportError};
use crate::wire::tlv::encode;

type Exchanges = Vec<(Vec<u8>, Vec<u8>)>;

/// A PACEInfo for the arcs `mapping.suite` after id-PACE.
fn info(family: u8, suite: u8, parameter_id: u8) -> Vec<u8> {
    let oid = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, family, suite];
    encode(0x30, &[encode(6, &oid), encode(2, &[2]), encode(2, &[parameter_id])].concat())
}

fn choose_for(infos: &[Vec<u8>], reader: Limits) -> Result<PaceOffer, NoOffer> {
    PaceOffer::choose(&SecurityInfos::parse(&encode(0x31, &infos.concat())).unwrap(), reader)
}

fn choose(infos: &[Vec<u8>]) -> Option<PaceOffer> {
    choose_for(infos, Limits::EXTENDED).ok()
}

fn general(cla: u8, object: &[u8]) -> Vec<u8> {
    let data = encode(0x7C, object);
    [&[cla, 0x86, 0x00, 0x00, u8::try_from(data.len()).unwrap()], &data[..], &[0]].concat()
}

/// The exchanges after MSE:Set AT, from the values of the example.
fn transcript(vector: &Vector) -> Exchanges {
    let (own_map, chip_map) = if vector.has("t") {
        (vector.hex("t"), Vec::new())
    } else {
        (vector.hex("terminal_map_public"), vector.hex("chip_map_public"))
    };
    let step = |tag: u32, field: &str| encode(tag, &vector.hex(field));
    let mut tokens = step(0x86, "t_ic");
    if vector.has("encrypted_chip_data") {
        tokens.extend(step(0x8A, "encrypted_chip_data"));
    }
    let tokens = [encode(0x7C, &tokens), ok()].concat();
    vec![
        (general(0x10, &[]), template(0x80, &vector.hex("z"))),
        (general(0x10, &encode(0x81, &own_map)), template(0x82, &chip_map)),
        (
            general(0x10, &step(0x83, "terminal_ephemeral_public")),
            template(0x84, &vector.hex("chip_ephemeral_public")),
        ),
        (general(0x00, &step(0x85, "t_ifd")), tokens),
    ]
}

fn offer(vector: &Vector) -> PaceOffer {
    let mut arcs = vector.text("oid").rsplit('.').map(|arc| arc.parse().unwrap());
    let (suite, family) = (arcs.next().unwrap(), arcs.next().unwrap());
    let parameter_id = u8::try_from(vector.number("parameter_id")).unwrap();
    choose(&[info(family, suite, parameter_id)]).unwrap()
}

/// Randomness of the terminal in the order in which it is drawn.
fn draws(vector: &Vector) -> Fixed {
    let mut ephemeral = vector.hex("terminal_ephemeral_private");
    if vector.has("q") {
        // Appendix H.2 prints private keys wider than q; only the rest modulo q matters.
        let order = BigUint::from_bytes_be(&vector.hex("q"));
        ephemeral = fixed_width(&(BigUint::from_bytes_be(&ephemeral) % order), vector.hex("q").len());
    }
    let first = if vector.has("t") { "t" } else { "terminal_map_private" };
    Fixed::new([vector.hex(first), ephemeral])
}

fn attempt(vector: &Vector, exchanges: Exchanges) -> (Result<Established, Cause>, usize) {
    let mut link = Link::new(replay(exchanges), 1000);
    let password = Secret::new(vector.hex("k_pi"));
    let result = establish(&mut link, &offer(vector), &password, &mut draws(vector));
    (result, link.transport.left())
}

const EXAMPLES: [&str; 4] = ["pace/ecdh_im", "pace/dh_gm", "pace/dh_im", "pace/ecdh_cam"];

#[test]
fn each_example_opens_its_channel() {
    for name in EXAMPLES {
        let vector = vector::load(name);
        let (channel, left) = attempt(&vector, transcript(&vector));
        let Established { channel, mapping } = channel.unwrap_or_else(|cause| panic!("{name}: {cause}"));
        assert_eq!(mapping.is_some(), vector.has("chip_data"), "{name}");
        assert_eq!(left, 0, "{name}");
        let keys = SessionKeys {
            suite: CipherSuite::Aes128,
            enc: Secret::new(vector.hex("ks_enc")),
            mac: Secret::new(vector.hex("ks_mac")),
        };
        same_channel(channel, Idle::new(keys, SendSequenceCounter::zero(CipherSuite::Aes128)));
    }
}

#[test]
fn the_example_over_a_prime_field_opens_by_its_password_too() {
    let vector = vector::load("pace/dh_gm");
    let mut exchanges = vec![(vector.hex("mse_set_at"), ok())];
    exchanges.extend(transcript(&vector));
    let key = AccessKey::mrz_information(vector.text("mrz_information")).unwrap();
    let offer = choose(&[vector.hex("pace_info")]).unwrap();
    let session = ChipSession::new(replay(exchanges), 1000).pace(&offer, &key, &mut draws(&vector));
    assert_eq!(session.map_err(|ended| ended.cause).ok().unwrap().link.transport.left(), 0);
}

#[test]
fn the_chip_authentication_mapping_gives_what_proves_the_chip() {
    let vector = vector::load("pace/ecdh_cam");
    let mut exchanges = vec![(vector.hex("mse_set_at"), ok())];
    for number in 1..=4 {
        let field = |name: &str| vector.hex(&format!("{name}_{number}"));
        exchanges.push((field("general_authenticate"), field("response")));
    }
    assert_eq!(exchanges[1..], transcript(&vector), "as printed");
    let key = AccessKey::mrz_information(vector.text("mrz_information")).unwrap();
    let offer = choose(&[vector.hex("pace_info")]).unwrap();
    let session = ChipSession::new(replay(exchanges), 1000).pace(&offer, &key, &mut draws(&vector));
    let session = session.map_err(|ended| ended.cause).ok().unwrap();
    let expected = PaceCamTrace::Answered {
        parameter_id: Some(13),
        mapping_key: vector.hex("chip_map_public"),
        chip_data: vector.hex("chip_data"),
    };
    assert_eq!(session.pace_mapping(), Some(&expected));

    let file = |infos: &[u8]| {
        let set = encode(0x31, infos);
        let object = encode(6, &[4, 0, 0x7F, 0, 7, 3, 2, 1]);
        let content = encode(0x30, &[object, encode(0xA0, &encode(4, &set))].concat());
        let data = encode(0x30, &[&[2, 1, 3, 0x31, 0][..], &content, &[0x31, 0]].concat());
        let signed_data = encode(6, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2]);
        encode(0x30, &[signed_data, encode(0xA0, &data)].concat())
    };
    let info = vector.hex("chip_public_key_info");
    let answering = |trace: &PaceCamTrace, infos: &[u8]| {
        pace_cam::answering_key(trace, &file(infos)).map(|key| key.encode())
    };
    assert_eq!(answering(&expected, &info), Some(vector.hex("chip_public")));
    let mut other_number = info.clone();
    *other_number.last_mut().unwrap() = 12;
    assert_eq!(answering(&expected, &other_number), None, "the key of other parameters");
    assert_eq!(answering(&expected, &[]), None);
    let with = |mapping_key: Vec<u8>, chip_data: Vec<u8>| PaceCamTrace::Answered {
        parameter_id: Some(13),
        mapping_key,
        chip_data,
    };
    let (mapping_key, data) = (vector.hex("chip_map_public"), vector.hex("chip_data"));
    let mut wrong = data.clone();
    wrong[31] ^= 1;
    assert_eq!(answering(&with(mapping_key.clone(), wrong), &info), None, "another number");
    assert_eq!(answering(&with(mapping_key.clone(), vec![0; 32]), &info), None, "nothing");
    assert_eq!(answering(&with(mapping_key.clone(), [&[0], &data[..]].concat()), &info), None, "too wide");
    assert_eq!(answering(&with(vector.hex("terminal_map_public"), data.clone()), &info), None, "another key");
    assert_eq!(answering(&with(vec![0], data), &info), None, "infinity");
}

#[test]
fn a_channel_without_readable_chip_data_opens_and_says_so() {
    let vector = vector::load("pace/ecdh_cam");
    let token = encode(0x86, &vector.hex("t_ic"));
    let missing = [encode(0x7C, &token), ok()].concat();
    let damaged = encode(0x8A, &vector.hex("encrypted_chip_data")[..32]);
    let damaged = [encode(0x7C, &[&token[..], &damaged].concat()), ok()].concat();
    for answer in [missing, damaged] {
        let mut exchanges = transcript(&vector);
        exchanges[3].1 = answer;
        let established = attempt(&vector, exchanges).0.ok().unwrap();
        assert!(matches!(established.mapping, Some(PaceCamTrace::Malformed(_))));
    }
    // Where another mapping was agreed on, the object says nothing.
    let generic = vector::load("pace/dh_gm");
    let mut exchanges = transcript(&generic);
    let object = encode(0x8A, &[0; 48]);
    exchanges[3].1 = [encode(0x7C, &[encode(0x86, &generic.hex("t_ic")), object].concat()), ok()].concat();
    assert_eq!(attempt(&generic, exchanges).0.ok().unwrap().mapping, None);
}

#[test]
fn the_integrated_mapping_may_be_answered_with_an_empty_template() {
    for name in ["pace/ecdh_im", "pace/dh_im"] {
        let vector = vector::load(name);
        let mut exchanges = transcript(&vector);
        exchanges[1].1 = vec![0x7C, 0x00, 0x90, 0x00];
        assert!(attempt(&vector, exchanges).0.is_ok(), "{name}");
        let mut exchanges = transcript(&vector);
        exchanges[2].1 = vec![0x7C, 0x00, 0x90, 0x00];
        assert!(attempt(&vector, exchanges).0.is_err(), "{name}: elsewhere it is not");
    }
}

/// Every value that the chip could send to force a known key, at the step where it could.
#[test]
fn what_the_standard_tells_to_reject_is_rejected() {
    for name in EXAMPLES {
        let vector = vector::load(name);
        let mut refused = vec![
            (0, template(0x80, &[0; 8]), "nonce of half a block"),
            (0, template(0x80, &[]), "no nonce"),
            (0, template(0x80, &[0; 48]), "nonce too long"),
            (2, template(0x84, &vector.hex("terminal_ephemeral_public")), "own ephemeral key"),
            (2, template(0x84, &[]), "no ephemeral key"),
            (3, template(0x86, &[0; 8]), "wrong token"),
            (3, template(0x86, &vector.hex("t_ifd")), "own token"),
            (3, template(0x86, &vector.hex("t_ic")[..7]), "token cut"),
        ];
        let mut forced = Vec::new();
        if vector.has("p") {
            let p = BigUint::from_bytes_be(&vector.hex("p"));
            for number in [BigUint::from(0_u8), BigUint::from(1_u8), p.clone() - 1_u8, p.clone(), p + 1_u8] {
                forced.push((number.to_bytes_be(), "0, 1, p − 1, p or p + 1"));
            }
            forced.push((vec![2], "outside the subgroup"));
            forced.push((vec![1; 129], "longer than the prime"));
        } else {
            let mut off_curve = vector.hex("chip_ephemeral_public");
            *off_curve.last_mut().unwrap() ^= 1;
            forced.extend([(off_curve, "off the curve"), (vec![0], "infinity")]);
        }
        for (value, what) in forced {
            refused.push((2, template(0x84, &value), what));
            if !vector.has("t") {
                refused.push((1, template(0x82, &value), what));
            }
        }
        if vector.has("t") {
            // The integrated mapping fixes the length, which for AES-128 is one block.
            refused.push((0, template(0x80, &[0; 32]), "nonce of two blocks"));
            refused.push((1, template(0x82, &vector.hex("t")), "data where none may be"));
        } else {
            refused.push((1, template(0x82, &vector.hex("terminal_map_public")), "own mapping key"));
        }
        for (number, answer, what) in refused {
            let mut exchanges = transcript(&vector);
            exchanges[number].1 = answer;
            let (result, left) = attempt(&vector, exchanges);
            let cause = result.err().unwrap_or_else(|| panic!("{name}: {what} was taken"));
            assert!(matches!(cause, Cause::Access(AccessFailure::Protocol(_))), "{name}: {what}: {cause:?}");
            assert_eq!(left, 3 - number, "{name}: {what}: noticed late");
        }
        let mut exchanges = transcript(&vector);
        exchanges[3].1 = vec![0x63, 0x00];
        assert_eq!(attempt(&vector, exchanges).0.err(), Some(Cause::Access(AccessFailure::WrongPassword)));
    }
}

#[test]
fn the_soundest_offer_is_chosen() {
    const GM_DH: u8 = 1;
    const GM_ECDH: u8 = 2;
    const IM_DH: u8 = 3;
    const IM_ECDH: u8 = 4;
    const CAM: u8 = 6;
    let chosen = |infos: &[(u8, u8, u8)]| {
        let infos: Vec<_> = infos.iter().map(|(family, suite, id)| info(*family, *suite, *id)).collect();
        choose(&infos).map(|offer| (offer.mapping(), offer.agreement(), offer.suite(), offer.group()))
    };
    let curve = |id| PaceGroup::from_standardized_id(Ecdh, id).unwrap();
    let modp = |id| PaceGroup::from_standardized_id(Dh, id).unwrap();
    use CipherSuite::{Aes128, Aes256};
    use KeyAgreement::{Dh, Ecdh};
    use Mapping::{ChipAuthentication, Generic, Integrated};

    // A strong cipher does not make up for a weak group.
    assert_eq!(chosen(&[(GM_DH, 4, 0), (GM_ECDH, 2, 13)]), Some((Generic, Ecdh, Aes128, curve(13))));
    // Of equal groups the stronger cipher.
    assert_eq!(chosen(&[(GM_ECDH, 2, 12), (GM_ECDH, 4, 12)]), Some((Generic, Ecdh, Aes256, curve(12))));
    // Curves before prime fields, generic before integrated, otherwise the first.
    assert_eq!(chosen(&[(GM_DH, 2, 1), (IM_ECDH, 2, 11)]), Some((Integrated, Ecdh, Aes128, curve(11))));
    assert_eq!(chosen(&[(IM_ECDH, 2, 13), (GM_ECDH, 2, 13)]), Some((Generic, Ecdh, Aes128, curve(13))));
    assert_eq!(chosen(&[(GM_ECDH, 2, 13), (GM_ECDH, 2, 12)]), Some((Generic, Ecdh, Aes128, curve(13))));
    assert_eq!(chosen(&[(IM_DH, 2, 2)]), Some((Integrated, Dh, Aes128, modp(2))));
    // P-224 has no integrated mapping; numbers of one kind mean nothing for the other; reserved ones mean nothing.
    assert_eq!(chosen(&[(IM_ECDH, 2, 10)]), None);
    assert_eq!(chosen(&[(GM_ECDH, 2, 0), (GM_DH, 2, 13), (GM_ECDH, 2, 7), (GM_DH, 2, 3)]), None);
    // What proves the chip comes before any surplus of strength, and not before strength that suffices.
    assert_eq!(chosen(&[(CAM, 2, 13)]), Some((ChipAuthentication, Ecdh, Aes128, curve(13))));
    assert_eq!(
        chosen(&[(GM_ECDH, 4, 17), (CAM, 2, 13)]),
        Some((ChipAuthentication, Ecdh, Aes128, curve(13)))
    );
    assert_eq!(chosen(&[(CAM, 2, 8), (GM_ECDH, 2, 13)]), Some((Generic, Ecdh, Aes128, curve(13))));
    assert_eq!(chosen(&[(CAM, 1, 13)]), None, "never with triple DES");
}

#[test]
fn an_offer_that_the_reader_cannot_carry_is_not_taken() {
    let modular = info(1, 4, 2);
    let chosen = |infos: &[Vec<u8>], reader| {
        let offer = choose_for(infos, reader).unwrap();
        (offer.group(), offer.needs_extended_length())
    };
    let large = PaceGroup::from_standardized_id(KeyAgreement::Dh, 2).unwrap();
    let small = PaceGroup::from_standardized_id(KeyAgreement::Ecdh, 8).unwrap();
    let both = [info(2, 2, 8), modular.clone()];
    assert_eq!(chosen(&both, Limits::EXTENDED), (large, true), "2048 bits are worth more than P-192");
    assert_eq!(chosen(&both, Limits::SHORT), (small, false));
    assert_eq!(choose_for(&[modular], Limits::SHORT), Err(NoOffer::Reader), "and no chain carries it");
    assert!(choose_for(&[info(1, 4, 0)], Limits::SHORT).is_ok(), "keys of 1024 bits fit");
}

/// `PACEDomainParameterInfo` for ECDH with generic mapping.
fn domain(identifier: &[u8], parameter_id: u8) -> Vec<u8> {
    let oid = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 2];
    encode(0x30, &[&encode(6, &oid), identifier, &encode(2, &[parameter_id])].concat())
}

/// id-ecPublicKey with the curve's numbers written out, `tamper` applied to the order.
fn explicit(curve: Curve, tamper: u8) -> Vec<u8> {
    let own = curve.parameters();
    let unsigned = |bytes: &[u8]| encode(2, &[&[0][..], bytes].concat());
    let mut order = own.n.clone();
    *order.last_mut().unwrap() ^= tamper;
    let domain = [
        vec![2, 1, 1],
        encode(0x30, &[&[6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 1, 1][..], &unsigned(&own.p)].concat()),
        encode(0x30, &[encode(4, &own.a), encode(4, &own.b)].concat()),
        encode(4, &[&[4][..], &own.gx, &own.gy].concat()),
        unsigned(&order),
        vec![2, 1, 1],
    ]
    .concat();
    let identifier = [&[6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1][..], &encode(0x30, &domain)].concat();
    encode(0x30, &identifier)
}

#[test]
fn explicit_parameters_are_those_of_a_known_curve_or_refused_with_the_reason() {
    let offered =
        |parameters: &[Vec<u8>]| choose_for(&[&[info(2, 2, 40)], parameters].concat(), Limits::SHORT);
    let offer = offered(&[domain(&explicit(Curve::BrainpoolP256r1, 0), 40)]).unwrap();
    assert_eq!(offer.group(), PaceGroup::Curve(Curve::BrainpoolP256r1));
    let refused = |parameters: &[Vec<u8>]| match offered(parameters) {
        Err(NoOffer::Parameters(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(refused(&[domain(&explicit(Curve::BrainpoolP256r1, 1), 40)]).contains("order n"));
    assert!(refused(&[domain(&explicit(Curve::P256, 0), 41)]).contains("not given"));
    let twice = domain(&explicit(Curve::P256, 0), 40);
    assert!(refused(&[twice.clone(), twice.clone()]).contains("two sets"));
    // What is understood is taken all the same, and named, since there are two sets.
    let infos = [info(2, 2, 40), info(2, 2, 13)];
    assert_eq!(choose(&infos).unwrap().group(), PaceGroup::Curve(Curve::BrainpoolP256r1));
    assert!(set_at(&[info(2, 2, 40), twice]).ends_with(&[0x83, 0x01, 0x02]));
    let several = [info(2, 4, 40), domain(&explicit(Curve::P256, 0), 40), info(2, 2, 13)];
    assert!(set_at(&several).ends_with(&[0x84, 0x01, 40]));
}

#[test]
fn explicit_prime_fields_are_standardized_ones_or_refused_with_the_reason() {
    let numbers = |generator: &[u8]| {
        let modp = test_vectors::num::Modp::Of1024And160.numbers();
        let number = |bytes: &[u8]| encode(2, &[&[0][..], bytes].concat());
        let domain = [number(&modp.p.to_bytes_be()), number(generator)].concat();
        let pkcs3 = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x03, 0x01];
        let identifier = encode(0x30, &[encode(6, &pkcs3), encode(0x30, &domain)].concat());
        let oid = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 1];
        encode(0x30, &[&encode(6, &oid), &identifier[..], &encode(2, &[40])].concat())
    };
    let own = test_vectors::num::Modp::Of1024And160.numbers().g.to_bytes_be();
    let group = PaceGroup::from_standardized_id(KeyAgreement::Dh, 0).unwrap();
    assert_eq!(choose(&[info(1, 2, 40), numbers(&own)]).unwrap().group(), group);
    match choose_for(&[info(1, 2, 40), numbers(&[5])], Limits::EXTENDED) {
        Err(NoOffer::Parameters(why)) => assert!(why.contains("none of the standardized ones"), "{why}"),
        other => panic!("{other:?}"),
    }
}

/// What MSE:Set AT is sent when a chip offers these.
fn set_at(infos: &[Vec<u8>]) -> Vec<u8> {
    /// Keeps what is sent and answers nothing useful.
    struct Kept(Vec<Vec<u8>>);
    impl Transport for Kept {
        fn exchange(&mut self, command: &[u8], _: u32, response: &mut Vec<u8>) -> Result<(), TransportError> {
            self.0.push(command.to_vec());
            response.extend([0x6A, 0x80]);
            Ok(())
        }
        fn limits(&self) -> Limits {
            Limits::SHORT
        }
    }
    let key = AccessKey::can("123456").unwrap();
    let session = ChipSession::new(Kept(Vec::new()), 1000);
    let ended = session.pace(&choose(infos).unwrap(), &key, &mut Fixed::new([])).err().unwrap();
    ended.into_transport().0.remove(0)
}

#[test]
fn the_parameters_are_named_exactly_when_several_are_offered() {
    let plain = [0x83, 0x01, 0x02];
    let named = [0x83, 0x01, 0x02, 0x84, 0x01, 0x0D];
    assert!(set_at(&[info(2, 2, 13)]).ends_with(&plain));
    assert!(set_at(&[info(2, 2, 13), info(2, 1, 13), info(4, 2, 13)]).ends_with(&plain));
    assert!(set_at(&[info(2, 2, 13), info(2, 2, 8)]).ends_with(&named));
    // Of another protocol, or not known here: they are sets all the same.
    assert!(set_at(&[info(2, 2, 13), info(1, 2, 0)]).ends_with(&named));
    assert!(set_at(&[info(2, 2, 13), info(2, 2, 32)]).ends_with(&named));
}

#[test]
fn keys_of_2048_bits_go_in_extended_commands() {
    let offer = choose(&[info(1, 2, 2)]).unwrap();
    let nonce = (general(0x10, &[]), template(0x80, &[7; 16]));
    let key = crate::crypto::dh::PrivateKey::from_bytes(
        &crate::crypto::dh::Generator::standard(crate::crypto::dh::DhGroup::Modp2048Q256),
        &[9; 32],
    );
    let own = key.unwrap().public().encode();
    assert_eq!(own.len(), 256);
    let data = encode(0x7C, &encode(0x81, &own));
    let command = [&[0x10, 0x86, 0, 0, 0, 1, 8], &data[..], &[0, 0]].concat();
    let mut link = Link::new(replay(vec![nonce, (command, template(0x82, &own))]), 1000);
    let mut entropy = Fixed::new([vec![9; 32]]);
    let result = establish(&mut link, &offer, &Secret::new(vec![1; 16]), &mut entropy);
    // The echo is refused, so the command was as expected and its answer was read.
    assert!(
        matches!(result, Err(Cause::Access(AccessFailure::Protocol(what))) if what.contains("sent back"))
    );
    let _: Replayed = link.transport;
}

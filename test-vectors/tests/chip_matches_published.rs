//! The chip alone reproduces the published transcripts, before it ever meets a reader.

#![allow(clippy::unwrap_used, reason = "a broken test may panic")]

mod common;

use common::{Terminal, bare_card, entropy, suite};
use test_vectors::card::{AccessControl, ActiveAuthenticationKey, Card, ChipAuthenticationKey, Directory};
use test_vectors::card::{Hash, PaceOffer, Suite};
use test_vectors::chip::{Answer, Channel, Chip, Command, primitives, recovered_block, tlv};
use test_vectors::num::{CurveName, Group, Point, RsaKey, ecdh, rsa_raw};
use test_vectors::vector::{Vector, from_hex, load, to_hex};

fn hash(name: &str) -> Hash {
    match name {
        "sha1" => Hash::Sha1,
        "sha224" => Hash::Sha224,
        "sha256" => Hash::Sha256,
        "sha384" => Hash::Sha384,
        "sha512" => Hash::Sha512,
        other => panic!("unknown hash {other}"),
    }
}

fn channel(vector: &Vector, prefix: &str) -> Channel {
    let field = |name: &str| vector.hex(&format!("{prefix}{name}"));
    let cipher = suite(vector.text(&format!("{prefix}cipher")));
    Channel::from_keys(cipher, &field("ks_enc"), &field("ks_mac"), &field("ssc"))
}

/// Sends a case's protected command and compares the protected response.
fn replay(chip: &mut Chip, case: &Vector) {
    let response = chip.exchange(&case.hex("protected_command"));
    assert_eq!(to_hex(&response), to_hex(&case.hex("protected_response")), "after {}", case.text("command"));
}

#[test]
fn keys_are_derived() {
    for case in load("kdf/keys").cases() {
        let counter = u32::try_from(case.number("counter")).unwrap();
        let key = primitives::derive_key(suite(case.text("cipher")), &case.hex("secret"), counter);
        assert_eq!(to_hex(&key), case.text("key"));
    }
}

#[test]
fn retail_macs_and_padding() {
    for case in load("mac/retail").cases() {
        let mac = primitives::mac(Suite::TripleDes, &case.hex("key"), &case.hex("padded"));
        assert_eq!(to_hex(&mac), case.text("mac"));
    }
    for case in load("mac/padding").cases() {
        let block_bytes = usize::try_from(case.number("block_bytes")).unwrap();
        assert_eq!(primitives::pad(&case.hex("data"), block_bytes), case.hex("padded"));
    }
    for case in load("mac/unpadding").cases() {
        let expected = case.has("data").then(|| case.hex("data"));
        assert_eq!(primitives::unpad(&case.hex("padded")).map(<[u8]>::to_vec), expected);
    }
}

#[test]
fn basic_access_control() {
    let vector = load("bac/worked_example");
    let access =
        AccessControl { mrz_information: vector.text("mrz_information").into(), ..bare_card().access };
    let com = load("sm/triple_des").hex("ef_com");
    let card = Card { access, files: [((Directory::Lds, 0x011E), com)].into(), ..bare_card() };
    let mut chip = Chip::with_entropy(card, entropy(&[&vector.hex("rnd_ic"), &vector.hex("k_ic")]));
    assert_eq!(to_hex(&chip.exchange(&from_hex("00A4040C07A0000002471001").unwrap())), "9000");
    let challenge = chip.exchange(&from_hex("0084000008").unwrap());
    assert_eq!(to_hex(&challenge), format!("{}9000", vector.text("rnd_ic")));
    let answer = chip.exchange(&vector.hex("external_authenticate"));
    assert_eq!(to_hex(&answer), format!("{}9000", vector.text("response_data")));
    // Appendix D.4 goes on in the same session: it shows that keys and counter are the published ones.
    load("sm/triple_des").cases().iter().for_each(|case| replay(&mut chip, case));
}

#[test]
fn secure_messaging_with_triple_des() {
    let vector = load("sm/triple_des");
    let card = Card { files: [((Directory::Lds, 0x011E), vector.hex("ef_com"))].into(), ..bare_card() };
    let mut chip = Chip::new(card, 0);
    chip.open_channel(channel(&vector, ""), Directory::Lds);
    vector.cases().iter().for_each(|case| replay(&mut chip, case));
}

#[test]
fn secure_messaging_with_aes256() {
    let vector = load("sm/aes256");
    let plain = |case: &Vector| case.hex("response").split_last_chunk::<2>().unwrap().0.to_vec();
    let com = vector.cases().iter().flat_map(plain).collect();
    let card = Card { files: [((Directory::Lds, 0x011E), com)].into(), ..bare_card() };
    let mut chip = Chip::new(card, 0);
    chip.open_channel(channel(&vector, ""), Directory::Lds);
    vector.cases().iter().for_each(|case| replay(&mut chip, case));
}

/// A chip with the random numbers of the published PACE example.
fn pace_chip(mrz_information: &str) -> Chip {
    let vector = load("pace/ecdh_gm");
    let pace = vec![PaceOffer::generic(Suite::Aes128, 13)];
    let access = AccessControl { bac: false, pace, can: None, mrz_information: mrz_information.into() };
    let draws = ["s", "chip_map_private", "chip_ephemeral_private"].map(|field| vector.hex(field));
    Chip::with_entropy(Card { access, ..bare_card() }, entropy(&[&draws[0], &draws[1], &draws[2]]))
}

#[test]
fn pace_with_generic_mapping() {
    let vector = load("pace/ecdh_gm");
    let mut chip = pace_chip(vector.text("mrz_information"));
    assert_eq!(to_hex(&chip.exchange(&vector.hex("mse_set_at"))), "9000");
    for step in 1..=4 {
        let response = chip.exchange(&vector.hex(&format!("general_authenticate_{step}")));
        assert_eq!(to_hex(&response), to_hex(&vector.hex(&format!("response_{step}"))), "step {step}");
    }
    // The session keys are the published ones: a command protected with them is understood.
    let (enc, mac) = (vector.hex("ks_enc"), vector.hex("ks_mac"));
    let mut terminal = Terminal::new(&Channel::from_keys(Suite::Aes128, &enc, &mac, &[0; 16]));
    assert_eq!(terminal.transmit(&mut chip, "00A4040C07A0000002471001"), "9000");
}

#[test]
fn another_password_or_token_is_refused() {
    let vector = load("pace/ecdh_gm");
    let mut chip = pace_chip("T22000129364081251010319");
    chip.exchange(&vector.hex("mse_set_at"));
    let response = chip.exchange(&vector.hex("general_authenticate_1"));
    assert_ne!(response, vector.hex("response_1"), "another password encrypts the nonce differently");

    let mut chip = pace_chip(vector.text("mrz_information"));
    chip.exchange(&vector.hex("mse_set_at"));
    for step in 1..=3 {
        chip.exchange(&vector.hex(&format!("general_authenticate_{step}")));
    }
    let mut token = vector.hex("general_authenticate_4");
    token[9] ^= 1;
    assert_eq!(to_hex(&chip.exchange(&token)), "6300");
    assert_eq!(to_hex(&chip.exchange(&vector.hex("general_authenticate_4"))), "6985", "the run is over");
}

/// The second published run of PACE, with a number as the password; then the agreement of Chip Authentication.
#[test]
fn the_eac2_example() {
    let vector = load("pace/eac2_example");
    let pace = vec![PaceOffer::generic(Suite::Aes128, 13)];
    let access = AccessControl { pace, can: Some(vector.text("password").into()), ..bare_card().access };
    let draws = ["s", "chip_map_private", "chip_ephemeral_private"].map(|field| vector.hex(field));
    let mut chip =
        Chip::with_entropy(Card { access, ..bare_card() }, entropy(&[&draws[0], &draws[1], &draws[2]]));
    assert_eq!(
        to_hex(&chip.exchange(&from_hex("0022C1A40F800A04007F00070202040202830102").unwrap())),
        "9000"
    );
    for (class, tag, sent, expected) in [
        (0x10, 0x80, None, "z"),
        (0x10, 0x81, Some("terminal_map_public"), "chip_map_public"),
        (0x10, 0x83, Some("terminal_ephemeral_public"), "chip_ephemeral_public"),
        (0x00, 0x85, Some("t_ifd"), "t_ic"),
    ] {
        let inner = sent.map(|field| tlv::write(tag, &vector.hex(field))).unwrap_or_default();
        let data = tlv::write(0x7C, &inner);
        let length = u8::try_from(data.len()).unwrap();
        let response = chip.exchange(&[&[class, 0x86, 0x00, 0x00, length], &data[..], &[0x00]].concat());
        let answer_tag = if sent.is_none() { 0x80 } else { tag + 1 };
        let answer = tlv::write(0x7C, &tlv::write(answer_tag, &vector.hex(expected)));
        assert_eq!(to_hex(&response), format!("{}9000", to_hex(&answer)), "{expected}");
    }
    let channel = Channel::from_secret(Suite::Aes128, &vector.hex("shared_secret_k"));
    assert_eq!(channel.keys(), (&vector.hex("ks_enc")[..], &vector.hex("ks_mac")[..], &[0; 16][..]));
    let mut counter = [0; 16];
    counter[15] = 1;
    let iv = primitives::encrypt_block(Suite::Aes128, &vector.hex("ks_enc"), &counter);
    let padded = primitives::pad(&vector.hex("plain_at_ssc_1"), 16);
    let encrypted = primitives::cbc_encrypt(Suite::Aes128, &vector.hex("ks_enc"), &iv, &padded);
    assert_eq!(encrypted, vector.hex("encrypted_at_ssc_1"));
    let mut channel =
        Channel::from_keys(Suite::Aes128, &vector.hex("ks_enc"), &vector.hex("ks_mac"), &counter);
    let answer = channel.protect(&Answer { data: Vec::new(), status: 0x9000 }, false);
    let mac = tlv::write(0x8E, &vector.hex("mac_at_ssc_2"));
    assert_eq!(answer, [vector.hex("answer_objects_at_ssc_2"), mac, vec![0x90, 0x00]].concat());
    let curve = CurveName::BrainpoolP256r1;
    let terminal = curve.curve().decode(&vector.hex("ca_terminal_public")).unwrap();
    assert_eq!(ecdh(curve, &vector.hex("ca_chip_private"), &terminal), Some(vector.hex("ca_shared_secret")));
}

/// The private keys of these chips are not public. Their answers under the old keys do not depend on them; the new keys
/// are checked from the published secret.
#[test]
fn chip_authentication_sessions() {
    for name in ["ca/session_at", "ca/session_my"] {
        let vector = load(name);
        let curve = CurveName::BrainpoolP256r1;
        let dg14 = vector.hex("dg14");
        let new_suite = suite(vector.text("after.cipher"));
        let key = ChipAuthenticationKey {
            group: Group::Curve(curve),
            private: vec![7; 32],
            key_id: None,
            suite: new_suite,
        };
        let files = [((Directory::Lds, 0x010E), dg14.clone())].into();
        let mut chip = Chip::new(Card { files, chip_authentication: vec![key], ..bare_card() }, 0);
        chip.open_channel(channel(&vector, "before."), Directory::Lds);
        for case in vector.cases().iter().filter(|case| case.text("phase") == "old") {
            replay(&mut chip, case);
        }
        // The terminal's private key with the chip's public key out of DG14.
        let secret = ecdh(curve, &vector.hex("terminal_private"), &published_chip_key(&dg14)).unwrap();
        assert_eq!(to_hex(&secret), vector.text("shared_secret"));
        let derived = Channel::from_secret(new_suite, &secret);
        assert_eq!(derived.keys(), channel(&vector, "after.").keys());
        chip.open_channel(derived, Directory::Lds);
        for case in vector.cases().iter().filter(|case| case.text("phase") == "new") {
            replay(&mut chip, case);
        }
    }
}

/// The point in DG14: the bit string that holds 65 bytes of an uncompressed point.
fn published_chip_key(dg14: &[u8]) -> Point {
    let at = dg14.windows(4).position(|window| window == [0x03, 0x42, 0x00, 0x04]).unwrap() + 3;
    CurveName::BrainpoolP256r1.curve().decode(&dg14[at..at + 65]).unwrap()
}

#[test]
fn active_authentication_blocks() {
    let vector = load("aa/rsa_recovered_block");
    let block = recovered_block(hash(vector.text("hash")), &vector.hex("m1"), &vector.hex("challenge"));
    assert_eq!(to_hex(&block), to_hex(&vector.hex("recovered")));
    let vector = load("aa/rsa_trailers");
    for case in vector.cases() {
        let block = recovered_block(hash(case.text("hash")), &case.hex("m1"), &vector.hex("challenge"));
        assert_eq!(to_hex(&block), to_hex(&case.hex("recovered")));
    }
}

/// The private key of this chip is not public, but its block, its signature and how both were carried are.
#[test]
fn active_authentication_session() {
    let vector = load("aa/rsa_session");
    let dg15 = vector.hex("dg15");
    let (recovered, signature) = (vector.hex("recovered"), vector.hex("signature"));
    let at = dg15.windows(5).position(|window| window == [0x02, 0x81, 0xE1, 0x00, 0xBB]).unwrap() + 4;
    assert_eq!(rsa_raw(&dg15[at..at + 224], &[1, 0, 1], &signature), recovered);
    let m1 = &recovered[1..recovered.len() - 34];
    assert_eq!(recovered_block(Hash::Sha256, m1, &vector.hex("challenge")), recovered);
    let case = &vector.cases()[0];
    let mut channel = channel(&vector, "");
    let command = channel.open(&Command::parse(&case.hex("protected_command")).unwrap()).unwrap();
    assert_eq!(Some(&command), Command::parse(&case.hex("command")).as_ref());
    let response = channel.protect(&Answer { data: signature, status: 0x9000 }, false);
    assert_eq!(to_hex(&response), to_hex(&case.hex("protected_response")));
}

#[test]
fn active_authentication_with_a_key_of_ours() {
    let key = RsaKey::from_seed(1024, "active authentication");
    let private =
        ActiveAuthenticationKey::Rsa { modulus: key.modulus.clone(), private: key.private, hash: Hash::Sha1 };
    let mut chip = Chip::new(Card { active_authentication: Some(private), ..bare_card() }, 0);
    let command = load("aa/rsa_recovered_block").hex("command");
    assert_eq!(to_hex(&chip.exchange(&command)), "6982", "before access");
    let shared = Channel::from_secret(Suite::TripleDes, b"any");
    let mut terminal = Terminal::new(&shared);
    chip.open_channel(shared, Directory::Lds);
    let response = from_hex(&terminal.transmit(&mut chip, &to_hex(&command))).unwrap();
    let (signature, status) = response.split_at(128);
    assert_eq!(status, [0x90, 0x00]);
    let block = rsa_raw(&key.modulus, &key.public, signature);
    assert_eq!(block, recovered_block(Hash::Sha1, &block[1..107], &command[5..13]));
}

#[test]
fn counters_wrap() {
    // The counter goes up before every message: two up for an exchange.
    for case in load("sm/counter").cases() {
        let before = case.hex("before");
        let suite = if before.len() == 8 { Suite::TripleDes } else { Suite::Aes128 };
        let mut channel = Channel::from_keys(suite, &[1; 16], &[2; 16], &before);
        channel.protect(&Answer { data: Vec::new(), status: 0x9000 }, false);
        assert_eq!(channel.keys().2, case.hex("after"));
    }
}

#[test]
fn data_objects_of_the_examples_are_split() {
    let response = load("pace/ecdh_gm").hex("response_3");
    let outer = tlv::split(&response[..response.len() - 2]).unwrap();
    let inner = tlv::split(tlv::find(&outer, 0x7C).unwrap()).unwrap();
    assert_eq!(tlv::find(&inner, 0x84).unwrap(), load("pace/ecdh_gm").hex("chip_ephemeral_public"));
}

//! The published worked examples, against the functions of this module alone.

use test_vectors::vector::{self, Vector};

use super::{
    cipher::{self, CipherError},
    curve::Curve,
    ec::{EcError, Generator, Point, PrivateKey},
    hash::HashAlgorithm,
    iso9796::{self, Iso9796Check, Iso9796Fault},
    kdf::{self, CipherSuite, PacePassword, Purpose, SessionKeys},
    mac::{self, MacInput},
    rsa::RsaPublicKey,
    secret::Secret,
};

fn suite(vector: &Vector, field: &str) -> CipherSuite {
    match vector.text(field) {
        "3des" => CipherSuite::TripleDes,
        "aes-128" => CipherSuite::Aes128,
        "aes-192" => CipherSuite::Aes192,
        "aes-256" => CipherSuite::Aes256,
        other => panic!("cipher {other}"),
    }
}

fn hash(vector: &Vector) -> HashAlgorithm {
    match vector.text("hash") {
        "sha1" => HashAlgorithm::Sha1,
        "sha224" => HashAlgorithm::Sha224,
        "sha256" => HashAlgorithm::Sha256,
        "sha384" => HashAlgorithm::Sha384,
        "sha512" => HashAlgorithm::Sha512,
        other => panic!("hash {other}"),
    }
}

fn secret(vector: &Vector, field: &str) -> Secret {
    Secret::new(vector.hex(field))
}

#[test]
fn key_derivation() {
    let cases = vector::load("kdf/keys").cases();
    assert!(cases.len() >= 7);
    for case in cases {
        let purpose = match case.number("counter") {
            1 => Purpose::Encryption,
            2 => Purpose::Mac,
            3 => Purpose::Password,
            other => panic!("counter {other}"),
        };
        let key = kdf::derive(&case.hex("secret"), purpose, suite(&case, "cipher"));
        assert_eq!(key, secret(&case, "key"));
    }
}

#[test]
fn padding_and_its_removal() {
    for case in vector::load("mac/padding").cases() {
        let block = usize::try_from(case.number("block_bytes")).unwrap();
        assert_eq!(cipher::pad(&case.hex("data"), block), case.hex("padded"));
        assert_eq!(cipher::unpad(&case.hex("padded"), block), Ok(&case.hex("data")[..]));
    }
    let cases = vector::load("mac/unpadding").cases();
    assert!(cases.iter().any(|case| !case.has("data")));
    for case in cases {
        let padded = case.hex("padded");
        let result = cipher::unpad(&padded, 8);
        if case.has("data") {
            assert_eq!(result, Ok(&case.hex("data")[..]));
        } else {
            assert_eq!(result, Err(CipherError::Padding));
        }
    }
}

#[test]
fn a_marker_before_the_last_block_is_no_padding() {
    let mut data = vec![1, 0x80];
    data.resize(18, 0);
    assert_eq!(cipher::unpad(&data, 16), Err(CipherError::Padding));
    assert_eq!(cipher::unpad(&data[..17], 16), Ok(&data[..1]));
}

#[test]
fn retail_mac() {
    for case in vector::load("mac/retail").cases() {
        let key = secret(&case, "key");
        let padded = case.hex("padded");
        let input = MacInput::Padded(&padded);
        assert_eq!(mac::mac(CipherSuite::TripleDes, &key, input).unwrap().to_vec(), case.hex("mac"));
        assert!(mac::verify(CipherSuite::TripleDes, &key, input, &case.hex("mac")).unwrap());
        let mut wrong = case.hex("mac");
        wrong[7] ^= 1;
        assert!(!mac::verify(CipherSuite::TripleDes, &key, input, &wrong).unwrap());
        assert!(!mac::verify(CipherSuite::TripleDes, &key, input, &wrong[..7]).unwrap());
        assert!(mac::mac(CipherSuite::TripleDes, &key, MacInput::Padded(&padded[1..])).is_err());
    }
    for length in [8, 24] {
        let key = Secret::new(vec![1; length]);
        assert!(mac::mac(CipherSuite::TripleDes, &key, MacInput::Message(b"")).is_err());
    }
}

#[test]
fn basic_access_control() {
    let example = vector::load("bac/worked_example");
    let suite = CipherSuite::TripleDes;
    let seed = kdf::bac_key_seed(example.text("mrz_information"));
    assert_eq!(seed, secret(&example, "k_seed"));
    let keys = SessionKeys::derive(&seed, suite);
    assert_eq!(keys.enc, secret(&example, "k_enc"));
    assert_eq!(keys.mac, secret(&example, "k_mac"));

    let cryptogram = cipher::cbc_encrypt(suite, &keys.enc, &[0; 8], &example.hex("s")).unwrap();
    assert_eq!(cryptogram, example.hex("e_ifd"));
    let token = mac::mac(suite, &keys.mac, MacInput::Message(&cryptogram)).unwrap();
    assert_eq!(token.to_vec(), example.hex("m_ifd"));

    assert!(
        mac::verify(suite, &keys.mac, MacInput::Message(&example.hex("e_ic")), &example.hex("m_ic")).unwrap()
    );
    assert_eq!(cipher::cbc_decrypt(suite, &keys.enc, &[0; 8], &example.hex("e_ic")), Ok(example.hex("r")));
    let session = SessionKeys::derive(&secret(&example, "session_k_seed"), suite);
    assert_eq!(session.enc, secret(&example, "ks_enc"));
    assert_eq!(session.mac, secret(&example, "ks_mac"));
}

#[test]
fn pace_with_generic_mapping() {
    let example = vector::load("pace/ecdh_gm");
    let suite = suite(&example, "cipher");
    let curve = Curve::BrainpoolP256r1;
    let id = u8::try_from(example.number("parameter_id")).unwrap();
    assert_eq!(Curve::from_standardized_id(id), Some(curve));
    let key = kdf::pace_password_key(PacePassword::Mrz(example.text("mrz_information")), suite);
    assert_eq!(key, secret(&example, "k_pi"));
    let nonce = Secret::new(cipher::cbc_decrypt(suite, &key, &[0; 16], &example.hex("z")).unwrap());
    assert_eq!(nonce, secret(&example, "s"));

    // Either side alone reaches the same generator.
    let standard = Generator::standard(curve);
    for (own, own_public, other) in [
        ("terminal_map_private", "terminal_map_public", "chip_map_public"),
        ("chip_map_private", "chip_map_public", "terminal_map_public"),
    ] {
        let own = PrivateKey::from_bytes(&standard, &example.hex(own)).unwrap();
        assert_eq!(own.public().encode(), example.hex(own_public));
        let shared = own.agree_point(&Point::decode(curve, &example.hex(other)).unwrap()).unwrap();
        assert_eq!(shared.encode(), example.hex("shared_point_h"));
        let mapped = Generator::map_generic(&nonce, &shared).unwrap();
        assert_eq!(mapped.point().encode(), example.hex("mapped_generator"));
    }
    let mapped = Point::decode(curve, &example.hex("shared_point_h")).unwrap();
    let mapped = Generator::map_generic(&nonce, &mapped).unwrap();
    for (own, own_public, other) in [
        ("terminal_ephemeral_private", "terminal_ephemeral_public", "chip_ephemeral_public"),
        ("chip_ephemeral_private", "chip_ephemeral_public", "terminal_ephemeral_public"),
    ] {
        let own = PrivateKey::from_bytes(&mapped, &example.hex(own)).unwrap();
        assert_eq!(own.public().encode(), example.hex(own_public));
        let shared = own.agree(&Point::decode(curve, &example.hex(other)).unwrap()).unwrap();
        assert_eq!(shared, secret(&example, "shared_secret_k"));
        let keys = SessionKeys::derive(&shared, suite);
        assert_eq!(keys.enc, secret(&example, "ks_enc"));
        assert_eq!(keys.mac, secret(&example, "ks_mac"));
        for (input, token) in [("token_input_ifd", "t_ifd"), ("token_input_ic", "t_ic")] {
            let actual = mac::mac(suite, &keys.mac, MacInput::Message(&example.hex(input))).unwrap();
            assert_eq!(actual.to_vec(), example.hex(token));
        }
    }
}

#[test]
fn chip_authentication() {
    let example = vector::load("ca/session_at");
    assert_eq!(example.text("curve"), Curve::BrainpoolP256r1.name());
    let standard = Generator::standard(Curve::BrainpoolP256r1);
    let own = PrivateKey::from_bytes(&standard, &example.hex("terminal_private")).unwrap();
    assert_eq!(own.public().encode(), example.hex("terminal_public"));
    let dg14 = example.hex("dg14");
    // The chip's point stands at the end of the BIT STRING `03 42 00 04 …` in DG14.
    let start = dg14.windows(4).rposition(|window| window == [0x03, 0x42, 0x00, 0x04]).unwrap() + 3;
    let chip = Point::decode(Curve::BrainpoolP256r1, &dg14[start..start + 65]).unwrap();
    let shared = own.agree(&chip).unwrap();
    assert_eq!(shared, secret(&example, "shared_secret"));
    let keys = SessionKeys::derive(&shared, suite(&example, "after.cipher"));
    assert_eq!(keys.enc, secret(&example, "after.ks_enc"));
    assert_eq!(keys.mac, secret(&example, "after.ks_mac"));
}

#[test]
fn recovered_blocks_of_every_trailer() {
    let example = vector::load("aa/rsa_trailers");
    for case in example.cases() {
        let block = case.hex("recovered");
        assert_eq!(iso9796::check_block(&block, &example.hex("challenge")), Ok(hash(&case)));
        assert_eq!(iso9796::check_block(&block, &[0; 8]), Err(Iso9796Fault::Hash));
    }
    for refused in example.list("refused") {
        let block = vector::from_hex(refused).unwrap();
        assert!(iso9796::check_block(&block, &example.hex("challenge")).is_err(), "{refused}");
    }
    let example = vector::load("aa/rsa_recovered_block");
    let block = example.hex("recovered");
    assert_eq!(iso9796::check_block(&block, &example.hex("challenge")), Ok(hash(&example)));
}

#[test]
fn active_authentication_with_rsa() {
    let example = vector::load("aa/rsa_session");
    let dg15 = example.hex("dg15");
    // 6F L, SEQUENCE, AlgorithmIdentifier, BIT STRING, SEQUENCE { INTEGER n of 225 bytes, INTEGER e of 3 }.
    let e = &dg15[dg15.len() - 3..];
    let n = &dg15[dg15.len() - 5 - 224..dg15.len() - 5];
    let key = RsaPublicKey::new(n, e).unwrap();
    assert_eq!(key.modulus_bits(), 1792);
    let challenge = example.hex("challenge");
    let signature = example.hex("signature");
    assert_eq!(key.recover(&signature), Some(example.hex("recovered")));
    let valid = Iso9796Check::Valid { hash: HashAlgorithm::Sha256 };
    assert_eq!(iso9796::open(&key, &signature, &challenge), valid);
    // ISO 9796-2 lets a signer send the complement.
    assert_eq!(iso9796::open(&key, &key.complement(&signature).unwrap(), &challenge), valid);

    let mut wrong = challenge.clone();
    wrong[0] ^= 1;
    assert_eq!(iso9796::open(&key, &signature, &wrong), Iso9796Check::Invalid(Iso9796Fault::Hash));
    let mut wrong = signature.clone();
    wrong[100] ^= 1;
    assert!(matches!(iso9796::open(&key, &wrong, &challenge), Iso9796Check::Invalid(_)));
    let short = iso9796::open(&key, &signature[1..], &challenge);
    assert!(matches!(short, Iso9796Check::Invalid(_)));
    assert_eq!(iso9796::open(&key, &[0xFF; 224], &challenge), Iso9796Check::Invalid(Iso9796Fault::Length));
}

#[test]
fn a_point_off_the_curve_is_refused_before_any_key_touches_it() {
    let example = vector::load("pace/ecdh_gm");
    let mut point = example.hex("chip_map_public");
    point[64] ^= 1;
    let curve = Curve::BrainpoolP256r1;
    assert_eq!(Point::decode(curve, &point), Err(EcError::NotOnCurve(curve)));
}

#[test]
fn single_blocks() {
    // FIPS 197 appendix C.
    let plain = vector::from_hex("00112233445566778899AABBCCDDEEFF").unwrap();
    let key: Vec<u8> = (0..32).collect();
    for (suite, expected) in [
        (CipherSuite::Aes128, "69C4E0D86A7B0430D8CDB78070B4C55A"),
        (CipherSuite::Aes192, "DDA97CA4864CDFE06EAF70A0EC0D7191"),
        (CipherSuite::Aes256, "8EA2B7CA516745BFEAFC49904B496089"),
    ] {
        let key = Secret::from_slice(&key[..suite.key_len()]);
        let encrypted = cipher::encrypt_block(suite, &key, &plain);
        assert_eq!(encrypted, Ok(vector::from_hex(expected).unwrap()));
        assert!(matches!(
            cipher::encrypt_block(suite, &key, &plain[1..]),
            Err(CipherError::BlockLength { .. })
        ));
        let wrong = Secret::from_slice(&[0; 15]);
        assert!(matches!(cipher::encrypt_block(suite, &wrong, &plain), Err(CipherError::KeyLength { .. })));
    }
}

proptest::proptest! {
    #[test]
    fn what_is_padded_and_encrypted_comes_back(data: Vec<u8>, key: [u8; 32], iv: [u8; 16]) {
        let suites = [CipherSuite::TripleDes, CipherSuite::Aes128, CipherSuite::Aes192, CipherSuite::Aes256];
        for suite in suites {
            let (block, key) = (suite.block_size(), Secret::from_slice(&key[..suite.key_len()]));
            let padded = cipher::pad(&data, block);
            let cryptogram = cipher::cbc_encrypt(suite, &key, &iv[..block], &padded).unwrap();
            proptest::prop_assert_ne!(&cryptogram, &padded);
            let plain = cipher::cbc_decrypt(suite, &key, &iv[..block], &cryptogram).unwrap();
            proptest::prop_assert_eq!(cipher::unpad(&plain, block), Ok(&data[..]));
            // A whole number of blocks and a vector of one block, or nothing.
            proptest::prop_assert!(cipher::cbc_decrypt(suite, &key, &iv[..block], &cryptogram[1..]).is_err());
            proptest::prop_assert!(cipher::cbc_decrypt(suite, &key, &iv[1..block], &cryptogram).is_err());
        }
    }

    #[test]
    fn unpadding_never_panics_and_only_takes_what_padding_makes(data: Vec<u8>) {
        for block in [8, 16] {
            if let Ok(plain) = cipher::unpad(&data, block) {
                proptest::prop_assert!(data.len() - plain.len() <= block);
                let mut again = plain.to_vec();
                again.push(0x80);
                again.resize(data.len(), 0);
                proptest::prop_assert_eq!(again, data.clone());
            }
        }
    }

    #[test]
    fn odd_bytes_never_panic_a_point_or_a_key(data: Vec<u8>) {
        for curve in Curve::ALL {
            let _ = Point::decode(curve, &data);
        }
        let _ = RsaPublicKey::new(&data, &data);
    }
}

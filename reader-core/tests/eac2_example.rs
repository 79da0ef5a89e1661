//! The worked example of TR-03110 (EAC version 2, brainpoolP256r1, AES-128, PIN as the password): its PACE with generic
//! mapping, both sides, and its chip authentication, against the cryptographic core alone.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test: it may panic, and says when it skips")]

use std::path::PathBuf;

use reader_core::crypto::{
    cipher,
    curve::Curve,
    ec::{Generator, Point, PrivateKey},
    kdf::{CipherSuite, PacePassword, SessionKeys, pace_password_key},
    mac::{self, MacInput},
    secret::Secret,
};
use serde_json::Value;

const CURVE: Curve = Curve::BrainpoolP256r1;
const SUITE: CipherSuite = CipherSuite::Aes128;

struct Example(Value);

impl Example {
    fn load() -> Option<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let shared = std::env::var_os("IDTERM_SHARED").map_or_else(|| "../shared".into(), PathBuf::from);
        let path = root.join(shared).join("vectors/tr03110/eac2-ecdh.json");
        let Ok(bytes) = std::fs::read(&path) else {
            assert!(
                std::env::var_os("REQUIRE_SHARED").is_none_or(|value| value != "1"),
                "no {}",
                path.display()
            );
            println!("skipped, data not present: tr03110/eac2-ecdh.json");
            return None;
        };
        Some(Self(serde_json::from_slice(&bytes).unwrap()))
    }

    fn hex(&self, field: &str) -> Vec<u8> {
        test_vectors::vector::from_hex(self.0["values"][field].as_str().unwrap()).unwrap()
    }

    fn secret(&self, field: &str) -> Secret {
        Secret::new(self.hex(field))
    }

    fn point(&self, field: &str) -> Point {
        Point::decode(CURVE, &self.hex(field)).unwrap()
    }

    fn key(&self, generator: &Generator, side: &str) -> PrivateKey {
        let key = PrivateKey::from_bytes(generator, &self.hex(&format!("{side}_priv_key"))).unwrap();
        assert_eq!(*key.public(), self.point(&format!("{side}_pub_key")), "{side}");
        key
    }
}

/// The public key data object that a token is computed over: object identifier of the protocol and the other's point.
fn token_input(oid: &[u8], point: &Point) -> Vec<u8> {
    let encoded = point.encode();
    let lengths = |len: usize| u8::try_from(len).unwrap();
    let mut content = vec![0x06, lengths(oid.len())];
    content.extend_from_slice(oid);
    content.extend([0x86, lengths(encoded.len())]);
    content.extend(encoded);
    [&[0x7F, 0x49, lengths(content.len())][..], &content].concat()
}

#[test]
fn pace() {
    let Some(example) = Example::load() else { return };
    let password = example.0["password_ascii"].as_str().unwrap();
    let key = pace_password_key(PacePassword::Can(password), SUITE);
    let nonce = Secret::new(cipher::cbc_decrypt(SUITE, &key, &[0; 16], &example.hex("nonce_enc")).unwrap());
    assert_eq!(nonce, example.secret("nonce"));

    let standard = Generator::standard(CURVE);
    let terminal = example.key(&standard, "map_pcd");
    let chip = example.key(&standard, "map_picc");
    let shared = terminal.agree_point(chip.public()).unwrap();
    assert_eq!(shared, chip.agree_point(terminal.public()).unwrap());
    assert_eq!(shared, example.point("map_shared_secret_h"));
    let mapped = Generator::map_generic(&nonce, &shared).unwrap();
    assert_eq!(*mapped.point(), example.point("map_generator"));

    let terminal = example.key(&mapped, "pcd");
    let chip = example.key(&mapped, "picc");
    let secret = terminal.agree(chip.public()).unwrap();
    assert_eq!(secret, chip.agree(terminal.public()).unwrap());
    assert_eq!(secret, example.secret("shared_secret_k"));
    let keys = SessionKeys::derive(&secret, SUITE);
    assert_eq!(keys.enc, example.secret("k_enc"));
    assert_eq!(keys.mac, example.secret("k_mac"));

    // id-PACE-ECDH-GM-AES-CBC-CMAC-128.
    let oid = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02, 0x02];
    for (point, token) in
        [(chip.public(), "authentication_token_pcd"), (terminal.public(), "authentication_token_picc")]
    {
        let input = token_input(&oid, point);
        assert!(
            mac::verify(SUITE, &keys.mac, MacInput::Message(&input), &example.hex(token)).unwrap(),
            "{token}"
        );
    }
}

#[test]
fn chip_authentication() {
    let Some(example) = Example::load() else { return };
    let standard = Generator::standard(CURVE);
    let terminal = example.key(&standard, "ca_pcd");
    let chip = example.key(&standard, "ca_picc");
    let secret = terminal.agree(chip.public()).unwrap();
    assert_eq!(secret, chip.agree(terminal.public()).unwrap());
    assert_eq!(secret, example.secret("ca_shared_secret_k"));
}

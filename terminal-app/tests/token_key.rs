//! Keys of terminal authentication: in a SoftHSM token behind PKCS#11, and in files. The real chip's side accepts them.
#![cfg(all(feature = "pkcs11", feature = "simulator"))]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test; it says when it skips")]

use std::path::{Path, PathBuf};
use std::process::Command;

use reader_core::capture::TerminalAuthenticationOutcome;
use reader_core::crypto::hash::HashAlgorithm;
use reader_core::crypto::signature::{self, EcdsaEncoding, SignatureScheme};
use reader_core::lds::DataGroup;
use reader_core::session::{Plan, read_chip};
use reader_core::wire::date::Timestamp;
use terminal_app::connectors::{PasswordSource, Secret};
use terminal_app::entropy::SystemEntropy;
use terminal_app::terminal_key::{KeyPlace, TerminalSettings};
use test_vectors::issuer::cvc::CvKey;
use test_vectors::issuer::terminal_pki::{Chain, Hierarchy};
use test_vectors::persona;

/// 21 November 2026.
const NOW: Timestamp = Timestamp(1_795_262_400);
const PIN: &str = "a-pin-of-a-test-09";
const LIBRARIES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// The library, or the reason why this test does nothing.
fn library() -> Option<&'static str> {
    let found = LIBRARIES.into_iter().find(|path| Path::new(path).exists());
    let tool = Command::new("softhsm2-util").arg("--version").output().is_ok();
    if let Some(path) = found.filter(|_| tool) {
        return Some(path);
    }
    assert!(std::env::var("REQUIRE_SHARED").as_deref() != Ok("1"), "SoftHSM is missing");
    println!("skipped, SoftHSM is not installed: keys in tokens");
    None
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("idterm-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn tool(configuration: &Path, arguments: &[&str]) {
    let output =
        Command::new("softhsm2-util").env("SOFTHSM2_CONF", configuration).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "softhsm2-util {}: {said}", arguments[0]);
}

/// A token with the keys of these hierarchies, each named as it.
fn token(folder: &Path, keys: &[(&str, Vec<u8>)]) -> PathBuf {
    std::fs::create_dir_all(folder.join("tokens")).unwrap();
    let configuration = folder.join("softhsm2.conf");
    let text =
        format!("directories.tokendir = {}\nobjectstore.backend = file\n", folder.join("tokens").display());
    std::fs::write(&configuration, text).unwrap();
    tool(
        &configuration,
        &["--init-token", "--free", "--label", "Desk one", "--so-pin", "12345678", "--pin", PIN],
    );
    for (number, (label, pkcs8)) in keys.iter().enumerate() {
        let pem = folder.join(format!("{label}.pem"));
        std::fs::write(&pem, to_pem(pkcs8)).unwrap();
        let id = format!("{:02X}", number + 1);
        let import =
            ["--import", pem.to_str().unwrap(), "--token", "Desk one", "--label", label, "--id", &id];
        tool(&configuration, &[&import[..], &["--pin", PIN]].concat());
    }
    configuration
}

fn to_pem(der: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in der.chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) as usize & 63;
            text.push(if place <= group.len() { char::from(LETTERS[index]) } else { '=' });
        }
    }
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

fn certificates(folder: &Path, hierarchy: Hierarchy) -> PathBuf {
    let place = folder.join(format!("{hierarchy:?}"));
    std::fs::create_dir_all(&place).unwrap();
    for (number, bytes) in hierarchy.chain(Chain::Sound, NOW.0).certificates.iter().enumerate() {
        std::fs::write(place.join(format!("{number}.cvcert")), bytes).unwrap();
    }
    place
}

fn key_of(hierarchy: Hierarchy) -> CvKey {
    hierarchy.chain(Chain::Sound, NOW.0).key
}

/// What a simulated card makes of these settings.
fn shown_to_a_card(name: &str, settings: &TerminalSettings) -> TerminalAuthenticationOutcome {
    let persona = persona::find(name).unwrap();
    let plan = Plan {
        groups: vec![DataGroup::Dg1, DataGroup::Dg3],
        terminal_authentication: Some(settings.open(NOW.date().unwrap()).unwrap()),
        ..Plan::default()
    };
    let access = persona.access(NOW.0);
    let key =
        reader_core::session::AccessKey::mrz(&access.document_number, &access.birth, &access.expiry).unwrap();
    let reader = terminal_app::demo::reader(persona, NOW);
    let quiet = &mut |_: reader_core::session::Event<'_>| std::ops::ControlFlow::Continue(());
    let capture = read_chip(reader, &[key], &plan, &mut SystemEntropy, quiet).capture;
    let outcome = capture.terminal_authentication.clone().unwrap().outcome;
    assert_eq!(
        capture.group(DataGroup::Dg3).is_some(),
        outcome == TerminalAuthenticationOutcome::Authenticated
    );
    outcome
}

#[test]
fn a_key_in_a_file_lets_the_terminal_in() {
    let folder = folder("key-file");
    for (card, hierarchy) in [("eac", Hierarchy::BrainpoolP256), ("eac-rsa", Hierarchy::RsaPss)] {
        let path = folder.join(format!("{card}.der"));
        std::fs::write(&path, key_of(hierarchy).pkcs8()).unwrap();
        let key = KeyPlace::parse(path.to_str().unwrap()).unwrap();
        let settings = TerminalSettings::new(vec![certificates(&folder, hierarchy)], key);
        assert_eq!(shown_to_a_card(card, &settings), TerminalAuthenticationOutcome::Authenticated, "{card}");
    }
    let missing = TerminalSettings::new(Vec::new(), KeyPlace::File(folder.join("none.der")));
    let failure = missing.open_key().err().unwrap();
    assert!(failure.text.contains("none.der") && failure.remedy.contains("pkcs8"), "{failure:?}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// One test, since SoftHSM reads its configuration once in a process.
#[test]
fn a_key_in_a_token_lets_the_terminal_in() {
    let Some(library) = library() else { return };
    // The child process alone has the variable: a test may not change its own environment without `unsafe`.
    if std::env::var_os("IDTERM_TOKEN_TEST").is_none() {
        let folder = folder("token");
        let keys: Vec<(&str, Vec<u8>)> =
            [("brainpool", Hierarchy::BrainpoolP256), ("nist", Hierarchy::P256), ("pss", Hierarchy::RsaPss)]
                .map(|(label, hierarchy)| (label, key_of(hierarchy).pkcs8()))
                .to_vec();
        let configuration = token(&folder, &keys);
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_key_in_a_token_lets_the_terminal_in", "--nocapture"])
            .env("SOFTHSM2_CONF", configuration)
            .env("IDTERM_TOKEN_TEST", &folder)
            .env("RUST_LOG", "trace")
            .output()
            .unwrap();
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}");
        assert!(said.contains("1 passed"), "{said}");
        assert!(!said.contains(PIN), "the PIN is printed");
        std::fs::remove_dir_all(folder).unwrap();
        return;
    }
    let folder = PathBuf::from(std::env::var_os("IDTERM_TOKEN_TEST").unwrap());
    let uri = |token: &str, object: &str| {
        KeyPlace::parse(&format!("pkcs11:token={token};object={object}?module-path={library}")).unwrap()
    };
    let settings = |key: KeyPlace, pin: &str, hierarchy| TerminalSettings {
        certificates: vec![certificates(&folder, hierarchy)],
        key,
        pin: PasswordSource::Held(Secret::new(pin.to_owned())),
    };
    for (card, object, hierarchy) in
        [("eac", "brainpool", Hierarchy::BrainpoolP256), ("eac-rsa", "pss", Hierarchy::RsaPss)]
    {
        let settings = settings(uri("Desk%20one", object), PIN, hierarchy);
        assert_eq!(shown_to_a_card(card, &settings), TerminalAuthenticationOutcome::Authenticated, "{card}");
        // The key of another hierarchy has no certificate here.
        let other = TerminalSettings { key: uri("Desk%20one", "nist"), ..settings };
        assert!(matches!(shown_to_a_card(card, &other), TerminalAuthenticationOutcome::KeyFailed(_)));
    }
    every_algorithm_signs(&settings, &uri);
    for (key, pin, words) in [
        (uri("Desk%20one", "none"), PIN, "no private key"),
        (uri("Elsewhere", "nist"), PIN, "no token"),
        (uri("Desk%20one", "nist"), "wrong", "refuses the PIN"),
    ] {
        let failure = settings(key, pin, Hierarchy::P256).open_key().err().unwrap();
        assert!(failure.text.contains(words), "{failure:?}");
        assert!(!failure.remedy.is_empty() && !failure.text.contains(PIN));
    }
    let absent = KeyPlace::parse("pkcs11:object=k?module-path=/nonexistent/p11.so").unwrap();
    let failure = settings(absent, PIN, Hierarchy::P256).open_key().err().unwrap();
    assert!(failure.text.contains("/nonexistent/p11.so"), "{failure:?}");
}

/// Every hash and padding that a certificate may name and SoftHSM has.
fn every_algorithm_signs(
    settings: &dyn Fn(KeyPlace, &str, Hierarchy) -> TerminalSettings,
    uri: &dyn Fn(&str, &str) -> KeyPlace,
) {
    for object in ["brainpool", "nist", "pss"] {
        let key = settings(uri("Desk%20one", object), PIN, Hierarchy::P256).open_key().unwrap();
        for hash in HashAlgorithm::ALL {
            let schemes = if object == "pss" {
                let pss = SignatureScheme::RsaPss { hash, mgf_hash: hash, salt_len: hash.len() };
                vec![SignatureScheme::RsaPkcs1 { hash }, pss]
            } else {
                vec![SignatureScheme::Ecdsa { hash, encoding: EcdsaEncoding::Plain }]
            };
            for scheme in schemes {
                let signed = key.sign(scheme, b"message", &mut SystemEntropy).unwrap();
                let check = signature::verify(&key.public_key(), scheme, b"message", &signed).unwrap();
                assert!(check.is_valid(), "{object} {}", scheme.name());
            }
        }
    }
}

//! Terminal Authentication against others: a published Dutch chain with its test key, and OpenSSL as referee over what the
//! issuer writes.

#![allow(clippy::unwrap_used, reason = "a broken test may panic")]
#![allow(clippy::print_stdout, reason = "a test says why it skips")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::terminal::Inspection;
use test_vectors::card::{CvDate, Hash, TerminalAuthentication, TerminalKey, TrustPoint};
use test_vectors::chip::{Chip, tlv};
use test_vectors::issuer::cvc::CvKey;
use test_vectors::issuer::groups::{EF_CVCA, data_group};
use test_vectors::issuer::signer::{RsaPadding, ec_public_key_info, rsa_public_key_info};
use test_vectors::issuer::terminal_pki::{Chain, Hierarchy, TerminalChain};
use test_vectors::num::CurveName;
use test_vectors::persona;

/// 21 November 2026.
const NOW_S: i64 = 1_795_219_200;

/// The value along a path of tags.
fn inside(bytes: &[u8], path: &[u16]) -> Vec<u8> {
    path.iter().fold(bytes.to_vec(), |bytes, tag| {
        tlv::find(&tlv::split(&bytes).unwrap(), *tag).unwrap_or_else(|| panic!("no {tag:04X}")).to_vec()
    })
}

fn published(name: &str) -> Option<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let shared = std::env::var_os("IDTERM_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let path = shared.join("vectors/cvc/nl-is-new").join(name);
    if !path.exists() {
        assert!(std::env::var_os("REQUIRE_SHARED").is_none_or(|value| value != "1"), "no {}", path.display());
        println!("skipped, data not present: {name}");
        return None;
    }
    Some(std::fs::read(path).unwrap())
}

/// Root, link, document verifier and inspection system: ECDSA with SHA-224, domain parameters written out.
#[test]
fn the_chip_takes_a_published_chain_and_its_link() {
    let files = ["certCVCA_orig.cvcert", "certCVCA_new.cvcert", "certDVD_new.cvcert", "certIS_new.cvcert"];
    let Some(files) = files.into_iter().map(published).collect::<Option<Vec<_>>>() else { return };
    let Some(key) = published("keyIS_new.der") else { return };
    let root = |path: &[u16]| inside(&files[0], &[&[0x7F21, 0x7F4E], path].concat());
    let date = |tag: u16| CvDate::try_from(root(&[tag])).unwrap();
    let curve = CurveName::BrainpoolP224r1;
    let point = curve.curve().decode(&root(&[0x7F49, 0x86])).unwrap();
    let trust = TerminalAuthentication {
        trust_points: vec![TrustPoint {
            reference: root(&[0x5F20]),
            key: TerminalKey::Ecdsa { curve, point, hash: Hash::Sha224 },
            authorization: root(&[0x7F4C, 0x53])[0],
            effective: date(0x5F25),
            expires: date(0x5F24),
        }],
        current_date: date(0x5F25),
    };
    let mut card = persona::find("eac").unwrap().card(NOW_S);
    card.terminal_authentication = Some(trust);
    card.files.insert(data_group(4), vec![0x76, 0x00]);
    // PKCS#8: the scalar stands in the ECPrivateKey.
    let private = inside(&inside(&key, &[0x30, 0x04]), &[0x30, 0x04]);
    let chain = TerminalChain {
        certificates: files[1..].to_vec(),
        key: CvKey::Ecdsa { curve, private, hash: Hash::Sha224 },
        reference: "NLIS7202000NL001".into(),
    };
    let open = || Inspection::by_pace(Chip::new(card.clone(), 3)).prove_chip();
    let mut session = open();
    assert_eq!(session.prove_terminal(&chain), "9000");
    assert_eq!([3, 4].map(|group| session.group_status(group)), ["9000", "6982"], "rights C1, 81, 01");
    assert_eq!(session.authorities()[..28], *b"\x42\x0CNLCVCAA00002\x42\x0CNLCVCAA00001");
    for number in 1..4 {
        let mut spoilt = chain.clone();
        *spoilt.certificates[number - 1].last_mut().unwrap() ^= 1;
        assert_eq!(open().prove_terminal(&spoilt), "6300", "certificate {number}");
    }
}

struct Referee(PathBuf);

impl Referee {
    fn new(test: &str) -> Option<Referee> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("skipped, data not present: the openssl command");
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        std::fs::create_dir_all(&folder).unwrap();
        Some(Referee(folder))
    }

    fn keep(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn succeeds(&self, arguments: &[&str]) -> bool {
        Command::new("openssl").args(arguments).output().unwrap().status.success()
    }

    /// Verifies a plain or RSA signature under the public key in a SubjectPublicKeyInfo.
    fn verifies(&self, key: &TerminalKey, message: &[u8], signature: &[u8]) -> bool {
        let form = test_vectors::issuer::signer::CurveForm::Named;
        let (info, signature, pss, hash) = match key {
            TerminalKey::Ecdsa { curve, point, hash } => {
                let (r, s) = signature.split_at(signature.len() / 2);
                let numbers = [r, s].map(test_vectors::issuer::der_out::integer_bytes);
                let der = test_vectors::issuer::der_out::sequence(&numbers);
                (ec_public_key_info(*curve, form, point), der, false, *hash)
            }
            TerminalKey::Rsa { modulus, exponent, pss, hash } => {
                (rsa_public_key_info(modulus, exponent), signature.to_vec(), *pss, *hash)
            }
        };
        let digest = if hash == Hash::Sha384 { "-sha384" } else { "-sha256" };
        let files = [
            self.keep("public.der", &info),
            self.keep("signature.bin", &signature),
            self.keep("message.bin", message),
        ];
        let mut arguments =
            vec!["dgst", digest, "-keyform", "DER", "-verify", &files[0], "-signature", &files[1]];
        if pss {
            arguments.extend(["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]);
        }
        arguments.push(&files[2]);
        self.succeeds(&arguments)
    }
}

#[test]
fn openssl_verifies_each_certificate_and_takes_each_private_key() {
    for hierarchy in [
        Hierarchy::P256,
        Hierarchy::BrainpoolP256,
        Hierarchy::BrainpoolP384,
        Hierarchy::RsaPkcs1,
        Hierarchy::RsaPss,
    ] {
        let Some(referee) = Referee::new(&format!("terminal {hierarchy:?}")) else { return };
        let chain = hierarchy.chain(Chain::ThroughLink, NOW_S);
        let mut issuer = hierarchy.authority(NOW_S).key.public();
        assert_eq!(chain.certificates.len(), 3);
        for certificate in &chain.certificates {
            let content = inside(certificate, &[0x7F21]);
            let parts = tlv::split(&content).unwrap();
            let (body, signature) = (parts[0].encoded, parts[1].value);
            assert!(referee.verifies(&issuer, body, signature), "{hierarchy:?}");
            let mut other = body.to_vec();
            *other.last_mut().unwrap() ^= 1;
            assert!(!referee.verifies(&issuer, &other, signature), "{hierarchy:?}: a changed date");
            issuer = match (&issuer, inside(body, &[0x7F4E, 0x7F49])) {
                (TerminalKey::Ecdsa { curve, hash, .. }, key) => {
                    let point = curve.curve().decode(&inside(&key, &[0x86])).unwrap();
                    TerminalKey::Ecdsa { curve: *curve, point, hash: *hash }
                }
                (TerminalKey::Rsa { pss, hash, .. }, key) => {
                    let [modulus, exponent] = [0x81, 0x82].map(|tag| inside(&key, &[tag]));
                    TerminalKey::Rsa { modulus, exponent, pss: *pss, hash: *hash }
                }
            };
        }
        let pkcs8 = referee.keep("key.pk8", &chain.key.pkcs8());
        assert!(
            referee.succeeds(&["pkey", "-inform", "DER", "-in", &pkcs8, "-check", "-noout"]),
            "{hierarchy:?}"
        );
        // The private key is the one of the last certificate.
        let padded = matches!(&chain.key, CvKey::Rsa { padding: RsaPadding::Pss, .. });
        assert_eq!(padded, hierarchy == Hierarchy::RsaPss);
        assert!(referee.verifies(&issuer, b"challenge", &chain.key.sign(b"challenge")), "{hierarchy:?}");
    }
}

#[test]
fn the_personas_serve_their_trust_point_in_both_places() {
    for persona in persona::protected() {
        let card = persona.card(NOW_S);
        let trust = card.terminal_authentication.as_ref().unwrap();
        let file = &card.files[&EF_CVCA];
        assert_eq!(file.len(), 36, "{}", persona.name);
        assert_eq!(inside(&file[..17], &[0x42]), trust.trust_points[0].reference, "{}", persona.name);
        let info = [0x06, 0x08, 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x01, 0x01];
        let dg14 = &card.files[&data_group(14)];
        assert!(dg14.windows(info.len()).any(|window| window == info), "TerminalAuthenticationInfo");
    }
}

//! OpenSSL's command line as a referee over what the issuer writes: certificates, lists, security objects.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says why it skips"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use test_vectors::card::Hash;
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::{
    Country, SignerNumber, SignerTimes, UTOPIA, VIETNAM, VIETNAM_NIST, VIETNAM_RSA,
};
use test_vectors::issuer::groups::{EF_CARD_ACCESS, EF_CARD_SECURITY};
use test_vectors::issuer::lists;
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::{CurveForm, RsaPadding, RsaTestKeys, Signer};
use test_vectors::issuer::sod::{LdsVersion, SodForm, content_info, security_object};
use test_vectors::num::{CurveName, Modp};
use test_vectors::persona;

/// 21 November 2026, 10:00.
const NOW_S: i64 = 1_795_255_200;
const COUNTRIES: [Country; 4] = [VIETNAM, VIETNAM_NIST, VIETNAM_RSA, UTOPIA];

struct Referee {
    folder: PathBuf,
}

/// What a call printed on both channels, and whether it succeeded.
struct Said {
    fine: bool,
    text: String,
}

impl Referee {
    fn new(test: &str) -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("skipped, data not present: the openssl command");
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        fs::create_dir_all(&folder).unwrap();
        Some(Self { folder })
    }

    fn keep(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn ask(&self, arguments: &[&str]) -> Said {
        let output = Command::new("openssl").args(arguments).output().unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Said { fine: output.status.success(), text }
    }

    fn pem(&self, name: &str, kind: &str, der: &[u8]) -> String {
        let from = self.keep(&format!("{name}.der"), der);
        let to = self.folder.join(format!("{name}.pem")).to_str().unwrap().to_owned();
        let said = self.ask(&[kind, "-inform", "DER", "-in", &from, "-out", &to]);
        assert!(said.fine, "{name}: {}", said.text);
        to
    }
}

fn signer_times() -> SignerTimes {
    SignerTimes::around(Date::from_unix_s(NOW_S).plus_years(-2))
}

/// The objects inside a SEQUENCE, each with its header; lengths of two bytes at most.
fn parts(sequence: &[u8]) -> Vec<&[u8]> {
    let frame = |bytes: &[u8]| match bytes[1] {
        0x81 => (3, usize::from(bytes[2])),
        0x82 => (4, usize::from(bytes[2]) << 8 | usize::from(bytes[3])),
        short => (2, usize::from(short)),
    };
    let mut rest = &sequence[frame(sequence).0..];
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (header, content) = frame(rest);
        let (part, further) = rest.split_at(header + content);
        parts.push(part);
        rest = further;
    }
    parts
}

impl Referee {
    /// Whether the key of one certificate signed the other. OpenSSL's path checks refuse explicit curves (error 94), so
    /// it is asked about the bare signature.
    fn signed(&self, authority: &[u8], certificate: &[u8]) -> bool {
        let file = self.keep("authority.der", authority);
        let said = self.ask(&["x509", "-inform", "DER", "-in", &file, "-noout", "-pubkey"]);
        assert!(said.fine, "{}", said.text);
        let key = self.keep("authority.key", said.text.as_bytes());
        let [body, _, signature] = parts(certificate)[..] else { panic!("three parts") };
        let value = match signature[1] {
            0x81 => &signature[4..],
            0x82 => &signature[5..],
            _ => &signature[3..],
        };
        let body = self.keep("body.der", body);
        let value = self.keep("signature.bin", value);
        let text = self.ask(&["x509", "-inform", "DER", "-in", &file, "-noout", "-text"]).text;
        let hash = ["sha512", "sha384", "sha256"].into_iter().find(|hash| {
            let upper = hash.to_uppercase();
            text.contains(&format!("ecdsa-with-{upper}")) || text.contains(&format!("{hash}WithRSA"))
        });
        let option = format!("-{}", hash.unwrap());
        self.ask(&["dgst", &option, "-verify", &key, "-signature", &value, &body]).fine
    }
}

#[test]
fn every_chain_verifies() {
    let Some(referee) = Referee::new("chains") else { return };
    for country in COUNTRIES {
        let anchor = country.csca(NOW_S).der;
        let signer = country.document_signer(SignerNumber(1), signer_times()).der;
        for certificate in [&anchor, &signer] {
            assert!(referee.signed(&anchor, certificate), "{}", country.seed);
        }
        assert!(!referee.signed(&signer, &signer), "{}: the referee takes everything", country.seed);
        // Without explicit curves OpenSSL also walks the path.
        if country == VIETNAM_RSA {
            let anchor = referee.pem("csca", "x509", &anchor);
            let signer = referee.pem("signer", "x509", &signer);
            let now = NOW_S.to_string();
            for certificate in [&anchor, &signer] {
                let said = referee.ask(&[
                    "verify",
                    "-attime",
                    &now,
                    "-check_ss_sig",
                    "-CAfile",
                    &anchor,
                    certificate,
                ]);
                assert!(said.fine, "{}: {}", country.seed, said.text);
            }
        }
    }
}

#[test]
fn a_forgers_chain_does_not_verify() {
    let Some(referee) = Referee::new("forger") else { return };
    let persona = persona::find("untrusted-csca").unwrap();
    let forged = persona.document_signer(NOW_S).der;
    assert!(!referee.signed(&VIETNAM.csca(NOW_S).der, &forged));
    assert!(referee.signed(&persona.issuing_csca_der(NOW_S), &forged));
}

#[test]
fn certificates_read_as_the_standard_asks() {
    let Some(referee) = Referee::new("text") else { return };
    let text = |country: Country, der: &[u8]| {
        let file = referee.keep(&format!("{}.der", country.seed), der);
        let said = referee.ask(&["x509", "-inform", "DER", "-in", &file, "-noout", "-text"]);
        assert!(said.fine, "{}", said.text);
        said.text
    };
    let authority = text(VIETNAM, &VIETNAM.csca(NOW_S).der);
    for line in [
        "Issuer: C = VN, O = Simulated Vietnam identity card authority, CN = Simulated CSCA brainpool",
        "Subject: C = VN, O = Simulated Vietnam identity card authority, CN = Simulated CSCA brainpool",
        "Signature Algorithm: ecdsa-with-SHA512",
        "Public-Key: (512 bit)",
        "Field Type: prime-field",
        "Cofactor:  1 (0x1)",
        "Not Before: Jan  1 00:00:00 2021 GMT",
        "CA:TRUE, pathlen:0",
        "Certificate Sign, CRL Sign",
        "DirName:/L=VNM",
        "X509v3 Private Key Usage Period",
        "X509v3 Authority Key Identifier",
        "X509v3 Subject Key Identifier",
        "X509v3 CRL Distribution Points",
        "X509v3 Certificate Policies",
    ] {
        assert!(authority.contains(line), "no \"{line}\" in\n{authority}");
    }
    let signer = text(VIETNAM, &VIETNAM.document_signer(SignerNumber(1), signer_times()).der);
    for line in [
        "Signature Algorithm: ecdsa-with-SHA512",
        "Public-Key: (384 bit)",
        "Field Type: prime-field",
        "Not Before: Oct 22 00:00:00 2024 GMT",
        "Digital Signature",
        "2.23.136.1.1.6.2",
        "Not Before: Oct 22 00:00:00 2024 GMT, Not After: Jan 19 23:59:59 2025 GMT",
    ] {
        assert!(signer.contains(line), "no \"{line}\" in\n{signer}");
    }
    assert!(!signer.contains("Basic Constraints"), "{signer}");
    let nist = text(VIETNAM_NIST, &VIETNAM_NIST.csca(NOW_S).der);
    assert!(nist.contains("Public-Key: (384 bit)") && nist.contains("ecdsa-with-SHA384"), "{nist}");
    let explicit = text(UTOPIA, &UTOPIA.csca(NOW_S).der);
    assert!(explicit.contains("Field Type: prime-field") && explicit.contains("C = UT"), "{explicit}");
    let rsa = text(VIETNAM_RSA, &VIETNAM_RSA.csca(NOW_S).der);
    assert!(rsa.contains("Public-Key: (3072 bit)") && rsa.contains("sha256WithRSAEncryption"), "{rsa}");
}

#[test]
fn security_objects_verify_in_every_form() {
    let Some(referee) = Referee::new("sod") else { return };
    for country in COUNTRIES {
        let signer = country.document_signer(SignerNumber(1), signer_times());
        for (version, identifier, signing_time_s) in [
            (LdsVersion::V1_7, SignerIdentifier::IssuerAndSerial, Some(NOW_S)),
            (LdsVersion::V1_8, SignerIdentifier::SubjectKeyIdentifier, Some(NOW_S)),
            (LdsVersion::V1_8, SignerIdentifier::IssuerAndSerial, None),
        ] {
            let form = SodForm { version, hash: Hash::Sha256, identifier, signing_time_s };
            let groups: [(u8, &[u8]); 2] = [(1, b"one"), (2, b"two")];
            let message = referee.keep("message.der", &content_info(&form, &groups, &signer));
            let content = referee.folder.join("content.der").to_str().unwrap().to_owned();
            let call = [
                "cms",
                "-verify",
                "-inform",
                "DER",
                "-in",
                &message,
                "-noverify",
                "-binary",
                "-out",
                &content,
            ];
            let said = referee.ask(&call);
            assert!(said.fine, "{} {version:?} {identifier:?}: {}", country.seed, said.text);
            assert_eq!(fs::read(&content).unwrap(), security_object(&form, &groups));

            // The referee can tell: the same message with one bit of the signature changed.
            let mut altered = content_info(&form, &groups, &signer);
            let last = altered.len() - 1;
            altered[last] ^= 1;
            referee.keep("message.der", &altered);
            assert!(!referee.ask(&call).fine, "{}: an altered signature was taken", country.seed);
        }
    }
}

#[test]
fn signatures_of_further_algorithms_verify() {
    let Some(referee) = Referee::new("algorithms") else { return };
    let message = referee.keep("message.bin", b"what is signed");
    let rsa = |mgf, salt_bytes| {
        let padding = RsaPadding::PssWith { mgf, salt_bytes };
        Signer::rsa(RsaTestKeys::get().document_signer(), padding, Hash::Sha256)
    };
    let named = |curve| Signer::ecdsa(curve, CurveForm::Named, Hash::Sha256, "referee");
    let pss = |mgf: &str, salt: &str| {
        ["rsa_padding_mode:pss".to_owned(), format!("rsa_mgf1_md:{mgf}"), format!("rsa_pss_saltlen:{salt}")]
            .to_vec()
    };
    let [long, longest] =
        RsaTestKeys::get().longer().map(|key| Signer::rsa(key, RsaPadding::Pkcs1, Hash::Sha256));
    for (what, signer, options) in [
        ("DSA 1024", Signer::dsa(Modp::Of1024And160, Hash::Sha256, "referee"), vec![]),
        ("DSA 2048/224", Signer::dsa(Modp::Of2048And224, Hash::Sha256, "referee"), vec![]),
        ("DSA 2048/256", Signer::dsa(Modp::Of2048And256, Hash::Sha256, "referee"), vec![]),
        ("brainpoolP160t1", named(CurveName::BrainpoolP160t1), vec![]),
        ("brainpoolP384t1", named(CurveName::BrainpoolP384t1), vec![]),
        ("brainpoolP512t1", named(CurveName::BrainpoolP512t1), vec![]),
        ("PSS SHA-1 20", rsa(Hash::Sha1, 20), pss("sha1", "20")),
        ("PSS SHA-512 64", rsa(Hash::Sha512, 64), pss("sha512", "64")),
        ("PSS SHA-256 0", rsa(Hash::Sha256, 0), pss("sha256", "0")),
        ("RSA 4096", long, vec![]),
        ("RSA 6144", longest, vec![]),
    ] {
        let key = referee.keep("key.der", &signer.public_key_info());
        let mut value = signer.sign(b"what is signed");
        let holds = |value: &[u8]| {
            let value = referee.keep("signature.bin", value);
            let mut call = vec!["dgst", "-sha256", "-keyform", "DER", "-verify", &key, "-signature", &value];
            for option in &options {
                call.extend(["-sigopt", option]);
            }
            call.push(&message);
            referee.ask(&call)
        };
        let said = holds(&value);
        assert!(said.fine, "{what}: {}", said.text);
        *value.last_mut().unwrap() ^= 1;
        assert!(!holds(&value).fine, "{what}: an altered signature was taken");
    }
}

#[test]
fn the_security_object_of_each_persona_verifies() {
    let Some(referee) = Referee::new("personas") else { return };
    for persona in persona::all() {
        let card = persona.card(NOW_S);
        let file = &card.files[&test_vectors::issuer::groups::EF_SOD];
        // Tag 77 and a length of two bytes.
        assert_eq!(file[..2], [0x77, 0x82]);
        let message = referee.keep("message.der", &file[4..]);
        let said = referee.ask(&[
            "cms",
            "-verify",
            "-inform",
            "DER",
            "-in",
            &message,
            "-noverify",
            "-binary",
            "-out",
            "/dev/null",
        ]);
        assert_eq!(said.fine, persona.name != "sod-corrupt", "{}: {}", persona.name, said.text);
        let signer = persona.document_signer(NOW_S).der;
        assert!(referee.signed(&persona.issuing_csca_der(NOW_S), &signer), "{}", persona.name);
        let carried = file.windows(signer.len()).any(|window| window == signer);
        assert_eq!(carried, persona.name != "sod-corrupt", "{}", persona.name);
    }
}

#[test]
fn card_security_verifies_and_carries_the_key_of_the_mapping() {
    let Some(referee) = Referee::new("card-security") else { return };
    let persona = persona::find("good-pace-cam").unwrap();
    let card = persona.card(NOW_S);
    let file = &card.files[&EF_CARD_SECURITY];
    let content = referee.folder.join("content.der").to_str().unwrap().to_owned();
    let message = referee.keep("message.der", file);
    let call =
        ["cms", "-verify", "-inform", "DER", "-in", &message, "-noverify", "-binary", "-out", &content];
    let said = referee.ask(&call);
    assert!(said.fine, "{}", said.text);
    let infos = fs::read(&content).unwrap();
    let key = security_infos::chip_public_key(&card.chip_authentication[0], CurveForm::Standardized);
    assert!(parts(&infos).contains(&key.as_slice()), "the chip's public key is signed");
    for info in parts(&card.files[&EF_CARD_ACCESS]) {
        assert!(parts(&infos).contains(&info), "the infos of EF.CardAccess are signed again");
    }
    let said = referee.ask(&["cms", "-cmsout", "-print", "-inform", "DER", "-in", &message]).text;
    assert!(said.contains("0.4.0.127.0.7.3.2.1"), "{said}");
    let mut altered = file.clone();
    let at = altered.windows(key.len()).position(|window| window == key).unwrap() + key.len() - 8;
    altered[at] ^= 1;
    referee.keep("message.der", &altered);
    assert!(!referee.ask(&call).fine, "an altered key was taken");
}

#[test]
fn revocation_lists_verify() {
    let Some(referee) = Referee::new("crl") else { return };
    let lists = persona::revocation_lists(NOW_S);
    for (anchor, list) in persona::trust_anchors(NOW_S).iter().zip(&lists) {
        let anchor = referee.pem("csca", "x509", anchor);
        let list = referee.keep("list.crl", list);
        let said =
            referee.ask(&["crl", "-inform", "DER", "-in", &list, "-CAfile", &anchor, "-noout", "-text"]);
        assert!(said.fine && said.text.contains("verify OK"), "{}", said.text);
        assert!(said.text.contains("X509v3 CRL Number") && said.text.contains("Version 2"), "{}", said.text);
    }
    let list = referee.keep("list.crl", &lists[0]);
    let text = referee.ask(&["crl", "-inform", "DER", "-in", &list, "-noout", "-text"]).text;
    let serial = |name: &str| {
        let der = persona::find(name).unwrap().document_signer(NOW_S).der;
        let file = referee.keep("signer.der", &der);
        let said = referee.ask(&["x509", "-inform", "DER", "-in", &file, "-noout", "-serial"]).text;
        said.trim().trim_start_matches("serial=").to_owned()
    };
    assert!(text.contains(&serial("revoked-signer")), "{text}");
    assert!(!text.contains(&serial("good")), "{text}");
    let empty = referee.keep("list.crl", &lists[1]);
    let text = referee.ask(&["crl", "-inform", "DER", "-in", &empty, "-noout", "-text"]).text;
    assert!(text.contains("No Revoked Certificates"), "{text}");
}

#[test]
fn a_master_list_verifies_and_names_its_purpose() {
    let Some(referee) = Referee::new("master-list") else { return };
    let message = referee.keep("list.ml", &persona::master_list(NOW_S));
    let content = referee.folder.join("content.der").to_str().unwrap().to_owned();
    let said = referee.ask(&[
        "cms",
        "-verify",
        "-inform",
        "DER",
        "-in",
        &message,
        "-noverify",
        "-binary",
        "-out",
        &content,
    ]);
    assert!(said.fine, "{}", said.text);
    let content = fs::read(&content).unwrap();
    for anchor in persona::trust_anchors(NOW_S) {
        assert!(content.windows(anchor.len()).any(|window| window == anchor));
    }
    let signer = lists::master_list_signer(&VIETNAM, lists::MASTER_LIST_SIGNING_KEY, NOW_S);
    assert!(referee.signed(&VIETNAM.csca(NOW_S).der, &signer.der));
    let file = referee.keep("signer.der", &signer.der);
    let text = referee.ask(&["x509", "-inform", "DER", "-in", &file, "-noout", "-text"]).text;
    assert!(
        text.contains("X509v3 Extended Key Usage: critical") && text.contains("2.23.136.1.1.3"),
        "{text}"
    );
}

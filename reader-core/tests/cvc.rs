//! Card-verifiable certificates that others made: every file of the collection, against its table.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reader_core::crypto::signature::{PublicKey, SignatureCheck};
use reader_core::cvc::ValidityFault;
use reader_core::cvc::{
    ChainError, CvCertificate, Reference, Role, TerminalCertificates, TerminalKey, TerminalType,
};
use reader_core::key;
use reader_core::wire::date::Date;

fn folder() -> Option<PathBuf> {
    common::shared("vectors/cvc")
}

fn table(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(folder.join("cvc-table.tsv")).unwrap();
    let mut lines = text.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    let names = lines.next().unwrap();
    lines.map(|row| names.iter().cloned().zip(row).collect()).collect()
}

fn read(folder: &Path, file: &str) -> CvCertificate {
    CvCertificate::parse(&std::fs::read(folder.join(file)).unwrap()).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn day(text: &str) -> Date {
    let number = |at: usize| text[at..at + 2].parse::<u8>().unwrap();
    Date::new(2000 + u16::from(number(0)), number(2), number(4)).unwrap()
}

fn reference(text: &str) -> Reference {
    Reference::from_bytes(text.as_bytes()).unwrap()
}

#[test]
fn every_certificate_reads_as_its_table_says() {
    let Some(folder) = folder() else { return };
    let rows = table(&folder);
    assert_eq!(rows.len(), 20);
    for row in &rows {
        let file = &row["file"];
        let certificate = read(&folder, file);
        assert_eq!(certificate.authority().to_string(), row["car"], "{file}");
        assert_eq!(certificate.holder().to_string(), row["chr"], "{file}");
        assert_eq!(certificate.algorithm(), row["ta_oid"], "{file}");
        assert_eq!(certificate.effective(), day(&row["effective"]), "{file}");
        assert_eq!(certificate.expires(), day(&row["expires"]), "{file}");
        let bits = u64::from_str_radix(&row["authorization_hex"], 16).unwrap();
        let (kind, width) = match row["role_oid"].as_str() {
            "0.4.0.127.0.7.3.1.2.1" => (TerminalType::InspectionSystem, 8),
            "0.4.0.127.0.7.3.1.2.2" => (TerminalType::AuthenticationTerminal, 40),
            other => panic!("{file}: role {other} of the table"),
        };
        let role = match bits >> (width - 2) {
            3 => Role::Cvca,
            2 => Role::DvDomestic,
            1 => Role::DvForeign,
            _ => Role::Terminal,
        };
        let found = certificate.authorization();
        assert_eq!((found.terminal, found.role), (kind, role), "{file}");
        assert_eq!(found.rights.bits(), bits & ((1 << (width - 2)) - 1), "{file}");
    }
}

#[test]
fn every_signature_whose_issuer_is_here_holds_and_no_altered_one_does() {
    let Some(folder) = folder() else { return };
    let files: Vec<String> = table(&folder).iter().map(|row| row["file"].clone()).collect();
    let all: Vec<CvCertificate> = files.iter().map(|file| read(&folder, file)).collect();
    let (mut checked, mut links, mut alone) = (0, 0, Vec::new());
    for (file, one) in files.iter().zip(&all) {
        let issuers: Vec<_> = all.iter().filter(|issuer| issuer.holder() == one.authority()).collect();
        if issuers.is_empty() {
            alone.push(one.authority().to_string());
            continue;
        }
        for issuer in issuers {
            let inherited = all.iter().find(|above| above.holder() == issuer.authority());
            let curve = inherited.and_then(CvCertificate::curve);
            // Its domain parameters stand in a certificate that is not in the collection.
            let Ok(public) = issuer.public_key(curve) else {
                alone.push(one.authority().to_string());
                continue;
            };
            let check = one.verify_under(&public, issuer.scheme());
            assert_eq!(check, Ok(SignatureCheck::Valid), "{file}");
            checked += 1;
        }
        if alone.contains(&one.authority().to_string()) {
            continue;
        }
        links += usize::from(one.authorization().role == Role::Cvca && !one.is_self_signed());
        let bytes = std::fs::read(folder.join(file)).unwrap();
        for at in [bytes.len() - 1, bytes.len() / 2] {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            let Ok(altered) = CvCertificate::parse(&altered) else { continue };
            let issuer = all.iter().find(|issuer| issuer.holder() == one.authority()).unwrap();
            let curve =
                all.iter().find(|top| top.holder() == issuer.authority()).and_then(CvCertificate::curve);
            let public = issuer.public_key(curve).unwrap();
            assert_eq!(
                altered.verify_under(&public, issuer.scheme()),
                Ok(SignatureCheck::Invalid),
                "{file} {at}"
            );
        }
    }
    assert_eq!(links, 4, "link certificates");
    assert_eq!(
        alone,
        ["DEDVtIDGVNK00005", "DETESTeID00005"],
        "those under an issuer that is not in the collection"
    );
    assert!(checked >= 19, "{checked}");
}

fn dutch() -> Option<(TerminalCertificates, impl TerminalKey)> {
    let folder = folder()?.join("nl-is-new");
    let names = ["certCVCA_orig", "certCVCA_new", "certDVD_new", "certIS_new"];
    let certificates = names.map(|name| read(&folder, &format!("{name}.cvcert")));
    let private = key::private_key(&std::fs::read(folder.join("keyIS_new.der")).unwrap()).unwrap();
    Some((TerminalCertificates::new(certificates), private))
}

fn holders(certificates: &[CvCertificate]) -> Vec<String> {
    certificates.iter().map(|one| one.holder().to_string()).collect()
}

#[test]
fn the_dutch_chain_is_found_from_the_old_and_from_the_new_authority() {
    let Some((certificates, private)) = dutch() else { return };
    let public = private.public_key();
    let during = Date::new(2009, 7, 1).unwrap();
    let from_old = certificates.chain(&[reference("NLCVCAA00001")], &public, during).unwrap();
    assert_eq!(holders(from_old.certificates()), ["NLCVCAA00002", "NLDVAAANL001", "NLIS7202000NL001"]);
    let from_new = certificates.chain(&[reference("NLCVCAA00002")], &public, during).unwrap();
    assert_eq!(holders(from_new.certificates()), ["NLDVAAANL001", "NLIS7202000NL001"]);
    // A link is not sent where it is not needed.
    let both = [reference("NLCVCAA00001"), reference("NLCVCAA00002")];
    assert_eq!(certificates.chain(&both, &public, during).unwrap(), from_new);
    assert!(from_new.rights().fingers() && !from_new.rights().irises());
}

#[test]
fn why_there_is_no_chain_is_told() {
    let Some((certificates, private)) = dutch() else { return };
    let public = private.public_key();
    let during = Date::new(2009, 7, 1).unwrap();
    let authority = [reference("NLCVCAA00002")];
    let chain = |certificates: &TerminalCertificates, day: Date| certificates.chain(&authority, &public, day);

    let elsewhere = certificates.chain(&[reference("UTCVCA00001")], &public, during);
    assert!(matches!(elsewhere, Err(ChainError::NoChain { .. })));
    let late = chain(&certificates, Date::new(2009, 11, 19).unwrap());
    assert!(matches!(late, Err(ChainError::Validity { fault: ValidityFault::Expired, .. })), "{late:?}");
    assert!(chain(&certificates, Date::new(2009, 11, 18).unwrap()).is_ok(), "the last day counts");
    let early = chain(&certificates, Date::new(2009, 5, 17).unwrap());
    assert!(matches!(early, Err(ChainError::Validity { fault: ValidityFault::NotYetValid, .. })));

    let PublicKey::Ec(point) = &public else { panic!("a curve") };
    let other = reader_core::crypto::ec::Generator::standard(point.curve()).point().clone();
    let other = certificates.chain(&authority, &PublicKey::Ec(other), during);
    assert!(matches!(other, Err(ChainError::NoKey)));
    assert_eq!(chain(&TerminalCertificates::default(), during), Err(ChainError::NoCertificate));
    let without_verifier =
        certificates.all().iter().filter(|one| one.authorization().role != Role::DvDomestic);
    let without_verifier = TerminalCertificates::new(without_verifier.cloned());
    assert!(matches!(chain(&without_verifier, during), Err(ChainError::NoChain { .. })));

    let folder = folder().unwrap().join("nl-is-new");
    let mut bytes = std::fs::read(folder.join("certDVD_new.cvcert")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let forged =
        certificates.all().iter().filter(|one| one.authorization().role != Role::DvDomestic).cloned();
    let forged = TerminalCertificates::new(forged.chain([CvCertificate::parse(&bytes).unwrap()]));
    assert!(matches!(chain(&forged, during), Err(ChainError::Signature { .. })));
}

#[test]
fn a_chain_whose_authority_only_the_chip_knows_is_still_found() {
    let Some((certificates, private)) = dutch() else { return };
    let below = certificates.all().iter().filter(|one| one.authorization().role != Role::Cvca).cloned();
    let below = TerminalCertificates::new(below);
    let during = Date::new(2009, 7, 1).unwrap();
    let chain = below.chain(&[reference("NLCVCAA00002")], &private.public_key(), during).unwrap();
    assert_eq!(chain.certificates().len(), 2);
    assert!(chain.rights().fingers());
}

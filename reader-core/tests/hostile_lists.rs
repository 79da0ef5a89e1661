//! Lists made to hold a terminal up: the work is counted and bounded, and nothing of them is believed.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from, refusals};
use reader_core::pki::{Fingerprint, Imported, Pins, Refusal, TrustBuilder};
use test_vectors::card::Hash;
use test_vectors::issuer::certificate::{
    Certificate, KeyUsage, Name, Period, authority_key_identifier, basic_constraints_authority, key_usage,
    subject_key_identifier,
};
use test_vectors::issuer::country::VIETNAM;
use test_vectors::issuer::der_out::{integer, sequence, set_of, tlv};
use test_vectors::issuer::lists;
use test_vectors::issuer::signer::{CurveForm, Signer};
use test_vectors::num::CurveName;
use test_vectors::persona;

/// What one certificate may cost on average, and what any import may cost beside.
const CHECKS_PER_CERTIFICATE: usize = 3;
const CHECKS_BESIDE: usize = 256;

fn key(label: &str) -> Signer {
    Signer::ecdsa(CurveName::P192, CurveForm::Named, Hash::Sha256, label)
}

fn name(common: &str) -> Name {
    Name { country: "UT".to_owned(), organisation: "Simulated".to_owned(), common: common.to_owned() }
}

/// An authority's certificate for `own`, issued by `issuer`; it names `authority_id` as its issuer's key.
fn authority(own: &Signer, issuer: &Signer, authority_id: &[u8], names: [&str; 2], serial: u64) -> Vec<u8> {
    Certificate {
        serial: serial.to_be_bytes().to_vec(),
        issuer: name(names[0]),
        subject: name(names[1]),
        validity: Period { from_s: NOW.0 - 86_400, to_s: NOW.0 + 86_400 },
        public_key_info: own.public_key_info(),
        extensions: vec![
            basic_constraints_authority(),
            authority_key_identifier(authority_id),
            subject_key_identifier(&own.key_identifier()),
            key_usage(KeyUsage::CertificatesAndLists),
        ],
    }
    .signed_by(issuer)
}

fn root(own: &Signer, common: &str, serial: u64) -> Vec<u8> {
    authority(own, own, &own.key_identifier(), [common, common], serial)
}

/// So many copies, each with another serial number and so with a false signature.
fn falsified(certificate: &[u8], serial: u64, count: u32) -> Vec<Vec<u8>> {
    let serial = serial.to_be_bytes();
    let at = certificate.windows(8).position(|window| window == serial).unwrap();
    let copy = |number: u32| {
        let mut copy = certificate.to_vec();
        copy[at + 4..at + 8].copy_from_slice(&number.to_be_bytes());
        copy
    };
    (1..=count).map(copy).collect()
}

fn unsorted_list(certificates: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[integer(0), tlv(&[0x31], &certificates.concat())])
}

/// A bare list whose fingerprint is pinned: nothing but its certificates stands between it and the store.
fn import(certificates: &[Vec<u8>]) -> Imported {
    let list = unsorted_list(certificates);
    let pins: Pins = [Fingerprint::of(&list)].into_iter().collect();
    TrustBuilder::new().add_master_list(&list, &from("hostile"), &pins)
}

fn assert_bounded(imported: &Imported, members: usize) {
    assert_eq!(imported.added.len() + imported.known + imported.refused.len(), members);
    let most = CHECKS_BESIDE + CHECKS_PER_CERTIFICATE * members;
    assert!(imported.signature_checks <= most, "{} checks for {members}", imported.signature_checks);
}

#[test]
fn roots_of_one_name_with_false_signatures_cost_a_few_checks_each() {
    const SERIAL: u64 = 0x4142_4344_0000_0000;
    // Forty sound ones first: each of the others may have been signed by any of them.
    let sound: Vec<Vec<u8>> = (0..40).map(|n| root(&key(&format!("sound {n}")), "One", SERIAL)).collect();
    for count in [500, 1_000, 2_000] {
        let mut members = sound.clone();
        members.extend(falsified(&root(&key("false"), "One", SERIAL), SERIAL, count));
        let imported = import(&members);
        assert_bounded(&imported, members.len());
        assert_eq!(imported.added.len(), 40, "{:?}", refusals(&imported));
        assert!(imported.refused.iter().any(|one| one.refusal == Refusal::SearchBudgetSpent));
    }
}

#[test]
fn links_of_one_name_that_nobody_signed_cost_a_few_checks_each() {
    const SERIAL: u64 = 0x4142_4344_0000_0000;
    let old = key("old");
    let named = old.key_identifier();
    for authority_id in [named.as_slice(), &[7; 20]] {
        let mut members: Vec<Vec<u8>> =
            (0..40).map(|n| root(&key(&format!("r {n}")), "One", SERIAL)).collect();
        members.push(root(&old, "One", SERIAL));
        let link = authority(&key("link"), &key("nobody"), authority_id, ["One", "One"], SERIAL);
        members.extend(falsified(&link, SERIAL, 1_000));
        let imported = import(&members);
        assert_bounded(&imported, members.len());
        assert_eq!(imported.added.len(), 41, "{:?}", refusals(&imported));
    }
}

/// Each link was signed by the one after it in the list, and the root stands last.
#[test]
fn a_chain_in_the_worst_order_costs_one_check_for_each_link() {
    for same_name in [false, true] {
        let signers: Vec<Signer> = (0..150).map(|n| key(&format!("chain {n}"))).collect();
        let label = |n: usize| if same_name { "One".to_owned() } else { format!("Number {n}") };
        let mut members = vec![root(&signers[0], &label(0), 1)];
        for (n, pair) in signers.windows(2).enumerate() {
            let id = pair[0].key_identifier();
            members.push(authority(&pair[1], &pair[0], &id, [&label(n), &label(n + 1)], 1));
        }
        for reversed in [false, true] {
            if reversed {
                members.reverse();
            }
            let imported = import(&members);
            assert_eq!((imported.added.len(), imported.refused.len()), (150, 0), "{same_name}");
            assert_eq!(imported.signature_checks, 150, "{same_name} {reversed}");
        }
    }
}

/// The same without key identifiers: only names lead from one to the next.
#[test]
fn a_chain_of_names_in_the_worst_order_costs_two_checks_for_each_link() {
    let signers: Vec<Signer> = (0..150).map(|n| key(&format!("chain {n}"))).collect();
    let label = |n: usize| format!("Number {n}");
    let mut members = vec![root(&signers[0], &label(0), 1)];
    for (n, pair) in signers.windows(2).enumerate() {
        members.push(authority(&pair[1], &pair[0], &[7; 20], [&label(n), &label(n + 1)], 1));
    }
    for reversed in [false, true] {
        if reversed {
            members.reverse();
        }
        let imported = import(&members);
        assert_eq!((imported.added.len(), imported.refused.len()), (150, 0), "{reversed}");
        assert!(imported.signature_checks <= 300, "{reversed}: {} checks", imported.signature_checks);
    }
}

#[test]
fn more_members_than_any_list_has_are_refused_unread() {
    let certificate = root(&key("many"), "One", 0x4142_4344_0000_0000);
    for count in [5_001, 10_000] {
        let imported = import(&falsified(&certificate, 0x4142_4344_0000_0000, count));
        assert_eq!(imported.refused.len(), 1);
        assert_eq!(imported.refused[0].refusal, Refusal::ListUnreadable);
        assert!(imported.refused[0].detail.contains("5000"), "{}", imported.refused[0].detail);
        assert_eq!(imported.signature_checks, 0);
    }
}

#[test]
fn a_member_that_is_no_certificate_is_refused_by_itself() {
    let sound = root(&key("sound"), "One", 9);
    let large = sequence(&[tlv(&[0x04], &vec![0; 65_536])]);
    let many_extensions = {
        let own = key("extensions");
        let mut certificate = Certificate {
            serial: vec![1],
            issuer: name("One"),
            subject: name("One"),
            validity: Period { from_s: NOW.0, to_s: NOW.0 },
            public_key_info: own.public_key_info(),
            extensions: Vec::new(),
        };
        for n in 0..100_u32 {
            let oid = test_vectors::issuer::der_out::oid(&format!("2.999.{n}"));
            let value = test_vectors::issuer::der_out::octet_string(b"");
            certificate.extensions.push(sequence(&[oid, value]));
        }
        certificate.signed_by(&own)
    };
    let deep = (0..20_000)
        .fold(Vec::new(), |inner, _| if inner.len() < 60_000 { sequence(&[inner]) } else { inner });
    let imported = import(&[sound.clone(), sound, large, many_extensions, deep]);
    assert_eq!((imported.added.len(), imported.known), (1, 1));
    assert_eq!(imported.refused.len(), 3);
    assert!(imported.refused.iter().all(|one| one.refusal == Refusal::CertificateUnreadable));
    assert_eq!(imported.signature_checks, 1);
}

#[test]
fn lengths_nesting_and_versions_that_no_list_has_are_refused_at_once() {
    let gigabyte = [&[0x30, 0x84, 0x40, 0, 0, 0][..], &[0x06, 1, 0x2A]].concat();
    let inner_gigabyte = sequence(&[integer(0), vec![0x31, 0x84, 0x40, 0, 0, 0, 0x30, 0]]);
    let deep = [0x30, 0x80].repeat(500_000);
    let deep_definite = (0..3_000).fold(Vec::new(), |inner: Vec<u8>, _| sequence(&[inner]));
    let version = sequence(&[integer(1), set_of::<Vec<u8>>(&[])]);
    let long_version = sequence(&[tlv(&[2], &vec![1; 70_000]), set_of::<Vec<u8>>(&[])]);
    let sorts =
        [gigabyte, inner_gigabyte, deep, deep_definite, version, long_version, Vec::new(), vec![0x30]];
    for (number, bytes) in sorts.iter().enumerate() {
        let pins: Pins = [Fingerprint::of(bytes)].into_iter().collect();
        let imported = TrustBuilder::new().add_master_list(bytes, &from("hostile"), &pins);
        assert_eq!(imported.refused.len(), 1, "{number}");
        assert_eq!(imported.refused[0].refusal, Refusal::ListUnreadable, "{number}");
        assert_eq!((imported.added.len(), imported.signature_checks), (0, 0), "{number}");
    }
}

#[test]
fn a_list_whose_signer_may_not_sign_lists_costs_no_check() {
    let authority = VIETNAM.csca(NOW.0);
    let signer = lists::master_list_signer(&VIETNAM, "2.23.136.1.1.8", NOW.0);
    let list = lists::master_list(&persona::trust_anchors(NOW.0), &signer, &authority, NOW.0);
    let imported = TrustBuilder::new().add_master_list(&list, &from("list"), &Pins::none());
    assert_eq!(imported.refused[0].refusal, Refusal::ListSignerNotForLists);
    assert_eq!(imported.signature_checks, 0);
}

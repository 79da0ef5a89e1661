//! A country's change of key: old root, link and new root, in every order and with what real links get wrong.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from, refusals};
use reader_core::pki::path::{self, NameMatch, Path};
use reader_core::pki::{
    Certificate as Read, Fingerprint, Imported, Pins, Refusal, TrustBuilder, TrustSnapshot, VerifiedBy,
};
use test_vectors::card::Hash;
use test_vectors::issuer::certificate::{
    Certificate, KeyUsage, Name, Period, authority_key_identifier, basic_constraints_authority, key_usage,
    subject_key_identifier,
};
use test_vectors::issuer::country::{VIETNAM, VIETNAM_NIST};
use test_vectors::issuer::der_out::tlv;
use test_vectors::issuer::lists;
use test_vectors::issuer::signer::{CurveForm, Signer};
use test_vectors::num::CurveName;

const OLD: &str = "Simulated CSCA 2020";
const NEW: &str = "Simulated CSCA 2025";

fn key(generation: u8) -> Signer {
    Signer::ecdsa(CurveName::P192, CurveForm::Named, Hash::Sha256, &format!("generation {generation}"))
}

fn name(common: &str) -> Name {
    Name { country: "UT".to_owned(), organisation: "Simulated".to_owned(), common: common.to_owned() }
}

/// Who issues whom: two names, two keys, and the key identifier that the certificate gives its issuer.
struct Issue<'k> {
    issuer: (&'static str, &'k Signer),
    subject: (&'static str, &'k Signer),
    authority_id: Option<Vec<u8>>,
}

impl Issue<'_> {
    fn der(&self, authority: bool) -> Vec<u8> {
        let (own, signer) = (self.subject.1, self.issuer.1);
        let mut extensions = vec![subject_key_identifier(&own.key_identifier())];
        extensions.extend(self.authority_id.as_deref().map(authority_key_identifier));
        if authority {
            extensions.extend([basic_constraints_authority(), key_usage(KeyUsage::CertificatesAndLists)]);
        } else {
            extensions.push(key_usage(KeyUsage::DigitalSignature));
        }
        Certificate {
            serial: vec![u8::from(authority) + 1, own.key_identifier()[0] & 0x7F],
            issuer: name(self.issuer.0),
            subject: name(self.subject.0),
            validity: Period { from_s: NOW.0 - 86_400, to_s: NOW.0 + 86_400 },
            public_key_info: own.public_key_info(),
            extensions,
        }
        .signed_by(signer)
    }
}

fn root(named: &'static str, own: &Signer) -> Vec<u8> {
    let authority_id = Some(own.key_identifier());
    Issue { issuer: (named, own), subject: (named, own), authority_id }.der(true)
}

fn link<'k>(
    old: (&'static str, &'k Signer),
    new: (&'static str, &'k Signer),
    authority_id: Option<Vec<u8>>,
) -> Vec<u8> {
    Issue { issuer: old, subject: new, authority_id }.der(true)
}

fn document_signer<'k>(by: (&'static str, &'k Signer), own: &'k Signer) -> Read {
    let authority_id = Some(by.1.key_identifier());
    Read::from_der(&Issue { issuer: by, subject: ("Simulated signer", own), authority_id }.der(false))
        .unwrap()
}

/// A list whose members stand in this order, pinned as a whole.
fn import(builder: &mut TrustBuilder, members: &[&Vec<u8>]) -> Imported {
    let members: Vec<u8> = members.iter().copied().flatten().copied().collect();
    let list = test_vectors::issuer::der_out::sequence(&[vec![2, 1, 0], tlv(&[0x31], &members)]);
    let pins: Pins = [Fingerprint::of(&list)].into_iter().collect();
    builder.add_master_list(&list, &from("list"), &pins)
}

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

fn anchor_of(signer: &Read, trust: &TrustSnapshot) -> (Fingerprint, NameMatch) {
    match path::find(signer, trust) {
        Path::Confirmed { anchor, name, .. } => (anchor.certificate.fingerprint(), name),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_list_may_have_old_root_link_and_new_root_in_any_order() {
    let (old, new) = (key(1), key(2));
    let linked = link((OLD, &old), (OLD, &new), Some(old.key_identifier()));
    let three = [root(OLD, &old), linked, root(OLD, &new)];
    let signer = key(9);
    for order in ORDERS {
        let mut builder = TrustBuilder::new();
        let imported = import(&mut builder, &order.map(|index| &three[index]));
        assert_eq!((imported.added.len(), imported.refused.len()), (3, 0), "{order:?}");
        assert_eq!(imported.signature_checks, 3, "{order:?}");
        let trust = builder.build();
        for by in [&old, &new] {
            assert_eq!(anchor_of(&document_signer((OLD, by), &signer), &trust).1, NameMatch::Exact);
        }
    }
}

#[test]
fn a_change_of_name_goes_with_the_change_of_key() {
    let (old, new) = (key(1), key(2));
    let linked = link((OLD, &old), (NEW, &new), Some(old.key_identifier()));
    let three = [root(OLD, &old), linked.clone(), root(NEW, &new)];
    let signer = key(9);
    for order in ORDERS {
        let mut builder = TrustBuilder::new();
        let imported = import(&mut builder, &order.map(|index| &three[index]));
        assert_eq!((imported.added.len(), imported.refused.len()), (3, 0), "{order:?}");
        let trust = builder.build();
        anchor_of(&document_signer((OLD, &old), &signer), &trust);
        anchor_of(&document_signer((NEW, &new), &signer), &trust);
    }
    // The link alone introduces the new key; the new root need not be there.
    let mut builder = TrustBuilder::new();
    import(&mut builder, &[&linked, &three[0]]);
    let trust = builder.build();
    let (by, _) = anchor_of(&document_signer((NEW, &new), &signer), &trust);
    assert_eq!(by, Fingerprint::of(&linked));
}

#[test]
fn a_link_that_names_the_wrong_key_is_found_by_name() {
    let (old, new, other) = (key(1), key(2), key(3));
    let nowhere = vec![7; 20];
    // A key that is nowhere, one of another root of that name, its own, and none.
    for authority_id in [Some(nowhere), Some(other.key_identifier()), Some(new.key_identifier()), None] {
        let linked = link((OLD, &old), (OLD, &new), authority_id.clone());
        let members = [root(OLD, &old), root(OLD, &other), linked];
        for order in ORDERS {
            let mut builder = TrustBuilder::new();
            let imported = import(&mut builder, &order.map(|index| &members[index]));
            let what = format!("{authority_id:?} {order:?} {:?}", refusals(&imported));
            assert_eq!((imported.added.len(), imported.refused.len()), (3, 0), "{what}");
            assert!(imported.signature_checks <= 8, "{what}: {} checks", imported.signature_checks);
        }
        // One by one, after its issuer.
        let mut builder = TrustBuilder::new();
        for der in &members {
            let added = builder.add_certificate(der, &from("one"), &Pins::none());
            assert_eq!(added.added.len(), 1, "{authority_id:?}: {:?}", added.refused);
        }
        let trust = builder.build();
        assert_eq!(trust.anchors()[2].verified_by, VerifiedBy::Link(Fingerprint::of(&members[0])));
    }
}

#[test]
fn a_link_whose_issuer_is_not_there_waits_in_vain_and_is_refused() {
    let (old, new) = (key(1), key(2));
    let linked = link((OLD, &old), (NEW, &new), Some(old.key_identifier()));
    let mut builder = TrustBuilder::new();
    let imported = import(&mut builder, &[&linked, &root(NEW, &new)]);
    assert_eq!((imported.added.len(), imported.refused.len()), (1, 1));
    assert_eq!(imported.refused[0].refusal, Refusal::LinkIssuerUnknown);
    assert!(imported.refused[0].detail.contains(OLD));
    // Later its root comes, and then the list again.
    assert_eq!(builder.add_certificate(&root(OLD, &old), &from("root"), &Pins::none()).added.len(), 1);
    let again = import(&mut builder, &[&linked, &root(NEW, &new)]);
    assert_eq!((again.added.len(), again.known), (1, 1));
}

#[test]
fn a_link_that_the_named_key_did_not_sign_is_refused() {
    let (old, new, nobody) = (key(1), key(2), key(4));
    let forged = link((OLD, &nobody), (OLD, &new), Some(old.key_identifier()));
    for order in [[0, 1], [1, 0]] {
        let members = [root(OLD, &old), forged.clone()];
        let mut builder = TrustBuilder::new();
        let imported = import(&mut builder, &order.map(|index| &members[index]));
        assert_eq!((imported.added.len(), imported.refused.len()), (1, 1));
        assert_eq!(imported.refused[0].refusal, Refusal::LinkSignatureWrong);
    }
    // Nor does a link vouch for itself, whatever it calls its issuer's key.
    let own = link((OLD, &new), (NEW, &new), Some(old.key_identifier()));
    let mut builder = TrustBuilder::new();
    let imported = import(&mut builder, &[&root(OLD, &old), &own]);
    assert_eq!(imported.refused[0].refusal, Refusal::LinkSignatureWrong);
}

#[test]
fn four_generations_follow_from_the_first() {
    let keys: Vec<Signer> = (1..=4).map(key).collect();
    let mut members = vec![root(OLD, &keys[0])];
    for pair in keys.windows(2) {
        members.push(link((OLD, &pair[0]), (OLD, &pair[1]), Some(pair[0].key_identifier())));
    }
    members.reverse();
    let mut builder = TrustBuilder::new();
    let imported = import(&mut builder, &members.iter().collect::<Vec<_>>());
    assert_eq!((imported.added.len(), imported.signature_checks), (4, 4));
    let signer = key(9);
    anchor_of(&document_signer((OLD, &keys[3]), &signer), &builder.build());
}

/// The link of the authority's next key carries a list that the next key's signer made.
#[test]
fn a_list_is_believed_under_a_key_that_a_link_introduced() {
    let (old, next) = (VIETNAM.csca(NOW.0), VIETNAM_NIST.csca(NOW.0));
    let mut certificate = next.certificate.clone();
    certificate.issuer = VIETNAM.csca_name();
    certificate.serial = vec![5];
    certificate.extensions[1] = authority_key_identifier(&old.signer.key_identifier());
    let linked = certificate.signed_by(&old.signer);
    let signer = lists::master_list_signer(&VIETNAM_NIST, lists::MASTER_LIST_SIGNING_KEY, NOW.0);
    let list = lists::master_list(std::slice::from_ref(&next.der), &signer, &next, NOW.0);
    let mut builder = TrustBuilder::new();
    assert_eq!(builder.add_certificate(&old.der, &from("old"), &Pins::none()).added.len(), 1);
    let before = builder.add_master_list(&list, &from("list"), &Pins::none());
    assert_eq!(before.refused[0].refusal, Refusal::ListSignerUnknown);
    let added = builder.add_certificate(&linked, &from("link"), &Pins::none());
    assert_eq!(added.added.len(), 1, "{:?}", added.refused);
    let after = builder.add_master_list(&list, &from("list"), &Pins::none());
    assert_eq!((after.added.len(), after.refused.len()), (1, 0), "{after:?}");
}

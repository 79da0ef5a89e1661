//! Deviation lists into the trust store: who may sign them, which of two stays, what is in a real one.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, bytes, from, shared};
use reader_core::pki::lists::{DeviationKind, FileNumber, MrzField, SignerSet};
use reader_core::pki::{
    Certificate, Fingerprint, HeldKind, ImportNote, Imported, Pins, Provenance, Refusal, TrustBuilder,
    TrustSnapshot, VerifiedBy,
};
use reader_core::wire::cms::SignedData;
use reader_core::wire::date::Timestamp;
use test_vectors::issuer::country::{Country, FORGER, Issued, UTOPIA, VIETNAM, VIETNAM_NIST};
use test_vectors::issuer::der_out::{integer, printable, sequence, set_of, tlv};
use test_vectors::issuer::deviation::{
    self, Described, DeviationSet, SignerSet as MadeFor, content, deviation_list, deviation_list_signer,
    signed,
};
use test_vectors::issuer::lists;

const DAY_S: i64 = 86_400;

fn trusting(countries: &[Country]) -> TrustBuilder {
    let mut builder = TrustBuilder::new();
    for country in countries {
        let added = builder.add_certificate(&country.csca(NOW.0).der, &from("csca"), &Pins::none());
        assert_eq!(added.added.len(), 1, "{added:?}");
    }
    builder
}

fn add(builder: &mut TrustBuilder, list: &[u8]) -> Imported {
    builder.add_deviation_list(list, &from("list"), &Pins::none())
}

fn refusal(imported: &Imported) -> Refusal {
    assert_eq!((imported.added.len(), imported.refused.len()), (0, 1), "{imported:?}");
    imported.refused[0].refusal
}

fn one_set() -> Vec<DeviationSet> {
    vec![DeviationSet::all(Described::plain("2.3"))]
}

#[test]
fn every_field_is_read() {
    let csca = VIETNAM.csca(NOW.0);
    let sets = [
        DeviationSet {
            document_code: Some("P<"),
            signer: Some(MadeFor::KeyId(vec![7; 20])),
            issued_s: Some((NOW.0 - DAY_S, NOW.0)),
            numbers: Some(vec!["C0900002".into(), "C0900001".into(), "X1".into(), "c09<<<".into()]),
            described: vec![
                Described::number("2.2", 2),
                Described::number("3.1", 8),
                Described::extension("1.2", "2.5.29.15"),
            ],
        },
        DeviationSet {
            signer: Some(MadeFor::IssuerAndSerial(csca.certificate.issuer.clone(), vec![0x80, 1])),
            described: vec![Described::number("2.2", 17), Described::plain("9"), Described::plain("2.2")],
            ..DeviationSet::default()
        },
        DeviationSet {
            signer: Some(MadeFor::Sha256(vec![1; 32])),
            ..DeviationSet::all(Described::plain("1.4"))
        },
    ];
    let mut builder = trusting(&[VIETNAM]);
    let list = deviation_list(&VIETNAM, &sets, NOW.0);
    let imported = add(&mut builder, &list);
    assert_eq!(imported.added, [Fingerprint::of(&list)], "{imported:?}");
    assert_eq!(add(&mut builder, &list).known, 1);
    let trust = builder.build();
    let held = &trust.deviation_lists()[0];
    assert_eq!((&held.der, held.provenance.source.as_str()), (&list, "list"));
    assert_eq!(held.verified_by, VerifiedBy::Link(Fingerprint::of(&csca.der)));
    let taken = &held.content;
    assert_eq!((taken.issuer().country().as_deref(), taken.signed_at()), (Some("VN"), Some(NOW)));
    let by_key = taken.deviations().iter().find(|one| one.documents.numbers.is_some()).unwrap();
    assert_eq!(by_key.documents.document_code.as_deref(), Some("P"));
    assert_eq!(by_key.documents.signer, Some(SignerSet::KeyId(vec![7; 20])));
    assert_eq!(by_key.documents.issued, Some((Timestamp(NOW.0 - DAY_S), NOW)));
    let numbers = by_key.documents.numbers.as_ref().unwrap();
    assert_eq!(numbers.len(), 4);
    for there in ["C0900001", "C0900002", "C0900002<", "x1", "C09"] {
        assert!(numbers.contains(there), "{there}");
    }
    for absent in ["C0900003", "C090000", "", "X", "C09000011", "C0900001C0900002"] {
        assert!(!numbers.contains(absent), "{absent}");
    }
    let kinds: Vec<&DeviationKind> = by_key.descriptions.iter().map(|one| &one.kind).collect();
    assert!(kinds.contains(&&DeviationKind::GroupHashWrong(Some(FileNumber(2)))));
    assert!(kinds.contains(&&DeviationKind::MrzData(Some(MrzField(8)))));
    assert_eq!(by_key.descriptions[0].text.as_deref(), Some("Simulated deviation"));
    let all = || taken.deviations().iter().flat_map(|one| &one.descriptions);
    assert!(all().any(|one| one.kind == DeviationKind::GroupHashWrong(None)), "17 is no data group");
    assert!(all().any(|one| one.kind == DeviationKind::Other("2.23.136.1.1.7.9".to_owned())));
    let other = trusting(&[VIETNAM]).build();
    assert_ne!(trust.id(), other.id(), "a proof under other lists is not taken over");
}

#[test]
fn the_signer_must_be_for_such_lists_and_of_a_trusted_country() {
    let csca = VIETNAM.csca(NOW.0);
    let by = |signer: &Issued| signed(&content(&one_set()), signer, &csca, NOW.0);
    let mut builder = trusting(&[VIETNAM]);
    let for_master_lists = lists::master_list_signer(&VIETNAM, lists::MASTER_LIST_SIGNING_KEY, NOW.0);
    assert_eq!(refusal(&add(&mut builder, &by(&for_master_lists))), Refusal::ListSignerNotForLists);
    assert_eq!(refusal(&add(&mut builder, &by(&csca))), Refusal::ListSignerNotForLists);
    let forged = deviation_list(&FORGER, &one_set(), NOW.0);
    assert_eq!(refusal(&add(&mut builder, &forged)), Refusal::ListSignerUnknown);
    let old = deviation_list(&VIETNAM, &one_set(), NOW.0 - 10 * 366 * DAY_S);
    assert_eq!(refusal(&add(&mut builder, &old)), Refusal::ListSignerExpired);
    let signer = deviation_list_signer(&VIETNAM, NOW.0);
    let unknown = TrustBuilder::new().add_deviation_list(&by(&signer), &from("list"), &Pins::none());
    assert_eq!(refusal(&unknown), Refusal::ListSignerUnknown);
    assert!(unknown.refused[0].detail.contains(&Fingerprint::of(&signer.der).to_string()));
    let pins: Pins = [Fingerprint::of(&signer.der)].into_iter().collect();
    let pinned = TrustBuilder::new().add_deviation_list(&by(&signer), &from("list"), &pins);
    assert_eq!(pinned.added.len(), 1);
    let revoked = VIETNAM.revocation_list(NOW.0, vec![(signer.certificate.serial.clone(), NOW.0)]);
    assert_eq!(builder.add_crl(&revoked, &from("crl")).added.len(), 1);
    assert_eq!(refusal(&add(&mut builder, &by(&signer))), Refusal::CertificateRevoked);
    let master = lists::master_list(std::slice::from_ref(&csca.der), &for_master_lists, &csca, NOW.0);
    assert_eq!(refusal(&add(&mut builder, &master)), Refusal::ListUnreadable);
    let altered = {
        let mut list = by(&signer);
        let at = list.windows(9).position(|window| window == b"Simulated").unwrap();
        list[at] ^= 1;
        list
    };
    assert_eq!(refusal(&add(&mut trusting(&[VIETNAM]), &altered)), Refusal::ListSignatureWrong);
}

/// Utopia's authority issues a signer that calls its issuer by Vietnam's name.
#[test]
fn an_authority_speaks_for_its_own_country_alone() {
    let utopia = UTOPIA.csca(NOW.0);
    let mut signer = deviation_list_signer(&UTOPIA, NOW.0);
    signer.certificate.issuer = VIETNAM.csca_name();
    signer.der = signer.certificate.signed_by(&utopia.signer);
    let list = signed(&content(&one_set()), &signer, &utopia, NOW.0);
    assert_eq!(refusal(&add(&mut trusting(&[UTOPIA]), &list)), Refusal::ListSignerUnknown);
}

#[test]
fn a_newer_list_replaces_the_older_of_its_issuer_and_never_the_other_way() {
    let at = |country: &Country, days: i64| {
        let signer = deviation_list_signer(country, NOW.0);
        signed(&content(&one_set()), &signer, &country.csca(NOW.0), NOW.0 + days * DAY_S)
    };
    let mut builder = trusting(&[VIETNAM, VIETNAM_NIST, UTOPIA]);
    assert_eq!(add(&mut builder, &at(&VIETNAM, -5)).added.len(), 1);
    assert_eq!(add(&mut builder, &at(&UTOPIA, -9)).added.len(), 1);
    // The authority's next key and name: the same country and organisation.
    let newer = at(&VIETNAM_NIST, -3);
    assert_eq!(add(&mut builder, &newer).added.len(), 1);
    assert_eq!(refusal(&add(&mut builder, &at(&VIETNAM, -4))), Refusal::ListOlder);
    let trust = TrustBuilder::from_snapshot(&builder.build()).build();
    let days = |trust: &TrustSnapshot| -> Vec<i64> {
        let lists = trust.deviation_lists().iter();
        lists.map(|list| (list.content.signed_at().unwrap().0 - NOW.0) / DAY_S).collect()
    };
    assert_eq!(days(&trust), [-9, -3]);
    // What is kept and carried is the same, and goes on in the same way.
    let kept = TrustSnapshot::from_packs(trust.packs()).unwrap();
    assert_eq!((kept.id(), days(&kept)), (trust.id(), vec![-9, -3]));
    assert_eq!(kept.deviation_lists(), trust.deviation_lists());
    let mut builder = TrustBuilder::from_snapshot(&kept);
    assert_eq!(refusal(&add(&mut builder, &at(&VIETNAM, -4))), Refusal::ListOlder);
    assert_eq!(builder.remove(Fingerprint::of(&newer)), Some(HeldKind::DeviationList));
    assert_eq!(days(&builder.build()), [-9]);
}

#[test]
fn hostile_content_is_refused_and_bounded() {
    let csca = VIETNAM.csca(NOW.0);
    let signer = deviation_list_signer(&VIETNAM, NOW.0);
    let import = |content: &[u8]| add(&mut trusting(&[VIETNAM]), &signed(content, &signer, &csca, NOW.0));
    let described = set_of(&[sequence(&[test_vectors::issuer::der_out::oid("2.23.136.1.1.7.2.3")])]);
    let of_documents = |documents: Vec<u8>| {
        sequence(&[integer(0), set_of(&[sequence(&[sequence(&[documents]), described.clone()])])])
    };
    let sound = import(&of_documents(Vec::new()));
    assert_eq!(sound.added.len(), 1, "{sound:?}");
    let many_sets = tlv(&[0x31], &sequence(&[sequence::<Vec<u8>>(&[]), described.clone()]).repeat(10_001));
    let many_descriptions = tlv(&[0x31], &described[2..].repeat(65));
    for (what, content) in [
        ("a version", sequence(&[integer(1), set_of::<Vec<u8>>(&[])])),
        ("no content", Vec::new()),
        ("sets", sequence(&[integer(0), many_sets])),
        (
            "descriptions",
            sequence(&[integer(0), set_of(&[sequence(&[sequence::<Vec<u8>>(&[]), many_descriptions])])]),
        ),
        ("a long number", of_documents(tlv(&[0xA5], &printable(&"9".repeat(33))))),
        ("an empty number", of_documents(tlv(&[0xA5], &printable("<<")))),
        ("a number of another type", of_documents(tlv(&[0xA5], &integer(5)))),
        ("a gigabyte", of_documents(vec![0xA5, 0x84, 0x40, 0, 0, 0, 0x13, 1, 0x41])),
        ("one end of a period", of_documents(tlv(&[0xA4], &tlv(&[0x18], b"20260101000000Z")))),
        ("something else", of_documents(tlv(&[0xA6], b""))),
        ("nesting", of_documents([0x30, 0x80].repeat(40_000))),
    ] {
        let imported = import(&content);
        assert_eq!(refusal(&imported), Refusal::ListUnreadable, "{what}");
        assert!(imported.signature_checks <= 5, "{what}");
    }
}

#[test]
fn a_list_in_ber_is_taken_and_noted() {
    let list = deviation_list(&VIETNAM, &one_set(), NOW.0);
    let header = list.len()
        - reader_core::wire::tlv::single("list", reader_core::wire::tlv::Rules::Ber, 0x30, &list)
            .unwrap()
            .value
            .len();
    let indefinite = [&[0x30, 0x80][..], &list[header..], &[0, 0]].concat();
    let imported = add(&mut trusting(&[VIETNAM]), &indefinite);
    assert_eq!((imported.added.len(), imported.notes.len()), (1, 1), "{imported:?}");
    assert_eq!(imported.notes[0], ImportNote::Ber);
}

/// The Estonian list of 2018 under the Estonian certificates of the master lists.
#[test]
fn the_real_list_is_verified_and_kept_compactly() {
    let (Some(folder), Some(lists)) = (shared("vectors/deviation"), shared("vectors/csca/masterlists"))
    else {
        return;
    };
    let list = bytes(&folder, "EE_deviation_list_2018.bin");
    let master = bytes(&lists, "EE_ML_2026-06-08.ml");
    let data = SignedData::parse(&master).unwrap();
    let pins: Pins = data.certificates.iter().map(|der| Fingerprint::of(der)).collect();
    let mut builder = TrustBuilder::new();
    assert_eq!(builder.add_master_list(&master, &from("EE"), &pins).added.len(), 374);
    // In its own time it stands by its chain.
    let then = Provenance { source: "EE".to_owned(), imported_at: Timestamp(1_530_403_200) };
    let mut of_its_time = builder.clone();
    let imported = of_its_time.add_deviation_list(&list, &then, &Pins::none());
    assert_eq!((imported.added.len(), imported.refused.len()), (1, 0), "{imported:?}");
    assert!(!imported.notes.contains(&ImportNote::Ber));
    let trust = of_its_time.build();
    let taken = &trust.deviation_lists()[0].content;
    assert_eq!(taken.issuer().country().as_deref(), Some("EE"));
    assert_eq!(taken.signed_at().unwrap().to_string(), "2018-06-26T12:39:52Z");
    assert_eq!(taken.deviations().len(), 1);
    let deviation = &taken.deviations()[0];
    let numbers = deviation.documents.numbers.as_ref().unwrap();
    assert_eq!(numbers.len(), 169_422);
    assert!(numbers.contains("BB0000001") && !numbers.contains("BB0000000"));
    assert_eq!(deviation.descriptions.len(), 1);
    assert_eq!(deviation.descriptions[0].kind, DeviationKind::SodSignatureWrong);
    // Today its signer has expired; who pins it takes it all the same.
    let late = add(&mut builder, &list);
    assert_eq!(refusal(&late), Refusal::ListSignerExpired);
    let signer = SignedData::parse(&list).unwrap();
    let signer = signer.certificates.iter().map(|der| Certificate::from_der(der).unwrap());
    let signer = signer.into_iter().find(|one| one.extended_key_usage().is_some()).unwrap().fingerprint();
    assert!(late.refused[0].detail.contains(&signer.to_string()));
    let pinned = builder.add_deviation_list(&list, &from("EE"), &[signer].into_iter().collect::<Pins>());
    assert_eq!(pinned.added.len(), 1);
    let unrelated = trusting(&[VIETNAM]).add_deviation_list(&list, &then, &Pins::none());
    assert_eq!(refusal(&unrelated), Refusal::ListSignerUnknown);
    assert_eq!(deviation::DEVIATION_LIST, "2.23.136.1.1.7");
}

//! What a deviation list does to findings: each row of its table with a document that has the fault.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;
#[path = "common/simulated.rs"]
mod simulated;

use std::ops::ControlFlow;
use std::sync::OnceLock;

use common::{NOW, from, good, issued, signed_by};
use reader_core::capture::{ActiveAuthenticationTrace, Capture, ChipAuthenticationTrace, FileState};
use reader_core::evidence::{CheckId, Finding, Outcome, Reason};
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Pins, TrustBuilder, TrustSnapshot};
use reader_core::session::{AccessKey, Event, Plan, read_chip};
use reader_core::verify::{Presented, Proof, Settings, verify};
use reader_core::wire::date::Timestamp;
use test_vectors::card::Hash;
use test_vectors::issuer::certificate::{
    Certificate, KeyUsage, Period, authority_key_identifier, document_type_list, extended_key_usage,
    key_usage, subject_key_identifier,
};
use test_vectors::issuer::country::{Country, FORGER, Issued, SignerNumber, SignerTimes, UTOPIA, VIETNAM};
use test_vectors::issuer::deviation::{
    Described, DeviationSet, SignerSet, content, deviation_list_signer, signed,
};
use test_vectors::persona;

const DAY_S: i64 = 86_400;

fn signer() -> Issued {
    VIETNAM.document_signer(SignerNumber(1), SignerTimes::around(issued()))
}

/// A signer's certificate with these extensions beside its identifiers, signed by that country.
fn certified(by: &Country, extensions: Vec<Vec<u8>>) -> Issued {
    let like = by.document_signer(SignerNumber(1), SignerTimes::around(issued()));
    let mut all = vec![
        authority_key_identifier(&VIETNAM.csca_signer().key_identifier()),
        subject_key_identifier(&like.signer.key_identifier()),
        key_usage(KeyUsage::DigitalSignature),
    ];
    all.extend(extensions);
    let certificate = Certificate { extensions: all, ..like.certificate.clone() };
    Issued { der: certificate.signed_by(&by.csca_signer()), certificate, signer: like.signer }
}

fn altered(group: DataGroup) -> Capture {
    let mut capture = good();
    let mut bytes = capture.group(group).unwrap().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    capture.files.insert(FileId::group(group), FileState::Read(bytes));
    capture
}

/// EF.SOD with another signature than its own.
fn wrongly_signed() -> Capture {
    let mut capture = good();
    let mut sod = capture.bytes(FileId::SOD).unwrap().to_vec();
    *sod.last_mut().unwrap() ^= 1;
    capture.files.insert(FileId::SOD, FileState::Read(sod));
    capture
}

fn with_com(com: Vec<u8>) -> Capture {
    let mut capture = good();
    capture.files.insert(FileId::COM, FileState::Read(com));
    capture
}

fn failing_chip() -> Capture {
    let mut capture = good();
    capture.chip_authentication = Some(ChipAuthenticationTrace::NewKeysRefused);
    let signature = vec![1; 96];
    capture.active_authentication = Some(ActiveAuthenticationTrace::Signed { challenge: [7; 8], signature });
    capture
}

/// The authority and the signer of deviation lists of a country; issued once, for the simulator's arithmetic is slow.
fn authorities() -> &'static [(Country, Issued, Issued)] {
    static MADE: OnceLock<Vec<(Country, Issued, Issued)>> = OnceLock::new();
    MADE.get_or_init(|| {
        [VIETNAM, UTOPIA].map(|one| (one, one.csca(NOW.0), deviation_list_signer(&one, NOW.0))).to_vec()
    })
}

/// Both countries, and the deviation list of one where there are deviations.
fn trust(country: &Country, sets: &[DeviationSet]) -> TrustSnapshot {
    let mut builder = TrustBuilder::new();
    for (of, authority, signer) in authorities() {
        let added = builder.add_certificate(&authority.der, &from("csca"), &Pins::none());
        assert_eq!(added.added.len(), 1);
        if of == country && !sets.is_empty() {
            let list = signed(&content(sets), signer, authority, NOW.0);
            let imported = builder.add_deviation_list(&list, &from("list"), &Pins::none());
            assert_eq!(imported.added.len(), 1, "{imported:?}");
        }
    }
    builder.build()
}

fn judge(capture: &Capture, trust: &TrustSnapshot, presented: &Presented, now: Timestamp) -> Proof {
    verify(capture, trust, presented, now, &Settings::default(), None)
}

fn found(capture: &Capture, sets: &[DeviationSet], check: CheckId) -> Finding {
    let proof = judge(capture, &trust(&VIETNAM, sets), &Presented::nothing(), NOW);
    proof.findings().get(check).unwrap().clone()
}

struct Row {
    what: &'static str,
    described: Vec<Described>,
    capture: Capture,
    presented: Presented,
    now: Timestamp,
    check: CheckId,
    reason: Reason,
}

impl Row {
    fn new(
        what: &'static str,
        described: Vec<Described>,
        capture: Capture,
        check: CheckId,
        reason: Reason,
    ) -> Self {
        Self { what, described, capture, presented: Presented::nothing(), now: NOW, check, reason }
    }
}

fn rows() -> Vec<Row> {
    let plain = Described::plain;
    let number = Described::number;
    let extension = Described::extension;
    let chain = CheckId::PassiveSignerChain;
    let country = CheckId::ConsistencyCountry;
    let forged_signature = signed_by(&certified(&FORGER, Vec::new()));
    let purpose = signed_by(&certified(&VIETNAM, vec![extended_key_usage("1.3.6.1.5.5.7.3.1")]));
    let types = signed_by(&certified(&VIETNAM, vec![document_type_list(&["P"])]));
    let usual = SignerTimes::around(issued());
    let usage = Period { to_s: issued().plus_days(-5).to_unix_s(), ..usual.usage };
    let early = signed_by(&VIETNAM.document_signer(SignerNumber(1), SignerTimes { usage, ..usual }));
    let foreign = signed_by(&UTOPIA.document_signer(SignerNumber(1), usual));
    let other_zone = Presented {
        mrz: Some(persona::find("good-nist").unwrap().access(NOW.0).mrz_lines.join("\n")),
        ..Presented::nothing()
    };
    let broken = Reason::SignerChainBroken;
    let mut rows = vec![
        Row::new(
            "the signer's certificate is not signed rightly",
            vec![
                plain("1.1"),
                plain("1"),
                extension("1.2", "2.5.29.35"),
                number("1.2", 3),
                number("1.2", 0),
                extension("1.3", "2.5.29.14"),
                number("1.3", 7),
            ],
            forged_signature,
            chain,
            broken,
        ),
        Row::new(
            "the signer's purpose",
            vec![
                plain("1"),
                extension("1.2", "2.5.29.37"),
                extension("1.2", "2.5.29.15"),
                extension("1.2", "2.5.29.19"),
            ],
            purpose,
            chain,
            Reason::SignerNotForDocuments,
        ),
        Row::new(
            "the signer's document types",
            vec![plain("1"), extension("1.2", "2.23.136.1.1.6.2"), number("3.1", 1)],
            types,
            country,
            Reason::DocumentTypeNotAllowed,
        ),
        Row::new(
            "the signer's time",
            vec![plain("1"), number("1.2", 5), extension("1.2", "2.5.29.16")],
            early,
            CheckId::PassiveSignerValidity,
            Reason::SignedOutsideUsage,
        ),
        Row::new(
            "the signature of EF.SOD",
            vec![plain("2.3"), plain("2")],
            wrongly_signed(),
            CheckId::PassiveSodSignature,
            Reason::SodSignatureWrong,
        ),
        Row::new(
            "a hash",
            vec![number("2.2", 2), plain("2")],
            altered(DataGroup::Dg2),
            CheckId::PassiveHashes,
            Reason::HashMismatch,
        ),
        Row::new(
            "EF.COM lists other files",
            vec![plain("2.4"), plain("2"), number("2.1", 21)],
            with_com(b"\x60\x16\x5F\x01\x040107\x5F\x36\x06040000\x5C\x02\x61\x75".to_vec()),
            CheckId::ConsistencyComSod,
            Reason::ComDiffers,
        ),
        Row::new(
            "the chip's protocol",
            vec![plain("4")],
            failing_chip(),
            CheckId::ChipChipAuthentication,
            Reason::ChipAuthenticationFailed,
        ),
        Row::new(
            "the chip's signature",
            vec![plain("4")],
            failing_chip(),
            CheckId::ChipActiveAuthentication,
            Reason::ActiveAuthenticationFailed,
        ),
    ];
    rows.push(Row {
        presented: other_zone,
        ..Row::new(
            "the printed zone",
            vec![plain("3"), number("3.1", 3), number("3.2", 6), number("2.1", 1)],
            good(),
            CheckId::ConsistencyMrzDg1,
            Reason::MrzDiffers,
        )
    });
    rows.push(Row {
        now: Timestamp(NOW.0 + 40 * 366 * DAY_S),
        ..Row::new(
            "the date of expiry",
            vec![number("3.1", 8)],
            good(),
            CheckId::ValidityDocument,
            Reason::DocumentExpired,
        )
    });
    // Utopia's signer on a Vietnamese document: it is Utopia that would have to admit it.
    let admitted = vec![
        plain("1"),
        number("1.2", 6),
        number("1.2", 4),
        extension("1.2", "2.5.29.17"),
        number("3.1", 2),
        number("1.3", 6),
        extension("1.3", "2.5.29.18"),
    ];
    rows.push(Row::new("the country", admitted, foreign, country, Reason::CountryDiffers));
    rows
}

#[test]
fn what_a_deviation_explains_becomes_undetermined_and_keeps_its_reason() {
    for row in rows() {
        let lister = if row.what == "the country" { UTOPIA } else { VIETNAM };
        let finding = |country: &Country, sets: &[DeviationSet]| {
            let proof = judge(&row.capture, &trust(country, sets), &row.presented, row.now);
            proof.findings().get(row.check).unwrap().clone()
        };
        let before = finding(&lister, &[]);
        assert_eq!(before.outcome, Outcome::Refuted(row.reason), "{}", row.what);
        for described in &row.described {
            let sets = [DeviationSet::all(described.clone())];
            let after = finding(&lister, &sets);
            let what = format!("{} by {described:?}", row.what);
            assert_eq!(after.outcome, Outcome::Undetermined(Reason::KnownDeviation), "{what}");
            assert!(after.notes.contains(&row.reason), "{what}");
            assert!(after.detail.unwrap().contains("deviation list of C="), "{what}");
            // Another country's admission says nothing about this document.
            let other = if lister == UTOPIA { VIETNAM } else { UTOPIA };
            assert_eq!(finding(&other, &sets), before, "{what}");
        }
        // Deviations of other kinds, and those without the parameter that they need, explain nothing.
        for arcs in ["5", "9.9", "1.2", "1.3", "2.1", "2.2", "3.1", "3.2", "1.4"] {
            let sets = [DeviationSet::all(Described::plain(arcs))];
            assert_eq!(finding(&lister, &sets), before, "{} by {arcs}", row.what);
        }
    }
}

/// Every check that is refuted with the list was refuted without it, and nothing became confirmed by it.
#[test]
fn nothing_is_ever_confirmed_by_a_deviation() {
    let kinds = ["1", "1.1", "1.4", "2", "2.3", "2.4", "3", "4", "5"].map(Described::plain);
    let numbered = (0..=21)
        .flat_map(|n| ["1.2", "1.3", "2.1", "2.2", "3.1", "3.2"].map(|arcs| Described::number(arcs, n)));
    let all: Vec<Described> = kinds.into_iter().chain(numbered).collect();
    let sets: Vec<DeviationSet> = all.into_iter().map(DeviationSet::all).collect();
    for row in rows() {
        let of = |sets: &[DeviationSet]| {
            let proof = judge(&row.capture, &trust(&VIETNAM, sets), &row.presented, row.now);
            (proof.findings().clone(), proof.holder().is_some(), proof.portrait(&row.capture).is_some())
        };
        let (before, holder, portrait) = of(&[]);
        let (after, holder_after, portrait_after) = of(&sets);
        assert_eq!((holder, portrait), (holder_after, portrait_after), "{}", row.what);
        for ((check, before), (_, after)) in before.all().into_iter().zip(after.all()) {
            let changed = before.outcome != after.outcome;
            let explained = matches!(before.outcome, Outcome::Refuted(_))
                && after.outcome == Outcome::Undetermined(Reason::KnownDeviation);
            assert!(!changed || explained, "{}: {} {before:?} {after:?}", row.what, check.as_str());
        }
    }
}

#[test]
fn only_the_documents_that_are_named_are_meant() {
    let capture = wrongly_signed();
    let number = persona_number(&capture);
    let certificate = signer();
    let named = |set: DeviationSet| {
        let sets = [DeviationSet { described: vec![Described::plain("2.3")], ..set }];
        let outcome = found(&capture, &sets, CheckId::PassiveSodSignature).outcome;
        outcome == Outcome::Undetermined(Reason::KnownDeviation)
    };
    let numbers = |number: &str| Some(vec!["C0900001".to_owned(), number.to_owned()]);
    let own = persona::find("good").unwrap().document_signer(NOW.0);
    let period = |from: i64, to: i64| {
        let issued_s = issued().to_unix_s();
        Some((issued_s + from * DAY_S, issued_s + to * DAY_S))
    };
    assert!(named(DeviationSet::default()));
    assert!(named(DeviationSet { numbers: numbers(&number), ..DeviationSet::default() }));
    assert!(!named(DeviationSet { numbers: numbers("C0900002"), ..DeviationSet::default() }));
    assert!(!named(DeviationSet { numbers: Some(Vec::new()), ..DeviationSet::default() }));
    assert!(named(DeviationSet { document_code: Some("I<"), ..DeviationSet::default() }));
    assert!(named(DeviationSet { document_code: Some("ID"), ..DeviationSet::default() }));
    assert!(!named(DeviationSet { document_code: Some("P<"), ..DeviationSet::default() }));
    let key = SignerSet::KeyId(own.signer.key_identifier());
    assert!(named(DeviationSet { signer: Some(key.clone()), ..DeviationSet::default() }));
    let serial = SignerSet::IssuerAndSerial(VIETNAM.csca_name(), own.certificate.serial.clone());
    assert!(named(DeviationSet { signer: Some(serial), ..DeviationSet::default() }));
    let other = SignerSet::IssuerAndSerial(UTOPIA.csca_name(), own.certificate.serial.clone());
    assert!(!named(DeviationSet { signer: Some(other), ..DeviationSet::default() }));
    let digest = SignerSet::Sha256(Hash::Sha256.digest(&own.der));
    assert!(named(DeviationSet { signer: Some(digest), ..DeviationSet::default() }));
    let digest = SignerSet::Sha256(Hash::Sha256.digest(&certificate.der[1..]));
    assert!(!named(DeviationSet { signer: Some(digest), ..DeviationSet::default() }));
    assert!(named(DeviationSet { issued_s: period(-3_000, 3_000), ..DeviationSet::default() }));
    assert!(!named(DeviationSet { issued_s: period(-9_000, -8_000), ..DeviationSet::default() }));
    // What is asked is joined by AND.
    let set = DeviationSet { signer: Some(key), numbers: numbers("C0900002"), ..DeviationSet::default() };
    assert!(!named(set));
    // A number that cannot be read is not known to be on the list.
    let mut unread = capture.clone();
    unread.files.remove(&FileId::group(DataGroup::Dg1));
    let sets = [DeviationSet { numbers: numbers(&number), ..DeviationSet::all(Described::plain("2.3")) }];
    let outcome = found(&unread, &sets, CheckId::PassiveSodSignature).outcome;
    assert_eq!(outcome, Outcome::Refuted(Reason::SodSignatureWrong));
}

fn persona_number(capture: &Capture) -> String {
    let dg1 = reader_core::lds::dg1::Dg1::parse(capture.group(DataGroup::Dg1).unwrap()).unwrap();
    dg1.mrz.document_number().as_str().to_owned()
}

#[test]
fn a_forgers_signer_is_not_the_issuers() {
    // Names as in Vietnam, another key: nobody trusted issued it, and its signature does not hold.
    let forger = FORGER.document_signer(SignerNumber(1), SignerTimes::around(issued()));
    let mut capture = signed_by(&forger);
    let mut sod = capture.bytes(FileId::SOD).unwrap().to_vec();
    *sod.last_mut().unwrap() ^= 1;
    capture.files.insert(FileId::SOD, FileState::Read(sod));
    let sets = [DeviationSet::all(Described::plain("2.3"))];
    let outcome = found(&capture, &sets, CheckId::PassiveSodSignature).outcome;
    assert_eq!(outcome, Outcome::Refuted(Reason::SodSignatureWrong));
}

#[test]
fn every_differing_group_must_be_accounted_for() {
    let mut capture = altered(DataGroup::Dg2);
    let dg13 = altered(DataGroup::Dg13).group(DataGroup::Dg13).unwrap().to_vec();
    capture.files.insert(FileId::group(DataGroup::Dg13), FileState::Read(dg13));
    let hashes = |numbers: &[u64]| {
        let described = numbers.iter().map(|number| Described::number("2.2", *number)).collect();
        let sets = [DeviationSet { described, ..DeviationSet::default() }];
        found(&capture, &sets, CheckId::PassiveHashes).outcome
    };
    assert_eq!(hashes(&[2]), Outcome::Refuted(Reason::HashMismatch));
    assert_eq!(hashes(&[13, 1]), Outcome::Refuted(Reason::HashMismatch));
    assert_eq!(hashes(&[13, 2]), Outcome::Undetermined(Reason::KnownDeviation));
}

#[test]
fn a_compromised_key_proves_no_chip() {
    let persona = persona::find("good").unwrap();
    let key = AccessKey::can(&persona.access(NOW.0).can.unwrap()).unwrap();
    let chip = simulated::SimulatedTransport::new(persona.card(NOW.0));
    let mut quiet = |_: Event<'_>| ControlFlow::Continue(());
    let reading = read_chip(chip, &[key], &Plan::default(), &mut simulated::SeededEntropy(1), &mut quiet);
    let mut capture = good();
    capture.active_authentication = reading.capture.active_authentication;
    let of = |sets: &[DeviationSet]| {
        let proof = judge(&capture, &trust(&VIETNAM, sets), &Presented::nothing(), NOW);
        (proof.findings().chip_active_authentication.clone(), proof.genuine_chip().is_some())
    };
    let (sound, genuine) = of(&[]);
    assert_eq!((sound.outcome, genuine), (Outcome::Confirmed, true));
    let set = DeviationSet::all(Described::plain("1.4"));
    let (finding, genuine) = of(std::slice::from_ref(&set));
    let compromised = Reason::ActiveAuthenticationKeyCompromised;
    assert_eq!((finding.outcome, finding.witness, genuine), (Outcome::Refuted(compromised), None, false));
    // Where it is not known whether the document is meant, its key is not relied upon either.
    capture.files.remove(&FileId::group(DataGroup::Dg1));
    let numbers = Some(vec!["C0900001".to_owned()]);
    let sets = [DeviationSet { numbers, ..set.clone() }];
    let proof = judge(&capture, &trust(&VIETNAM, &sets), &Presented::nothing(), NOW);
    let finding = &proof.findings().chip_active_authentication;
    assert_eq!(finding.outcome, Outcome::Undetermined(compromised));
    assert!(proof.genuine_chip().is_none());
}

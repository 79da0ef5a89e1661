//! Passive authentication against issuers and forgers: each rule with a card that breaks it.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from, good, issued, live, signed_by};
use reader_core::capture::{
    AccessTrace, ActiveAuthenticationTrace, Capture, ChipAuthenticationTrace, FileState, Interruption, Origin,
};
use reader_core::evidence::{Outcome, Reason};
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Fingerprint, Imported, Pins, Refusal, TrustBuilder, TrustSnapshot, VerifiedBy};
use reader_core::verify::{GroupState, Presented, Proof, Settings, Tolerances, verify};
use reader_core::wire::date::{Date as WireDate, Timestamp};
use test_vectors::issuer::certificate::{
    Certificate, KeyUsage, Period, Whose, alternative_name, authority_key_identifier,
    basic_constraints_authority, document_type_list, extended_key_usage, key_usage, subject_key_identifier,
};
use test_vectors::issuer::country::{
    Country, FORGER, Issued, SignerNumber, SignerTimes, VIETNAM, VIETNAM_NIST,
};
use test_vectors::issuer::lists;
use test_vectors::persona;

fn trust_in(ders: &[Vec<u8>]) -> TrustSnapshot {
    let mut builder = TrustBuilder::new();
    for der in ders {
        let imported = builder.add_certificate(der, &from("test"), &Pins::none());
        assert_eq!(imported.added.len(), 1, "{:?}", imported.refused);
    }
    builder.build()
}

fn csca() -> Issued {
    VIETNAM.csca(NOW.0)
}

fn trust() -> TrustSnapshot {
    trust_in(&[csca().der])
}

fn put(capture: &mut Capture, group: DataGroup, state: FileState) {
    capture.files.insert(FileId::group(group), state);
}

fn document_signer(country: &Country) -> Issued {
    country.document_signer(SignerNumber(1), SignerTimes::around(issued()))
}

/// A certificate of the Vietnamese authority for the key of `like`, with these extensions instead.
fn certified(like: &Issued, extensions: Vec<Vec<u8>>) -> Issued {
    let certificate = Certificate { extensions, ..like.certificate.clone() };
    Issued { der: certificate.signed_by(&csca().signer), certificate, signer: like.signer.clone() }
}

fn identifiers(signer: &Issued) -> Vec<Vec<u8>> {
    vec![
        authority_key_identifier(&csca().signer.key_identifier()),
        subject_key_identifier(&signer.signer.key_identifier()),
    ]
}

fn judge(capture: &Capture, trust: &TrustSnapshot) -> Proof {
    verify(capture, trust, &Presented::nothing(), NOW, &Settings::default(), None)
}

fn strictly(capture: &Capture, trust: &TrustSnapshot) -> Proof {
    let settings = Settings { tolerances: Tolerances::STRICT, ..Settings::default() };
    verify(capture, trust, &Presented::nothing(), NOW, &settings, None)
}

fn chain(capture: &Capture, trust: &TrustSnapshot) -> Outcome {
    judge(capture, trust).findings().passive_signer_chain.outcome
}

#[test]
fn a_sound_card_is_confirmed_under_each_settings() {
    let capture = signed_by(&document_signer(&VIETNAM));
    for proof in [judge(&capture, &trust()), strictly(&capture, &trust())] {
        assert_eq!(proof.findings().passive_signer_chain.outcome, Outcome::Confirmed);
        assert_eq!(proof.findings().passive_signer_validity.outcome, Outcome::Confirmed);
        assert!(proof.holder().is_some());
    }
}

#[test]
fn hashes_under_an_unknown_signer_prove_nothing() {
    let mut capture = signed_by(&document_signer(&FORGER));
    capture.chip_authentication = Some(ChipAuthenticationTrace::NewKeysRefused);
    capture.active_authentication =
        Some(ActiveAuthenticationTrace::Signed { challenge: [7; 8], signature: vec![1; 64] });
    let proof = judge(&capture, &trust());
    let found = proof.findings();
    assert_eq!(found.passive_signer_chain.outcome, Outcome::Undetermined(Reason::SignerUnknown));
    assert!(proof.holder().is_none() && proof.portrait(&capture).is_none() && proof.genuine_chip().is_none());
    for (check, finding) in found.all() {
        let rests = ["chip.chip", "chip.active", "consistency.country", "consistency.dg1", "validity."];
        if rests.iter().any(|start| check.as_str().starts_with(start)) {
            assert_eq!(finding.outcome, Outcome::Undetermined(Reason::NotProved), "{}", check.as_str());
        }
    }
}

#[test]
fn a_signer_that_copies_names_and_key_identifier_is_refuted() {
    let forged = document_signer(&FORGER);
    let mut extensions = identifiers(&forged);
    extensions.push(key_usage(KeyUsage::DigitalSignature));
    let certificate = Certificate { extensions, ..forged.certificate.clone() };
    // Every byte is as the authority would write it; the signature is the forger's.
    let der = certificate.signed_by(&FORGER.csca_signer());
    let forged = Issued { der, certificate, signer: forged.signer };
    assert_eq!(chain(&signed_by(&forged), &trust()), Outcome::Refuted(Reason::SignerChainBroken));
}

#[test]
fn other_signers_of_the_same_authority_may_not_sign_documents() {
    let refuted = Outcome::Refuted(Reason::SignerNotForDocuments);
    let of_lists = lists::master_list_signer(&VIETNAM, lists::MASTER_LIST_SIGNING_KEY, NOW.0);
    assert_eq!(chain(&signed_by(&of_lists), &trust()), refuted, "a signer of master lists");
    assert_eq!(chain(&signed_by(&csca()), &trust()), refuted, "the authority itself");
    let signer = document_signer(&VIETNAM);
    let with = |more: Vec<Vec<u8>>| {
        let extensions = identifiers(&signer).into_iter().chain(more).collect();
        chain(&signed_by(&certified(&signer, extensions)), &trust())
    };
    let signs = || key_usage(KeyUsage::DigitalSignature);
    assert_eq!(with(vec![signs()]), Outcome::Confirmed, "one third of real signers list no document types");
    assert_eq!(with(vec![signs(), extended_key_usage("1.3.6.1.5.5.7.3.1")]), refuted, "a server");
    assert_eq!(with(vec![signs(), basic_constraints_authority()]), refuted, "a lower authority");
    assert_eq!(with(vec![key_usage(KeyUsage::CertificatesAndLists)]), refuted, "it signs certificates");
}

#[test]
fn document_types_of_the_signer_bind() {
    let signer = document_signer(&VIETNAM);
    let country = |codes: &[&str]| {
        let mut extensions = identifiers(&signer);
        extensions.push(key_usage(KeyUsage::DigitalSignature));
        extensions.push(document_type_list(codes));
        let proof = judge(&signed_by(&certified(&signer, extensions)), &trust());
        proof.findings().consistency_country.outcome
    };
    assert_eq!(country(&["P", "ID"]), Outcome::Confirmed);
    assert_eq!(country(&["I"]), Outcome::Confirmed, "one letter is a prefix");
    assert_eq!(country(&["P"]), Outcome::Refuted(Reason::DocumentTypeNotAllowed));
    assert_eq!(country(&["IP", "AC"]), Outcome::Refuted(Reason::DocumentTypeNotAllowed));
}

#[test]
fn countries_in_alternative_names_bind() {
    let like = document_signer(&VIETNAM);
    let country = |code: &str| {
        let own = [
            alternative_name(Whose::Subject, code, "nobody@example.org"),
            key_usage(KeyUsage::DigitalSignature),
        ];
        let capture = signed_by(&certified(&like, [identifiers(&like), own.to_vec()].concat()));
        judge(&capture, &trust()).findings().consistency_country.outcome
    };
    assert_eq!(country("VNM"), Outcome::Confirmed);
    assert_eq!(country("UTO"), Outcome::Refuted(Reason::CountryDiffers));
}

#[test]
fn an_expired_authority_is_a_finding_of_its_own() {
    let capture = signed_by(&document_signer(&VIETNAM));
    let found = |to_s: i64| {
        let authority = csca();
        let validity = Period { to_s, ..authority.certificate.validity };
        let der = Certificate { validity, ..authority.certificate.clone() }.signed_by(&authority.signer);
        judge(&capture, &trust_in(&[der])).findings().passive_signer_chain.clone()
    };
    let (expired, valid) = (found(NOW.0 - 86_400), found(NOW.0 + 86_400));
    assert_eq!((expired.outcome, valid.outcome), (Outcome::Confirmed, Outcome::Confirmed));
    assert!(expired.notes.contains(&Reason::AnchorExpired));
    assert!(!valid.notes.contains(&Reason::AnchorExpired));
}

/// The Vietnamese authority's new key under a link that the old one signed.
fn roll_over() -> (Issued, Issued) {
    let (old, new) = (csca(), VIETNAM_NIST.csca(NOW.0));
    let certificate = Certificate {
        issuer: old.certificate.subject.clone(),
        extensions: vec![
            basic_constraints_authority(),
            authority_key_identifier(&old.signer.key_identifier()),
            subject_key_identifier(&new.signer.key_identifier()),
            key_usage(KeyUsage::CertificatesAndLists),
        ],
        ..new.certificate.clone()
    };
    let link = Issued { der: certificate.signed_by(&old.signer), certificate, signer: new.signer.clone() };
    (new, link)
}

#[test]
fn a_link_introduces_an_anchor_and_is_never_an_intermediate() {
    let (_, link) = roll_over();
    let capture = signed_by(&document_signer(&VIETNAM_NIST));
    assert_eq!(chain(&capture, &trust()), Outcome::Undetermined(Reason::SignerUnknown));
    let linked = trust_in(&[csca().der, link.der.clone()]);
    assert_eq!(linked.anchors()[1].verified_by, VerifiedBy::Link(Fingerprint::of(&csca().der)));
    assert_eq!(chain(&capture, &linked), Outcome::Confirmed);
    let alone = TrustBuilder::new().add_certificate(&link.der, &from("test"), &Pins::none());
    assert_eq!(alone.refused[0].refusal, Refusal::LinkIssuerUnknown);
    // A link that a forger signed names the old key and does not stand under it.
    let forged = link.certificate.signed_by(&FORGER.csca_signer());
    let mut builder = TrustBuilder::from_snapshot(&trust());
    let refused = builder.add_certificate(&forged, &from("test"), &Pins::none());
    assert_eq!(refused.refused[0].refusal, Refusal::LinkSignatureWrong);
}

fn with_crl(country: &Country, revoked: Vec<Vec<u8>>, anchors: &[Vec<u8>]) -> (TrustSnapshot, Imported) {
    let mut builder = TrustBuilder::from_snapshot(&trust_in(anchors));
    let entries = revoked.into_iter().map(|serial| (serial, NOW.0 - 86_400)).collect();
    let imported = builder.add_crl(&country.revocation_list(NOW.0, entries), &from("list"));
    (builder.build(), imported)
}

#[test]
fn any_entry_revokes_and_a_revoked_authority_revokes_what_it_signed() {
    let signer = document_signer(&VIETNAM);
    let capture = signed_by(&signer);
    let revocation = |trust: &TrustSnapshot| {
        let proof = judge(&capture, trust);
        (proof.findings().passive_signer_revocation.outcome, proof.holder().is_some())
    };
    let revoked = (Outcome::Refuted(Reason::SignerRevoked), false);
    let anchors = [csca().der];
    let (clean, _) = with_crl(&VIETNAM, Vec::new(), &anchors);
    assert_eq!(revocation(&clean), (Outcome::Confirmed, true));
    let (listed, _) = with_crl(&VIETNAM, vec![signer.certificate.serial.clone()], &anchors);
    assert_eq!(revocation(&listed), revoked);
    let (authority, _) = with_crl(&VIETNAM, vec![csca().certificate.serial], &anchors);
    assert_eq!(revocation(&authority), revoked);
    // A list of the country under another name revokes and clears: there is one authority in a country.
    let both = [csca().der, VIETNAM_NIST.csca(NOW.0).der];
    let (other, _) = with_crl(&VIETNAM_NIST, vec![signer.certificate.serial.clone()], &both);
    assert_eq!(revocation(&other), revoked);
    let (other, _) = with_crl(&VIETNAM_NIST, Vec::new(), &both);
    assert_eq!(revocation(&other), (Outcome::Confirmed, true));
}

#[test]
fn revocation_lists_need_their_issuer_and_never_go_back() {
    let anchors = [csca().der];
    let (_, forged) = with_crl(&FORGER, Vec::new(), &anchors);
    assert_eq!(forged.refused[0].refusal, Refusal::CrlSignatureWrong);
    let (_, unknown) = with_crl(&VIETNAM, Vec::new(), &[]);
    assert_eq!(unknown.refused[0].refusal, Refusal::CrlIssuerUnknown);
    let mut builder = TrustBuilder::from_snapshot(&trust());
    assert_eq!(builder.add_crl(&VIETNAM.revocation_list(NOW.0, Vec::new()), &from("list")).added.len(), 1);
    let older = builder.add_crl(&VIETNAM.revocation_list(NOW.0 - 10 * 86_400, Vec::new()), &from("list"));
    assert_eq!(older.refused[0].refusal, Refusal::CrlOlder);
    assert_eq!(
        builder.add_crl(&VIETNAM.revocation_list(NOW.0 + 10 * 86_400, Vec::new()), &from("list")).added.len(),
        1
    );
    assert_eq!(builder.build().crls().len(), 1);
    assert_eq!(
        TrustBuilder::new().add_crl(b"no list", &from("list")).refused[0].refusal,
        Refusal::CrlUnreadable
    );
}

#[test]
fn list_signers_must_be_for_lists_and_of_today() {
    let list = |signer: &Issued| lists::master_list(&persona::trust_anchors(NOW.0), signer, &csca(), NOW.0);
    let good = lists::master_list_signer(&VIETNAM, lists::MASTER_LIST_SIGNING_KEY, NOW.0);
    let import = |bytes: &[u8]| {
        TrustBuilder::from_snapshot(&trust()).add_master_list(bytes, &from("list"), &Pins::none())
    };
    assert_eq!(import(&list(&good)).added.len(), 2);
    let deviations = lists::master_list_signer(&VIETNAM, "2.23.136.1.1.8", NOW.0);
    assert_eq!(import(&list(&deviations)).refused[0].refusal, Refusal::ListSignerNotForLists);
    assert_eq!(import(&list(&csca())).refused[0].refusal, Refusal::ListSignerNotForLists);
    assert_eq!(import(&list(&document_signer(&VIETNAM))).refused[0].refusal, Refusal::ListSignerNotForLists);
    let forged = lists::master_list_signer(&FORGER, lists::MASTER_LIST_SIGNING_KEY, NOW.0);
    assert_eq!(import(&list(&forged)).refused[0].refusal, Refusal::ListSignerUnknown);
    let old = lists::master_list_signer(&VIETNAM, lists::MASTER_LIST_SIGNING_KEY, NOW.0 - 10 * 366 * 86_400);
    assert_eq!(import(&list(&old)).refused[0].refusal, Refusal::ListSignerExpired);
    let sod = signed_by(&document_signer(&VIETNAM));
    let sod = sod.bytes(FileId::SOD).unwrap();
    assert_eq!(import(&sod[4..]).refused[0].refusal, Refusal::ListUnreadable, "a security object is no list");
}

#[test]
fn groups_that_are_missing_unsigned_protected_or_broken_off_are_told_apart() {
    let trust = trust();
    let hashes = |change: &dyn Fn(&mut Capture)| {
        let mut capture = good();
        change(&mut capture);
        let proof = judge(&capture, &trust);
        (proof.findings().passive_hashes.clone(), proof)
    };
    for group in [DataGroup::Dg14, DataGroup::Dg15, DataGroup::Dg2] {
        let (finding, _) = hashes(&|capture| put(capture, group, FileState::Absent));
        assert_eq!(finding.outcome, Outcome::Refuted(Reason::GroupMissing), "{group}");
    }
    let (finding, _) = hashes(&|capture| put(capture, DataGroup::Dg3, FileState::Protected));
    assert_eq!(finding.outcome, Outcome::Confirmed);
    assert!(finding.notes.contains(&Reason::GroupProtected));
    let (finding, proof) = hashes(&|capture| put(capture, DataGroup::Dg14, FileState::Protected));
    assert_eq!(finding.outcome, Outcome::Undetermined(Reason::GroupProtected));
    assert!(proof.genuine_chip().is_none());
    let (finding, _) =
        hashes(&|capture| put(capture, DataGroup::Dg2, FileState::Aborted { read_bytes: 900 }));
    assert_eq!(finding.outcome, Outcome::Aborted(Reason::FileUnread));
    let (finding, proof) = hashes(&|capture| put(capture, DataGroup::Dg11, FileState::Read(vec![0x6B, 0])));
    assert_eq!(finding.outcome, Outcome::Confirmed);
    assert!(finding.notes.contains(&Reason::GroupUnsigned));
    assert!(proof.groups().contains(&(DataGroup::Dg11, GroupState::Unsigned)));
    let (finding, proof) = hashes(&|capture| put(capture, DataGroup::Dg1, FileState::Read(vec![0x61, 0])));
    assert_eq!(finding.outcome, Outcome::Refuted(Reason::HashMismatch));
    assert!(proof.holder().is_none());
    // Without any file the hashes hold nothing.
    let mut capture = good();
    capture.files.retain(|file, _| *file == FileId::SOD);
    let found = judge(&capture, &trust).findings().clone();
    assert_eq!(found.passive_hashes.outcome, Outcome::NotPerformed(Reason::NotRead));
    let empty = judge(&Capture::new(Origin::Live), &trust);
    assert_eq!(empty.findings().passive_sod_signature.outcome, Outcome::NotPerformed(Reason::SodMissing));
    assert!(empty.findings().all().iter().all(|(_, finding)| !finding.outcome.is_confirmed()));
}

#[test]
fn the_signer_must_have_been_in_use_and_be_valid_now() {
    let validity = |times: SignerTimes| {
        let capture = signed_by(&VIETNAM.document_signer(SignerNumber(1), times));
        judge(&capture, &trust()).findings().passive_signer_validity.clone()
    };
    let usual = SignerTimes::around(issued());
    assert_eq!(validity(usual).outcome, Outcome::Confirmed);
    let outside = Outcome::Refuted(Reason::SignedOutsideUsage);
    let early =
        SignerTimes { usage: Period { to_s: issued().plus_days(-5).to_unix_s(), ..usual.usage }, ..usual };
    assert_eq!(validity(early).outcome, outside);
    let late =
        SignerTimes { usage: Period { from_s: issued().plus_days(5).to_unix_s(), ..usual.usage }, ..usual };
    assert_eq!(validity(late).outcome, outside);
    let future = Period { from_s: NOW.0 + 86_400, to_s: NOW.0 + 900 * 86_400 };
    let not_yet = validity(SignerTimes { validity: future, usage: future });
    assert_eq!(not_yet.outcome, Outcome::Refuted(Reason::SignerNotYetValid));
    let expired = Period { to_s: NOW.0 - 86_400, ..usual.validity };
    let expired = validity(SignerTimes { validity: expired, ..usual });
    assert_eq!(expired.outcome, Outcome::Undetermined(Reason::SignerExpired));
}

#[test]
fn the_chips_key_counts_only_out_of_signed_files() {
    let trust = trust();
    let mut capture = good();
    let outcome = |capture: &Capture| judge(capture, &trust).findings().chip_chip_authentication.outcome;
    assert_eq!(outcome(&capture), Outcome::NotPerformed(Reason::ChipProofNotTried));
    let infos = reader_core::lds::dg14::parse(capture.group(DataGroup::Dg14).unwrap()).unwrap();
    let key = infos.chip_authentication_keys().next().unwrap().clone();
    let answered = |public_key: Vec<u8>| {
        Some(ChipAuthenticationTrace::NewKeysAnswered { public_key, key_id: key.key_id })
    };
    capture.chip_authentication = answered(key.spki.clone());
    assert_eq!(outcome(&capture), Outcome::Confirmed);
    assert!(judge(&capture, &trust).genuine_chip().is_some());
    // The same protocol run with a key of the chip's own choosing.
    capture.chip_authentication = answered(vec![0x30, 0]);
    assert_eq!(outcome(&capture), Outcome::Refuted(Reason::ChipKeyDiffers));
    capture.chip_authentication = Some(ChipAuthenticationTrace::NewKeysRefused);
    assert_eq!(outcome(&capture), Outcome::Refuted(Reason::ChipAuthenticationFailed));
    capture.chip_authentication = Some(ChipAuthenticationTrace::Refused(0x6A80));
    assert_eq!(outcome(&capture), Outcome::Undetermined(Reason::ChipAuthenticationRefused));
    for (by, reason) in [
        (Interruption::CardGone, Reason::CardGone),
        (Interruption::Chip("in these words".to_owned()), Reason::ChipBrokeOff),
        (Interruption::Terminal, Reason::TerminalBrokeOff),
    ] {
        capture.chip_authentication = Some(ChipAuthenticationTrace::Aborted(by));
        assert_eq!(outcome(&capture), Outcome::Aborted(reason));
    }
    // DG14 exchanged after the protocol: its hash no longer agrees.
    capture.chip_authentication = answered(key.spki.clone());
    put(&mut capture, DataGroup::Dg14, FileState::Read(vec![0x6E, 0]));
    assert_eq!(outcome(&capture), Outcome::Undetermined(Reason::NotProved));
}

#[test]
fn what_the_chip_said_openly_is_compared_with_what_was_signed() {
    let trust = trust();
    let outcome = |change: &dyn Fn(&mut Capture)| {
        let mut capture = good();
        change(&mut capture);
        judge(&capture, &trust).findings().consistency_card_access_dg14.outcome
    };
    let opened = Some(AccessTrace::Opened);
    assert_eq!(outcome(&|_| {}), Outcome::Confirmed);
    let downgrade = Outcome::Refuted(Reason::PaceDowngrade);
    assert_eq!(outcome(&|capture| capture.bac.clone_from(&opened)), downgrade, "BAC where PACE is signed");
    let hide = |capture: &mut Capture| {
        capture.files.insert(FileId::CARD_ACCESS, FileState::Absent);
    };
    assert_eq!(outcome(&hide), downgrade);
    let empty = |capture: &mut Capture| {
        capture.files.insert(FileId::CARD_ACCESS, FileState::Read(vec![0x31, 0]));
    };
    assert_eq!(outcome(&empty), downgrade, "no PACEInfo left");
    let altered = |capture: &mut Capture| {
        let mut file = capture.bytes(FileId::CARD_ACCESS).unwrap().to_vec();
        *file.last_mut().unwrap() ^= 1;
        capture.files.insert(FileId::CARD_ACCESS, FileState::Read(file));
    };
    assert_eq!(outcome(&altered), Outcome::Refuted(Reason::CardAccessAltered));
    let stored = |capture: &mut Capture| {
        capture.origin = Origin::Stored;
        capture.files.remove(&FileId::CARD_ACCESS);
    };
    assert_eq!(outcome(&stored), Outcome::NotPerformed(Reason::NotRead));
}

#[test]
fn the_listed_groups_are_compared_and_nothing_rests_on_them() {
    let mut capture = good();
    let com = |capture: &Capture| judge(capture, &trust()).findings().consistency_com_sod.outcome;
    assert_eq!(com(&capture), Outcome::Confirmed);
    let shorter = test_vectors::issuer::groups::ef_com(&[1, 2, 3, 13, 15]);
    capture.files.insert(FileId::COM, FileState::Read(shorter));
    assert_eq!(com(&capture), Outcome::Refuted(Reason::ComDiffers));
    assert!(judge(&capture, &trust()).holder().is_some());
}

#[test]
fn bac_is_noted_where_the_standard_has_given_it_up() {
    let bac_only = persona::find("good-bac").unwrap();
    // A card of a day was issued two years before it.
    let noted_of = |card_of: Timestamp, now: Timestamp| {
        let mut capture = live(bac_only.card(card_of.0));
        capture.bac = Some(AccessTrace::Opened);
        let trust = trust_in(&[VIETNAM.csca(card_of.0).der]);
        let proof = verify(&capture, &trust, &Presented::nothing(), now, &Settings::default(), None);
        assert!(proof.findings().passive_hashes.outcome.is_confirmed());
        proof.findings().access_bac.notes.contains(&Reason::BacOutdated)
    };
    let noted = |now: Timestamp| noted_of(now, now);
    let year = |year| WireDate::new(year, 7, 1).unwrap().start();
    assert!(!noted(NOW), "issued in 2024, read in 2026");
    assert!(!noted(year(2027)));
    let december = WireDate::new(2027, 12, 1).unwrap().start();
    assert!(noted_of(year(2029), december), "issued in July 2027 without PACE");
    assert!(!noted_of(year(2028), december), "issued in July 2026");
    assert!(noted(year(2028)), "whenever it was issued");
    assert!(noted(year(2030)), "issued in 2028 without PACE");
}

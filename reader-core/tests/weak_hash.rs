//! SHA-1 in signatures: noted of signers of its time, refuted of newer ones, by the beginning of the signer's certificate;
//! not believed on newer link certificates and revocation lists.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from};
use reader_core::capture::{ActiveAuthenticationTrace, Capture, FileState, Origin};
use reader_core::evidence::{Finding, Outcome, ProofFindings, Reason};
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Fingerprint, Pins, TrustBuilder, TrustSnapshot};
use reader_core::verify::{Presented, Settings, Tolerances, verify};
use reader_core::wire::date::Date;
use reader_core::wire::tlv::encode;
use test_vectors::card::Hash;
use test_vectors::issuer::certificate::{
    Certificate, Period, RevocationList, authority_key_identifier, revocation_list,
};
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::{Issued, SignerNumber, SignerTimes, VIETNAM, VIETNAM_NIST};
use test_vectors::issuer::signer::{CurveForm, Signer};
use test_vectors::issuer::sod::{LdsVersion, SodForm, ef_sod};
use test_vectors::num::CurveName;

const CHALLENGE: [u8; 8] = [7; 8];
/// The first second of 2022, when the text is in force that permits SHA-224 and longer alone.
const UNTIL_S: i64 = 1_640_995_200;

/// A document whose signer's certificate begins then, by these hashes.
struct Document {
    begins_s: i64,
    sod: Hash,
    certificate: Hash,
    chip: Hash,
}

/// One whose signer begins then and knows nothing of SHA-1.
const fn sound(begins_s: i64) -> Document {
    Document { begins_s, sod: Hash::Sha256, certificate: Hash::Sha256, chip: Hash::Sha256 }
}

impl Document {
    fn signer(&self) -> Issued {
        let period = Period { from_s: self.begins_s, to_s: NOW.0 + 86_400 };
        let times = SignerTimes { validity: period, usage: period };
        let like = VIETNAM.document_signer(SignerNumber(1), times);
        let signer = Signer::ecdsa(CurveName::P256, CurveForm::Explicit, self.sod, "a document signer");
        let certificate = Certificate { public_key_info: signer.public_key_info(), ..like.certificate };
        // The label gives the country's own key.
        let (curve, form) = (CurveName::BrainpoolP512r1, CurveForm::Explicit);
        let country = Signer::ecdsa(curve, form, self.certificate, "csca vietnam");
        assert_eq!(country.public_key_info(), VIETNAM.csca_signer().public_key_info());
        Issued { der: certificate.signed_by(&country), certificate, signer }
    }

    fn findings(&self, settings: &Settings) -> ProofFindings {
        let chip = Signer::ecdsa(CurveName::P256, CurveForm::Explicit, self.chip, "a chip");
        let dg15 = encode(0x6F, &chip.public_key_info());
        let form = SodForm {
            version: LdsVersion::V1_7,
            hash: Hash::Sha256,
            identifier: SignerIdentifier::IssuerAndSerial,
            // The signer's own word dates nothing.
            signing_time_s: Some(1_200_000_000),
        };
        let mut capture = Capture::new(Origin::Stored);
        let sod = ef_sod(&form, &[(15, dg15.as_slice())], &self.signer());
        capture.files.insert(FileId::SOD, FileState::Read(sod));
        capture.files.insert(FileId::group(DataGroup::Dg15), FileState::Read(dg15));
        let signature = chip.sign(&CHALLENGE);
        capture.active_authentication =
            Some(ActiveAuthenticationTrace::Signed { challenge: CHALLENGE, signature });
        let mut builder = TrustBuilder::new();
        builder.add_certificate(&VIETNAM.csca(NOW.0).der, &from("test"), &Pins::none());
        verify(&capture, &builder.build(), &Presented::nothing(), NOW, settings, None).findings().clone()
    }
}

/// Noted before the day, refuted from the day on, and noted again where the site names a later one.
fn dated(document: impl Fn(i64) -> Document, finding: fn(&ProofFindings) -> &Finding) {
    let settings = Settings::default();
    for begins_s in [UNTIL_S - 1, 1_300_000_000] {
        let findings = document(begins_s).findings(&settings);
        let finding = finding(&findings);
        assert_eq!(finding.outcome, Outcome::Confirmed, "{:?}", finding.detail);
        assert!(finding.notes.contains(&Reason::WeakHash), "{:?}", finding.notes);
    }
    for begins_s in [UNTIL_S, NOW.0 - 86_400] {
        let findings = document(begins_s).findings(&settings);
        assert_eq!(finding(&findings).outcome, Outcome::Refuted(Reason::Sha1Outdated));
        let later = Settings { sha1_until: NOW, ..settings.clone() };
        let findings = document(begins_s).findings(&later);
        assert_eq!(finding(&findings).outcome, Outcome::Confirmed);
        assert!(finding(&findings).notes.contains(&Reason::WeakHash));
    }
    let strict = Settings { tolerances: Tolerances::STRICT, ..settings };
    let none = sound(NOW.0 - 86_400).findings(&strict);
    for (check, finding) in none.all() {
        assert!(!finding.notes.contains(&Reason::WeakHash), "{check:?}");
    }
}

#[test]
fn the_signature_of_a_signed_file_is_dated() {
    let document = |begins_s| Document { sod: Hash::Sha1, ..sound(begins_s) };
    dated(document, |findings| &findings.passive_sod_signature);
    // Nothing else of such a document is confirmed.
    let findings = document(UNTIL_S).findings(&Settings::default());
    assert!(findings.all().iter().all(|(_, finding)| !finding.outcome.is_confirmed()));
}

#[test]
fn the_countrys_signature_under_the_signer_is_dated() {
    let document = |begins_s| Document { certificate: Hash::Sha1, ..sound(begins_s) };
    dated(document, |findings| &findings.passive_signer_chain);
    let findings = document(UNTIL_S).findings(&Settings::default());
    assert_eq!(findings.passive_sod_signature.outcome, Outcome::Confirmed);
    let hashes = &findings.passive_hashes;
    assert!(hashes.notes.contains(&Reason::SignerNotProved), "{hashes:?}");
}

#[test]
fn active_authentication_with_ecdsa_is_dated() {
    dated(
        |begins_s| Document { chip: Hash::Sha1, ..sound(begins_s) },
        |findings| &findings.chip_active_authentication,
    );
}

/// Vietnam's key, signing with SHA-1.
fn vietnam_by_sha1() -> Signer {
    Signer::ecdsa(CurveName::BrainpoolP512r1, CurveForm::Explicit, Hash::Sha1, "csca vietnam")
}

/// The link with which Vietnam's older key introduces its newer one, from that second on.
fn link(begins_s: i64, signer: &Signer) -> Vec<u8> {
    const IDENTIFIER: [u8; 5] = [0x06, 0x03, 0x55, 0x1D, 0x23];
    let mut link = VIETNAM_NIST.csca(NOW.0).certificate;
    link.issuer = VIETNAM.csca_name();
    link.validity.from_s = begins_s;
    link.extensions.retain(|extension| !extension.windows(5).any(|window| window == IDENTIFIER));
    link.extensions.push(authority_key_identifier(&signer.key_identifier()));
    link.signed_by(signer)
}

/// What EF.SOD of a signer under the newer key, or under the older one, comes to.
fn of_country(newer: bool, trust: &TrustSnapshot, settings: &Settings) -> ProofFindings {
    let period = Period { from_s: NOW.0 - 86_400, to_s: NOW.0 + 86_400 };
    let times = SignerTimes { validity: period, usage: period };
    let country = if newer { VIETNAM_NIST } else { VIETNAM };
    let signer = country.document_signer(SignerNumber(1), times);
    let form = SodForm {
        version: LdsVersion::V1_7,
        hash: Hash::Sha256,
        identifier: SignerIdentifier::IssuerAndSerial,
        signing_time_s: None,
    };
    let mut capture = Capture::new(Origin::Stored);
    capture.files.insert(FileId::SOD, FileState::Read(ef_sod(&form, &[(1, &[0x61, 0])], &signer)));
    verify(&capture, trust, &Presented::nothing(), NOW, settings, None).findings().clone()
}

#[test]
fn a_key_that_hangs_on_an_outdated_link_alone_is_not_believed() {
    let root = VIETNAM.csca(NOW.0).der;
    let store = |certificates: &[&[u8]], pins: &Pins| {
        let mut builder = TrustBuilder::new();
        for der in certificates {
            assert_eq!(builder.add_certificate(der, &from("test"), pins).added.len(), 1);
        }
        builder.build()
    };
    let outcome = |trust: &TrustSnapshot, settings: &Settings| {
        of_country(true, trust, settings).passive_signer_chain.outcome
    };
    let settings = Settings::default();
    let (early, late) = (link(UNTIL_S - 1, &vietnam_by_sha1()), link(UNTIL_S, &vietnam_by_sha1()));
    assert_eq!(outcome(&store(&[&root, &early], &Pins::none()), &settings), Outcome::Confirmed);
    let hanging = store(&[&root, &late], &Pins::none());
    assert_eq!(outcome(&hanging, &settings), Outcome::Undetermined(Reason::LinkHashOutdated));
    let findings = of_country(true, &hanging, &settings);
    assert!(!findings.passive_signer_revocation.outcome.is_confirmed());
    let notes = &findings.passive_hashes.notes;
    assert!(notes.contains(&Reason::SignerNotProved), "{notes:?}");
    // The site's own day; a link by a sound hash; the key's own certificate beside it; the link itself compared by the operator.
    assert_eq!(outcome(&hanging, &Settings { sha1_until: NOW, ..settings.clone() }), Outcome::Confirmed);
    let sound = link(UNTIL_S, &VIETNAM.csca_signer());
    assert_eq!(outcome(&store(&[&root, &sound], &Pins::none()), &settings), Outcome::Confirmed);
    let own = VIETNAM_NIST.csca(NOW.0).der;
    assert_eq!(outcome(&store(&[&root, &late, &own], &Pins::none()), &settings), Outcome::Confirmed);
    let pins: Pins = [Fingerprint::of(&late)].into_iter().collect();
    assert_eq!(outcome(&store(&[&root, &late], &pins), &settings), Outcome::Confirmed);
}

#[test]
fn an_outdated_revocation_list_clears_nobody_and_its_entries_count() {
    let with = |from_s: i64, revoked: Vec<(Vec<u8>, i64)>, settings: &Settings| {
        let period = Period { from_s, to_s: NOW.0 + 86_400 };
        let list = RevocationList { issuer: &VIETNAM.csca_name(), period, number: 1, revoked };
        let mut builder = TrustBuilder::new();
        builder.add_certificate(&VIETNAM.csca(NOW.0).der, &from("test"), &Pins::none());
        let der = revocation_list(&list, &vietnam_by_sha1());
        assert_eq!(builder.add_crl(&der, &from("test")).added.len(), 1);
        of_country(false, &builder.build(), settings).passive_signer_revocation
    };
    let settings = Settings::default();
    let early = with(UNTIL_S - 1, Vec::new(), &settings);
    assert_eq!((early.outcome, early.notes), (Outcome::Confirmed, vec![Reason::WeakHash]));
    let late = with(UNTIL_S, Vec::new(), &settings);
    assert_eq!(late.outcome, Outcome::Undetermined(Reason::RevocationListHashOutdated));
    assert!(late.detail.unwrap().contains("2022-01-01"));
    let later = with(UNTIL_S, Vec::new(), &Settings { sha1_until: NOW, ..settings.clone() });
    assert_eq!(later.outcome, Outcome::Confirmed);
    let period = Period { from_s: NOW.0 - 86_400, to_s: NOW.0 + 86_400 };
    let times = SignerTimes { validity: period, usage: period };
    let serial = VIETNAM.document_signer(SignerNumber(1), times).certificate.serial;
    let named = with(UNTIL_S, vec![(serial, UNTIL_S)], &settings);
    assert_eq!(named.outcome, Outcome::Refuted(Reason::SignerRevoked));
    assert_eq!(named.notes, [Reason::RevocationListHashOutdated]);
}

#[test]
fn the_day_is_the_first_after_the_year_of_the_text() {
    assert_eq!(Settings::default().sha1_until, Date::from_iso("2022-01-01").unwrap().start());
}

//! SHA-1 in signatures: noted of signers of its time, refuted of newer ones, by the beginning of the signer's certificate.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from};
use reader_core::capture::{ActiveAuthenticationTrace, Capture, FileState, Origin};
use reader_core::evidence::{Finding, Outcome, ProofFindings, Reason};
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Pins, TrustBuilder};
use reader_core::verify::{Presented, Settings, Tolerances, verify};
use reader_core::wire::date::Date;
use reader_core::wire::tlv::encode;
use test_vectors::card::Hash;
use test_vectors::issuer::certificate::{Certificate, Period};
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::{Issued, SignerNumber, SignerTimes, VIETNAM};
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

#[test]
fn the_day_is_the_first_after_the_year_of_the_text() {
    assert_eq!(Settings::default().sha1_until, Date::from_iso("2022-01-01").unwrap().start());
}

//! Every known departure of real documents: noted where the site accepts it, refuting where it does not, and never a cover
//! for a signature that does not hold.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from};
use reader_core::capture::{Capture, FileState, Origin, PaceCamTrace};
use reader_core::evidence::{Finding, Outcome, ProofFindings, Reason};
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Pins, TrustBuilder};
use reader_core::verify::{Presented, Settings, Tolerance, Tolerances, verify};
use test_vectors::card::{ChipAuthenticationKey, Hash, Suite};
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::{Country, SignerNumber, SignerTimes, VIETNAM_NIST, VIETNAM_RSA};
use test_vectors::issuer::quirk::{Quirk, SignedFile};
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::CurveForm;
use test_vectors::issuer::sod::{LdsVersion, SodForm, ef_sod};
use test_vectors::num::{CurveName, Group};

/// The one data group.
const GROUP: &[u8] = b"a file of this document";

/// The finding that says it, and the reason.
fn expected(quirk: Quirk) -> (fn(&ProofFindings) -> &Finding, Reason) {
    let signature: fn(&ProofFindings) -> &Finding = |findings| &findings.passive_sod_signature;
    let chain: fn(&ProofFindings) -> &Finding = |findings| &findings.passive_signer_chain;
    let reason = match quirk {
        Quirk::IndefiniteLengths
        | Quirk::ContentInPieces
        | Quirk::LongLength
        | Quirk::UnsortedCertificates
        | Quirk::UnsortedDigestAlgorithms => Reason::SodEncoding,
        Quirk::TrailingBytes => Reason::SodTrailingBytes,
        Quirk::SignedDataVersion | Quirk::SignerVersion => Reason::SignedDataVersion,
        Quirk::BareRsa(_) | Quirk::BareEc => Reason::BareKeyAlgorithm,
        Quirk::ContentType(_) => Reason::SodContentType,
        Quirk::DigestInfoWithoutNull => Reason::DigestInfoWithoutNull,
        Quirk::AttributesWrittenUnsorted | Quirk::AttributesSignedUnsorted => Reason::AttributesUnsorted,
        Quirk::SignerNameType | Quirk::SignerNameCase => Reason::SignerNameDiffers,
        Quirk::IssuerNameType | Quirk::IssuerNameCase => return (chain, Reason::IssuerNameDiffers),
        Quirk::PlainEcdsa => Reason::PlainEcdsa,
        Quirk::Exponent(_) => Reason::RsaExponent,
        Quirk::IssuerExponent(_) => return (chain, Reason::RsaExponent),
        Quirk::SerialZero | Quirk::SerialNegative | Quirk::SerialWithoutSign | Quirk::SerialLong => {
            Reason::SerialNumberUnusual
        }
        Quirk::NoSubjectKeyIdentifier => Reason::KeyIdentifierMissing,
        Quirk::NoAuthorityKeyIdentifier => return (chain, Reason::KeyIdentifierMissing),
        Quirk::CurveBeside | Quirk::KeyOnOtherCurve => Reason::OtherCurve,
        Quirk::SignatureHash | Quirk::NamedHash => Reason::DigestDiffers,
        Quirk::DigestNotAnnounced | Quirk::Md5Announced => Reason::DigestAlgorithms,
        Quirk::SeveralSigners => Reason::SeveralSigners,
        Quirk::InformationInVersion0 | Quirk::NoInformationInVersion1 => {
            return (|findings| &findings.passive_hashes, Reason::LdsVersionInfo);
        }
    };
    (signature, reason)
}

fn judged(sod: &[u8], csca: &[u8], tolerances: Tolerances) -> ProofFindings {
    let mut capture = Capture::new(Origin::Stored);
    capture.files.insert(FileId::SOD, FileState::Read(sod.to_vec()));
    capture.files.insert(FileId::group(DataGroup::Dg1), FileState::Read(GROUP.to_vec()));
    proved(&capture, csca, tolerances)
}

fn proved(capture: &Capture, csca: &[u8], tolerances: Tolerances) -> ProofFindings {
    let mut builder = TrustBuilder::new();
    builder.add_certificate(csca, &from("test"), &Pins::none());
    let settings = Settings { tolerances, ..Settings::default() };
    verify(capture, &builder.build(), &Presented::nothing(), NOW, &settings, None).findings().clone()
}

/// What a finding notes beside the age of SHA-1.
fn notes(finding: &Finding) -> Vec<Reason> {
    finding.notes.iter().copied().filter(|note| *note != Reason::WeakHash).collect()
}

/// Signature, chain and hashes.
fn passive(findings: &ProofFindings) -> [&Finding; 3] {
    [&findings.passive_sod_signature, &findings.passive_signer_chain, &findings.passive_hashes]
}

/// The tolerances by which this reason is accepted, and all others.
fn alone_and_without(reason: Reason) -> (Tolerances, Tolerances) {
    let those = |wanted: bool| {
        let all = Tolerance::ALL.iter().copied();
        all.filter(|one| one.reasons().contains(&reason) == wanted).collect()
    };
    (those(true), those(false))
}

/// The file with one bit of its signature changed; of both, where two signers hold.
fn altered(signed: &SignedFile, quirk: Quirk) -> Vec<u8> {
    let wide = signed.signature.len();
    let mut file = signed.file.clone();
    for _ in 0..if quirk == Quirk::SeveralSigners { 2 } else { 1 } {
        let at = file.windows(wide).position(|window| window == signed.signature).unwrap();
        file[at + wide - 1] ^= 1;
    }
    file
}

#[test]
fn each_is_noted_or_refuted_by_policy_and_covers_no_alteration() {
    for quirk in Quirk::all() {
        let signed = quirk.sod(NOW.0, GROUP);
        let (of, reason) = expected(quirk);
        let judge = |tolerances| judged(&signed.file, &signed.csca, tolerances);
        let tolerant = judge(Tolerances::TOLERANT);
        for finding in passive(&tolerant) {
            assert_eq!(finding.outcome, Outcome::Confirmed, "{quirk:?}: {:?}", finding.detail);
        }
        let noted: Vec<Reason> = passive(&tolerant).into_iter().flat_map(notes).collect();
        assert_eq!(noted, [reason], "{quirk:?}");

        let strict = judge(Tolerances::STRICT);
        assert_eq!(of(&strict).outcome, Outcome::Refuted(reason), "{quirk:?}: {:?}", of(&strict).detail);
        // Accepted alone it is accepted, and without it all others are not enough.
        let (alone, others) = alone_and_without(reason);
        assert!(passive(&judge(alone)).iter().all(|finding| finding.outcome.is_confirmed()), "{quirk:?}");
        assert_eq!(of(&judge(others)).outcome, Outcome::Refuted(reason), "{quirk:?}");

        let altered = altered(&signed, quirk);
        let finding = judged(&altered, &signed.csca, Tolerances::TOLERANT).passive_sod_signature;
        assert_eq!(finding.outcome, Outcome::Refuted(Reason::SodSignatureWrong), "{quirk:?}");
        let finding = judged(&altered, &signed.csca, Tolerances::STRICT).passive_sod_signature;
        assert!(matches!(finding.outcome, Outcome::Refuted(_)), "{quirk:?}: {finding:?}");
    }
}

/// A chip's key, whose number is that of its curve.
fn chip_key() -> ChipAuthenticationKey {
    let group = Group::Curve(CurveName::BrainpoolP256r1);
    ChipAuthenticationKey {
        group,
        private: group.private_from_seed("a chip of departures"),
        key_id: Some(13),
        suite: Suite::Aes128,
    }
}

/// `chip.pace_cam` of a chip that mapped with its static key itself, and so sent the factor 1.
fn mapped(file: &[u8], csca: &[u8], tolerances: Tolerances) -> Finding {
    let key = chip_key();
    let mut capture = Capture::new(Origin::Live);
    capture.files.insert(FileId::CARD_SECURITY, FileState::Read(file.to_vec()));
    let mut chip_data = vec![0; 32];
    chip_data[31] = 1;
    let mapping_key = key.group.encode(&key.group.public_key(&key.private));
    capture.pace_cam = Some(PaceCamTrace::Answered { parameter_id: Some(13), mapping_key, chip_data });
    proved(&capture, csca, tolerances).chip_pace_cam
}

#[test]
fn each_is_noted_or_refuted_in_ef_card_security_too() {
    let infos = [security_infos::chip_public_key(&chip_key(), CurveForm::Standardized)];
    let mut count = 0;
    for quirk in Quirk::all() {
        let Some(signed) = quirk.card_security(NOW.0, &infos) else { continue };
        let judge = |tolerances| mapped(&signed.file, &signed.csca, tolerances);
        let reason = match expected(quirk).1 {
            Reason::SodEncoding => Reason::CardSecurityEncoding,
            // Its content has one type, and nothing may follow it: no document in circulation does otherwise.
            Reason::SodContentType | Reason::SodTrailingBytes => {
                for tolerances in [Tolerances::TOLERANT, Tolerances::STRICT] {
                    let malformed = Outcome::Refuted(Reason::CardSecurityMalformed);
                    assert_eq!(judge(tolerances).outcome, malformed, "{quirk:?}");
                }
                continue;
            }
            reason => reason,
        };
        count += 1;
        let tolerant = judge(Tolerances::TOLERANT);
        assert_eq!(tolerant.outcome, Outcome::Confirmed, "{quirk:?}: {:?}", tolerant.detail);
        assert_eq!(notes(&tolerant), [reason], "{quirk:?}");
        let strict = judge(Tolerances::STRICT);
        assert_eq!(strict.outcome, Outcome::Refuted(reason), "{quirk:?}: {:?}", strict.detail);
        let (alone, others) = alone_and_without(reason);
        assert_eq!(judge(alone).outcome, Outcome::Confirmed, "{quirk:?}");
        assert_eq!(judge(others).outcome, Outcome::Refuted(reason), "{quirk:?}");

        let altered = altered(&signed, quirk);
        let finding = mapped(&altered, &signed.csca, Tolerances::TOLERANT);
        assert_eq!(finding.outcome, Outcome::Refuted(Reason::CardSecuritySignatureWrong), "{quirk:?}");
        let finding = mapped(&altered, &signed.csca, Tolerances::STRICT);
        assert!(matches!(finding.outcome, Outcome::Refuted(_)), "{quirk:?}: {finding:?}");
    }
    assert_eq!(count, Quirk::all().len() - 6, "all but its content type, its end, and the list of hashes");
}

#[test]
fn a_signer_by_its_keys_identifier_is_no_departure() {
    for country in [VIETNAM_NIST, VIETNAM_RSA] {
        let finding = by_identifier(country);
        assert_eq!((finding.outcome, finding.notes), (Outcome::Confirmed, vec![]), "{:?}", finding.detail);
    }
}

fn by_identifier(country: Country) -> Finding {
    let signed = test_vectors::issuer::calendar::Date::from_unix_s(NOW.0).plus_years(-2);
    let signer = country.document_signer(SignerNumber(1), SignerTimes::around(signed));
    let form = SodForm {
        version: LdsVersion::V1_8,
        hash: Hash::Sha256,
        identifier: SignerIdentifier::SubjectKeyIdentifier,
        signing_time_s: None,
    };
    let sod = ef_sod(&form, &[(1, GROUP)], &signer);
    judged(&sod, &country.csca(NOW.0).der, Tolerances::STRICT).passive_sod_signature
}

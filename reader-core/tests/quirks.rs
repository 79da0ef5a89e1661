//! Every known departure of real documents: noted where the site accepts it, refuting where it does not, and never a cover
//! for a signature that does not hold.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from};
use reader_core::capture::{Capture, FileState, Origin};
use reader_core::evidence::{Finding, Outcome, ProofFindings, Reason};
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Pins, TrustBuilder};
use reader_core::verify::{Presented, Settings, Tolerance, Tolerances, verify};
use test_vectors::card::Hash;
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::{Country, SignerNumber, SignerTimes, VIETNAM_NIST, VIETNAM_RSA};
use test_vectors::issuer::quirk::{Document, Quirk};
use test_vectors::issuer::sod::{LdsVersion, SodForm, ef_sod};

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

fn judged(sod: &[u8], document: &Document, tolerances: Tolerances) -> ProofFindings {
    let mut capture = Capture::new(Origin::Stored);
    capture.files.insert(FileId::SOD, FileState::Read(sod.to_vec()));
    capture.files.insert(FileId::group(DataGroup::Dg1), FileState::Read(document.group.clone()));
    let mut builder = TrustBuilder::new();
    builder.add_certificate(&document.csca, &from("test"), &Pins::none());
    let settings = Settings { tolerances, ..Settings::default() };
    verify(&capture, &builder.build(), &Presented::nothing(), NOW, &settings, None).findings().clone()
}

/// What a finding notes beside the age of SHA-1.
fn notes(finding: &Finding) -> Vec<Reason> {
    finding.notes.iter().copied().filter(|note| *note != Reason::WeakHash).collect()
}

/// Signature, chain and hashes.
fn passive(findings: &ProofFindings) -> [&Finding; 3] {
    [&findings.passive_sod_signature, &findings.passive_signer_chain, &findings.passive_hashes]
}

#[test]
fn each_is_noted_or_refuted_by_policy_and_covers_no_alteration() {
    for quirk in Quirk::all() {
        let document = quirk.document(NOW.0);
        let (of, reason) = expected(quirk);
        let tolerant = judged(&document.sod, &document, Tolerances::TOLERANT);
        for finding in passive(&tolerant) {
            assert_eq!(finding.outcome, Outcome::Confirmed, "{quirk:?}: {:?}", finding.detail);
        }
        let noted: Vec<Reason> = passive(&tolerant).into_iter().flat_map(notes).collect();
        assert_eq!(noted, [reason], "{quirk:?}");

        let strict = judged(&document.sod, &document, Tolerances::STRICT);
        assert_eq!(of(&strict).outcome, Outcome::Refuted(reason), "{quirk:?}: {:?}", of(&strict).detail);
        // Accepted alone it is accepted, and without it all others are not enough.
        let alone = Tolerance::ALL.iter().copied().filter(|one| one.reasons().contains(&reason));
        let alone = judged(&document.sod, &document, alone.collect());
        assert!(passive(&alone).iter().all(|finding| finding.outcome.is_confirmed()), "{quirk:?}");
        let others = Tolerance::ALL.iter().copied().filter(|one| !one.reasons().contains(&reason));
        let others = judged(&document.sod, &document, others.collect());
        assert_eq!(of(&others).outcome, Outcome::Refuted(reason), "{quirk:?}");

        let wide = document.signature.len();
        let at = document.sod.windows(wide).position(|window| window == document.signature).unwrap();
        let mut altered = document.sod.clone();
        altered[at + wide - 1] ^= 1;
        if quirk == Quirk::SeveralSigners {
            // The other signer still holds; both have to be altered.
            let again = altered.windows(wide).position(|window| window == document.signature).unwrap();
            altered[again + wide - 1] ^= 1;
        }
        let finding = judged(&altered, &document, Tolerances::TOLERANT).passive_sod_signature;
        assert_eq!(finding.outcome, Outcome::Refuted(Reason::SodSignatureWrong), "{quirk:?}");
        let finding = judged(&altered, &document, Tolerances::STRICT).passive_sod_signature;
        assert!(matches!(finding.outcome, Outcome::Refuted(_)), "{quirk:?}: {finding:?}");
    }
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
    let group = b"a file".to_vec();
    let sod = ef_sod(&form, &[(1, &group)], &signer);
    let document = Document { sod, signature: Vec::new(), group, csca: country.csca(NOW.0).der };
    judged(&document.sod, &document, Tolerances::STRICT).passive_sod_signature
}

//! The store as a whole: document signers that a directory published, what is kept of each thing, packs, removal.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from};
use reader_core::capture::{Capture, FileState};
use reader_core::evidence::{Outcome, Reason};
use reader_core::lds::FileId;
use reader_core::pki::{
    Conformance, Fingerprint, HeldKind, Pack, Pins, Provenance, Refusal, TrustBuilder, TrustSnapshot,
    VerifiedBy,
};
use reader_core::verify::{Presented, Proof, Settings, Tolerances, verify};
use reader_core::wire::cms::SignerIdentifier as Named;
use test_vectors::card::Hash;
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::cms_out::{SignedData, SignerIdentifier};
use test_vectors::issuer::country::{
    Country, FORGER, Issued, SignerNumber, SignerTimes, VIETNAM, VIETNAM_NIST,
};
use test_vectors::issuer::der_out::tlv;
use test_vectors::issuer::sod::{LDS_SECURITY_OBJECT, LdsVersion, SodForm, security_object};

fn document_signer(country: &Country, number: u8) -> Issued {
    let issued = Date::from_unix_s(NOW.0).plus_years(-2);
    country.document_signer(SignerNumber(number), SignerTimes::around(issued))
}

/// The good card's files under an EF.SOD that carries no certificate.
fn without_certificate(signer: &Issued, identifier: SignerIdentifier) -> Capture {
    let mut capture = common::good();
    let form =
        SodForm { version: LdsVersion::V1_8, hash: Hash::Sha256, identifier, signing_time_s: Some(NOW.0) };
    let signed = SignedData {
        content_type: LDS_SECURITY_OBJECT,
        content: &security_object(&form, &common::groups(&capture)),
        certificates: &[],
        certificate: &signer.certificate,
        identifier,
        signing_time_s: Some(Date::from_unix_s(NOW.0).plus_years(-2).to_unix_s()),
        null_parameters: true,
    };
    let sod = tlv(&[0x77], &signed.signed_by(&signer.signer));
    capture.files.insert(FileId::SOD, FileState::Read(sod));
    capture
}

fn judge(capture: &Capture, trust: &TrustSnapshot, tolerances: Tolerances) -> Proof {
    let settings = Settings { tolerances, ..Settings::default() };
    verify(capture, trust, &Presented::nothing(), NOW, &settings, None)
}

fn with_anchor() -> TrustBuilder {
    let mut builder = TrustBuilder::new();
    let imported = builder.add_certificate(&VIETNAM.csca(NOW.0).der, &from("csca.der"), &Pins::none());
    assert_eq!(imported.added.len(), 1);
    builder
}

fn stocked() -> TrustBuilder {
    let mut builder = with_anchor();
    for number in 1..=3 {
        let der = document_signer(&VIETNAM, number).der;
        let provenance =
            Provenance { source: format!("directory {number}"), imported_at: NOW.plus_s(number.into()) };
        let mark = Conformance::NonConformant { findings: "ERR:DSC.KEY.02".to_owned() };
        let conformance = if number == 3 { mark } else { Conformance::Conformant };
        assert_eq!(builder.add_document_signer(&der, &provenance, conformance.clone()).added.len(), 1);
        assert_eq!(builder.add_document_signer(&der, &provenance, conformance).known, 1);
    }
    let list = VIETNAM.revocation_list(NOW.0, vec![(vec![1, 2, 3], NOW.0 - 86_400)]);
    assert_eq!(builder.add_crl(&list, &from("vn.crl")).added.len(), 1);
    builder
}

#[test]
fn a_signer_that_the_sod_lacks_is_found_in_the_store_and_proved_like_any_other() {
    let signer = document_signer(&VIETNAM, 1);
    for identifier in [SignerIdentifier::IssuerAndSerial, SignerIdentifier::SubjectKeyIdentifier] {
        let capture = without_certificate(&signer, identifier);
        let missing = Outcome::Undetermined(Reason::SignerCertificateMissing);
        let alone = judge(&capture, &with_anchor().build(), Tolerances::TOLERANT);
        assert_eq!(alone.findings().passive_sod_signature.outcome, missing);

        let proof = judge(&capture, &stocked().build(), Tolerances::TOLERANT);
        assert_eq!(proof.findings().passive_sod_signature.outcome, Outcome::Confirmed, "{identifier:?}");
        assert_eq!(proof.findings().passive_sod_signature.notes, [Reason::SignerFromStore]);
        assert_eq!(proof.findings().passive_signer_chain.outcome, Outcome::Confirmed);
        assert!(proof.holder().is_some());
        let strict = judge(&capture, &stocked().build(), Tolerances::STRICT);
        let refuted = Outcome::Refuted(Reason::SignerFromStore);
        assert_eq!(strict.findings().passive_sod_signature.outcome, refuted);
    }
}

#[test]
fn to_be_in_the_store_is_no_trust() {
    let mut builder = stocked();
    let anchor = VIETNAM.csca(NOW.0);
    assert_eq!(builder.remove(Fingerprint::of(&anchor.der)), Some(HeldKind::Anchor));
    let capture = without_certificate(&document_signer(&VIETNAM, 1), SignerIdentifier::IssuerAndSerial);
    let proof = judge(&capture, &builder.build(), Tolerances::TOLERANT);
    assert_eq!(proof.findings().passive_sod_signature.outcome, Outcome::Confirmed);
    let unknown = Outcome::Undetermined(Reason::SignerUnknown);
    assert_eq!(proof.findings().passive_signer_chain.outcome, unknown);
    assert!(proof.holder().is_none());
}

#[test]
fn what_the_directory_marked_is_noted() {
    let capture = without_certificate(&document_signer(&VIETNAM, 3), SignerIdentifier::SubjectKeyIdentifier);
    let proof = judge(&capture, &stocked().build(), Tolerances::TOLERANT);
    let notes = &proof.findings().passive_sod_signature.notes;
    assert_eq!(notes.as_slice(), [Reason::SignerFromStore, Reason::SignerNonConformant]);
    assert_eq!(proof.findings().passive_signer_chain.outcome, Outcome::Confirmed);
}

#[test]
fn only_signers_that_a_trusted_certificate_signed_are_taken_in() {
    let add = |der: &[u8]| {
        let mut builder = with_anchor();
        let imported = builder.add_document_signer(der, &from("directory"), Conformance::Conformant);
        assert!(imported.added.is_empty() && builder.build().document_signers().is_empty());
        imported.refused[0].refusal
    };
    assert_eq!(add(&document_signer(&FORGER, 1).der), Refusal::SignerSignatureWrong);
    assert_eq!(add(&document_signer(&VIETNAM_NIST, 1).der), Refusal::SignerIssuerUnknown);
    assert_eq!(add(&VIETNAM.csca(NOW.0).der), Refusal::NotADocumentSigner);
    assert_eq!(add(b"nothing"), Refusal::CertificateUnreadable);
}

#[test]
fn signers_are_found_by_issuer_and_serial_and_by_key_however_these_are_written() {
    let trust = stocked().build();
    let signers = trust.document_signers();
    let signer = document_signer(&VIETNAM, 2);
    let issuer = signer.certificate.issuer.der();
    let padded = [&[0][..], &signer.certificate.serial].concat();
    for serial in [&signer.certificate.serial, &padded] {
        let found = signers.find(&Named::IssuerAndSerial { issuer: &issuer, serial });
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].certificate.der(), signer.der);
        assert_eq!(found[0].provenance.source, "directory 2");
        assert_eq!(found[0].signed_by, Fingerprint::of(&VIETNAM.csca(NOW.0).der));
    }
    assert_eq!(signers.find(&Named::SubjectKeyIdentifier(&signer.signer.key_identifier())).len(), 1);
    assert!(signers.find(&Named::SubjectKeyIdentifier(b"another")).is_empty());
    assert!(signers.find(&Named::IssuerAndSerial { issuer: &issuer, serial: &[9] }).is_empty());
    assert!(signers.find(&Named::IssuerAndSerial { issuer: b"no name", serial: &[9] }).is_empty());
}

#[test]
fn packs_bring_everything_back_with_its_provenance() {
    let trust = stocked().build();
    let again = TrustSnapshot::from_packs(trust.packs()).unwrap();
    assert_eq!(again.id(), trust.id());
    assert_eq!(again.packs(), trust.packs());
    assert_eq!(again.anchors()[0].provenance, from("csca.der"));
    assert_eq!(again.anchors()[0].verified_by, VerifiedBy::SelfSigned);
    assert_eq!(again.crls(), trust.crls());
    assert_eq!(again.crls()[0].provenance, from("vn.crl"));
    assert_eq!(again.crls()[0].signed_by, again.anchors()[0].certificate.fingerprint());
    let both = [&again, &trust].map(|trust| trust.document_signers().iter().collect::<Vec<_>>());
    assert_eq!(both[0], both[1]);
    assert_eq!(both[0][2].conformance, Conformance::NonConformant { findings: "ERR:DSC.KEY.02".to_owned() });
    assert!(TrustSnapshot::from_packs(Vec::new()).unwrap().anchors().is_empty());
}

#[test]
fn damaged_packs_are_refused_and_never_panic() {
    for pack in stocked().build().packs() {
        let bytes = pack.bytes();
        for cut in 0..bytes.len() {
            let broken = Pack::new(bytes[..cut].to_vec());
            assert!(TrustSnapshot::from_packs(vec![broken]).is_err(), "cut at {cut}");
        }
        // A flipped bit is caught by the pack's name; without it nothing may panic.
        for at in 0..bytes.len() {
            let mut flipped = bytes.to_vec();
            flipped[at] ^= 0x10;
            let _ = TrustSnapshot::from_packs(vec![Pack::new(flipped)])
                .map(|trust| trust.document_signers().iter().count());
        }
    }
}

#[test]
fn anything_can_be_taken_out_and_the_rest_stays() {
    let trust = stocked().build();
    let signers: Vec<Fingerprint> = trust.document_signers().fingerprints().collect();
    let mut builder = TrustBuilder::from_snapshot(&trust);
    assert_eq!(builder.remove(Fingerprint::of(b"nothing")), None);
    assert_eq!(builder.remove(signers[1]), Some(HeldKind::DocumentSigner));
    assert_eq!(builder.remove(signers[1]), None);
    assert_eq!(builder.remove(trust.crls()[0].fingerprint()), Some(HeldKind::RevocationList));
    let left = builder.build();
    assert_ne!(left.id(), trust.id());
    assert_eq!(left.document_signers().fingerprints().collect::<Vec<_>>(), [signers[0], signers[2]]);
    assert!(left.crls().is_empty());
    assert_eq!(left.anchors().len(), 1);
    // What came back is found again, and nothing stands twice.
    let mut builder = TrustBuilder::from_snapshot(&left);
    let der = document_signer(&VIETNAM, 2).der;
    assert_eq!(builder.add_document_signer(&der, &from("again"), Conformance::Conformant).added.len(), 1);
    assert_eq!(builder.build().document_signers().len(), 3);
}

#[test]
fn an_unchanged_store_keeps_its_packs_and_an_addition_adds_one() {
    let trust = stocked().build();
    let unchanged = TrustBuilder::from_snapshot(&trust).build();
    assert_eq!(unchanged.packs(), trust.packs());
    let mut builder = TrustBuilder::from_snapshot(&trust);
    let der = document_signer(&VIETNAM, 4).der;
    builder.add_document_signer(&der, &from("later"), Conformance::Conformant);
    let more = builder.build();
    assert_eq!(more.packs().len(), trust.packs().len() + 1);
    assert!(trust.packs().iter().all(|pack| more.packs().contains(pack)));
    // Many small packs are written together in the end.
    let mut trust = more;
    for number in 5..=24 {
        let mut builder = TrustBuilder::from_snapshot(&trust);
        let der = document_signer(&VIETNAM, number).der;
        assert_eq!(builder.add_document_signer(&der, &from("later"), Conformance::Conformant).added.len(), 1);
        trust = builder.build();
    }
    assert_eq!(trust.document_signers().len(), 24);
    assert!(trust.packs().len() <= 2 + 9, "{} packs", trust.packs().len());
}

//! Active authentication judged over signed keys: a published RSA session, ECDSA in its two forms, and what must fail.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, bytes, from, shared};
use reader_core::capture::{ActiveAuthenticationTrace, Capture, FileState, Origin};
use reader_core::evidence::{Finding, Outcome, Reason, Witness};
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Pins, TrustBuilder};
use reader_core::verify::{ChipProof, Presented, Proof, Settings, Tolerances, verify};
use reader_core::wire::tlv::{Reader, Rules, encode};
use test_vectors::card::Hash;
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::{SignerNumber, SignerTimes, VIETNAM};
use test_vectors::issuer::signer::{CurveForm, Signer};
use test_vectors::issuer::sod::{LdsVersion, SodForm, ef_sod};
use test_vectors::num::CurveName;
use test_vectors::persona;

const CHALLENGE: [u8; 8] = [0x96, 0x30, 0x2B, 0x0F, 0x3D, 0x7E, 0x78, 0x64];

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// A stored capture with these groups under a trusted signer, and the answer to a challenge.
fn proof(dg14: Option<Vec<u8>>, dg15: &[u8], signature: &[u8], tolerances: Tolerances) -> Proof {
    let signed = Date::from_unix_s(NOW.0).plus_years(-2);
    let signer = VIETNAM.document_signer(SignerNumber(1), SignerTimes::around(signed));
    let mut files: Vec<(DataGroup, Vec<u8>)> = Vec::new();
    files.extend(dg14.map(|file| (DataGroup::Dg14, file)));
    files.push((DataGroup::Dg15, dg15.to_vec()));
    let groups: Vec<(u8, &[u8])> =
        files.iter().map(|(group, file)| (group.number(), file.as_slice())).collect();
    let form = SodForm {
        version: LdsVersion::V1_7,
        hash: Hash::Sha256,
        identifier: SignerIdentifier::IssuerAndSerial,
        signing_time_s: Some(signed.to_unix_s()),
    };
    let mut capture = Capture::new(Origin::Stored);
    capture.files.insert(FileId::SOD, FileState::Read(ef_sod(&form, &groups, &signer)));
    for (group, file) in files {
        capture.files.insert(FileId::group(group), FileState::Read(file));
    }
    capture.active_authentication =
        Some(ActiveAuthenticationTrace::Signed { challenge: CHALLENGE, signature: signature.to_vec() });
    let mut builder = TrustBuilder::new();
    builder.add_certificate(&VIETNAM.csca(NOW.0).der, &from("test"), &Pins::none());
    let settings = Settings { tolerances, ..Settings::default() };
    verify(&capture, &builder.build(), &Presented::nothing(), NOW, &settings, None)
}

fn judged(dg14: Option<Vec<u8>>, dg15: &[u8], signature: &[u8], tolerances: Tolerances) -> Finding {
    proof(dg14, dg15, signature, tolerances).findings().chip_active_authentication.clone()
}

#[test]
fn a_published_rsa_session_is_confirmed_and_its_neighbours_are_not() {
    let Some(folder) = shared("vectors/icao9303-11") else { return };
    let session: serde_json::Value =
        serde_json::from_slice(&bytes(&folder, "active-authentication-rsa-session.json")).unwrap();
    let field = |name: &str| hex(session[name].as_str().unwrap());
    assert_eq!(field("rnd_ifd"), CHALLENGE);
    let (dg15, signature) = (field("dg15"), field("signature"));
    let good = proof(None, &dg15, &signature, Tolerances::STRICT);
    let finding = &good.findings().chip_active_authentication;
    assert_eq!((finding.outcome, finding.witness), (Outcome::Confirmed, Some(Witness::Anyone)));
    assert!(finding.notes.is_empty());
    assert_eq!(good.genuine_chip().unwrap().by(), ChipProof::ActiveAuthentication);
    let failed = Outcome::Refuted(Reason::ActiveAuthenticationFailed);
    for at in [0, 100, signature.len() - 1] {
        let mut other = signature.clone();
        other[at] ^= 1;
        assert_eq!(judged(None, &dg15, &other, Tolerances::TOLERANT).outcome, failed, "byte {at}");
    }
    assert_eq!(judged(None, &dg15, &signature[1..], Tolerances::TOLERANT).outcome, failed);
    assert_eq!(judged(None, &dg15, &[], Tolerances::TOLERANT).outcome, failed);
}

/// r ‖ s out of a DER signature, each filled to `width` bytes.
fn plain(der: &[u8], width: usize) -> Vec<u8> {
    let mut outer = Reader::new("signature", Rules::Der, der);
    let mut numbers = outer.enter("signature", 0x30).unwrap();
    let mut out = Vec::new();
    for _ in 0..2 {
        let number = numbers.unsigned().unwrap();
        out.extend(std::iter::repeat_n(0, width - number.len()));
        out.extend_from_slice(number);
    }
    out
}

#[test]
fn ecdsa_is_plain_with_the_hash_that_dg14_names() {
    let card = persona::find("good").unwrap().card(NOW.0);
    let dg14 = card.files[&test_vectors::issuer::groups::data_group(14)].clone();
    let key =
        |hash| Signer::ecdsa(CurveName::BrainpoolP256r1, CurveForm::Explicit, hash, "a chip of this test");
    let dg15 = encode(0x6F, &key(Hash::Sha256).public_key_info());
    let der = key(Hash::Sha256).sign(&CHALLENGE);
    let named = |signature: &[u8], tolerances| judged(Some(dg14.clone()), &dg15, signature, tolerances);

    let good = named(&plain(&der, 32), Tolerances::STRICT);
    assert_eq!((good.outcome, good.notes), (Outcome::Confirmed, vec![]));
    let tolerated = named(&der, Tolerances::TOLERANT);
    assert_eq!(tolerated.outcome, Outcome::Confirmed);
    assert_eq!(tolerated.notes, [Reason::ActiveAuthenticationDer]);
    let failed = Outcome::Refuted(Reason::ActiveAuthenticationFailed);
    assert_eq!(named(&der, Tolerances::STRICT).outcome, failed);
    let other_hash = plain(&key(Hash::Sha384).sign(&CHALLENGE), 32);
    assert_eq!(named(&other_hash, Tolerances::TOLERANT).outcome, failed, "DG14 names SHA-256");
    let other_challenge = plain(&key(Hash::Sha256).sign(&[0; 8]), 32);
    assert_eq!(named(&other_challenge, Tolerances::TOLERANT).outcome, failed);
    assert_eq!(named(&[0; 64], Tolerances::TOLERANT).outcome, failed);

    // Without DG14 the hash is found by trying, where that is tolerated.
    let found = judged(None, &dg15, &other_hash, Tolerances::TOLERANT);
    assert_eq!(found.outcome, Outcome::Confirmed);
    assert_eq!(found.notes, [Reason::ActiveAuthenticationHashGuessed]);
    let strict = judged(None, &dg15, &other_hash, Tolerances::STRICT);
    assert_eq!(strict.outcome, Outcome::Undetermined(Reason::ActiveAuthenticationKeyUnusable));
}

#[test]
fn a_key_that_cannot_be_used_says_nothing() {
    for dg15 in [vec![0x6F, 2, 0x30, 0], vec![0x6F, 0], vec![0x00]] {
        let finding = judged(None, &dg15, &[1; 64], Tolerances::TOLERANT);
        assert_eq!(finding.outcome, Outcome::Undetermined(Reason::ActiveAuthenticationKeyUnusable));
    }
}

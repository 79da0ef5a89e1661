//! Altered security objects: each refused for what was altered when strict; the harmless ones noted when tolerant.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, bytes, shared};
use reader_core::capture::{Capture, FileState, Origin};
use reader_core::evidence::{Outcome, Reason};
use reader_core::lds::sod::SodFile;
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::TrustSnapshot;
use reader_core::verify::{Presented, Proof, Settings, Tolerances, verify};
use reader_core::wire::cms::SignedData;
use reader_core::wire::tlv::{Reader, Rules, encode};

fn judge(capture: &Capture, tolerances: Tolerances) -> Proof {
    let settings = Settings { tolerances, ..Settings::default() };
    verify(capture, &TrustSnapshot::empty(), &Presented::nothing(), NOW, &settings, None)
}

fn with_sod(sod: Vec<u8>) -> Capture {
    let mut capture = Capture::new(Origin::Stored);
    capture.files.insert(FileId::SOD, FileState::Read(sod));
    capture
}

#[test]
fn altered_objects_are_refused_for_what_was_altered() {
    let Some(folder) = shared("vectors/sod-negative") else { return };
    use Reason::{SignedDataVersion, SodContentType, SodMalformed, SodSignatureWrong, SodTrailingBytes};
    // The file, the reason when strict, and the reason when tolerant; none where it is noted.
    let cases = [
        ("02_EF_SOD.bin", SodContentType, Some(SodSignatureWrong)),
        ("03_EF_SOD.bin", SodMalformed, Some(SodMalformed)),
        ("05_EF_SOD.bin", SignedDataVersion, None),
        ("11_EF_SOD.bin", SodSignatureWrong, Some(SodSignatureWrong)),
        ("13_EF_SOD.bin", SodTrailingBytes, None),
        ("14_EF_SOD.bin", SodSignatureWrong, Some(SodSignatureWrong)),
    ];
    for (name, strict, tolerant) in cases {
        let capture = with_sod(bytes(&folder, name));
        let finding = judge(&capture, Tolerances::STRICT).findings().passive_sod_signature.clone();
        assert_eq!(finding.outcome, Outcome::Refuted(strict), "{name}: {:?}", finding.detail);
        let finding = judge(&capture, Tolerances::TOLERANT).findings().passive_sod_signature.clone();
        match tolerant {
            Some(reason) => assert_eq!(finding.outcome, Outcome::Refuted(reason), "{name}"),
            None => {
                assert_eq!(finding.outcome, Outcome::Confirmed, "{name}");
                assert!(finding.notes.contains(&strict), "{name}: {:?}", finding.notes);
            }
        }
    }
}

#[test]
fn a_good_object_with_another_dg1_is_refused_by_its_hash() {
    let Some(folder) = shared("vectors/sod-negative") else { return };
    for tolerances in [Tolerances::STRICT, Tolerances::TOLERANT] {
        let mut capture = with_sod(bytes(&folder, "17_EF_SOD.bin"));
        let dg1 = FileId::group(DataGroup::Dg1);
        capture.files.insert(dg1, FileState::Read(bytes(&folder, "17_DG1.bin")));
        let proof = judge(&capture, tolerances);
        assert_eq!(proof.findings().passive_sod_signature.outcome, Outcome::Confirmed);
        assert_eq!(proof.findings().passive_hashes.outcome, Outcome::Refuted(Reason::HashMismatch));
    }
}

#[test]
fn every_cut_and_every_flipped_byte_is_refused_or_undetermined_and_never_confirmed() {
    let Some(folder) = shared("vectors/sod-negative") else { return };
    let good = bytes(&folder, "17_EF_SOD.bin");
    for length in (0..good.len()).step_by(7) {
        let proof = judge(&with_sod(good[..length].to_vec()), Tolerances::TOLERANT);
        assert_eq!(
            proof.findings().passive_sod_signature.outcome,
            Outcome::Refuted(Reason::SodMalformed),
            "cut to {length}"
        );
    }
    let mut confirmed = Vec::new();
    for at in (0..good.len()).step_by(5) {
        let mut flipped = good.clone();
        flipped[at] ^= 0x01;
        let proof = judge(&with_sod(flipped), Tolerances::STRICT);
        if proof.findings().passive_sod_signature.outcome.is_confirmed() {
            confirmed.push(at);
        }
    }
    // A flip inside the signer's certificate that leaves its key alone is for the chain to refute.
    let der = bytes(&folder, "17_EF_SOD.bin");
    let sod = SodFile::parse(&der).unwrap();
    let data = SignedData::parse(sod.content_info).unwrap();
    let certificate = data.certificates[0];
    let start = der.windows(certificate.len()).position(|window| window == certificate).unwrap();
    let inside = start..start + certificate.len();
    for at in confirmed {
        // Beside the certificate, only the list of digest algorithms is signed by nobody.
        let digests = sod_offset(&der, sod.content_info) + 20..sod_offset(&der, sod.content_info) + 60;
        assert!(inside.contains(&at) || digests.contains(&at), "byte {at} may change unseen");
    }
}

/// The same object with every freedom of BER: indefinite lengths, and long strings in pieces. What is in `keep` stays.
fn in_ber(bytes: &[u8], keep: &[&[u8]]) -> Vec<u8> {
    let mut reader = Reader::new("test", Rules::Der, bytes);
    let mut out = Vec::new();
    while !reader.is_empty() {
        let object = reader.any().unwrap();
        let first = object.raw[0];
        if keep.contains(&object.raw) {
            out.extend_from_slice(object.raw);
        } else if object.is_constructed() {
            out.extend([first, 0x80]);
            out.extend(in_ber(object.value, keep));
            out.extend([0, 0]);
        } else if first == 0x04 && object.value.len() > 50 {
            let (one, other) = object.value.split_at(20);
            out.extend([0x24, 0x80]);
            out.extend([encode(4, one), encode(4, other)].concat());
            out.extend([0, 0]);
        } else {
            out.extend_from_slice(object.raw);
        }
    }
    out
}

#[test]
fn ber_is_read_and_noted_and_refuted_by_a_strict_site() {
    let Some(folder) = shared("vectors/sod-negative") else { return };
    let good = bytes(&folder, "17_EF_SOD.bin");
    let content_info = SodFile::parse(&good).unwrap().content_info;
    let data = SignedData::parse(content_info).unwrap();
    let ber = encode(0x77, &in_ber(content_info, &data.certificates));
    assert!(ber.windows(2).any(|pair| pair == [0x24, 0x80]));
    let signature = |sod: &[u8], tolerances| {
        judge(&with_sod(sod.to_vec()), tolerances).findings().passive_sod_signature.clone()
    };
    let tolerant = signature(&ber, Tolerances::TOLERANT);
    assert_eq!(tolerant.outcome, Outcome::Confirmed);
    assert!(tolerant.notes.contains(&Reason::SodEncoding));
    assert_eq!(signature(&ber, Tolerances::STRICT).outcome, Outcome::Refuted(Reason::SodEncoding));
    let der = signature(&good, Tolerances::TOLERANT);
    assert!(der.outcome.is_confirmed() && !der.notes.contains(&Reason::SodEncoding));

    // Every byte that was signed still counts.
    let hash = data.content.unwrap();
    let at = ber.windows(10).position(|window| window == &hash[hash.len() - 10..]).unwrap();
    let mut altered = ber.clone();
    altered[at] ^= 1;
    assert_eq!(
        signature(&altered, Tolerances::TOLERANT).outcome,
        Outcome::Refuted(Reason::SodSignatureWrong)
    );
    // An object that does not end is none.
    let cut = encode(0x77, &ber[4..ber.len() - 2]);
    assert_eq!(signature(&cut, Tolerances::TOLERANT).outcome, Outcome::Refuted(Reason::SodMalformed));
}

fn sod_offset(file: &[u8], content_info: &[u8]) -> usize {
    file.len() - content_info.len()
}

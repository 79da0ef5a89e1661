//! The three published specimen sets: sound in themselves, under signers that nobody here knows.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, bytes, shared, stored};
use reader_core::evidence::{Outcome, Reason};
use reader_core::lds::DataGroup;
use reader_core::pki::TrustSnapshot;
use reader_core::verify::{GroupState, Hashes, Presented, Settings, Tolerances, text, verify};

#[test]
fn specimens_inspect_as_their_expectations_say() {
    let Some(folder) = shared("vectors/lds") else { return };
    for set in ["bsi-2008", "bsi-2013", "etsi-eacaa"] {
        let folder = folder.join(set);
        let expected: serde_json::Value = serde_json::from_slice(&bytes(&folder, "expected.json")).unwrap();
        let capture = stored(&folder);
        let trust = TrustSnapshot::empty();
        let settings = Settings::default();
        let proof = verify(&capture, &trust, &Presented::nothing(), NOW, &settings, None);
        let found = proof.findings();
        assert_eq!(found.passive_sod_signature.outcome, Outcome::Confirmed, "{set}");
        assert_eq!(found.passive_signer_chain.outcome, Outcome::Undetermined(Reason::SignerUnknown), "{set}");
        let signer = proof.signer().unwrap();
        assert_eq!(
            signer.certificate.fingerprint().to_string(),
            expected["EF_SOD.bin"]["dsc_sha256"].as_str().unwrap()
        );
        for (name, state) in expected["data_groups"].as_object().unwrap() {
            let group = DataGroup::from_name(name).unwrap();
            let wanted = match state.as_str().unwrap() {
                "match" => GroupState::Agrees,
                "file present, no hash in SOD" => GroupState::Unsigned,
                other => panic!("{other}"),
            };
            let (_, found) = proof.groups().iter().find(|(one, _)| *one == group).unwrap();
            assert_eq!(*found, wanted, "{set} {name}");
        }
        // The hashes agree, and prove nothing: a forger brings a signer of his own.
        assert_eq!(found.passive_hashes.outcome, Outcome::Confirmed, "{set}");
        assert!(found.passive_hashes.notes.contains(&Reason::SignerNotProved));
        assert_eq!(found.passive_hashes.witness, None);
        assert!(matches!(proof.hashes(), Hashes::Claimed(_)));
        assert!(proof.holder().is_none() && proof.portrait(&capture).is_none());
        assert!(proof.genuine_chip().is_none());
        for rests_on_it in [
            &found.validity_document,
            &found.consistency_country,
            &found.passive_signer_validity,
            &found.passive_signer_revocation,
            &found.chip_active_authentication,
        ] {
            assert_eq!(rests_on_it.outcome, Outcome::Undetermined(Reason::NotProved), "{set}");
        }

        let strict = Settings { tolerances: Tolerances::STRICT, ..settings };
        let strict = text(&capture, &trust, &Presented::nothing(), NOW, &strict);
        assert_eq!(strict.findings().passive_sod_signature.outcome, Outcome::Confirmed, "{set}");
    }
}

#[test]
fn one_changed_byte_of_a_specimen_is_seen() {
    let Some(folder) = shared("vectors/lds/bsi-2013") else { return };
    let mut capture = stored(&folder);
    let mut changed = bytes(&folder, "Datagroup2.bin");
    let last = changed.len() - 1;
    changed[last] ^= 1;
    capture.files.insert(
        reader_core::lds::FileId::group(DataGroup::Dg2),
        reader_core::capture::FileState::Read(changed),
    );
    let proof =
        verify(&capture, &TrustSnapshot::empty(), &Presented::nothing(), NOW, &Settings::default(), None);
    assert_eq!(proof.findings().passive_hashes.outcome, Outcome::Refuted(Reason::HashMismatch));
}

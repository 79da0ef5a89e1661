//! Every persona through a whole conversation with the simulated chip: accepted, or told by exactly its one defect.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use common::{NOW, from};
use reader_core::capture::{Capture, FileState, Origin};
use reader_core::crypto::secret::{Entropy, EntropyError};
use reader_core::evidence::{Finding, HolderFindings, Outcome, Reason, ServiceFinding, Witness};
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Pins, TrustBuilder, TrustSnapshot};
use reader_core::policy::{Policy, RawRule, Verdict, VerificationReport, decide};
use reader_core::session::{AccessKey, Event, Plan, read_chip};
use reader_core::transport::{Limits, Transport, TransportError};
use reader_core::verify::{Presented, Proof, Settings, Tolerance, Tolerances, assemble, text, verify};
use test_vectors::card::Directory;
use test_vectors::chip::Chip;
use test_vectors::persona::{self, Persona};

struct Simulated(Chip);

impl Transport for Simulated {
    fn exchange(&mut self, command: &[u8], _: u32, response: &mut Vec<u8>) -> Result<(), TransportError> {
        response.clear();
        response.extend(self.0.exchange(command));
        Ok(())
    }

    fn limits(&self) -> Limits {
        if self.0.card().extended_length { Limits::EXTENDED } else { Limits::SHORT }
    }
}

/// Not random, so that a failure repeats.
struct Counting(u64);

impl Entropy for Counting {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for byte in out {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = self.0.to_be_bytes()[0];
        }
        Ok(())
    }
}

fn trust() -> TrustSnapshot {
    let mut builder = TrustBuilder::new();
    for anchor in persona::trust_anchors(NOW.0) {
        let imported = builder.add_certificate(&anchor, &from("personas"), &Pins::none());
        assert_eq!(imported.added.len(), 1, "{:?}", imported.refused);
    }
    for list in persona::revocation_lists(NOW.0) {
        let imported = builder.add_crl(&list, &from("list"));
        assert_eq!(imported.added.len(), 1, "{:?}", imported.refused);
    }
    builder.build()
}

fn presented(persona: &Persona) -> Presented {
    let access = persona.access(NOW.0);
    Presented {
        number: access.number,
        can: access.can,
        document_number: Some(access.document_number),
        birth: Some(access.birth),
        expiry: Some(access.expiry),
        ..Presented::default()
    }
}

fn read(persona: &Persona) -> Capture {
    let access = persona.access(NOW.0);
    let mut keys = vec![AccessKey::mrz(&access.document_number, &access.birth, &access.expiry).unwrap()];
    if let Some(can) = &access.can {
        keys.push(AccessKey::can(can).unwrap());
    }
    let chip = Simulated(Chip::new(persona.card(NOW.0), 7));
    let plan = Plan { read_com: true, ..Plan::default() };
    let mut quiet = |_: Event<'_>| ControlFlow::Continue(());
    read_chip(chip, &keys, &plan, &mut Counting(1), &mut quiet).capture
}

/// The rules of the built-in base site.
fn base() -> Policy {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../terminal-app/sites/base.toml");
    let site: toml::Table = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut rules: BTreeMap<String, RawRule> = site["rules"].clone().try_into().unwrap();
    let insurance = site["services"]["insurance"]["rule"].clone().try_into().unwrap();
    rules.insert("service.insurance".to_owned(), insurance);
    Policy::from_rules(&rules).unwrap()
}

/// The service's finding as the insurance connector makes it, from the code in the number.
fn insurance(persona: &Persona, proof: &Proof) -> Vec<ServiceFinding> {
    let Some(holder) = proof.holder() else { return Vec::new() };
    let in_order = holder.number.ends_with("000");
    assert_eq!(in_order, persona.holder.number.ends_with("000"));
    let finding = if in_order {
        Finding::confirmed(Witness::ThisTerminal)
    } else {
        Finding::new(Outcome::Refuted(Reason::ServiceSaysNo))
    };
    vec![ServiceFinding { name: "insurance".to_owned(), finding, answer: None }]
}

fn report(persona: &Persona, trust: &TrustSnapshot) -> (VerificationReport, Proof) {
    let capture = read(persona);
    let presented = presented(persona);
    // One chain names its curves, and one signer has expired since.
    let tolerances = Tolerances::STRICT.and(Tolerance::SignerCertificate).and(Tolerance::ExpiredSigner);
    let settings = Settings { tolerances, list_max_age_days: Some(90), ..Settings::default() };
    let proof = verify(&capture, trust, &presented, NOW, &settings, None);
    let services = insurance(persona, &proof);
    let evidence = assemble(proof.clone(), HolderFindings::not_performed(), services);
    (decide(&evidence, &base()), proof)
}

#[test]
fn every_persona_gets_its_verdict_for_its_reason() {
    let trust = trust();
    let mut problems = Vec::new();
    for persona in persona::all().iter().chain(persona::protected()) {
        let (report, _) = report(persona, &trust);
        let reasons: Vec<(&str, &str)> =
            report.reasons.iter().map(|reason| (reason.check.as_str(), reason.code.as_str())).collect();
        let verdict = match report.verdict {
            Verdict::Accept => "accept",
            Verdict::Refer => "refer",
            Verdict::Reject => "reject",
        };
        let expected = &persona.expected;
        let mut problem = |what: String| problems.push(format!("{}: {what}; {reasons:?}", persona.name));
        if verdict != expected.verdict.word() {
            problem(format!("{verdict} instead of {}", expected.verdict.word()));
        }
        let Some((id, outcome)) = expected.check else {
            if !reasons.is_empty() {
                problem("reasons without a defect".to_owned());
            }
            continue;
        };
        let code = expected.reason.unwrap();
        let Some(check) = report.checks.iter().find(|check| check.id == id) else {
            problem(format!("no check {id}"));
            continue;
        };
        if check.outcome != outcome.word() {
            problem(format!("{id} is {} {:?}, not {}", check.outcome, check.detail, outcome.word()));
        }
        if verdict == "accept" {
            if !check.notes.iter().any(|note| note == code) {
                problem(format!("{id} does not note {code}: {:?}", check.notes));
            }
        } else {
            // A copy without keys fails both proofs; every other persona has one reason alone.
            let alone = reasons == [(id, code)];
            let copy = persona.name == "cloned-without-key"
                && reasons == [(id, code), ("chip.active_authentication", "R1106")];
            if !alone && !copy {
                problem(format!("not told by {code} of {id} alone"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn text_proved_early_agrees_with_a_proof_from_nothing() {
    let trust = trust();
    let settings = Settings::default();
    for persona in persona::all() {
        let capture = read(persona);
        let presented = presented(persona);
        let mut early = capture.clone();
        early.files.remove(&FileId::group(DataGroup::Dg2));
        let text_proof = text(&early, &trust, &presented, NOW, &settings);
        let reused = verify(&capture, &trust, &presented, NOW, &settings, Some(text_proof.clone()));
        let fresh = verify(&capture, &trust, &presented, NOW, &settings, None);
        assert!(reused.findings() == fresh.findings(), "{}", persona.name);
        assert!(
            reused.holder() == fresh.holder() && text_proof.holder() == fresh.holder(),
            "{}",
            persona.name
        );
        // Another moment, another trust: the earlier proof is not used.
        let nobody = TrustSnapshot::empty();
        let elsewhere = verify(&capture, &nobody, &presented, NOW, &settings, Some(text_proof));
        assert!(elsewhere.holder().is_none(), "{}", persona.name);
    }
}

#[test]
fn a_good_card_fills_the_holder_and_proves_its_portrait_and_chip() {
    let trust = trust();
    let persona = persona::find("good").unwrap();
    let (report, proof) = report(persona, &trust);
    let holder = report.holder.unwrap();
    assert_eq!(holder.number, persona.holder.number);
    assert_eq!(holder.name, persona.holder.full_name);
    assert_eq!(holder.details.get("residence").map(String::as_str), Some(persona.holder.residence));
    let capture = read(persona);
    assert!(proof.portrait(&capture).is_some() && proof.genuine_chip().is_some());
    let mut other = capture.clone();
    let dg2 = FileId::group(DataGroup::Dg2);
    let mut changed = capture.bytes(dg2).unwrap().to_vec();
    changed[100] ^= 1;
    other.files.insert(dg2, FileState::Read(changed));
    assert!(proof.portrait(&other).is_none(), "a portrait is proved by its own bytes");
    let json = serde_json::to_value(&report.checks).unwrap();
    assert_eq!(json[0]["id"], "access.pace");
}

#[test]
fn a_stored_capture_no_longer_proves_what_the_terminal_alone_saw() {
    let trust = trust();
    let persona = persona::find("good").unwrap();
    let mut capture = read(persona);
    capture.origin = Origin::Stored;
    let proof = verify(&capture, &trust, &presented(persona), NOW, &Settings::default(), None);
    let found = proof.findings();
    let no_chip = Outcome::NotPerformed(Reason::NoChipSession);
    assert_eq!((found.access_pace.outcome, found.chip_chip_authentication.outcome), (no_chip, no_chip));
    // A signature convinces anyone, at any time.
    assert_eq!(found.chip_active_authentication.outcome, Outcome::Confirmed);
    assert_eq!(found.chip_active_authentication.witness, Some(Witness::Anyone));
}

/// The card's files alone, as an unprotected folder.
fn folder(persona: &Persona) -> Capture {
    let mut capture = Capture::new(Origin::Stored);
    for ((directory, id), bytes) in persona.card(NOW.0).files {
        let directory = match directory {
            Directory::MasterFile => reader_core::lds::Directory::MasterFile,
            Directory::Lds => reader_core::lds::Directory::Emrtd,
        };
        capture.files.insert(FileId { directory, id }, FileState::Read(bytes));
    }
    capture
}

#[test]
fn presented_things_are_compared_one_by_one() {
    let trust = trust();
    let capture = folder(persona::find("good").unwrap());
    let access = persona::find("good").unwrap().access(NOW.0);
    let outcome = |presented: Presented| {
        let proof = verify(&capture, &trust, &presented, NOW, &Settings::default(), None);
        proof.findings().consistency_presented_dg1.outcome
    };
    let differs = Outcome::Refuted(Reason::PresentedDiffers);
    assert_eq!(outcome(Presented::nothing()), Outcome::NotPerformed(Reason::NothingPresented));
    let can = |can: &str| Presented { can: Some(can.to_owned()), ..Presented::default() };
    assert_eq!(outcome(can(access.can.as_deref().unwrap())), Outcome::Confirmed);
    assert_eq!(outcome(can("000000")), differs);
    let name = |name: &str| Presented { name: Some(name.to_owned()), ..Presented::default() };
    assert_eq!(outcome(name("Nguyễn Văn Mẫu")), Outcome::Confirmed);
    assert_eq!(outcome(name("Nguyễn Văn Khác")), differs);
    let zone = access.mrz_lines.join("\n");
    let mrz = Presented { mrz: Some(zone.clone()), ..Presented::default() };
    assert_eq!(outcome(mrz.clone()), Outcome::Confirmed);
    let altered = Presented { mrz: Some(zone.replace("MAU", "MAI")), ..Presented::default() };
    assert_eq!(outcome(altered.clone()), differs);
    let proof = |presented| verify(&capture, &trust, &presented, NOW, &Settings::default(), None);
    assert_eq!(proof(mrz).findings().consistency_mrz_dg1.outcome, Outcome::Confirmed);
    let altered = proof(altered);
    assert_eq!(altered.findings().consistency_mrz_dg1.outcome, Outcome::Refuted(Reason::MrzDiffers));
}

#[test]
fn revocation_without_a_fresh_list_is_not_a_clean_bill() {
    let persona = persona::find("good").unwrap();
    let capture = folder(persona);
    let mut builder = TrustBuilder::new();
    for anchor in persona::trust_anchors(NOW.0) {
        builder.add_certificate(&anchor, &from("personas"), &Pins::none());
    }
    let outcome = |trust: &TrustSnapshot, days: Option<u32>, later_days: i64| {
        let settings =
            Settings { tolerances: Tolerances::TOLERANT, list_max_age_days: days, ..Settings::default() };
        let now = NOW.plus_s(later_days * 86_400);
        let proof = verify(&capture, trust, &Presented::nothing(), now, &settings, None);
        proof.findings().passive_signer_revocation.outcome
    };
    let without = builder.clone().build();
    assert_eq!(outcome(&without, None, 0), Outcome::NotPerformed(Reason::NoRevocationList));
    let with = trust();
    assert_eq!(outcome(&with, None, 0), Outcome::Confirmed);
    assert_eq!(outcome(&with, Some(1), 60), Outcome::Undetermined(Reason::RevocationListStale));
    assert_eq!(outcome(&with, None, 4_000), Outcome::Undetermined(Reason::RevocationListStale));
}

#[test]
fn a_master_list_of_the_personas_brings_the_same_trust() {
    let list = persona::master_list(NOW.0);
    let anchors = persona::trust_anchors(NOW.0);
    let mut builder = TrustBuilder::new();
    assert_eq!(builder.add_master_list(&list, &from("list"), &Pins::none()).added.len(), 0);
    builder.add_certificate(&anchors[0], &from("anchor"), &Pins::none());
    let imported = builder.add_master_list(&list, &from("list"), &Pins::none());
    assert_eq!((imported.added.len(), imported.known, imported.refused.len()), (2, 1, 0), "{imported:?}");
}

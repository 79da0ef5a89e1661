//! The issuing authority's gateway: what may be built on its answer, and what that never heals.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;
#[path = "common/gateway.rs"]
mod gateway;
#[path = "common/simulated.rs"]
mod simulated;

use std::collections::BTreeMap;

use common::NOW;
use gateway::{
    ANYONE, answer, answered, asked, hex, judged, judged_by, live, number, rsa, signer, terms, trust, yes,
};
use reader_core::capture::{ActiveAuthenticationTrace, Capture, FileState, GatewayTrace, Origin};
use reader_core::evidence::{HolderFindings, Outcome, Reason, Witness};
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::TrustSnapshot;
use reader_core::policy::{Policy, RawRule, Verdict, decide};
use reader_core::verify::gateway::{GatewayTerms, question, question_mark};
use reader_core::verify::{Hashes, assemble};
use test_vectors::persona;

#[test]
fn it_stands_for_a_chain_that_is_only_unknown_and_says_so() {
    let capture = answered("good", &yes("good"));
    let proof = judged(&capture, terms(&rsa()));
    let findings = proof.findings();
    assert_eq!(findings.passive_signer_chain.outcome, Outcome::Undetermined(Reason::SignerUnknown));
    assert_eq!(findings.passive_signer_validity.outcome, Outcome::Confirmed);
    assert_eq!(findings.consistency_country.outcome, Outcome::Confirmed);
    assert_eq!(findings.passive_hashes.outcome, Outcome::Confirmed);
    assert_eq!(findings.passive_hashes.witness, Some(Witness::Anyone));
    assert_eq!(findings.passive_hashes.notes, [Reason::GatewayStandsForChain]);
    assert!(matches!(proof.hashes(), Hashes::Signed(signed) if signed.rest_on_gateway()));
    assert_eq!(proof.holder().map(|holder| holder.number.as_str()), Some(number("good")));
    assert!(proof.portrait(&capture).is_some());

    // Not where the site does not build on it, nor on a "no", nor on what was judged before the answer came.
    let beside = GatewayTerms { stands_for_chain: false, ..terms(&rsa()) };
    let mut no = yes("good");
    no["valid"] = false.into();
    for (capture, terms) in
        [(capture.clone(), beside), (answered("good", &no), terms(&rsa())), (live("good"), terms(&rsa()))]
    {
        let proof = judged(&capture, terms);
        assert!(proof.holder().is_none() && matches!(proof.hashes(), Hashes::Claimed(_)));
        assert!(proof.findings().passive_hashes.notes.contains(&Reason::SignerNotProved));
    }

    // Under a chain of its own the answer stands beside it and for nothing.
    for text in [yes("good"), no] {
        let proof = judged_by(&answered("good", &text), &trust(), terms(&rsa()), NOW);
        assert!(matches!(proof.hashes(), Hashes::Signed(signed) if !signed.rest_on_gateway()));
        assert!(proof.findings().passive_hashes.notes.is_empty());
    }
}

#[test]
fn whoever_cannot_be_shown_the_question_is_not_convinced_by_its_mark() {
    let mut capture = live("good");
    let mark = question_mark(&asked("good"));
    let text = serde_json::json!({ "valid": true, "mark": mark }).to_string();
    capture.gateway = Some(answer(asked("good"), &text, &rsa()));
    let (challenge, signature) = active_authentication();
    capture.active_authentication = Some(ActiveAuthenticationTrace::Signed { challenge, signature });
    let proof = judged(&capture, terms(&rsa()));
    let findings = proof.findings();
    assert_eq!(findings.passive_hashes.witness, Some(Witness::ThisTerminal));
    assert_eq!(findings.chip_active_authentication.outcome, Outcome::Confirmed);
    assert_eq!(findings.chip_active_authentication.witness, Some(Witness::ThisTerminal));
    capture.gateway = Some(answer(asked("good"), &yes("good").to_string(), &rsa()));
    let proof = judged(&capture, terms(&rsa()));
    assert_eq!(proof.findings().chip_active_authentication.witness, Some(Witness::Anyone));
}

/// A challenge and the signature of the chip of `good`.
fn active_authentication() -> ([u8; 8], Vec<u8>) {
    use reader_core::session::{AccessKey, Event, Plan, read_chip};
    let persona = persona::find("good").unwrap();
    let key = AccessKey::can(&persona.access(NOW.0).can.unwrap()).unwrap();
    let chip = simulated::SimulatedTransport::new(persona.card(NOW.0));
    let mut quiet = |_: Event<'_>| std::ops::ControlFlow::Continue(());
    let mut entropy = simulated::SeededEntropy(1);
    let reading = read_chip(chip, &[key], &Plan::default(), &mut entropy, &mut quiet);
    match reading.capture.active_authentication {
        Some(ActiveAuthenticationTrace::Signed { challenge, signature }) => (challenge, signature),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_heals_nothing_that_is_refuted_revoked_or_unsound() {
    let healed = |capture: &Capture, trust: &TrustSnapshot| {
        let proof = judged_by(capture, trust, terms(&rsa()), NOW);
        let gateway = proof.findings().passive_gateway.outcome;
        let open = proof.holder().is_none() && !matches!(proof.hashes(), Hashes::Signed(_));
        (gateway, !open)
    };
    let confirmed = (Outcome::Confirmed, false);
    assert_eq!(healed(&answered("revoked-signer", &yes("revoked-signer")), &trust()), confirmed, "revoked");

    // The store knows the country, and its key did not sign this signer.
    let genuine = signer("good");
    let mut own = genuine.clone();
    *own.last_mut().unwrap() ^= 1;
    let mut forged = live("good");
    let Some(FileState::Read(sod)) = forged.files.get_mut(&FileId::SOD) else { panic!("EF.SOD") };
    let at = sod.windows(genuine.len()).position(|window| window == genuine).unwrap();
    sod[at + genuine.len() - 1] ^= 1;
    let asked = question(&own, number("good"), [7; 16], NOW);
    let mut text = yes("good");
    text["signer"] = hex(&asked.signer_sha256).into();
    forged.gateway = Some(answer(asked, &text.to_string(), &rsa()));
    let proof = judged_by(&forged, &trust(), terms(&rsa()), NOW);
    let chain = proof.findings().passive_signer_chain.outcome;
    assert_eq!(chain, Outcome::Refuted(Reason::SignerChainBroken));
    assert_eq!(healed(&forged, &trust()), confirmed, "another key under a known name");

    // A list of hashes that was altered is nobody's.
    let mut altered = answered("good", &yes("good"));
    let Some(FileState::Read(sod)) = altered.files.get_mut(&FileId::SOD) else { panic!("EF.SOD") };
    let last = sod.len() - 1;
    sod[last] ^= 1;
    assert_eq!(healed(&altered, &TrustSnapshot::empty()), (Outcome::Undetermined(Reason::NotProved), false));

    // An answer about the card whose DG1 was put into this one's place.
    let mut mixed = answered("good", &yes("good"));
    let dg1 = FileId::group(DataGroup::Dg1);
    mixed.files.insert(dg1, live("good-nist").files.remove(&dg1).unwrap());
    assert_eq!(healed(&mixed, &TrustSnapshot::empty()), (Outcome::Undetermined(Reason::NotProved), false));

    // Asked about another signer or another number than this card's.
    let another = Outcome::Undetermined(Reason::GatewayAnswersAnother);
    for question in [
        question(&signer("good-nist"), number("good"), [7; 16], NOW),
        question(&signer("good"), number("good-nist"), [7; 16], NOW),
    ] {
        let mut capture = live("good");
        capture.gateway = Some(answer(question, &yes("good").to_string(), &rsa()));
        assert_eq!(healed(&capture, &TrustSnapshot::empty()), (another, false));
    }

    // One changed file is found as ever.
    let mut changed = answered("good", &yes("good"));
    let Some(FileState::Read(dg2)) = changed.files.get_mut(&FileId::group(DataGroup::Dg2)) else {
        panic!("DG2")
    };
    dg2[100] ^= 1;
    let proof = judged(&changed, terms(&rsa()));
    assert_eq!(proof.findings().passive_hashes.outcome, Outcome::Refuted(Reason::HashMismatch));
    assert!(proof.portrait(&changed).is_none());
}

#[test]
fn a_stored_answer_is_judged_by_the_moment_at_which_it_came() {
    let mut capture = answered("good", &yes("good"));
    capture.origin = Origin::Stored;
    let years_later = NOW.plus_s(3 * 365 * 86_400);
    let proof = judged_by(&capture, &TrustSnapshot::empty(), terms(&rsa()), years_later);
    let found = &proof.findings().passive_gateway;
    assert_eq!((found.outcome, found.witness), ANYONE);
    assert_eq!(found.notes, [Reason::GatewayJudgedAtCapture]);
    assert_eq!(found.detail.as_deref(), Some("said at 2026-11-21T10:00:01Z"));
    assert!(proof.holder().is_some());
    // The same answer kept by a live session is an old one.
    capture.origin = Origin::Live;
    let stale = Outcome::Undetermined(Reason::GatewayAnswerStale);
    let at = |capture: &Capture, now| {
        judged_by(capture, &TrustSnapshot::empty(), terms(&rsa()), now).findings().passive_gateway.outcome
    };
    assert_eq!(at(&capture, years_later), stale);
    assert_eq!(at(&capture, NOW.plus_s(300)), stale);
    // On its own day it had come; the day before it had not.
    capture.origin = Origin::Stored;
    assert_eq!(at(&capture, NOW.date().unwrap().start()), Outcome::Confirmed);
    assert_eq!(at(&capture, NOW.plus_s(-86_400)), stale);
    // The moment of the capture is the folder's word; the moment in the signed text is not.
    let Some(GatewayTrace::Answered(kept)) = &mut capture.gateway else { panic!("an answer") };
    kept.received_unix_s += 3600;
    assert_eq!(at(&capture, years_later), stale);
    // Whose question it was, nobody can see in the folder.
    let mark = question_mark(&asked("good"));
    let text = serde_json::json!({ "valid": true, "mark": mark }).to_string();
    capture.gateway = Some(answer(asked("good"), &text, &rsa()));
    assert_eq!(at(&capture, NOW), Outcome::Undetermined(Reason::GatewayNamesNothing));
}

#[test]
fn a_site_may_let_the_answer_take_the_place_of_the_chain() {
    let base = {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../terminal-app/sites/base.toml");
        let site: toml::Table = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let rules: BTreeMap<String, RawRule> = site["rules"].clone().try_into().unwrap();
        rules
    };
    let mut instead = base.clone();
    let rules: BTreeMap<String, RawRule> = toml::from_str(
        "\"signer\" = { any_of = [\"passive.signer_chain\", \"passive.gateway\"], otherwise = \"refer\" }\n\
         \"passive.signer_chain\" = { like = \"require\", undetermined = \"accept\" }\n\
         \"passive.gateway\" = \"prefer\"\n\
         \"consistency.presented_dg1\" = \"note\"\n\
         \"genuine_chip\" = { any_of = [\"chip.active_authentication\"], otherwise = \"accept\" }\n",
    )
    .unwrap();
    instead.extend(rules.clone());
    let verdict = |capture: &Capture, trust: &TrustSnapshot, rules: &BTreeMap<String, RawRule>| {
        let proof = judged_by(capture, trust, terms(&rsa()), NOW);
        let evidence = assemble(proof, HolderFindings::not_performed(), Vec::new());
        let report = decide(&evidence, &Policy::from_rules(rules).unwrap());
        let reasons: Vec<_> = report.reasons.iter().map(|reason| reason.code.clone()).collect();
        (report.verdict, reasons)
    };
    let nobody = TrustSnapshot::empty();
    let mut no = yes("good");
    no["valid"] = false.into();
    let sound = answered("good", &yes("good"));
    assert_eq!(verdict(&sound, &nobody, &instead), (Verdict::Accept, vec![]));
    assert_eq!(verdict(&sound, &nobody, &base).0, Verdict::Refer, "a site that wants a chain");
    assert_eq!(verdict(&live("good"), &trust(), &instead), (Verdict::Accept, vec![]), "a chain suffices");
    assert_eq!(verdict(&live("good"), &nobody, &instead).0, Verdict::Refer, "neither");
    let refused = (Verdict::Reject, vec!["R1290".to_owned()]);
    assert_eq!(verdict(&answered("good", &no), &nobody, &instead), refused);
    assert_eq!(verdict(&answered("good", &no), &trust(), &instead), refused, "beside a chain too");
    // A site may want a person wherever the chain is the gateway's word.
    instead.extend(BTreeMap::from([("R1297".to_owned(), RawRule::Word("refer".to_owned()))]));
    assert_eq!(verdict(&sound, &nobody, &instead).0, Verdict::Refer);
    assert_eq!(verdict(&live("good"), &trust(), &instead).0, Verdict::Accept);
}

//! Rules against made-up evidence: only here can evidence be made up.

use std::collections::BTreeMap;

use super::*;
use crate::evidence::{
    CheckId, Evidence, Finding, Holder, HolderFindings, Outcome, ProofFindings, Reason, ServiceFinding,
    Witness,
};

fn proof(default: &Finding) -> ProofFindings {
    let one = || default.clone();
    ProofFindings {
        access_pace: one(),
        access_bac: one(),
        access_terminal_authentication: one(),
        chip_chip_authentication: one(),
        chip_active_authentication: one(),
        chip_pace_cam: one(),
        passive_sod_signature: one(),
        passive_signer_chain: one(),
        passive_signer_revocation: one(),
        passive_signer_validity: one(),
        passive_hashes: one(),
        passive_gateway: one(),
        consistency_card_access_dg14: one(),
        consistency_presented_dg1: one(),
        consistency_com_sod: one(),
        consistency_mrz_dg1: one(),
        consistency_dg1_dg13: one(),
        consistency_country: one(),
        consistency_contents: one(),
        validity_document: one(),
    }
}

fn good() -> ProofFindings {
    proof(&Finding::confirmed(Witness::Anyone))
}

fn evidence(proof: ProofFindings) -> Evidence {
    Evidence::new(proof, None, HolderFindings::not_performed(), Vec::new())
}

fn rules(text: &str) -> BTreeMap<String, RawRule> {
    toml::from_str(text).unwrap()
}

fn policy(more: &str) -> Policy {
    let mut all = BTreeMap::new();
    for check in CheckId::ALL {
        let word = if check.as_str().starts_with("holder.") { "prefer" } else { "require" };
        all.insert(check.as_str().to_owned(), RawRule::Word(word.to_owned()));
    }
    for chip in ["chip.chip_authentication", "chip.active_authentication", "chip.pace_cam"] {
        all.insert(chip.to_owned(), RawRule::Word("prefer".to_owned()));
    }
    all.extend(rules(more));
    Policy::from_rules(&all).unwrap()
}

fn led_by(report: &VerificationReport) -> Vec<(Reason, &str)> {
    report.reasons.iter().map(|reason| (reason.reason, reason.check.as_str())).collect()
}

#[test]
fn all_confirmed_is_accepted_without_reasons() {
    let report = decide(&evidence(good()), &policy(""));
    assert_eq!((report.verdict, report.reasons.len()), (Verdict::Accept, 0));
    assert_eq!(report.checks.len(), CheckId::ALL.len());
}

#[test]
fn the_worst_rule_wins_and_alone_gives_the_reasons() {
    let mut proof = good();
    proof.passive_hashes = Finding::new(Outcome::Refuted(Reason::HashMismatch));
    proof.passive_signer_revocation = Finding::new(Outcome::NotPerformed(Reason::NoRevocationList));
    let report = decide(&evidence(proof), &policy(""));
    assert_eq!(report.verdict, Verdict::Reject);
    assert_eq!(led_by(&report), [(Reason::HashMismatch, "passive.hashes")]);
}

#[test]
fn a_missing_rule_refers() {
    let report = decide(&evidence(good()), &Policy::from_rules(&BTreeMap::new()).unwrap());
    assert_eq!(report.verdict, Verdict::Refer);
    assert!(report.reasons.iter().all(|reason| reason.reason == Reason::NoRule));
    assert_eq!(report.reasons.len(), CheckId::ALL.len());
}

#[test]
fn a_chip_without_any_proof_refers_even_where_no_rule_says_so() {
    let mut proof = good();
    for chip in
        [&mut proof.chip_chip_authentication, &mut proof.chip_active_authentication, &mut proof.chip_pace_cam]
    {
        *chip = Finding::new(Outcome::NotSupported);
    }
    let evidence = evidence(proof);
    let report = decide(&evidence, &policy(""));
    assert_eq!(report.verdict, Verdict::Refer);
    assert_eq!(led_by(&report), [(Reason::CloneNotExcluded, "genuine_chip")]);
    let strict = policy(
        r#"original = { any_of = ["chip.chip_authentication", "chip.active_authentication"], otherwise = "reject" }"#,
    );
    assert_eq!(led_by(&decide(&evidence, &strict)), [(Reason::CloneNotExcluded, "original")]);
}

/// Which proofs of the chip to expect is set per issuing state, and the state must be proved.
#[test]
fn a_rule_may_be_for_the_documents_of_one_state() {
    let of = |state: Option<&str>| {
        let mut proof = good();
        proof.chip_chip_authentication = Finding::new(Outcome::NotSupported);
        let holder = state.map(|state| {
            Holder::new("090000000123".to_owned(), "A".to_owned(), "000000123".to_owned(), |holder| {
                holder.issuing_state = Some(state.to_owned());
            })
        });
        Evidence::new(proof, holder, HolderFindings::not_performed(), Vec::new())
    };
    let policy = policy(r#""VNM:chip.chip_authentication" = "require""#);
    let vietnamese = decide(&of(Some("VNM")), &policy);
    assert_eq!(vietnamese.verdict, Verdict::Refer);
    assert_eq!(led_by(&vietnamese), [(Reason::DocumentLacksIt, "chip.chip_authentication")]);
    for other in [Some("UTO"), Some("D"), None] {
        assert_eq!(decide(&of(other), &policy).verdict, Verdict::Accept, "{other:?}");
    }
    for (wrong, problem) in [
        (r#""vnm:passive.hashes" = "require""#, "no issuing state"),
        (r#""VNMX:passive.hashes" = "require""#, "no issuing state"),
        (r#"":passive.hashes" = "require""#, "no issuing state"),
        (r#""VNM:passive.hushes" = "require""#, "no check"),
        (r#""VNM:passive.hashes" = "maybe""#, "no rule"),
    ] {
        let faults = Policy::from_rules(&rules(wrong)).unwrap_err();
        assert!(faults[0].problem.contains(problem), "{wrong}: {}", faults[0]);
    }
}

#[test]
fn consequences_are_named_only_where_nothing_else_is() {
    let not_proved = Finding::new(Outcome::Undetermined(Reason::NotProved));
    let mut proof = good();
    proof.passive_signer_chain = Finding::new(Outcome::Undetermined(Reason::SignerUnknown));
    proof.chip_chip_authentication = not_proved.clone();
    proof.chip_active_authentication = Finding::new(Outcome::NotSupported);
    proof.chip_pace_cam = Finding::new(Outcome::NotSupported);
    proof.validity_document = not_proved;
    let report = decide(&evidence(proof.clone()), &policy(""));
    assert_eq!(led_by(&report), [(Reason::SignerUnknown, "passive.signer_chain")]);
    let blind = decide(&evidence(proof), &policy(r#""passive.signer_chain" = "note""#));
    assert_eq!(blind.verdict, Verdict::Refer);
    assert!(led_by(&blind).contains(&(Reason::NotProved, "validity.document")));
}

#[test]
fn outcomes_and_notes_can_be_ruled_one_by_one() {
    let mut proof = good();
    proof.validity_document = Finding::new(Outcome::Refuted(Reason::DocumentExpired));
    proof.passive_signer_chain = Finding::confirmed(Witness::Anyone).noting(Reason::AnchorExpired);
    let lenient = policy(r#""validity.document" = { like = "require", refuted = "accept" }"#);
    assert_eq!(decide(&evidence(proof.clone()), &lenient).verdict, Verdict::Accept);
    let noting = policy("\"validity.document\" = \"note\"\nR1225 = \"reject\"");
    let report = decide(&evidence(proof), &noting);
    assert_eq!(led_by(&report), [(Reason::AnchorExpired, "passive.signer_chain")]);
}

#[test]
fn services_are_ruled_by_name_and_missed_when_not_asked() {
    let policy = policy(r#""service.insurance" = "require""#);
    let report = decide(&evidence(good()), &policy);
    assert_eq!(led_by(&report), [(Reason::ServiceNotAsked, "service.insurance")]);
    let revoked = ServiceFinding {
        name: "insurance".to_owned(),
        finding: Finding::new(Outcome::Refuted(Reason::ServiceSaysNo)),
        answer: None,
    };
    let asked = Evidence::new(good(), None, HolderFindings::not_performed(), vec![revoked]);
    let report = decide(&asked, &policy);
    assert_eq!(report.verdict, Verdict::Reject);
    assert_eq!(led_by(&report), [(Reason::ServiceSaysNo, "service.insurance")]);
    assert_eq!(report.services.len(), 1);
}

#[test]
fn all_faults_are_listed_at_once() {
    let faults = Policy::from_rules(&rules(
        r#"
        "passive.hash" = "require"
        "passive.hashes" = "requires"
        "validity.document" = { like = "require", expired = "reject", refuted = "deny" }
        original = { any_of = ["chip.magic"] }
        R1225 = "require"
        "#,
    ))
    .unwrap_err();
    let text: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 7, "{text:#?}");
    for part in ["no such check", "\"requires\" is no rule", "expired is no outcome", "refuted leads to"] {
        assert!(text.iter().any(|fault| fault.contains(part)), "{part}: {text:#?}");
    }
}

#[test]
fn the_report_has_the_agreed_keys() {
    let report = decide(&evidence(good()), &policy(""));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["schema"], "idterm.report/1");
    assert_eq!(json["verdict"], "accept");
    assert_eq!(json["checks"][6]["id"], "passive.sod_signature");
    assert_eq!(json["checks"][6]["witness"], "anyone");
    assert_eq!(json["checks"][6]["spec"], "9303-11 §5.1");
}

/// Spec: BSI TR-03135-1 §4.3; decision 0016.
#[test]
fn part_results_follow_the_guideline() {
    let undetermined = || Finding::new(Outcome::Undetermined(Reason::NoRevocationList));
    let refuted = || Finding::new(Outcome::Refuted(Reason::HashMismatch));
    let aborted = || Finding::new(Outcome::Aborted(Reason::CardGone));
    let not_performed = || Finding::new(Outcome::NotPerformed(Reason::NotRead));
    let results = |change: &dyn Fn(&mut ProofFindings)| {
        let mut proof = good();
        change(&mut proof);
        decide(&evidence(proof), &policy("")).tr03135
    };
    assert_eq!(results(&|_| {}).overall, PartResult::Successful);
    // Any failed part fails the whole; a broken-off one prevails over what could not be said.
    let failed = results(&|proof| {
        proof.passive_hashes = refuted();
        proof.access_pace = aborted();
    });
    assert_eq!((failed.overall, failed.access.result), (PartResult::Failed, PartResult::Aborted));
    assert_eq!(failed.passive_authentication.result, PartResult::Failed);
    let open = results(&|proof| {
        proof.passive_signer_revocation = undetermined();
        proof.validity_document = aborted();
    });
    assert_eq!(
        (open.overall, open.passive_authentication.result),
        (PartResult::Aborted, PartResult::Undetermined)
    );
    // What has to be there and was left out could not be said; what need not be there counts for nothing.
    let unread = results(&|proof| proof.passive_hashes = not_performed());
    assert_eq!(unread.overall, PartResult::Undetermined);
    let no_com = results(&|proof| proof.consistency_com_sod = not_performed());
    assert_eq!(no_com.overall, PartResult::Successful);
    // Any one proof of the chip suffices; without any, the worst of them stands.
    let one = results(&|proof| proof.chip_active_authentication = undetermined());
    assert_eq!(one.chip_authenticity.result, PartResult::Successful);
    let none = results(&|proof| {
        proof.chip_active_authentication = refuted();
        proof.chip_chip_authentication = Finding::new(Outcome::NotSupported);
        proof.chip_pace_cam = aborted();
    });
    assert_eq!(none.chip_authenticity.result, PartResult::Failed);
    let without = results(&|proof| {
        proof.chip_active_authentication = Finding::new(Outcome::NotSupported);
        proof.chip_chip_authentication = Finding::new(Outcome::NotSupported);
        proof.chip_pace_cam = Finding::new(Outcome::NotSupported);
    });
    assert_eq!(without.chip_authenticity.result, PartResult::NotSupported);
    assert_eq!(without.overall, PartResult::Successful);
    let json = serde_json::to_value(&none).unwrap();
    assert_eq!(json["chip_authenticity"]["parts"][2]["result"], "failed");
    assert_eq!(json["chip_authenticity"]["parts"][1]["result"], "not_supported");
}

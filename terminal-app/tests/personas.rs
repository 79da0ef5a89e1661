//! Every persona through `idterm demo`: its verdict, for its one reason, and said to be simulated.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{check, idterm, reasons};
use serde_json::{Value, json};
use test_vectors::persona::{self, Outcome, Persona};

fn exit_status(verdict: &str) -> i32 {
    match verdict {
        "accept" => 0,
        "reject" => 3,
        "refer" => 4,
        other => panic!("{other}"),
    }
}

/// Reasons beside the expected one, which the same defect must bring about, with why.
fn also(persona: &str) -> &'static [(&'static str, &'static str)] {
    match persona {
        // A copied chip has neither key: both proofs of the chip fail.
        "cloned-without-key" => &[("R1106", "chip.active_authentication")],
        _ => &[],
    }
}

fn report(words: &[&str]) -> (Value, i32) {
    let done = idterm(words).done();
    let report = done.json();
    assert_eq!(report["schema"], "idterm.report/1", "{done}");
    let status = done.status.unwrap();
    (report, status)
}

fn judge(persona: &Persona) {
    let name = persona.name;
    let (report, status) = report(&["demo", "--persona", name, "--json"]);
    let expected = persona.expected;
    assert_eq!(report["verdict"], expected.verdict.word(), "{name}: {:?}", reasons(&report));
    assert_eq!(status, exit_status(expected.verdict.word()), "{name}");
    let mut wanted = Vec::new();
    if let Some((id, outcome)) = expected.check {
        let found = check(&report, id);
        assert_eq!(found["outcome"], outcome.word(), "{name}: {found}");
        let reason = expected.reason.unwrap();
        if outcome == Outcome::Confirmed {
            // A note: it decides nothing, but it is told.
            assert!(
                found["notes"].as_array().is_some_and(|notes| notes.contains(&json!(reason))),
                "{name}: {found}"
            );
        } else if !found["reason"].is_null() {
            assert_eq!(found["reason"], reason, "{name}: {found}");
        }
        if expected.verdict != persona::Verdict::Accept {
            wanted.push((reason.to_owned(), id.to_owned()));
        }
    }
    wanted.extend(also(name).iter().map(|(code, check)| ((*code).to_owned(), (*check).to_owned())));
    assert_eq!(reasons(&report), wanted, "{name}");
    simulated(name, &report);
}

/// Chip and gateway always; and nobody is asked about who is not proved, or whose card is refused already.
fn simulated(name: &str, report: &Value) {
    let insurance = report["services"].as_array().unwrap().iter().find(|one| one["id"] == "insurance");
    let asked = insurance.is_some_and(|one| !one["code"].is_null());
    assert_eq!(report["simulated"], json!(["chip", "gateway"]), "{name}");
    let open = !report["holder"].is_null() && report["verdict"] != "reject";
    assert_eq!(asked, open, "{name}: nobody is asked about without need");
    let trusted = check(report, "passive.signer_chain")["outcome"] == "confirmed"
        && check(report, "passive.signer_revocation")["outcome"] != "refuted";
    assert_eq!(!report["holder"].is_null(), trusted, "{name}: only a trusted signer names a holder");
}

#[test]
fn each_is_told_by_its_one_defect() {
    assert!(persona::all().len() >= 23);
    for persona in persona::all() {
        judge(persona);
    }
}

#[test]
fn the_gateways_word_decides_where_a_site_builds_on_it_and_nowhere_else() {
    for persona in persona::vouched() {
        let (name, expected) = (persona.name, &persona.expected);
        let (report, _) = report(&["demo", "--site", "gateway", "--persona", name, "--json"]);
        assert_eq!(report["verdict"], expected.verdict.word(), "{name}: {:?}", reasons(&report));
        assert_eq!(report["simulated"], json!(["chip", "gateway"]), "{name}");
        assert_eq!(check(&report, "passive.signer_chain")["reason"], "R1203", "{name}");
        let (id, outcome) = expected.check.unwrap();
        let found = check(&report, id);
        assert_eq!(found["outcome"], outcome.word(), "{name}");
        let code = expected.reason.unwrap();
        let told = found["reason"] == code
            || found["notes"].as_array().is_some_and(|all| all.contains(&json!(code)));
        assert!(told, "{name}: {found}");
        assert_eq!(report["holder"].is_null(), report["verdict"] != "accept", "{name}");
    }
    let (report, status) = report(&["demo", "--persona", "gateway-yes", "--json"]);
    assert_eq!((report["verdict"].as_str(), status), (Some("refer"), 4), "a site that does not");
    assert_eq!(reasons(&report), [("R1203".to_owned(), "passive.signer_chain".to_owned())]);
}

#[test]
fn a_site_that_wants_a_face_refers_the_sound_card_for_that_alone() {
    for (site, asks_insurance) in [("hospital", true), ("bank", false), ("airport", false)] {
        let (report, status) = report(&["demo", "--site", site, "--json"]);
        assert_eq!((report["verdict"].as_str(), status), (Some("refer"), 4), "{site}");
        let biometric = [("R1501", "holder.face"), ("R1501", "holder.liveness")];
        let biometric: Vec<_> = biometric.map(|(code, check)| (code.to_owned(), check.to_owned())).into();
        assert_eq!(reasons(&report), biometric, "{site}");
        assert_eq!(report["site"]["name"], site);
        assert_eq!(report["services"].as_array().unwrap().len(), usize::from(asks_insurance), "{site}");
        let parts = if asks_insurance { json!(["chip", "gateway"]) } else { json!(["chip"]) };
        assert_eq!(report["simulated"], parts, "{site}");
    }
}

#[test]
fn a_site_may_decide_otherwise_about_the_same_card() {
    for (site, persona, verdict, reason) in [
        // A patient is not turned away for an expired card, a traveller is.
        ("hospital", "expired-card", "refer", "R1401"),
        ("airport", "expired-card", "reject", "R1401"),
        // The counter that replaces the ATM card refers whom its gateway does not concern for nothing but the face.
        ("bank", "revoked-insurance", "refer", "R1501"),
        ("hospital", "revoked-insurance", "refer", "R1602"),
        ("bank", "cloned-without-key", "reject", "R1101"),
    ] {
        let (report, _) = report(&["demo", "--site", site, "--persona", persona, "--json"]);
        assert_eq!(report["verdict"], verdict, "{site} {persona}: {:?}", reasons(&report));
        assert!(
            reasons(&report).iter().any(|(code, _)| code == reason),
            "{site} {persona}: {:?}",
            reasons(&report)
        );
    }
}

#[test]
fn the_list_names_every_persona() {
    let listed = idterm(&["demo", "--list", "--json"]).done().exits(0).json();
    let names: Vec<&str> =
        listed["personas"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    let everybody = || persona::all().iter().chain(persona::vouched());
    let all: Vec<&str> = everybody().map(|persona| persona.name).collect();
    assert_eq!(names, all);
    assert_eq!(listed["simulated"], json!(["chip"]));
    let vietnamese = idterm(&["demo", "--list", "--lang", "vi"]).done().exits(0);
    assert!(everybody().all(|persona| vietnamese.stdout.contains(persona.summary_vi)), "{vietnamese}");
}

#[test]
fn people_read_that_it_is_simulated_in_their_language() {
    for (language, word, verdict, label) in
        [("en", "SIMULATED", "ACCEPT", "Place of origin"), ("vi", "MÔ PHỎNG", "CHẤP NHẬN", "Quê quán")]
    {
        let done = idterm(&["demo", "--lang", language]).done().exits(0);
        for wanted in [word, verdict, label, "NGUYỄN VĂN MẪU", "Việt Nam (VNM)"] {
            assert!(done.stdout.contains(wanted), "{wanted}\n{done}");
        }
        // No key of a language file or of the chip's data stands where a word should.
        for key in ["field-", "check-", "outcome-", "reason-", "cli-", "sex-", "ethnicity ", "old_number"] {
            assert!(!done.stdout.contains(key), "{key}\n{done}");
        }
    }
}

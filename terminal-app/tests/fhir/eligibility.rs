//! Cover in force, not in force, unknown and ambiguous, by what the independent server holds.

use std::time::{Duration, Instant};

use reader_core::evidence::{Outcome, Reason};
use serde_json::json;
use terminal_app::connectors::{
    self, Answer, Cancel, Connector, Eligibility, FaultKind, Field, PermittedFields, Query, Question, Submit,
};
use terminal_app::text::Language;

use super::server::server;
use super::{ask, coverage, covered, fhir, known, number, person, transaction};

const NO: Outcome = Outcome::Refuted(Reason::ServiceSaysNo);
const UNCLEAR: Outcome = Outcome::Undetermined(Reason::ServiceAnswerUnclear);
const DOWN: Outcome = Outcome::Aborted(Reason::ServiceUnavailable);

fn code(answer: &Answer) -> (Outcome, Option<&str>) {
    assert!(answer.code.is_some() != answer.fault.is_some(), "{answer:?}");
    (answer.outcome, answer.code.as_deref())
}

#[test]
fn in_force_and_not() {
    let Some(server) = server() else { return };
    for (submit, end, outcome, word) in [
        (Submit::Create, "2099-12-31", Outcome::Confirmed, "in-force"),
        (Submit::Create, "2020-12-31", NO, "not-in-force"),
        (Submit::Operation, "2099-12-31", Outcome::Confirmed, "in-force"),
        (Submit::Operation, "2020-12-31", NO, "not-in-force"),
    ] {
        let number = number();
        let patient = known(server, &number);
        let cover = covered(server, &patient, "active", end, "GD4790900000019");
        let fhir = fhir(&server.url, |config| config.submit = submit);
        let answer = ask(&fhir, &number);
        assert_eq!(code(&answer), (outcome, Some(word)), "{answer:?}");
        for (fact, value) in [
            ("patient_id", patient.as_str()),
            ("coverage_id", &cover),
            ("coverage_status", "active"),
            ("subscriber_id", "GD4790900000019"),
            ("payor", "Bảo hiểm xã hội"),
            ("period_start", "2020-01-01"),
            ("period_end", end),
            ("benefit_end", end),
            ("disposition", "Đã kiểm tra"),
        ] {
            assert_eq!(answer.details.get(fact), Some(value), "{fact}");
        }
        assert!(answer.details.iter().all(|(name, _)| connectors::facts_of("fhir").contains(&name)));
        assert!(answer.details.get("response_id").is_some());
        assert_eq!((answer.note.as_deref(), answer.simulated), (Some("Đã kiểm tra"), false));

        let again = ask(&fhir, &number);
        assert_eq!(code(&again), code(&answer));
        let requests =
            server.matching("CoverageEligibilityRequest", "patient", &format!("Patient/{patient}"));
        if submit == Submit::Create {
            assert_eq!(requests.len(), 1, "asked twice in one verification");
            let mut members: Vec<&str> =
                requests[0].as_object().unwrap().keys().map(String::as_str).collect();
            members.sort_unstable();
            let sent = [
                "created",
                "id",
                "identifier",
                "insurance",
                "insurer",
                "meta",
                "patient",
                "purpose",
                "resourceType",
                "status",
            ];
            assert_eq!(members, sent, "nothing of the person but the reference");
        }
    }
}

#[test]
fn nothing_known_and_nothing_picked() {
    let Some(server) = server() else { return };
    let fhir = fhir(&server.url, |_| {});
    let expect = |number: &str, what: Eligibility| {
        let answer = ask(&fhir, number);
        assert_eq!(code(&answer), (what.outcome(), Some(what.code())), "{answer:?}");
        answer
    };
    let one = number();
    expect(&one, Eligibility::NoPatient);
    let patient = known(server, &one);
    expect(&one, Eligibility::NoCoverage);
    covered(server, &patient, "cancelled", "2099-12-31", "x");
    assert_eq!(expect(&one, Eligibility::NoCoverage).details.get("coverage_status"), Some("cancelled"));
    covered(server, &patient, "active", "2099-12-31", "x");
    expect(&one, Eligibility::InForce);
    known(server, &one);
    expect(&one, Eligibility::SeveralPatients);

    let two = number();
    let patient = known(server, &two);
    let insurer = server.make(&json!({"resourceType": "Organization", "name": "BHXH"}));
    let payor = format!("Organization/{insurer}");
    server.make(&coverage(&patient, "active", "2020-12-31", "old", &payor));
    server.make(&coverage(&patient, "active", "2099-12-31", "new", &payor));
    let answer = expect(&two, Eligibility::InForce);
    assert_eq!(answer.details.get("subscriber_id"), Some("new"));
    let three = number();
    let patient = known(server, &three);
    for _ in 0..2 {
        server.make(&coverage(&patient, "active", "2099-12-31", "x", &payor));
    }
    let answer = expect(&three, Eligibility::SeveralCoverages);
    assert_eq!(answer.details.get("coverage_id"), None, "none of them is picked");
}

#[test]
fn an_insurer_that_does_not_answer_the_question() {
    let Some(server) = server() else { return };
    let asked = |steer: &str| {
        let number = number();
        covered(server, &known(server, &number), "active", "2099-12-31", steer);
        let fhir = fhir(&server.url, |config| config.connection.total_timeout_ms = Some(2_500));
        ask(&fhir, &number)
    };
    assert_eq!(code(&asked("unsure")), (UNCLEAR, Some("not-said")));
    let failing = asked("failing");
    assert_eq!(code(&failing), (DOWN, Some("insurer-error")));
    assert_eq!(failing.note.as_deref(), Some("Hệ thống bảo trì"));
    let slow = asked("slow");
    assert_eq!(code(&slow), (Outcome::Confirmed, Some("in-force")));
    assert!(slow.elapsed_ms >= 600, "{} ms", slow.elapsed_ms);
    for steer in ["silent", "queued"] {
        let started = Instant::now();
        let answer = asked(steer);
        assert_eq!(answer.outcome, DOWN, "{answer:?}");
        assert!(matches!(answer.fault.unwrap().kind, FaultKind::Timeout { waited_ms: 2_000.. }), "{steer}");
        assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    }
    let stranger = asked("stranger");
    assert_eq!(stranger.outcome, UNCLEAR);
    assert!(matches!(stranger.fault.unwrap().kind, FaultKind::Contradiction(_)));
}

#[test]
fn cancelling_ends_the_wait_for_a_response() {
    let Some(server) = server() else { return };
    let number = number();
    covered(server, &known(server, &number), "active", "2099-12-31", "silent");
    let query = Query {
        question: Question::Eligibility,
        fields: PermittedFields::cut(&person(&number), &[Field::Number]),
        transaction: transaction(&number),
    };
    let (fhir, cancel, started) = (fhir(&server.url, |_| {}), Cancel::new(), Instant::now());
    let answer = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(500));
            cancel.cancel();
        });
        fhir.query(&query, &cancel)
    });
    assert_eq!(answer.fault.map(|fault| fault.kind), Some(FaultKind::Cancelled));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn whom_it_is_about_and_whom_to_ask() {
    let Some(server) = server() else { return };
    let number = number();
    let patient = known(server, &number);
    let own = server.make(&coverage(&patient, "active", "2099-12-31", "x", &format!("Patient/{patient}")));
    let answer = ask(&fhir(&server.url, |_| {}), &number);
    assert!(matches!(&answer.fault.unwrap().kind, FaultKind::Settings(what) if what.contains("insurer")));
    let insurer = server.make(&json!({"resourceType": "Organization", "name": "BHXH"}));
    let named = |config: &mut connectors::FhirConfig| {
        config.insurer = Some(format!("Organization/{insurer}"));
        config.facility = Some(format!("Organization/{insurer}"));
    };
    let fhir = fhir(&server.url, named);
    let answer = ask(&fhir, &number);
    assert_eq!(
        (code(&answer).0, answer.details.get("coverage_id")),
        (Outcome::Confirmed, Some(own.as_str()))
    );

    let other = person(&number).with(Field::BirthDate, "06/06/1990");
    let mut query = Query {
        question: Question::Eligibility,
        fields: PermittedFields::cut(&other, &[Field::Number, Field::BirthDate]),
        transaction: transaction(&number),
    };
    let answer = fhir.query(&query, &Cancel::new());
    assert_eq!(answer.outcome, UNCLEAR, "{answer:?}");
    assert!(!answer.fault.unwrap().to_string().contains(&number));
    query.fields = PermittedFields::cut(&other, &[Field::Name]);
    let answer = fhir.query(&query, &Cancel::new());
    assert_eq!(answer.fault.map(|fault| fault.kind), Some(FaultKind::MissingFields(vec![Field::Number])));
    assert_eq!(answer.attempts, 0, "nothing was sent");
}

#[test]
fn every_answer_has_its_texts() {
    for language in Language::all() {
        for what in Eligibility::ALL {
            for audience in ["person", "staff"] {
                let key = format!("\n{}-{audience} = ", what.text_stem());
                assert!(language.source().contains(&key), "{} lacks {key}", language.code());
            }
        }
    }
}

//! Patients are brought up to date and check-ins made once, whatever becomes of the answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use terminal_app::connectors::{CheckIn, FaultKind, Field, Patients, Undelivered};

use super::relay::{Act, Relay};
use super::server::{Server, server};
use super::{NAME, SEEN, SYSTEM, fhir, known, number, person, record, tell};

fn patients(server: &Server, number: &str) -> Vec<Value> {
    server.identified("Patient", &format!("{SYSTEM}|{number}"))
}

fn encounters(server: &Server, number: &str) -> Vec<Value> {
    let patient = patients(server, number).remove(0)["id"].as_str().unwrap().to_owned();
    server.matching("Encounter", "subject", &format!("Patient/{patient}"))
}

#[test]
fn two_deliveries_under_one_key_make_one_patient_and_one_encounter() {
    let Some(server) = server() else { return };
    for mode in [Patients::Merge, Patients::Replace] {
        let fhir = fhir(&server.url, |config| config.patients = mode);
        let number = number();
        let record = record(&number, &person(&number), SEEN);
        let first = tell(&fhir, &record).unwrap();
        let made = patients(server, &number);
        let second = tell(&fhir, &record).unwrap();
        assert_eq!(first, second);
        assert!(first.reference.as_deref().is_some_and(|what| what.starts_with("Encounter/")), "{first:?}");
        let again = patients(server, &number);
        assert_eq!((made.len(), again.len(), encounters(server, &number).len()), (1, 1, 1));
        if mode == Patients::Merge {
            assert_eq!(again, made, "what stood there was not written again");
        }
        let patient = &again[0];
        assert_eq!(
            patient["name"],
            json!([{"use": "official", "text": NAME, "family": "NGUYỄN", "given": ["VĂN", "AN"]}])
        );
        assert_eq!((&patient["gender"], &patient["birthDate"]), (&json!("male"), &json!("1990-06-05")));
        assert_eq!(patient.get("address"), None, "the site does not let it see the residence");
        let encounter = server.get(first.reference.as_deref().unwrap());
        assert_eq!((&encounter["status"], &encounter["class"]["code"]), (&json!("arrived"), &json!("AMB")));
        assert_eq!(encounter["period"]["start"], "2026-11-22T01:02:03Z");
        let key = record.transaction.key_for("records");
        assert_eq!(encounter["identifier"][0]["value"], format!("urn:uuid:{key}"));
    }
}

#[test]
fn what_others_wrote_stays_unless_the_site_replaces_it() {
    let Some(server) = server() else { return };
    for (mode, stays) in [(Patients::Merge, true), (Patients::Replace, false)] {
        let number = number();
        let id = known(server, &number);
        let fhir = fhir(&server.url, |config| config.patients = mode);
        tell(&fhir, &record(&number, &person(&number), SEEN)).unwrap();
        let all = patients(server, &number);
        assert_eq!((all.len(), all[0]["id"].as_str()), (1, Some(id.as_str())));
        assert_eq!(all[0].get("telecom").is_some(), stays, "{mode:?}");
        assert_eq!(all[0]["name"][0]["text"], NAME);
    }
}

#[test]
fn dates_as_far_as_they_are_known() {
    let Some(server) = server() else { return };
    let fhir = fhir(&server.url, |_| {});
    for (born, sent) in [("1990-06-XX", "1990-06"), ("1990-XX-XX", "1990"), ("05/06/1990", "1990-06-05")] {
        let number = number();
        let person = person(&number).with(Field::BirthDate, born);
        tell(&fhir, &record(&number, &person, &[Field::Number, Field::BirthDate])).unwrap();
        let patient = &patients(server, &number)[0];
        assert_eq!((&patient["birthDate"], patient.get("name")), (&json!(sent), None));
    }
}

#[test]
fn an_appointment_in_place_of_an_encounter() {
    let Some(server) = server() else { return };
    let fhir = fhir(&server.url, |config| {
        config.check_in = CheckIn::Appointment;
        config.appointment_minutes = 20;
    });
    let number = number();
    let fields = [Field::Number, Field::Name, Field::Residence];
    let record = record(&number, &person(&number), &fields);
    let reference = tell(&fhir, &record).unwrap().reference.unwrap();
    assert_eq!(tell(&fhir, &record).unwrap().reference.as_deref(), Some(reference.as_str()));
    let appointment = server.get(&reference);
    assert_eq!(
        (&appointment["status"], &appointment["end"]),
        (&json!("arrived"), &json!("2026-11-22T01:22:03Z"))
    );
    let patient = &patients(server, &number)[0];
    assert_eq!(
        appointment["participant"][0]["actor"]["reference"],
        format!("Patient/{}", patient["id"].as_str().unwrap())
    );
    assert_eq!(patient["address"], json!([{"use": "home", "text": "Số 7, phố Mới"}]));
}

#[test]
fn nobody_is_picked_and_nobody_overwritten() {
    let Some(server) = server() else { return };
    for mode in [Patients::Merge, Patients::Replace] {
        let fhir = fhir(&server.url, |config| config.patients = mode);
        let several = number();
        known(server, &several);
        known(server, &several);
        let born_otherwise = number();
        known(server, &born_otherwise);
        for (number, born, told) in [
            (&several, "05/06/1990", "several patients carry this number"),
            (&born_otherwise, "05/07/1990", "another date of birth"),
        ] {
            let before = patients(server, number);
            let person = person(number).with(Field::BirthDate, born);
            match tell(&fhir, &record(number, &person, SEEN)) {
                Err(Undelivered::Later(fault)) => {
                    let text = fault.to_string();
                    assert!(text.contains(told) && !text.contains(number.as_str()), "{text}");
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(patients(server, number), before);
        }
        let number = number();
        match tell(&fhir, &record(&number, &person(&number), &[Field::Name])) {
            Err(Undelivered::Never(fault)) => {
                assert_eq!(fault.kind, FaultKind::MissingFields(vec![Field::Number]));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_answer_that_is_lost_makes_nothing_twice() {
    let Some(server) = server() else { return };
    // Whether the server knows the condition of a creation or not.
    for condition in [true, false] {
        for lost in ["POST /Patient", "POST /Encounter"] {
            let number = number();
            let done = Arc::new(AtomicBool::new(false));
            let lose = done.clone();
            let relay = Relay::start(&server.url, move |asked| {
                let first = asked.line == lost && !lose.swap(true, Ordering::SeqCst);
                match (first, condition) {
                    (true, true) => Act::Lose,
                    (true, false) => Act::LoseWithoutCondition,
                    (false, true) => Act::Pass,
                    (false, false) => Act::PassWithoutCondition,
                }
            });
            let record = record(&number, &person(&number), SEEN);
            let through = fhir(&relay.url, |_| {});
            let delivered = tell(&through, &record).unwrap();
            assert_eq!(tell(&fhir(&server.url, |_| {}), &record).unwrap(), delivered);
            assert!(done.load(Ordering::SeqCst), "{lost} was never sent");
            let counts = (patients(server, &number).len(), encounters(server, &number).len());
            assert_eq!(counts, (1, 1), "{lost}, condition {condition}");
        }
    }
}

#[test]
fn a_patient_whom_others_change_meanwhile_is_read_again() {
    let Some(server) = server() else { return };
    let number = number();
    let id = known(server, &number);
    let (url, path) = (server.url.clone(), format!("PUT /Patient/{id}"));
    let changed = AtomicBool::new(false);
    let current = number.clone();
    let relay = Relay::start(&server.url, move |asked| {
        if asked.line == path && !changed.swap(true, Ordering::SeqCst) {
            assert!(asked.head.contains("if-match: w/\""), "{}", asked.head);
            let id = path.trim_start_matches("PUT /Patient/");
            let body = json!({
                "resourceType": "Patient", "id": id, "active": true,
                "identifier": [{"system": SYSTEM, "value": current}],
            });
            let request = ureq::put(format!("{url}/Patient/{id}"));
            request.header("content-type", "application/fhir+json").send(body.to_string()).unwrap();
        }
        Act::Pass
    });
    tell(&fhir(&relay.url, |_| {}), &record(&number, &person(&number), SEEN)).unwrap();
    let patient = &patients(server, &number)[0];
    assert_eq!((&patient["active"], &patient["name"][0]["text"]), (&json!(true), &json!(NAME)));
}

//! The independent server is a judge: what breaks R4 is refused, and what it says is told without the person.

use serde_json::{Value, json};
use terminal_app::connectors::{FaultKind, Undelivered};

use super::relay::{Relay, json as answer};
use super::server::server;
use super::{SEEN, fhir, number, person, record, tell};

/// One defect each; the words that the refusal has to name.
fn broken() -> Vec<(Value, &'static str)> {
    let class = json!({"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"});
    vec![
        (json!({"resourceType": "Encounter", "class": class}), "Encounter.status"),
        (json!({"resourceType": "Encounter", "status": "arrived"}), "Encounter.class"),
        (json!({"resourceType": "Encounter", "status": 7, "class": class}), "Encounter.status"),
        (json!({"resourceType": "Encounter", "status": "arrived", "class": [class]}), "Encounter.class"),
        (json!({"resourceType": "Patient", "surname": "NGUYỄN"}), "Patient.surname"),
        (json!({"resourceType": "Patient", "name": {"text": "x"}}), "Patient.name"),
        (json!({"resourceType": "Patient", "birthDate": "05/06/1990"}), "Patient.birthDate"),
        (json!({"resourceType": "Patient", "birthDate": 1990}), "Patient.birthDate"),
        (json!({"resourceType": "Coverage", "status": "active"}), "Coverage.beneficiary"),
        (
            json!({"resourceType": "CoverageEligibilityRequest", "status": "active", "purpose": ["validation"],
                "patient": {"reference": "Patient/1"}, "created": "2026-11-22"}),
            "CoverageEligibilityRequest.insurer",
        ),
        (
            json!({"resourceType": "CoverageEligibilityRequest", "status": "active", "purpose": "validation",
                "patient": {"reference": "Patient/1"}, "created": "2026-11-22",
                "insurer": {"reference": "Organization/1"}}),
            "CoverageEligibilityRequest.purpose",
        ),
        (
            json!({"resourceType": "Appointment", "status": "arrived",
                "participant": [{"actor": {"reference": "Patient/1"}, "status": "accepted"}]}),
            "app-3",
        ),
    ]
}

#[test]
fn broken_resources_are_refused() {
    let Some(server) = server() else { return };
    for (resource, named) in broken() {
        let kind = resource["resourceType"].as_str().unwrap();
        let (status, said) = server.post(kind, &resource);
        assert!((400..500).contains(&status), "{status}: {resource}");
        assert_eq!(said["resourceType"], "OperationOutcome");
        assert!(said.to_string().contains(named), "{named} in {said}");
    }
    let (status, _) = server.post("Encounter", &json!({"resourceType": "Patient"}));
    assert_eq!(status, 400, "a resource of another type");
}

#[test]
fn a_refusal_is_told_in_its_own_words_and_ends_the_attempts() {
    let Some(server) = server() else { return };
    let number = number();
    let upstream = server.url.clone();
    let relay = Relay::start(&upstream, move |asked| {
        if asked.line == "POST /Encounter" {
            let said = json!({"resourceType": "OperationOutcome", "issue": [{
                "severity": "error", "code": "business-rule", "expression": ["Encounter.subject"],
                "details": {"text": "NGUYỄN VĂN AN (090001012345) có\nlượt khám khác\u{202e}"},
            }]});
            return answer(422, &said.to_string());
        }
        super::relay::Act::Pass
    });
    let fhir = fhir(&relay.url, |_| {});
    match tell(&fhir, &record(&number, &person(&number), SEEN)) {
        Err(Undelivered::Never(fault)) => {
            let words = "Encounter.subject: … (…) có lượt khám khác".to_owned();
            assert_eq!(fault.kind, FaultKind::Refused { status: 422, words });
            assert!(fault.place.ends_with("/Encounter"), "{fault}");
        }
        other => panic!("{other:?}"),
    }
}

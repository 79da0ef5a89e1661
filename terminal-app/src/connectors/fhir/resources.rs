//! Resources on the wire: what is sent, and what is found in what comes. Nothing is judged here.
//!
//! What is sent has a type of its own and holds nothing that was not meant. What comes is read as it is: an element of another
//! type counts as absent, and elements that nobody asked for are passed over.

use serde::Serialize;
use serde_json::Value;

use super::settings::is_id;
use crate::connectors::http;

/// A token search `system|value`, and the identifier that resources carry. Spec: FHIR R4, Search, "token".
#[derive(Clone, Debug, Serialize)]
pub(super) struct Identifier {
    pub system: String,
    pub value: String,
}

impl Identifier {
    /// A UUID as an identifier. Spec: FHIR R4, Data Types, "Identifier".
    pub fn uuid(uuid: impl std::fmt::Display) -> Self {
        Self { system: "urn:ietf:rfc:3986".into(), value: format!("urn:uuid:{uuid}") }
    }

    /// As a search says it.
    pub fn token(&self) -> String {
        format!("{}|{}", self.system, self.value)
    }

    /// Whether the resource carries it.
    pub fn stands_in(&self, resource: &Value) -> bool {
        elements(resource, "identifier").iter().any(|found| {
            text(found, "system").as_deref() == Some(self.system.as_str())
                && text(found, "value").as_deref() == Some(self.value.as_str())
        })
    }
}

/// A reference to another resource.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Reference {
    pub reference: String,
}

impl Reference {
    pub fn to(kind: &str, id: &str) -> Self {
        Self { reference: format!("{kind}/{id}") }
    }
}

/// Spec: FHIR R4, Patient.
#[derive(Serialize)]
#[serde(tag = "resourceType", rename = "Patient")]
pub(super) struct Patient {
    pub identifier: Vec<Identifier>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub name: Vec<HumanName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<&'static str>,
    #[serde(rename = "birthDate", skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub address: Vec<Address>,
}

/// Spec: FHIR R4, Data Types, "HumanName".
#[derive(Serialize)]
pub(super) struct HumanName {
    #[serde(rename = "use")]
    pub usage: &'static str,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<String>,
}

/// Spec: FHIR R4, Data Types, "Address".
#[derive(Serialize)]
pub(super) struct Address {
    #[serde(rename = "use")]
    pub usage: &'static str,
    pub text: String,
}

/// Spec: FHIR R4, CoverageEligibilityRequest.
#[derive(Serialize)]
#[serde(tag = "resourceType", rename = "CoverageEligibilityRequest")]
pub(super) struct EligibilityRequest {
    pub identifier: Vec<Identifier>,
    pub status: &'static str,
    pub purpose: Vec<&'static str>,
    pub patient: Reference,
    pub created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Reference>,
    pub insurer: Reference,
    pub insurance: Vec<Insurance>,
}

#[derive(Serialize)]
pub(super) struct Insurance {
    pub coverage: Reference,
}

/// Spec: FHIR R4, Encounter.
#[derive(Serialize)]
#[serde(tag = "resourceType", rename = "Encounter")]
pub(super) struct Encounter {
    pub identifier: Vec<Identifier>,
    pub status: &'static str,
    pub class: Coding,
    pub subject: Reference,
    pub period: Period,
    #[serde(rename = "serviceProvider", skip_serializing_if = "Option::is_none")]
    pub service_provider: Option<Reference>,
}

#[derive(Serialize)]
pub(super) struct Coding {
    pub system: &'static str,
    pub code: &'static str,
}

#[derive(Serialize)]
pub(super) struct Period {
    pub start: String,
}

/// Spec: FHIR R4, Appointment; its rule app-3 demands both ends.
#[derive(Serialize)]
#[serde(tag = "resourceType", rename = "Appointment")]
pub(super) struct Appointment {
    pub identifier: Vec<Identifier>,
    pub status: &'static str,
    pub start: String,
    pub end: String,
    pub participant: Vec<Participant>,
}

#[derive(Serialize)]
pub(super) struct Participant {
    pub actor: Reference,
    pub status: &'static str,
}

/// A member as text; what is none counts as absent.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    http::text(value.get(name)?)
}

/// A member that repeats; what is no list counts as empty.
pub(super) fn elements<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether it is a resource of this type.
pub(super) fn is(resource: &Value, kind: &str) -> bool {
    resource.get("resourceType").and_then(Value::as_str) == Some(kind)
}

/// The resource's id, where it can be one.
pub(super) fn id(resource: &Value) -> Option<String> {
    text(resource, "id").filter(|id| is_id(id))
}

/// What a search found.
pub(super) struct Found {
    pub resources: Vec<Value>,
    /// There are more than came.
    pub more: bool,
}

/// The resources of this type in a search's answer; what a server includes beside them is left out. `None`: no Bundle.
pub(super) fn found(mut bundle: Value, kind: &str) -> Option<Found> {
    if !is(&bundle, "Bundle") {
        return None;
    }
    let total = bundle.get("total").and_then(Value::as_u64);
    let next = elements(&bundle, "link").iter().any(|link| text(link, "relation").as_deref() == Some("next"));
    let entries = bundle.get_mut("entry").and_then(Value::as_array_mut).map(std::mem::take);
    let resources: Vec<Value> = entries
        .unwrap_or_default()
        .into_iter()
        .filter(|entry| {
            let mode = entry.get("search").and_then(|search| search.get("mode")).and_then(Value::as_str);
            matches!(mode, None | Some("match"))
        })
        .filter_map(|mut entry| entry.get_mut("resource").map(Value::take))
        .filter(|resource| is(resource, kind))
        .collect();
    let more = next || total.is_some_and(|total| total > resources.len() as u64);
    Some(Found { resources, more })
}

/// Whether the member refers to that resource, relatively or by an address, in whatever version.
pub(super) fn refers(resource: &Value, name: &str, kind: &str, id: &str) -> bool {
    let Some(reference) = resource.get(name).and_then(|found| text(found, "reference")) else { return false };
    let unversioned = reference.split("/_history/").next().unwrap_or_default();
    let mut parts = unversioned.rsplit('/');
    parts.next() == Some(id) && parts.next() == Some(kind)
}

/// The id in an address such as `https://host/r4/Patient/12/_history/1`. Spec: FHIR R4, RESTful API, "create".
pub(super) fn id_in(location: &str, kind: &str) -> Option<String> {
    let mut parts = location.split('/').skip_while(|part| *part != kind).skip(1);
    parts.next().filter(|id| is_id(id)).map(str::to_owned)
}

/// What a server says is wrong, its most telling words first. Spec: FHIR R4, OperationOutcome.
pub(super) fn issues(outcome: &Value) -> Option<String> {
    if !is(outcome, "OperationOutcome") {
        return None;
    }
    let told = |issue: &Value| {
        let details = issue.get("details").and_then(|details| text(details, "text"));
        let words = details.or_else(|| text(issue, "diagnostics")).or_else(|| text(issue, "code"))?;
        let at = elements(issue, "expression").first().and_then(http::text);
        Some(at.map_or_else(|| words.clone(), |at| format!("{at}: {words}")))
    };
    let all: Vec<String> = elements(outcome, "issue").iter().take(5).filter_map(told).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bundles() {
        let patient = json!({"resourceType": "Patient", "id": "1"});
        let bundle = json!({"resourceType": "Bundle", "total": 1, "entry": [
            {"resource": patient, "search": {"mode": "match"}},
            {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}},
            {"resource": {"resourceType": "Patient", "id": "2"}, "search": {"mode": "include"}},
            {"resource": {"resourceType": "Organization"}}, {}, 7]});
        let Some(Found { resources, more }) = found(bundle, "Patient") else { panic!() };
        assert_eq!((resources, more), (vec![patient], false));
        for (more, bundle) in [
            (true, json!({"resourceType": "Bundle", "total": 3})),
            (true, json!({"resourceType": "Bundle", "link": [{"relation": "next", "url": "x"}]})),
            (false, json!({"resourceType": "Bundle", "entry": {}, "total": "3", "link": 1})),
        ] {
            assert_eq!(found(bundle, "Patient").map(|found| found.more), Some(more));
        }
        assert!(found(json!({"resourceType": "Patient"}), "Patient").is_none());
        assert!(found(json!([]), "Patient").is_none());
    }

    #[test]
    fn references() {
        for (reference, same) in [
            ("Patient/1", true),
            ("https://a.example/r4/Patient/1", true),
            ("Patient/1/_history/3", true),
            ("Patient/11", false),
            ("OtherPatient/1", false),
            ("Group/1", false),
            ("1", false),
            ("", false),
        ] {
            let resource = json!({"patient": {"reference": reference}});
            assert_eq!(refers(&resource, "patient", "Patient", "1"), same, "{reference}");
        }
        assert!(!refers(&json!({"patient": "Patient/1"}), "patient", "Patient", "1"));
        assert_eq!(id_in("https://a.example/r4/Patient/12/_history/1", "Patient").as_deref(), Some("12"));
        assert_eq!(id_in("Patient/1%2F2", "Patient"), None);
        assert_eq!(id_in("/Encounter/12", "Patient"), None);
        assert_eq!(id(&json!({"id": "../x"})), None);
    }

    #[test]
    fn identifiers() {
        let one = Identifier { system: "s".into(), value: "1".into() };
        assert!(one.stands_in(&json!({"identifier": [{"value": "1"}, {"system": "s", "value": "1"}]})));
        for other in
            [json!({}), json!({"identifier": [{"system": "s"}]}), json!({"identifier": [{"value": "1"}]})]
        {
            assert!(!one.stands_in(&other), "{other}");
        }
    }

    #[test]
    fn what_a_server_says_is_wrong() {
        let outcome = json!({"resourceType": "OperationOutcome", "issue": [
            {"code": "invalid", "details": {"text": "Missing required property"}, "expression": ["Encounter.status"]},
            {"code": "structure", "diagnostics": "line 3"}, {"code": "exception"}, {}]});
        let told = "Encounter.status: Missing required property; line 3; exception";
        assert_eq!(issues(&outcome).as_deref(), Some(told));
        assert_eq!(issues(&json!({"resourceType": "OperationOutcome"})), None);
        assert_eq!(issues(&json!({"issue": [{"code": "x"}]})), None);
    }
}

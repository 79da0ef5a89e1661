//! Whether a person's cover is in force: Patient, Coverage, request, response, and what the response comes to.

use reader_core::evidence::{Outcome, Reason};
use serde_json::Value;

use super::exchange::Exchange;
use super::person;
use super::resources::{
    EligibilityRequest, Identifier, Insurance, Reference, elements, id, is, refers, text,
};
use super::settings::Submit;
use crate::connectors::fault::{Fault, FaultKind};
use crate::connectors::finding::{Details, clean};
use crate::connectors::{BirthDate, Field, Query};

/// First and longest pause between looks for a response.
const FIRST_LOOK_MS: u64 = 200;
const LONGEST_LOOK_MS: u64 = 2_000;
/// Most coverages of one person that are asked about.
const MOST_COVERAGES: u32 = 20;

/// The facts that an answer may hold.
pub(in crate::connectors) const FACTS: &[&str] = &[
    "patient_id",
    "coverage_id",
    "coverage_status",
    "subscriber_id",
    "payor",
    "period_start",
    "period_end",
    "benefit_start",
    "benefit_end",
    "disposition",
    "request_id",
    "response_id",
];

/// What asking about a person's cover came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eligibility {
    /// One coverage is in force.
    InForce,
    /// No coverage is in force.
    NotInForce,
    /// The server knows nobody under this number.
    NoPatient,
    /// The server knows several persons under this number.
    SeveralPatients,
    /// The server knows the person, but no active coverage.
    NoCoverage,
    /// Several coverages are in force, or there are too many.
    SeveralCoverages,
    /// The insurer does not say whether a coverage is in force.
    NotSaid,
    /// The insurer reports an error of its own.
    InsurerError,
    /// The insurer's outcome is one that nobody has described.
    Unknown,
}

impl Eligibility {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::InForce,
        Self::NotInForce,
        Self::NoPatient,
        Self::SeveralPatients,
        Self::NoCoverage,
        Self::SeveralCoverages,
        Self::NotSaid,
        Self::InsurerError,
        Self::Unknown,
    ];

    /// Its code in reports, such as `in-force`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InForce => "in-force",
            Self::NotInForce => "not-in-force",
            Self::NoPatient => "no-patient",
            Self::SeveralPatients => "several-patients",
            Self::NoCoverage => "no-coverage",
            Self::SeveralCoverages => "several-coverages",
            Self::NotSaid => "not-said",
            Self::InsurerError => "insurer-error",
            Self::Unknown => "unknown",
        }
    }

    /// Stem of the texts' keys in the language files.
    #[must_use]
    pub const fn text_stem(self) -> &'static str {
        match self {
            Self::InForce => "fhir-in-force",
            Self::NotInForce => "fhir-not-in-force",
            Self::NoPatient => "fhir-no-patient",
            Self::SeveralPatients => "fhir-several-patients",
            Self::NoCoverage => "fhir-no-coverage",
            Self::SeveralCoverages => "fhir-several-coverages",
            Self::NotSaid => "fhir-not-said",
            Self::InsurerError => "fhir-insurer-error",
            Self::Unknown => "fhir-unknown",
        }
    }

    /// In plain English, for logs and tools.
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::InForce => "the coverage is in force",
            Self::NotInForce => "no coverage is in force",
            Self::NoPatient => "no patient carries this number",
            Self::SeveralPatients => "several patients carry this number",
            Self::NoCoverage => "the patient has no active coverage",
            Self::SeveralCoverages => "several coverages are in force, or there are too many to ask about",
            Self::NotSaid => "the insurer does not say whether the coverage is in force",
            Self::InsurerError => "the insurer reports an error of its own",
            Self::Unknown => "the insurer's outcome is one that nobody has described",
        }
    }

    /// What it amounts to. Nothing but the insurer's own "no" refutes.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::InForce => Outcome::Confirmed,
            Self::NotInForce => Outcome::Refuted(Reason::ServiceSaysNo),
            Self::InsurerError => Outcome::Aborted(Reason::ServiceUnavailable),
            _ => Outcome::Undetermined(Reason::ServiceAnswerUnclear),
        }
    }
}

/// What was found out.
pub(super) struct Told {
    pub what: Eligibility,
    /// The insurer's own words.
    pub note: Option<String>,
    pub details: Details,
}

impl Told {
    fn plain(what: Eligibility, details: Details) -> Self {
        Self { what, note: None, details }
    }
}

/// Asks for one person.
pub(super) fn ask(exchange: &mut Exchange<'_>, query: &Query, created: String) -> Result<Told, Fault> {
    let mut details = Details::default();
    let Some(number) = query.fields.number() else {
        return Err(exchange.fault(FaultKind::MissingFields(vec![Field::Number]), ""));
    };
    let system = exchange.settings().config.identifier_system.clone();
    let mut patients = exchange.identified("Patient", &Identifier { system, value: number.to_owned() })?;
    let patient = match (patients.resources.pop(), patients.resources.is_empty(), patients.more) {
        (Some(patient), true, false) => patient,
        (None, _, false) => return Ok(Told::plain(Eligibility::NoPatient, details)),
        _ => return Ok(Told::plain(Eligibility::SeveralPatients, details)),
    };
    let patient_id = the_id(exchange, &patient, "Patient")?;
    agrees(exchange, &patient, query.fields.birth_date())?;
    note(&mut details, "patient_id", Some(patient_id.clone()));

    let reference = format!("Patient/{patient_id}");
    let found = exchange.search("Coverage", "beneficiary", &reference, MOST_COVERAGES)?;
    if !found.resources.iter().all(|coverage| refers(coverage, "beneficiary", "Patient", &patient_id)) {
        let what = FaultKind::Contradiction("the search found coverages of somebody else");
        return Err(exchange.fault(what, "/Coverage/_search"));
    }
    if found.more {
        return Ok(Told::plain(Eligibility::SeveralCoverages, details));
    }
    if let [only] = found.resources.as_slice() {
        describe(&mut details, only);
    }
    let active = |coverage: &Value| text(coverage, "status").as_deref() == Some("active");
    let active: Vec<Value> = found.resources.into_iter().filter(active).collect();
    if active.is_empty() {
        return Ok(Told::plain(Eligibility::NoCoverage, details));
    }
    let coverages: Vec<(String, Value)> = active
        .into_iter()
        .map(|coverage| Ok((the_id(exchange, &coverage, "Coverage")?, coverage)))
        .collect::<Result<_, Fault>>()?;
    let response = respond(exchange, query, created, &patient_id, &coverages, &mut details)?;
    Ok(judge(&response, &coverages, details))
}

/// Whether the record can be this person's.
pub(super) fn agrees(
    exchange: &Exchange<'_>,
    patient: &Value,
    birth: Option<BirthDate>,
) -> Result<(), Fault> {
    if person::contradicts(patient, birth) {
        let what = FaultKind::Contradiction("the patient under this number has another date of birth");
        return Err(exchange.fault(what, "/Patient"));
    }
    Ok(())
}

/// The id of a resource that has to be of this type.
pub(super) fn the_id(exchange: &Exchange<'_>, resource: &Value, kind: &str) -> Result<String, Fault> {
    let what = FaultKind::Malformed("what was found or made has no usable id, or is of another type");
    id(resource).filter(|_| is(resource, kind)).ok_or_else(|| exchange.fault(what, &format!("/{kind}")))
}

/// Sends the request and waits for the response to it.
fn respond(
    exchange: &mut Exchange<'_>,
    query: &Query,
    created: String,
    patient_id: &str,
    coverages: &[(String, Value)],
    details: &mut Details,
) -> Result<Value, Fault> {
    const KIND: &str = "CoverageEligibilityRequest";
    let config = &exchange.settings().config;
    let insurer = match config.insurer.clone().or_else(|| payor(coverages)) {
        Some(reference) => Reference { reference },
        None => {
            let what = "insurer: the coverage names no one organization as its payor; set whom to ask";
            return Err(exchange.fault(FaultKind::Settings(what.into()), &format!("/{KIND}")));
        }
    };
    let identifier = Identifier::uuid(query.transaction);
    let request = EligibilityRequest {
        identifier: vec![identifier.clone()],
        status: "active",
        purpose: vec!["validation"],
        patient: Reference::to("Patient", patient_id),
        created,
        provider: config.facility.clone().map(|reference| Reference { reference }),
        insurer,
        insurance: coverages
            .iter()
            .map(|(id, _)| Insurance { coverage: Reference::to("Coverage", id) })
            .collect(),
    };
    let made = match config.submit {
        Submit::Operation => exchange.operation("/CoverageEligibilityRequest/$submit", &request)?,
        Submit::Create => Some(exchange.create_once(KIND, &identifier, &request)?),
    };
    let response = match made {
        Some(made) if is(&made, RESPONSE) => made,
        Some(made) if is(&made, KIND) => {
            let request_id = the_id(exchange, &made, KIND)?;
            note(details, "request_id", Some(request_id.clone()));
            let response = wait_for(exchange, &request_id)?;
            if !refers(&response, "request", KIND, &request_id) {
                let what = FaultKind::Contradiction("the response answers another request");
                return Err(exchange.fault(what, "/CoverageEligibilityResponse"));
            }
            response
        }
        _ => {
            let what =
                FaultKind::Malformed("the answer to an eligibility request is neither request nor response");
            return Err(exchange.fault(what, &format!("/{KIND}")));
        }
    };
    if !refers(&response, "patient", "Patient", patient_id) {
        let what = FaultKind::Contradiction("the response is about somebody else");
        return Err(exchange.fault(what, "/CoverageEligibilityResponse"));
    }
    note(details, "response_id", id(&response));
    Ok(response)
}

const RESPONSE: &str = "CoverageEligibilityResponse";

/// Looks for the response until it is there and not merely queued, or the time is over.
fn wait_for(exchange: &mut Exchange<'_>, request_id: &str) -> Result<Value, Fault> {
    let request = format!("CoverageEligibilityRequest/{request_id}");
    let mut pause_ms = FIRST_LOOK_MS;
    loop {
        let found = exchange.search(RESPONSE, "request", &request, MOST_COVERAGES)?;
        let settled = |response: &Value| {
            text(response, "status").as_deref() == Some("active")
                && text(response, "outcome").as_deref() != Some("queued")
        };
        let mut settled: Vec<Value> = found.resources.into_iter().filter(settled).collect();
        if settled.len() > 1 || (found.more && !settled.is_empty()) {
            let what = FaultKind::Contradiction("several responses answer the one request");
            return Err(exchange.fault(what, &format!("/{RESPONSE}/_search")));
        }
        if let Some(response) = settled.pop() {
            return Ok(response);
        }
        exchange.budget().wait(pause_ms)?;
        exchange.budget().left_ms()?;
        pause_ms = (pause_ms * 2).min(LONGEST_LOOK_MS);
    }
}

/// What the response says of these coverages.
fn judge(response: &Value, coverages: &[(String, Value)], mut details: Details) -> Told {
    let disposition = text(response, "disposition").and_then(|words| clean(&words));
    let errors = elements(response, "error").iter().filter_map(|error| {
        let code = error.get("code")?;
        let coded = elements(code, "coding").first().and_then(|coding| text(coding, "display"));
        text(code, "text").or(coded).and_then(|words| clean(&words))
    });
    let words: Vec<String> = disposition.clone().into_iter().chain(errors.take(3)).collect();
    let words = clean(&words.join("; "));
    note(&mut details, "disposition", disposition);
    let what = match text(response, "outcome").as_deref() {
        Some("error") => Eligibility::InsurerError,
        Some("complete" | "partial") => in_force(response, coverages, &mut details),
        Some(other) => {
            let words = words.or_else(|| clean(other));
            return Told { what: Eligibility::Unknown, note: words, details };
        }
        None => Eligibility::Unknown,
    };
    Told { what, note: words, details }
}

/// One coverage that is in force while the others are not settles it; so does that none is. Anything else does not.
fn in_force(response: &Value, coverages: &[(String, Value)], details: &mut Details) -> Eligibility {
    let insurance = elements(response, "insurance");
    let mut yes = Vec::new();
    for (id, coverage) in coverages {
        let about: Vec<&Value> =
            insurance.iter().filter(|found| refers(found, "coverage", "Coverage", id)).collect();
        let [about] = about.as_slice() else { return Eligibility::NotSaid };
        match about.get("inforce").and_then(Value::as_bool) {
            Some(true) => yes.push((coverage, *about)),
            Some(false) => {}
            None => return Eligibility::NotSaid,
        }
        if coverages.len() == 1 {
            benefit(details, about);
        }
    }
    match yes.as_slice() {
        [] => Eligibility::NotInForce,
        [(coverage, about)] => {
            describe(details, coverage);
            benefit(details, about);
            Eligibility::InForce
        }
        _ => Eligibility::SeveralCoverages,
    }
}

fn describe(details: &mut Details, coverage: &Value) {
    note(details, "coverage_id", id(coverage));
    note(details, "coverage_status", text(coverage, "status"));
    note(details, "subscriber_id", text(coverage, "subscriberId"));
    let payor = elements(coverage, "payor").first();
    note(
        details,
        "payor",
        payor.and_then(|payor| text(payor, "display").or_else(|| text(payor, "reference"))),
    );
    let period = coverage.get("period");
    note(details, "period_start", period.and_then(|period| text(period, "start")));
    note(details, "period_end", period.and_then(|period| text(period, "end")));
}

fn benefit(details: &mut Details, about: &Value) {
    let period = about.get("benefitPeriod");
    note(details, "benefit_start", period.and_then(|period| text(period, "start")));
    note(details, "benefit_end", period.and_then(|period| text(period, "end")));
}

fn note(details: &mut Details, name: &'static str, value: Option<String>) {
    if let Some(value) = value.and_then(|value| clean(&value)) {
        details.insert(name, value);
    }
}

/// The organization that pays for all of them, where it is one.
fn payor(coverages: &[(String, Value)]) -> Option<String> {
    let mut all = coverages.iter().flat_map(|(_, coverage)| elements(coverage, "payor"));
    let first = text(all.next()?, "reference")?;
    let same = all.all(|other| text(other, "reference").as_deref() == Some(first.as_str()));
    let organization = first.split('/').rev().nth(1) == Some("Organization");
    (same && organization).then_some(first)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn coverages(count: usize) -> Vec<(String, Value)> {
        let coverage = |n: usize| (n.to_string(), json!({"id": n.to_string(), "status": "active"}));
        (1..=count).map(coverage).collect()
    }

    fn judged(count: usize, inforce: &[(&str, Option<bool>)]) -> Eligibility {
        let insurance: Vec<Value> = inforce
            .iter()
            .map(|(id, yes)| json!({"coverage": {"reference": format!("Coverage/{id}")}, "inforce": yes}))
            .collect();
        let response = json!({"outcome": "complete", "insurance": insurance});
        judge(&response, &coverages(count), Details::default()).what
    }

    #[test]
    fn only_a_whole_answer_settles_it() {
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(judged(1, &[("1", yes)]), Eligibility::InForce);
        assert_eq!(judged(1, &[("1", no)]), Eligibility::NotInForce);
        assert_eq!(judged(2, &[("1", no), ("2", yes)]), Eligibility::InForce);
        assert_eq!(judged(2, &[("1", no), ("2", no)]), Eligibility::NotInForce);
        assert_eq!(judged(2, &[("1", yes), ("2", yes)]), Eligibility::SeveralCoverages);
        for unclear in [
            judged(1, &[]),
            judged(1, &[("1", None)]),
            judged(1, &[("2", yes)]),
            judged(1, &[("1", yes), ("1", no)]),
            judged(2, &[("1", yes)]),
            judged(2, &[("1", no), ("2", None)]),
        ] {
            assert_eq!(unclear, Eligibility::NotSaid);
        }
    }

    #[test]
    fn outcomes_of_the_insurer() {
        for (response, what, told) in [
            (
                json!({"outcome": "error", "disposition": "Bảo trì"}),
                Eligibility::InsurerError,
                Some("Bảo trì"),
            ),
            (
                json!({"outcome": "error", "error": [{"code": {"coding": [{"display": "down"}]}}]}),
                Eligibility::InsurerError,
                Some("down"),
            ),
            (json!({"outcome": "perhaps"}), Eligibility::Unknown, Some("perhaps")),
            (json!({}), Eligibility::Unknown, None),
            (json!({"outcome": 1, "insurance": 2}), Eligibility::Unknown, Some("1")),
        ] {
            let judged = judge(&response, &coverages(1), Details::default());
            assert_eq!((judged.what, judged.note.as_deref()), (what, told), "{response}");
        }
    }

    #[test]
    fn whom_to_ask() {
        let of = |references: &[&str]| {
            let all = references
                .iter()
                .map(|reference| ("1".to_owned(), json!({"payor": [{"reference": reference}]})));
            payor(&all.collect::<Vec<_>>())
        };
        assert_eq!(of(&["Organization/1", "Organization/1"]).as_deref(), Some("Organization/1"));
        assert_eq!(
            of(&["https://a.example/r4/Organization/1"]).as_deref(),
            Some("https://a.example/r4/Organization/1")
        );
        assert_eq!(
            (of(&["Organization/1", "Organization/2"]), of(&["Patient/1"]), of(&[])),
            (None, None, None)
        );
    }

    #[test]
    fn codes_are_unique() {
        for what in Eligibility::ALL {
            assert_eq!(what.text_stem(), format!("fhir-{}", what.code()));
        }
    }
}

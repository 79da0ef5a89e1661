//! A check-in: the Patient brought up to date, then an Encounter or Appointment that is made once.

use serde_json::{Value, json};

use super::eligibility::{agrees, the_id};
use super::exchange::Exchange;
use super::person;
use super::resources::{
    Appointment, Coding, Encounter, Identifier, Participant, Patient, Period, Reference, refers, text,
};
use super::settings::{CheckIn, Patients};
use crate::connectors::fault::{Fault, FaultKind};
use crate::connectors::{Field, Record};
use crate::transaction::IdempotencyKey;

/// How often a Patient that others change meanwhile is read and written again.
const MOST_ROUNDS: u32 = 3;

/// Delivers it; what was made, such as `Encounter/12`.
pub(super) fn deliver(
    exchange: &mut Exchange<'_>,
    record: &Record,
    key: &IdempotencyKey,
) -> Result<String, Fault> {
    let patient_id = bring_up_to_date(exchange, record)?;
    let config = &exchange.settings().config;
    let identifier = Identifier::uuid(key);
    let subject = Reference::to("Patient", &patient_id);
    let (kind, made) = match config.check_in {
        CheckIn::Encounter => {
            let encounter = Encounter {
                identifier: vec![identifier.clone()],
                status: "arrived",
                class: Coding { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB" },
                subject,
                period: Period { start: record.decided_at.clone() },
                service_provider: config.facility.clone().map(|reference| Reference { reference }),
            };
            ("Encounter", exchange.create_once("Encounter", &identifier, &encounter)?)
        }
        CheckIn::Appointment => {
            let appointment = Appointment {
                identifier: vec![identifier.clone()],
                status: "arrived",
                start: record.decided_at.clone(),
                end: after(exchange, &record.decided_at, config.appointment_minutes)?,
                participant: vec![Participant { actor: subject, status: "accepted" }],
            };
            ("Appointment", exchange.create_once("Appointment", &identifier, &appointment)?)
        }
    };
    // A server that answers without the resource has nothing to be checked.
    let other = made.get("subject").is_some() && !refers(&made, "subject", "Patient", &patient_id);
    if other {
        let what = FaultKind::Contradiction("the check-in under this key is of another patient");
        return Err(exchange.fault(what, &format!("/{kind}")));
    }
    Ok(format!("{kind}/{}", the_id(exchange, &made, kind)?))
}

/// So many minutes later. Spec: RFC 3339.
fn after(exchange: &Exchange<'_>, start: &str, minutes: u16) -> Result<String, Fault> {
    let start: Option<jiff::Timestamp> = start.parse().ok();
    let end = start.and_then(|start| start.checked_add(jiff::SignedDuration::from_mins(minutes.into())).ok());
    let fault = || exchange.fault(FaultKind::Malformed("the record's time is none"), "/Appointment");
    Ok(end.ok_or_else(fault)?.to_string())
}

/// The Patient with what is proved in it; its id.
fn bring_up_to_date(exchange: &mut Exchange<'_>, record: &Record) -> Result<String, Fault> {
    let Some(number) = record.person.number() else {
        return Err(exchange.fault(FaultKind::MissingFields(vec![Field::Number]), ""));
    };
    let config = &exchange.settings().config;
    let identifier = Identifier { system: config.identifier_system.clone(), value: number.to_owned() };
    let patient = person::patient(&record.person, identifier.clone());
    if config.patients == Patients::Replace
        && let Some(id) = replace(exchange, record, &identifier, &patient)?
    {
        return Ok(id);
    }
    for _ in 0..MOST_ROUNDS {
        let Some(mut known) = the_one(exchange, &identifier)? else {
            let made = exchange.create_once("Patient", &identifier, &patient)?;
            return the_id(exchange, &made, "Patient");
        };
        let id = the_id(exchange, &known, "Patient")?;
        agrees(exchange, &known, record.person.birth_date())?;
        let version = known.get("meta").and_then(|meta| text(meta, "versionId"));
        if !person::merge(&mut known, &patient) {
            return Ok(id);
        }
        match exchange.update(("Patient", Some(&id)), &[], &known, version.as_deref(), &[409, 412])? {
            Ok(_) => return Ok(id),
            Err(status) => tracing::info!(status, "the patient was changed meanwhile: reading it again"),
        }
    }
    let what = FaultKind::Contradiction("the patient is changed by others again and again");
    Err(exchange.fault(what, "/Patient"))
}

/// The one Patient with this number; several are a fault, and none of them is picked.
fn the_one(exchange: &mut Exchange<'_>, identifier: &Identifier) -> Result<Option<Value>, Fault> {
    let mut found = exchange.identified("Patient", identifier)?;
    let one = found.resources.pop();
    if found.more || !found.resources.is_empty() {
        let what = FaultKind::Contradiction("several patients carry this number");
        return Err(exchange.fault(what, "/Patient/_search"));
    }
    Ok(one)
}

/// A conditional update; `None`: the server knows none. Spec: FHIR R4, RESTful API, "conditional update".
fn replace(
    exchange: &mut Exchange<'_>,
    record: &Record,
    identifier: &Identifier,
    patient: &Patient,
) -> Result<Option<String>, Fault> {
    if let Some(known) = the_one(exchange, identifier)? {
        agrees(exchange, &known, record.person.birth_date())?;
    }
    let token = identifier.token();
    let takes = [404, 405, 412, 501];
    match exchange.update(("Patient", None), &[("identifier", &token)], &json!(patient), None, &takes)? {
        Ok(made) => Ok(Some(the_id(exchange, &made, "Patient")?)),
        Err(412) => {
            let what = FaultKind::Contradiction("several patients carry this number");
            Err(exchange.fault(what, "/Patient"))
        }
        Err(_) => Ok(None),
    }
}

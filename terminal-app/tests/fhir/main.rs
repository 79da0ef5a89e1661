//! A FHIR server is asked and told, over real HTTP: an independent one that holds every resource to R4, and one that misbehaves.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says so when it is skipped"
)]

mod check_in;
mod eligibility;
mod faults;
mod judge;
#[path = "../common/log.rs"]
mod log;
mod relay;
mod secrets;
mod server;
mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use terminal_app::connectors::{
    Answer, Cancel, Connector, Delivered, Fhir, FhirConfig, Field, PermittedFields, PersonFields, Query,
    Question, Recipient, Record, Surroundings, SystemClock, Undelivered,
};
use terminal_app::transaction::Transaction;

use server::Server;

const SYSTEM: &str = "http://fhir.vn/sid/cccd";
const NAME: &str = "NGUYỄN VĂN AN";
const BORN: &str = "05/06/1990";

/// Another number for each person of each test, for they share one server.
fn number() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("0900010{:05}", NEXT.fetch_add(1, Ordering::SeqCst))
}

fn transaction(number: &str) -> Transaction {
    // Another one for each person, that says nothing of the number as it is.
    let backwards: String = number.chars().rev().collect();
    format!("10203040-5060-4070-8090-{backwards}").parse().unwrap()
}

fn fhir(url: &str, change: impl FnOnce(&mut FhirConfig)) -> Fhir {
    let mut config = FhirConfig::new(url);
    change(&mut config);
    let surroundings = Surroundings { clock: Arc::new(SystemClock::new()), random: Arc::new(|| 0) };
    Fhir::new("records", config, surroundings).unwrap_or_else(|error| panic!("{error}"))
}

fn person(number: &str) -> PersonFields {
    PersonFields::default()
        .with(Field::Number, number)
        .with(Field::Name, NAME)
        .with(Field::BirthDate, BORN)
        .with(Field::Sex, "M")
        .with(Field::Residence, "Số 7, phố Mới")
}

fn ask(fhir: &Fhir, number: &str) -> Answer {
    let fields = PermittedFields::cut(&person(number), &[Field::Number, Field::BirthDate]);
    let query = Query { question: Question::Eligibility, fields, transaction: transaction(number) };
    fhir.query(&query, &Cancel::new())
}

const SEEN: &[Field] = &[Field::Number, Field::Name, Field::BirthDate, Field::Sex];

fn record(number: &str, person: &PersonFields, seen: &[Field]) -> Record {
    let text = json!({
        "transaction": transaction(number).to_string(),
        "decided_at": "2026-11-22T01:02:03Z",
        "site": "test",
        "verdict": "accept",
        "reasons": [],
        "simulated": [],
        "person": PermittedFields::cut(person, seen),
        "facts": {},
    });
    serde_json::from_value(text).unwrap()
}

fn tell(fhir: &Fhir, record: &Record) -> Result<Delivered, Undelivered> {
    fhir.deliver(record, &record.transaction.key_for("records"), &Cancel::new())
}

/// A person whom the server knows, under this number.
fn known(server: &Server, number: &str) -> String {
    server.make(&json!({
        "resourceType": "Patient",
        "identifier": [{"system": SYSTEM, "value": number}],
        "birthDate": "1990-06-05",
        "telecom": [{"system": "phone", "value": "+84 90 000 00 00"}],
    }))
}

/// Cover until `end`; `steer` tells the server's insurer how to answer.
fn covered(server: &Server, patient: &str, status: &str, end: &str, steer: &str) -> String {
    let insurer = server.make(&json!({"resourceType": "Organization", "name": "BHXH"}));
    server.make(&coverage(patient, status, end, steer, &format!("Organization/{insurer}")))
}

fn coverage(patient: &str, status: &str, end: &str, steer: &str, payor: &str) -> Value {
    json!({
        "resourceType": "Coverage",
        "status": status,
        "subscriberId": steer,
        "beneficiary": {"reference": format!("Patient/{patient}")},
        "period": {"start": "2020-01-01", "end": end},
        "payor": [{"reference": payor, "display": "Bảo hiểm xã hội"}],
    })
}

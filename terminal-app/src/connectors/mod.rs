//! Services that the terminal asks, and recipients that it tells: kinds looked up by name.
//!
//! A [`Connector`] answers a [`Query`]: read-only, consented, cut to the fields that the site lets this service see. It
//! never decides; its [`Answer`] becomes a finding of the evidence. A fault of the service is a finding too (`aborted`), so a
//! gateway that is down can neither stop a verification nor pass for an answer. A [`Recipient`] takes a [`Record`] of what
//! happened once it is decided. A kind may do one or both, and a site file that asks one for what it does not do is faulty.
//!
//! Clock and randomness come from [`Surroundings`]; every query has a deadline and can be cancelled while it waits.

pub mod card_authenticity;
mod connection;
mod delivery;
mod fault;
mod fhir;
mod fields;
mod file_drop;
mod finding;
pub mod http;
mod insurance;
mod retry;
mod secret;
mod surroundings;
mod webhook;

pub use connection::{
    Address, Connection, ConnectionConfig, DatedCertificate, Knocked, TlsFiles, dated_certificates,
};
pub use delivery::{Delivered, Known, Recipient, Record, Seen, Undelivered};
pub use fault::{Fault, FaultKind};
pub use fhir::{CheckIn, Eligibility, Fhir, FhirConfig, OAuth2Config, Patients, Submit};
pub use fields::{BirthDate, Field, PermittedFields, PersonFields};
pub use finding::{Answer, Audience, Details};
pub(crate) use http::{before_answer, within_answer};
pub use insurance::{
    CODES, CodeMeaning, Encoding, Insurance, InsuranceConfig, Severity, StaffConfig, meaning,
};
pub use secret::{PasswordSource, ScrubbedUrl, Secret, SecretUrl};
pub use surroundings::{Cancel, Clock, Surroundings, SystemClock};

use crate::transaction::Transaction;

/// What is asked of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Question {
    /// Is this person entitled, today?
    Eligibility,
}

/// One read-only question about one person.
///
/// It carries only [`PermittedFields`], so a field that the site does not let a service see cannot be sent to it.
#[derive(Clone, Debug)]
pub struct Query {
    /// What is asked.
    pub question: Question,
    /// The person, cut to the purpose.
    pub fields: PermittedFields,
    /// The verification in which it is asked.
    pub transaction: Transaction,
}

/// What a site names and how it is reached, whether it is asked, told or both.
pub trait Service: Send + Sync {
    /// Its name in the site's file and in the report, such as `insurance`.
    fn id(&self) -> &str;

    /// The service is a simulated one by its settings; an answer may still say so of itself.
    fn is_simulated(&self) -> bool {
        false
    }

    /// How it is reached; `None` of one that needs no connection.
    fn connection(&self) -> Option<&Connection> {
        None
    }

    /// The secrets that it needs beside those of its connection, each by the setting that names it.
    fn secrets(&self) -> Vec<(&str, &PasswordSource)> {
        Vec::new()
    }
}

/// A service that can be asked.
pub trait Connector: Service {
    /// The fields it needs for its questions; more are never sent.
    fn needs(&self) -> &[Field];

    /// Asks, within the connector's deadline. Blocks; returns soon after `cancel` is set.
    fn query(&self, query: &Query, cancel: &Cancel) -> Answer;
}

/// A connector could not be built from the site's file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("connector \"{id}\": {}", faults.join("; "))]
pub struct ConfigError {
    /// The connector's name.
    pub id: String,
    /// Everything that is wrong, each with its remedy.
    pub faults: Vec<String>,
}

type BuildConnector = fn(&str, toml::Table, Surroundings) -> Result<Box<dyn Connector>, ConfigError>;
type BuildRecipient = fn(&str, toml::Table, Surroundings) -> Result<Box<dyn Recipient>, ConfigError>;

/// A kind of service: what it is called in site files, and what it can do.
struct Kind {
    name: &'static str,
    /// It can be asked: how, and which facts its answers may hold.
    asked: Option<(BuildConnector, &'static [&'static str])>,
    /// It takes deliveries.
    told: Option<BuildRecipient>,
}

/// Every kind.
const KINDS: &[Kind] = &[
    Kind { name: "bhyt", asked: Some((insurance::build, insurance::FACTS)), told: None },
    Kind { name: "fhir", asked: Some((fhir::build, fhir::FACTS)), told: Some(fhir::build_recipient) },
    Kind { name: "file_drop", asked: None, told: Some(file_drop::build) },
    Kind { name: "webhook", asked: None, told: Some(webhook::build) },
];

/// The names of the kinds that can be asked.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().filter(|kind| kind.asked.is_some()).map(|kind| kind.name)
}

/// The names of the kinds that take deliveries.
pub fn recipient_kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().filter(|kind| kind.told.is_some()).map(|kind| kind.name)
}

/// The facts that answers of this kind may hold, by their names; none of a kind that cannot be asked.
#[must_use]
pub fn facts_of(kind: &str) -> &'static [&'static str] {
    KINDS.iter().find(|known| known.name == kind).and_then(|kind| kind.asked).map_or(&[], |(_, facts)| facts)
}

/// Builds a connector from its settings in the site's file.
///
/// # Errors
/// The kind is unknown or its settings are faulty; all faults are listed.
pub fn build(
    id: &str,
    kind: &str,
    settings: toml::Table,
    surroundings: Surroundings,
) -> Result<Box<dyn Connector>, ConfigError> {
    match KINDS.iter().find(|known| known.name == kind).and_then(|kind| kind.asked) {
        Some((build, _)) => build(id, settings, surroundings),
        None => Err(unknown_kind(id, kind, kinds())),
    }
}

/// Builds a recipient from its settings in the site's file.
///
/// # Errors
/// As [`build`].
pub fn build_recipient(
    id: &str,
    kind: &str,
    settings: toml::Table,
    surroundings: Surroundings,
) -> Result<Box<dyn Recipient>, ConfigError> {
    match KINDS.iter().find(|known| known.name == kind).and_then(|kind| kind.told) {
        Some(build) => build(id, settings, surroundings),
        None => Err(unknown_kind(id, kind, recipient_kinds())),
    }
}

fn unknown_kind(id: &str, kind: &str, known: impl Iterator<Item = &'static str>) -> ConfigError {
    let known: Vec<_> = known.collect();
    let fault = format!("unknown kind \"{kind}\"; known kinds: {}", known.join(", "));
    ConfigError { id: id.to_owned(), faults: vec![fault] }
}

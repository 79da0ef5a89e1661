//! A server of HL7 FHIR R4: asked whether a person's cover is in force, and told that a person has checked in.
//!
//! Nothing is picked where several fit, nothing is believed that is about somebody else, and nothing is made twice: what is made
//! carries an identifier that is searched for before. What a server refuses is told in its own words, without the person's.

mod check_in;
mod eligibility;
mod exchange;
mod person;
mod resources;
mod settings;

use reader_core::evidence::Outcome;

pub use eligibility::Eligibility;
pub(super) use eligibility::FACTS;
pub use settings::{CheckIn, FhirConfig, OAuth2Config, Patients, Submit};

use super::fault::{Fault, FaultKind};
use super::finding::{Answer, Details};
use super::{
    Cancel, ConfigError, Connection, Connector, Delivered, Field, PasswordSource, Query, Question, Recipient,
    Record, Service, Surroundings, Undelivered,
};
use crate::transaction::IdempotencyKey;
use eligibility::Told;
use exchange::{Exchange, Tokens};
use settings::Settings;

/// More makes an answer surer: a record with another date of birth is somebody else's.
const NEEDS: &[Field] = &[Field::Number];

/// A FHIR server.
pub struct Fhir {
    id: String,
    settings: Settings,
    surroundings: Surroundings,
    tokens: Tokens,
}

pub(super) fn build(
    id: &str,
    table: toml::Table,
    surroundings: Surroundings,
) -> Result<Box<dyn Connector>, ConfigError> {
    Ok(Box::new(from_table(id, table, surroundings)?))
}

pub(super) fn build_recipient(
    id: &str,
    table: toml::Table,
    surroundings: Surroundings,
) -> Result<Box<dyn Recipient>, ConfigError> {
    Ok(Box::new(from_table(id, table, surroundings)?))
}

fn from_table(id: &str, table: toml::Table, surroundings: Surroundings) -> Result<Fhir, ConfigError> {
    let config = FhirConfig::from_table(table).map_err(|faults| ConfigError { id: id.to_owned(), faults })?;
    Fhir::new(id, config, surroundings)
}

impl Fhir {
    /// A server of this name.
    ///
    /// # Errors
    /// The settings are faulty; all faults are listed.
    pub fn new(id: &str, config: FhirConfig, surroundings: Surroundings) -> Result<Self, ConfigError> {
        let settings = Settings::check(id, config)?;
        Ok(Self { id: id.to_owned(), settings, surroundings, tokens: Tokens::default() })
    }

    /// The time as a document says it. Spec: FHIR R4, Data Types, "dateTime".
    fn now(&self) -> String {
        let now = jiff::Timestamp::from_millisecond(self.surroundings.clock.unix_ms()).unwrap_or_default();
        now.to_string()
    }
}

/// What came of a question.
struct Judged {
    outcome: Outcome,
    code: Option<String>,
    note: Option<String>,
    fault: Option<Fault>,
    details: Details,
    summary: String,
    text_stem: &'static str,
}

impl From<Result<Told, Fault>> for Judged {
    fn from(result: Result<Told, Fault>) -> Self {
        match result {
            Ok(Told { what, note, details }) => Self {
                outcome: what.outcome(),
                code: Some(what.code().to_owned()),
                // Texts that show the insurer's words have something to show.
                note: note.or_else(|| Some("–".to_owned())),
                fault: None,
                details,
                summary: format!("{}: {}", what.code(), what.english()),
                text_stem: what.text_stem(),
            },
            Err(fault) => Self {
                outcome: match fault.kind {
                    FaultKind::Contradiction(_) => Eligibility::Unknown.outcome(),
                    _ => fault.outcome(),
                },
                code: None,
                note: None,
                details: Details::default(),
                summary: fault.to_string(),
                text_stem: fault.text_stem(),
                fault: Some(fault),
            },
        }
    }
}

impl Service for Fhir {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_simulated(&self) -> bool {
        self.settings.connection.is_simulated()
    }

    fn connection(&self) -> Option<&Connection> {
        Some(&self.settings.connection)
    }

    fn secrets(&self) -> Vec<(&str, &PasswordSource)> {
        self.settings.secrets()
    }
}

impl Connector for Fhir {
    fn needs(&self) -> &[Field] {
        NEEDS
    }

    fn query(&self, query: &Query, cancel: &Cancel) -> Answer {
        let Question::Eligibility = query.question;
        let budget = self.settings.connection.budget(&self.surroundings, cancel);
        let started_ms = self.surroundings.clock.now_ms();
        let opened = Exchange::open(&self.settings, &self.tokens, &self.surroundings, budget, &query.fields);
        let (result, attempts, simulated) = match opened {
            Ok(mut exchange) => {
                let result = eligibility::ask(&mut exchange, query, self.now());
                (result, exchange.attempts, exchange.simulated)
            }
            Err(fault) => (Err(fault), 0, false),
        };
        let judged = Judged::from(result);
        let elapsed_ms = self.surroundings.clock.now_ms().saturating_sub(started_ms);
        let simulated = simulated || self.is_simulated();
        let code = judged.code.as_deref().unwrap_or_default();
        tracing::info!(
            connector = %self.id, transaction = %query.transaction, outcome = judged.outcome.as_str(), code,
            attempts, elapsed_ms, simulated, "FHIR server asked"
        );
        Answer {
            service: self.id.clone(),
            outcome: judged.outcome,
            code: judged.code,
            note: judged.note,
            fault: judged.fault,
            details: judged.details,
            age_s: 0,
            attempts,
            elapsed_ms,
            simulated,
            summary: judged.summary,
            text_stem: judged.text_stem.to_owned(),
        }
    }
}

impl Recipient for Fhir {
    fn deliver(
        &self,
        record: &Record,
        key: &IdempotencyKey,
        cancel: &Cancel,
    ) -> Result<Delivered, Undelivered> {
        let budget = self.settings.connection.budget(&self.surroundings, cancel);
        let mut exchange =
            Exchange::open(&self.settings, &self.tokens, &self.surroundings, budget, &record.person)?;
        let reference = check_in::deliver(&mut exchange, record, key)?;
        tracing::info!(
            connector = %self.id, transaction = %record.transaction, reference, attempts = exchange.attempts,
            "checked in at the FHIR server"
        );
        Ok(Delivered { reference: Some(reference) })
    }
}

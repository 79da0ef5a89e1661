//! Services that the terminal asks: one trait, kinds looked up by name.
//!
//! A connector answers a [`Query`]: read-only, consented, cut to the fields that the site lets this service see. It
//! never decides; its [`Answer`] becomes a finding of the evidence. A fault of the service is a finding too (`aborted`), so a
//! gateway that is down can neither stop a verification nor pass for an answer.
//!
//! Clock and randomness come from [`Surroundings`]; every query has a deadline and can be cancelled while it waits.

pub mod card_authenticity;
mod fault;
mod fields;
mod finding;
mod http_json;
mod insurance;
mod retry;
mod secret;
mod surroundings;

pub use fault::{Fault, FaultKind};
pub use fields::{BirthDate, Field, PermittedFields, PersonFields};
pub use finding::{Answer, Audience, Details};
pub(crate) use http_json::{before_answer, within_answer};
pub use insurance::{
    CODES, CodeMeaning, Encoding, Insurance, InsuranceConfig, Severity, StaffConfig, meaning,
};
pub use secret::{PasswordSource, ScrubbedUrl, Secret};
pub use surroundings::{Cancel, Clock, Surroundings, SystemClock};

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
    /// Identifier of the verification, for the log; holds no personal data.
    pub transaction: String,
}

/// A service that can be asked.
pub trait Connector: Send + Sync {
    /// Name of this connector in the site's file and in the report, such as `insurance`.
    fn id(&self) -> &str;

    /// The fields it needs for its questions; more are never sent.
    fn needs(&self) -> &[Field];

    /// The service is a simulated one by its settings; an answer may still say so of itself.
    fn is_simulated(&self) -> bool {
        false
    }

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

type Build = fn(&str, toml::Table, Surroundings) -> Result<Box<dyn Connector>, ConfigError>;

/// Every kind of connector by the name that a site's file gives as `kind`.
const KINDS: &[(&str, Build)] = &[("bhyt", insurance::build)];

/// The names of the kinds of connector.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(name, _)| *name)
}

/// Builds a connector from its table in the site's file (without the key `kind`).
///
/// # Errors
/// The kind is unknown or its settings are faulty; all faults are listed.
pub fn build(
    id: &str,
    kind: &str,
    table: toml::Table,
    surroundings: Surroundings,
) -> Result<Box<dyn Connector>, ConfigError> {
    match KINDS.iter().find(|(name, _)| *name == kind) {
        Some((_, build)) => build(id, table, surroundings),
        None => {
            let known: Vec<_> = kinds().collect();
            let fault = format!("unknown kind \"{kind}\"; known kinds: {}", known.join(", "));
            Err(ConfigError { id: id.to_owned(), faults: vec![fault] })
        }
    }
}

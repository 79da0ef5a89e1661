//! The settings of a FHIR server, and their checked form.

use serde::Deserialize;

use crate::connectors::ConfigError;
use crate::connectors::connection::{self, AddressForm, Connection, ConnectionConfig, Usual};
use crate::connectors::secret::PasswordSource;

const USUAL: Usual = Usual {
    connect_ms: 3_000,
    total_ms: 15_000,
    most_total_ms: 300_000,
    retries: 2,
    answer_bytes: 4 << 20,
    most_answer_bytes: 64 << 20,
};

/// What Vietnamese implementations name the 12-digit number. A registered name was not found, so a site can set another.
const IDENTIFIER_SYSTEM: &str = "http://fhir.vn/sid/cccd";

/// How the insurer is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Submit {
    /// A CoverageEligibilityRequest is created, and its response comes with it or is searched for.
    #[default]
    Create,
    /// The operation `CoverageEligibilityRequest/$submit` answers with the response.
    Operation,
}

/// What a check-in becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckIn {
    /// An ambulatory Encounter whose patient has arrived.
    #[default]
    Encounter,
    /// An Appointment, made now, whose patient has arrived.
    Appointment,
}

/// What becomes of a Patient that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Patients {
    /// What the card proves is written into it; everything else in it stays.
    #[default]
    Merge,
    /// It is replaced by what the card proves (conditional update).
    Replace,
}

/// An account of OAuth 2.0 with client credentials. Spec: RFC 6749 §4.4, §2.3.1.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth2Config {
    /// Where tokens are taken.
    pub token_url: String,
    /// The terminal's name there.
    pub client_id: String,
    /// Its secret.
    pub client_secret: PasswordSource,
    /// What it wants to do, such as `system/Patient.rs`.
    #[serde(default)]
    pub scope: Option<String>,
}

/// Settings of a FHIR server as a site's file gives them.
///
/// ```toml
/// [services.records]
/// kind = "fhir"
/// sees = ["number", "birth_date"]
///
/// [services.records.settings]
/// base_url = "https://fhir.example/r4"
/// oauth2 = { token_url = "https://login.example/token", client_id = "kiosk-1", client_secret = { env = "IDTERM_FHIR_SECRET" } }
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FhirConfig {
    /// The server's base. Plain `http` is accepted for this machine only.
    pub base_url: String,
    /// The `Identifier.system` under which Patients carry the personal number.
    #[serde(default = "identifier_system")]
    pub identifier_system: String,
    /// A token that does not change.
    #[serde(default)]
    pub bearer: Option<PasswordSource>,
    /// Or an account to take tokens with.
    #[serde(default)]
    pub oauth2: Option<OAuth2Config>,
    /// Who is asked about eligibility, as `Organization/ID`; without it, the payor of the coverage.
    #[serde(default)]
    pub insurer: Option<String>,
    /// This facility, as `Organization/ID`: it stands in requests and check-ins.
    #[serde(default)]
    pub facility: Option<String>,
    /// How the insurer is asked.
    #[serde(default)]
    pub submit: Submit,
    /// What a check-in becomes.
    #[serde(default)]
    pub check_in: CheckIn,
    /// How long an appointment is, in minutes.
    #[serde(default = "appointment_minutes")]
    pub appointment_minutes: u16,
    /// What becomes of a Patient that is there already.
    #[serde(default)]
    pub patients: Patients,
    /// How it is reached. Its keys stand in the same table, see [`FhirConfig::from_table`].
    #[serde(skip)]
    pub connection: ConnectionConfig,
}

fn identifier_system() -> String {
    IDENTIFIER_SYSTEM.into()
}
fn appointment_minutes() -> u16 {
    15
}

impl FhirConfig {
    /// Its own settings and those of its connection, out of the one table in which they stand.
    ///
    /// # Errors
    /// Every key that is unknown, missing or of another type.
    pub fn from_table(table: toml::Table) -> Result<Self, Vec<String>> {
        let (connection, own) = connection::split::<Self>(table)?;
        Ok(Self { connection, ..own })
    }

    /// The one setting without a default; the others as a site's file that does not name them.
    #[must_use]
    pub fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            identifier_system: identifier_system(),
            bearer: None,
            oauth2: None,
            insurer: None,
            facility: None,
            submit: Submit::default(),
            check_in: CheckIn::default(),
            appointment_minutes: appointment_minutes(),
            patients: Patients::default(),
            connection: ConnectionConfig::default(),
        }
    }
}

/// How the terminal shows who it is, beside certificates and headers.
pub(super) enum Account {
    None,
    Bearer(PasswordSource),
    OAuth2 { config: OAuth2Config, connection: Box<Connection> },
}

/// Settings that hold together.
pub(super) struct Settings {
    pub config: FhirConfig,
    pub connection: Connection,
    pub account: Account,
}

impl Settings {
    /// The secrets of the account, each by its setting.
    pub fn secrets(&self) -> Vec<(&'static str, &PasswordSource)> {
        match &self.account {
            Account::None => Vec::new(),
            Account::Bearer(source) => vec![("bearer", source)],
            Account::OAuth2 { config, .. } => vec![("oauth2.client_secret", &config.client_secret)],
        }
    }

    /// Checks everything and lists every fault.
    pub fn check(id: &str, mut config: FhirConfig) -> Result<Self, ConfigError> {
        let mut faults = Vec::new();
        let address = ("base_url", config.base_url.as_str(), AddressForm::Path);
        let connection = Connection::check(&config.connection, address, &USUAL, &mut faults);
        let account = account(&mut config, connection.as_ref(), &mut faults);
        let system = &config.identifier_system;
        if system.is_empty() || system.contains('|') || system.contains(char::is_whitespace) {
            faults.push(format!("identifier_system: {system:?} is no URI"));
        }
        for (key, reference) in [("insurer", &config.insurer), ("facility", &config.facility)] {
            let id = reference.as_deref().map(|text| text.strip_prefix("Organization/").unwrap_or_default());
            if id.is_some_and(|id| !is_id(id)) {
                faults.push(format!("{key}: write it as \"Organization/ID\""));
            }
        }
        if !(1..=480).contains(&config.appointment_minutes) {
            faults.push(format!(
                "appointment_minutes: {} is not between 1 and 480",
                config.appointment_minutes
            ));
        }
        match (connection, account) {
            (Some(connection), Some(account)) if faults.is_empty() => {
                Ok(Self { config, connection, account })
            }
            _ => Err(ConfigError { id: id.to_owned(), faults }),
        }
    }
}

fn account(
    config: &mut FhirConfig,
    connection: Option<&Connection>,
    faults: &mut Vec<String>,
) -> Option<Account> {
    let named = config.connection.headers.keys().any(|name| name.eq_ignore_ascii_case("authorization"));
    let several = usize::from(named) + usize::from(config.bearer.is_some());
    if several + usize::from(config.oauth2.is_some()) > 1 {
        faults.push("give one of `bearer`, `oauth2` and `headers.authorization`".into());
    }
    let Some(oauth2) = config.oauth2.take() else {
        return Some(config.bearer.take().map_or(Account::None, Account::Bearer));
    };
    if oauth2.client_id.is_empty() {
        faults.push("oauth2.client_id: it is empty".into());
    }
    // Whoever hands out tokens is not shown the credentials meant for the server, unless it is the same.
    let mut reached = config.connection.clone();
    let mut known = Vec::new();
    let address = ("oauth2.token_url", oauth2.token_url.as_str(), AddressForm::Path);
    let elsewhere = |found: &Connection| {
        connection.is_some_and(|server| server.address().origin() != found.address().origin())
    };
    let mut found = Connection::check(&reached, address, &USUAL, &mut known);
    if found.as_ref().is_some_and(elsewhere) {
        reached.headers.clear();
        found = Connection::check(&reached, address, &USUAL, &mut Vec::new());
    }
    // What else is wrong has been told of the server's own connection.
    faults.extend(known.into_iter().filter(|fault| fault.starts_with("oauth2.")));
    Some(Account::OAuth2 { config: oauth2, connection: Box::new(found?) })
}

/// Whether a resource can have this id. Spec: FHIR R4, Data Types, "id".
pub(super) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Settings, Vec<String>> {
        let config = FhirConfig::from_table(text.parse().unwrap())?;
        Settings::check("records", config).map_err(|error| error.faults)
    }

    fn faults(text: &str) -> Vec<String> {
        check(text).err().unwrap_or_default()
    }

    #[test]
    fn an_address_suffices() {
        let settings = check("base_url = 'https://fhir.example/r4/'").unwrap();
        assert_eq!(settings.connection.address().base(), "https://fhir.example/r4");
        assert_eq!(settings.config.identifier_system, IDENTIFIER_SYSTEM);
        assert!(matches!(settings.account, Account::None));
    }

    #[test]
    fn every_fault_is_listed() {
        let found = faults(
            "base_url = 'http://fhir.example'\nidentifier_system = 'a b'\ninsurer = 'Patient/1'\nfacility = 'x'\n\
             appointment_minutes = 0\nbearer = { env = 'A' }\nretries = 99\n\
             oauth2 = { token_url = 'http://login.example', client_id = '', client_secret = { env = 'X' } }",
        );
        assert_eq!(found.len(), 9, "{found:#?}");
        assert!(found.iter().any(|fault| fault.starts_with("oauth2.token_url: plain http")), "{found:#?}");
    }

    #[test]
    fn a_secret_cannot_stand_in_the_file() {
        let base = "base_url = 'https://a.example'\n";
        for text in [
            "bearer = 'hunter2'",
            "oauth2 = { token_url = 'https://b.example', client_id = 'k', client_secret = 'hunter2' }",
        ] {
            let found = faults(&format!("{base}{text}")).join("; ");
            assert!(!found.is_empty() && !found.contains("hunter2"), "{found}");
        }
    }

    #[test]
    fn headers_for_the_server_do_not_go_to_another_that_hands_out_tokens() {
        let headers = |token_url: &str| {
            let text = format!(
                "base_url = 'https://a.example/r4'\nheaders = {{ x-api-key = {{ env = 'K' }} }}\n\
                 oauth2 = {{ token_url = '{token_url}', client_id = 'k', client_secret = {{ env = 'S' }} }}"
            );
            match check(&text).unwrap().account {
                Account::OAuth2 { connection, .. } => connection.headers().count(),
                _ => unreachable!(),
            }
        };
        assert_eq!((headers("https://a.example/token"), headers("https://b.example/token")), (1, 0));
    }
}

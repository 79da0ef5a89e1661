//! The connector's section of a site's file, and its checked form.

use serde::Deserialize;

use crate::connectors::ConfigError;
use crate::connectors::connection::{self, AddressForm, Connection, ConnectionConfig, Usual};
use crate::connectors::secret::PasswordSource;

/// What is usual for this service: it is slow.
const USUAL: Usual = Usual {
    connect_ms: 5_000,
    total_ms: 20_000,
    most_total_ms: 300_000,
    retries: 2,
    answer_bytes: 1 << 20,
    most_answer_bytes: 64 << 20,
};

/// How the question's body is encoded; both are in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// A JSON object.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// The staff member in whose name is asked; the service wants one since 2024.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaffConfig {
    /// Full name, as registered with the service (`hoTenCb`).
    pub name: String,
    /// 12-digit number, as registered with the service (`cccdCb`).
    pub number: String,
}

impl std::fmt::Debug for StaffConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StaffConfig(…)")
    }
}

/// Settings of the insurance connector as a site's file gives them.
///
/// ```toml
/// [services.insurance]
/// kind = "bhyt"
///
/// [services.insurance.settings]
/// base_url = "https://…"
/// facility = "79001"
/// password = { env = "IDTERM_BHYT_PASSWORD" }
/// staff = { name = "…", number = "…" }
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsuranceConfig {
    /// Scheme, host and port of the gateway. Plain `http` is accepted for this machine only.
    pub base_url: String,
    /// Code of the health facility.
    pub facility: String,
    /// What follows the facility's code in the account's name.
    #[serde(default = "user_suffix")]
    pub user_suffix: String,
    /// Where the account's password comes from.
    pub password: PasswordSource,
    /// Encoding of the question.
    #[serde(default)]
    pub encoding: Encoding,
    /// The staff member in whose name is asked.
    #[serde(default)]
    pub staff: Option<StaffConfig>,
    /// How long a token is used, in seconds; less where the service says so.
    #[serde(default = "token_life_s")]
    pub token_life_s: u64,
    /// How it is reached. Its keys stand in the same table, see [`InsuranceConfig::from_table`].
    #[serde(skip)]
    pub connection: ConnectionConfig,
}

fn user_suffix() -> String {
    "_BV".into()
}
fn token_life_s() -> u64 {
    50 * 60
}

impl InsuranceConfig {
    /// Its own settings and those of its connection, out of the one table in which they stand.
    ///
    /// # Errors
    /// Every key that is unknown, missing or of another type.
    pub fn from_table(table: toml::Table) -> Result<Self, Vec<String>> {
        let (connection, own) = connection::split::<Self>(table)?;
        Ok(Self { connection, ..own })
    }

    /// The three settings without a default; the others as a site's file that does not name them.
    #[must_use]
    pub fn new(base_url: &str, facility: &str, password: PasswordSource) -> Self {
        Self {
            base_url: base_url.to_owned(),
            facility: facility.to_owned(),
            user_suffix: user_suffix(),
            password,
            encoding: Encoding::default(),
            staff: None,
            token_life_s: token_life_s(),
            connection: ConnectionConfig::default(),
        }
    }
}

/// Settings that hold together.
pub(super) struct Settings {
    pub config: InsuranceConfig,
    pub connection: Connection,
    pub user: String,
}

impl Settings {
    /// Checks everything and lists every fault.
    pub fn check(id: &str, config: InsuranceConfig) -> Result<Self, ConfigError> {
        let mut faults = Vec::new();
        let address = ("base_url", config.base_url.as_str(), AddressForm::Host);
        let connection = Connection::check(&config.connection, address, &USUAL, &mut faults);
        let is_code =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_code(&config.facility) {
            faults.push("facility: give the facility's code in letters and digits, such as \"79001\"".into());
        }
        if let Some(staff) = &config.staff
            && (staff.name.trim().is_empty() || !is_number(&staff.number))
        {
            faults.push("staff: give the registered full name and the 12-digit number".into());
        }
        if config.token_life_s > 86_400 {
            faults.push(format!("token_life_s: {} is more than 86400", config.token_life_s));
        }
        match connection {
            Some(connection) if faults.is_empty() => {
                let user = format!("{}{}", config.facility, config.user_suffix);
                Ok(Self { config, connection, user })
            }
            _ => Err(ConfigError { id: id.to_owned(), faults }),
        }
    }
}

/// Twelve digits; nothing else is guaranteed of a number.
pub(super) fn is_number(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<InsuranceConfig, Vec<String>> {
        InsuranceConfig::from_table(text.parse().unwrap())
    }

    fn faults(text: &str) -> Vec<String> {
        Settings::check("insurance", config(text).unwrap()).err().map(|e| e.faults).unwrap_or_default()
    }

    #[test]
    fn a_small_section_suffices() {
        let text = r#"
            base_url = "https://gateway.example/"
            facility = "79001"
            password = { env = "IDTERM_BHYT_PASSWORD" }
        "#;
        let settings = Settings::check("insurance", config(text).unwrap()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(settings.connection.address().base(), "https://gateway.example");
        assert_eq!(settings.user, "79001_BV");
        assert_eq!(settings.connection.deadline().as_secs(), 20);
        assert_eq!(settings.config.token_life_s, 3000);
    }

    #[test]
    fn every_fault_is_listed() {
        let found = faults(
            r#"
            base_url = "http://gateway.example"
            facility = ""
            password = { file = "password" }
            staff = { name = "A", number = "12" }
            retries = 99
            total_timeout_ms = 1
        "#,
        );
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(found[0].contains("in clear"), "{found:?}");
    }

    #[test]
    fn a_password_cannot_stand_in_the_file() {
        let base = "base_url = \"https://a.example\"\nfacility = \"1\"\n";
        for password in ["password = \"hunter2\"", "password = { held = \"hunter2\" }", ""] {
            let found = config(&format!("{base}{password}")).unwrap_err().join("; ");
            assert!(found.contains("password") && !found.contains("hunter2"), "{found}");
        }
        let unknown = format!("{base}password = {{ env = \"X\" }}\npasword_file = \"x\"");
        assert!(config(&unknown).unwrap_err()[0].contains("unknown field `pasword_file`"));
    }
}

//! The connector's section of a site's file, and its checked form.

use serde::Deserialize;

use crate::connectors::ConfigError;
use crate::connectors::secret::PasswordSource;

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
    /// Longest time to connect, in milliseconds.
    #[serde(default = "connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    /// Longest time for everything: token, question, retries; in milliseconds.
    #[serde(default = "total_timeout_ms")]
    pub total_timeout_ms: u64,
    /// Retries after a failure that may pass.
    #[serde(default = "retries")]
    pub retries: u32,
    /// How long a token is used, in seconds; less where the service says so.
    #[serde(default = "token_life_s")]
    pub token_life_s: u64,
    /// Largest answer, in bytes.
    #[serde(default = "max_answer_bytes")]
    pub max_answer_bytes: u64,
    /// The service is a simulated one, whatever it says of itself.
    #[serde(default)]
    pub simulated: bool,
}

fn user_suffix() -> String {
    "_BV".into()
}
fn connect_timeout_ms() -> u64 {
    5_000
}
fn total_timeout_ms() -> u64 {
    20_000
}
fn retries() -> u32 {
    2
}
fn token_life_s() -> u64 {
    50 * 60
}
fn max_answer_bytes() -> u64 {
    1024 * 1024
}

impl InsuranceConfig {
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
            connect_timeout_ms: connect_timeout_ms(),
            total_timeout_ms: total_timeout_ms(),
            retries: retries(),
            token_life_s: token_life_s(),
            max_answer_bytes: max_answer_bytes(),
            simulated: false,
        }
    }
}

/// Settings that hold together.
pub(super) struct Settings {
    pub config: InsuranceConfig,
    /// Without a trailing slash.
    pub base_url: String,
    pub user: String,
    /// The host is this machine.
    pub local: bool,
}

impl Settings {
    /// Checks everything and lists every fault.
    pub fn check(id: &str, config: InsuranceConfig) -> Result<Self, ConfigError> {
        let mut faults = Vec::new();
        let base_url = config.base_url.trim_end_matches('/').to_owned();
        let mut local = false;
        match check_base_url(&base_url) {
            Ok(is_local) => local = is_local,
            Err(fault) => faults.push(fault),
        }
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
        let mut within = |name: &str, value: u64, low: u64, high: u64| {
            if !(low..=high).contains(&value) {
                faults.push(format!("{name}: {value} is not between {low} and {high}"));
            }
        };
        within("connect_timeout_ms", config.connect_timeout_ms, 10, 60_000);
        within("total_timeout_ms", config.total_timeout_ms, 50, 300_000);
        within("retries", config.retries.into(), 0, 10);
        within("token_life_s", config.token_life_s, 0, 86_400);
        within("max_answer_bytes", config.max_answer_bytes, 1024, 64 * 1024 * 1024);
        if faults.is_empty() {
            let user = format!("{}{}", config.facility, config.user_suffix);
            Ok(Self { config, base_url, user, local })
        } else {
            Err(ConfigError { id: id.to_owned(), faults })
        }
    }
}

/// Twelve digits; nothing else is guaranteed of a number.
pub(super) fn is_number(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the address is this machine's; a fault where it is unusable or would carry secrets in clear.
fn check_base_url(url: &str) -> Result<bool, String> {
    let uri: ureq::http::Uri =
        url.parse().map_err(|_| "base_url: not an address; write it as \"https://host\"".to_owned())?;
    let authority =
        uri.authority().ok_or_else(|| "base_url: no host; write it as \"https://host\"".to_owned())?;
    if authority.as_str().contains('@') {
        return Err("base_url: an address with user or password is refused; use facility and password".into());
    }
    if uri.query().is_some() || !matches!(uri.path(), "" | "/") || url.contains('#') {
        return Err("base_url: give scheme, host and port only, without path or query".into());
    }
    let local = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match uri.scheme_str() {
        Some("https") => Ok(local),
        Some("http") if local => Ok(true),
        Some("http") => Err("base_url: plain http would send the password in clear; use https".into()),
        _ => Err("base_url: begin it with \"https://\"".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let config: InsuranceConfig = toml::from_str(text).unwrap();
        Settings::check("insurance", config).err().map(|e| e.faults).unwrap_or_default()
    }

    #[test]
    fn a_small_section_suffices() {
        let text = r#"
            base_url = "https://gateway.example/"
            facility = "79001"
            password = { env = "IDTERM_BHYT_PASSWORD" }
        "#;
        let settings =
            Settings::check("insurance", toml::from_str(text).unwrap()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(settings.base_url, "https://gateway.example");
        assert_eq!(settings.user, "79001_BV");
        assert!(!settings.local);
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
    fn addresses() {
        for (url, good) in [
            ("https://a.example", true),
            ("https://a.example:8443/", true),
            ("http://127.0.0.1:80", true),
            ("http://[::1]:80", true),
            ("http://127.0.0.1.evil.example", false),
            ("https://user:pw@a.example", false),
            ("https://a.example/path", false),
            ("https://a.example?x=1", false),
            ("ftp://a.example", false),
            ("a.example", false),
            ("", false),
            ("https://", false),
        ] {
            assert_eq!(check_base_url(url.trim_end_matches('/')).is_ok(), good, "{url}");
        }
    }

    #[test]
    fn a_password_cannot_stand_in_the_file() {
        let base = "base_url = \"https://a.example\"\nfacility = \"1\"\n";
        for password in ["password = \"hunter2\"", "password = { held = \"hunter2\" }", ""] {
            assert!(toml::from_str::<InsuranceConfig>(&format!("{base}{password}")).is_err(), "{password}");
        }
        let unknown = format!("{base}password = {{ env = \"X\" }}\npasword_file = \"x\"");
        assert!(toml::from_str::<InsuranceConfig>(&unknown).is_err());
    }
}

//! How a service is reached: the settings that every connector has by the same keys, checked once.
//!
//! A connector's table in the site's file holds these keys beside its own: [`split`] tells them apart, and
//! [`Connection::check`] makes the address, the bounds and the certificates into something that can be asked.

mod address;
mod headers;
mod look;
mod tls;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use address::Address;
pub(super) use address::AddressForm;
pub use look::{DatedCertificate, Knocked, dated_certificates};
pub use tls::TlsFiles;
pub(super) use tls::read_pem;

use headers::Headers;

use super::fault::{Fault, FaultKind};
use super::http::{Client, Limits};
use super::retry::Budget;
use super::secret::PasswordSource;
use super::{Cancel, Surroundings};

/// The keys of [`ConnectionConfig`].
const KEYS: &[&str] =
    &["connect_timeout_ms", "total_timeout_ms", "retries", "max_answer_bytes", "headers", "tls", "simulated"];

/// Settings of a connection as a site's file gives them; what is absent is as usual for that kind of service.
///
/// ```toml
/// total_timeout_ms = 8000
/// tls = { ca = "/etc/idterm/ca.pem", certificate = "/etc/idterm/client.pem", key = { file = "/etc/idterm/client.key" } }
/// headers = { x-api-key = { env = "IDTERM_API_KEY" } }
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionConfig {
    /// Longest time to connect, in milliseconds.
    #[serde(default)]
    pub connect_timeout_ms: Option<u64>,
    /// Longest time for everything, retries included, in milliseconds.
    #[serde(default)]
    pub total_timeout_ms: Option<u64>,
    /// Retries after a failure that may pass.
    #[serde(default)]
    pub retries: Option<u32>,
    /// Largest answer, in bytes.
    #[serde(default)]
    pub max_answer_bytes: Option<u64>,
    /// Headers with credentials, sent with every request.
    #[serde(default)]
    pub headers: BTreeMap<String, PasswordSource>,
    /// Certificates.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
    /// The service is a simulated one, whatever it says of itself.
    #[serde(default)]
    pub simulated: bool,
}

/// What is usual for a kind of service, and the most that its settings may ask for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usual {
    pub connect_ms: u64,
    pub total_ms: u64,
    pub most_total_ms: u64,
    pub retries: u32,
    pub answer_bytes: u64,
    pub most_answer_bytes: u64,
}

/// The settings of a connection, and the connector's own: one table of a site's file in two. All faults are listed.
pub(super) fn split<T: DeserializeOwned>(table: toml::Table) -> Result<(ConnectionConfig, T), Vec<String>> {
    let (common, own): (toml::Table, toml::Table) =
        table.into_iter().partition(|(key, _)| KEYS.contains(&key.as_str()));
    let told = |error: toml::de::Error| keyed(&without_strings(error.to_string().trim().replace('\n', " ")));
    match (common.try_into(), own.try_into()) {
        (Ok(common), Ok(own)) => Ok((common, own)),
        (common, own) => Err([common.err(), own.err()].into_iter().flatten().map(told).collect()),
    }
}

/// A fault with the key that it is about in front. The library says at its end in what it stands, and names within a key that
/// is unknown or missing.
fn keyed(fault: &str) -> String {
    let end = fault.rsplit_once(" in `").and_then(|(text, key)| Some((text, key.strip_suffix('`')?)));
    let (text, within) = end.unwrap_or((fault, ""));
    let named = ["unknown field `", "missing field `"].iter().find_map(|start| text.strip_prefix(start));
    let named = named.and_then(|rest| rest.split('`').next());
    let key = [within, named.unwrap_or_default()].into_iter().filter(|part| !part.is_empty());
    match key.collect::<Vec<_>>().join(".") {
        key if key.is_empty() => text.to_owned(),
        key => format!("{key}: {text}"),
    }
}

/// A fault without the text that stands in the place of something else: it may be a secret.
fn without_strings(fault: String) -> String {
    match (fault.find(": string \""), fault.rfind(", expected ")) {
        (Some(from), Some(to)) if from < to => {
            let (before, after) = (fault.get(..from), fault.get(to..));
            format!("{}: a string{}", before.unwrap_or_default(), after.unwrap_or_default())
        }
        _ => fault,
    }
}

/// A connection whose settings hold together.
#[derive(Clone, Debug)]
pub struct Connection {
    address: Address,
    connect_ms: u64,
    total_ms: u64,
    retries: u32,
    answer_bytes: u64,
    headers: Headers,
    tls: Option<TlsFiles>,
    simulated: bool,
}

impl Connection {
    /// Checks everything but what only the moment of asking shows (secrets). `address` is read from the setting `key`.
    /// `None`: the address is unusable; every fault is in `faults`.
    pub(super) fn check(
        config: &ConnectionConfig,
        (key, address, form): (&str, &str, AddressForm),
        usual: &Usual,
        faults: &mut Vec<String>,
    ) -> Option<Self> {
        let address = Address::parse(key, address, form).map_err(|fault| faults.push(fault)).ok();
        let headers = Headers::check(&config.headers, faults);
        if let Some(tls) = &config.tls {
            tls.check(faults);
        }
        let mut within = |name: &str, value: u64, low: u64, high: u64| {
            if !(low..=high).contains(&value) {
                faults.push(format!("{name}: {value} is not between {low} and {high}"));
            }
            value
        };
        let retries = config.retries.unwrap_or(usual.retries);
        within("retries", retries.into(), 0, 10);
        let connect_ms = config.connect_timeout_ms.unwrap_or(usual.connect_ms);
        let total_ms = config.total_timeout_ms.unwrap_or(usual.total_ms);
        let answer_bytes = config.max_answer_bytes.unwrap_or(usual.answer_bytes);
        Some(Self {
            connect_ms: within("connect_timeout_ms", connect_ms, 10, 60_000),
            total_ms: within("total_timeout_ms", total_ms, 50, usual.most_total_ms),
            retries,
            answer_bytes: within("max_answer_bytes", answer_bytes, 1024, usual.most_answer_bytes),
            headers,
            tls: config.tls.clone(),
            simulated: config.simulated,
            address: address?,
        })
    }

    /// Where the service is.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// The service is a simulated one by its settings.
    #[must_use]
    pub const fn is_simulated(&self) -> bool {
        self.simulated
    }

    /// Longest time that asking takes.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        Duration::from_millis(self.total_ms)
    }

    /// Its certificates, where they are its own.
    #[must_use]
    pub const fn tls(&self) -> Option<&TlsFiles> {
        self.tls.as_ref()
    }

    /// Its headers with credentials, each by its name and the source of its value.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &PasswordSource)> {
        self.headers.sources()
    }

    /// Time and retries of one query, from now on.
    pub(super) fn budget<'a>(&'a self, surroundings: &'a Surroundings, cancel: &'a Cancel) -> Budget<'a> {
        Budget::new(surroundings, cancel, self.address.text(), self.total_ms, self.retries)
    }

    /// A client for one query, with secrets and certificates as they are now.
    pub(super) fn client(&self) -> Result<Client, Fault> {
        let setting = |what: String| Fault::new(FaultKind::Settings(what), &self.address);
        let limits = Limits { connect_ms: self.connect_ms, answer_bytes: self.answer_bytes };
        let tls = self.tls.as_ref().map(TlsFiles::open).transpose().map_err(setting)?;
        let headers = self.headers.fetch().map_err(setting)?;
        Ok(Client::new(limits, self.address.is_local(), tls, headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Usual = Usual {
        connect_ms: 1_000,
        total_ms: 2_000,
        most_total_ms: 60_000,
        retries: 1,
        answer_bytes: 4_096,
        most_answer_bytes: 65_536,
    };

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Own {
        pin: u8,
    }

    fn parts(text: &str) -> Result<(ConnectionConfig, Own), Vec<String>> {
        split(text.parse().unwrap())
    }

    #[test]
    fn the_common_keys_are_those_of_the_struct() {
        let fault = toml::from_str::<ConnectionConfig>("nothing = 1").unwrap_err();
        let listed = fault.message().split_once("expected one of").unwrap().1.to_owned();
        let listed: Vec<&str> = listed.split(',').map(|key| key.trim().trim_matches('`')).collect();
        assert_eq!(listed, KEYS);
    }

    #[test]
    fn one_table_in_two() {
        let (common, own) = parts("pin = 3\nretries = 2\nsimulated = true").unwrap();
        assert_eq!((own.pin, common.retries, common.simulated), (3, Some(2), true));
        let faults = parts("pin = \"x\"\nretries = \"y\"").unwrap_err();
        assert!(faults[0].starts_with("retries: ") && faults[1].starts_with("pin: "), "{faults:?}");
        assert!(parts("pin = 3\nretry = 2").unwrap_err()[0].starts_with("retry: unknown field `retry`"));
        assert!(parts("retries = 2").unwrap_err()[0].starts_with("pin: missing field `pin`"));
        let nested = parts("pin = 3\ntls = { pass = 1 }").unwrap_err();
        assert!(nested[0].starts_with("tls.pass: unknown field `pass`"), "{nested:?}");
    }

    #[test]
    fn a_secret_that_stands_in_the_file_is_not_repeated() {
        for (text, told) in [
            ("headers = { x-api-key = \"hunter2\" }", "headers.x-api-key: write"),
            ("tls = { key = \"hunter2\" }", "tls.key: write"),
            ("tls = { key = { held = \"hunter2\" } }", "never the secret itself"),
            ("headers = \"hunter2, expected \\\"\"", "a string, expected a map"),
        ] {
            let faults = parts(&format!("pin = 1\n{text}")).unwrap_err().join("; ");
            assert!(faults.contains(told) && !faults.contains("hunter2"), "{faults}");
        }
    }

    #[test]
    fn what_is_not_set_is_as_usual_and_every_fault_is_listed() {
        let mut faults = Vec::new();
        let at = ("url", "https://a.example/x", AddressForm::Path);
        let sound = Connection::check(&ConnectionConfig::default(), at, &USUAL, &mut faults).unwrap();
        assert_eq!(
            (sound.connect_ms, sound.total_ms, sound.retries, sound.answer_bytes),
            (1_000, 2_000, 1, 4_096)
        );
        assert_eq!(faults, [""; 0]);
        let text = "connect_timeout_ms = 1\ntotal_timeout_ms = 60001\nretries = 11\nmax_answer_bytes = 65537\n\
                    headers = { host = { env = \"X\" } }\ntls = { certificate = \"x\" }";
        let config: ConnectionConfig = toml::from_str(text).unwrap();
        let none = Connection::check(&config, ("url", "nowhere", AddressForm::Path), &USUAL, &mut faults);
        assert!(none.is_none());
        assert_eq!(faults.len(), 7, "{faults:#?}");
    }
}

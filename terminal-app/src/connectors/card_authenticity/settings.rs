//! `[gateway.settings]` of a site's file, and its checked form.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use reader_core::lds::DataGroup;
use reader_core::verify::gateway::{GatewayForm, GatewayKey, GatewayText};
use serde::{Deserialize, Serialize};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::connectors::ConfigError;
use crate::connectors::secret::PasswordSource;

/// Largest file of certificates or with a key.
const MAX_PEM_BYTES: u64 = 256 << 10;
/// Most certificates that are taken out of one file.
const MAX_CERTIFICATES: usize = 64;

/// What of a card the gateway may be shown. The signer's certificate says nothing of the holder and is always sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// The number of the card.
    Number,
    /// EF.SOD.
    Sod,
    /// The machine readable zone.
    Dg1,
    /// The portrait: biometric data.
    Dg2,
    /// The particulars in full letters.
    Dg13,
    /// The chip's key.
    Dg14,
}

impl Shown {
    /// The data group that is shown by it.
    #[must_use]
    pub const fn group(self) -> Option<DataGroup> {
        match self {
            Self::Number | Self::Sod => None,
            Self::Dg1 => Some(DataGroup::Dg1),
            Self::Dg2 => Some(DataGroup::Dg2),
            Self::Dg13 => Some(DataGroup::Dg13),
            Self::Dg14 => Some(DataGroup::Dg14),
        }
    }
}

/// What is sent; both are in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sends {
    /// The signer's certificate and the number.
    #[default]
    Certificate,
    /// The chip's files: EF.SOD, and of DG1, DG2, DG13 and DG14 those that the gateway may see.
    Files,
}

/// How the signed text is worded: the names of its members, with a dot where one stands inside another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextConfig {
    /// `json`, or `base64_json`.
    #[serde(default)]
    pub encoding: Encoding,
    /// `true` or `false`.
    pub verdict: String,
    /// The signer's certificate, or its SHA-256.
    #[serde(default)]
    pub signer: Option<String>,
    /// The number of the card, or its SHA-256.
    #[serde(default)]
    pub number: Option<String>,
    /// The mark of the question.
    #[serde(default)]
    pub question: Option<String>,
    /// When it was said.
    #[serde(default)]
    pub time: Option<String>,
}

/// How the signed text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// A JSON object.
    #[default]
    Json,
    /// The base64 of one.
    Base64Json,
}

/// Certificates of the connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// Certificates, in PEM, under which the gateway's own has to stand; without it the public ones.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// This terminal's certificate with its chain, in PEM.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// Its private key, in PEM: `{ file = "…" }` or `{ env = "…" }`.
    #[serde(default, deserialize_with = "key_source")]
    pub key: Option<PasswordSource>,
}

/// What stands there in place of a source may be the key: it is not repeated.
fn key_source<'de, D: serde::Deserializer<'de>>(given: D) -> Result<Option<PasswordSource>, D::Error> {
    let source = toml::Value::deserialize(given)?.try_into();
    source.map(Some).map_err(|_| {
        serde::de::Error::custom(
            "tls.key: write { env = \"NAME\" } or { file = \"PATH\" }, never the key itself",
        )
    })
}

/// By which names the members of question and answer go, where an operator's differ from the usual.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// The signer's certificate: base64 of its PEM.
    pub certificate: String,
    /// The number of the card.
    pub number: String,
    /// The kind of terminal.
    pub device_type: String,
    /// The province.
    pub province: String,
    /// The customer's code.
    pub customer: String,
    /// The mark of the question; none is sent where this is absent.
    pub question: Option<String>,
    /// The text under the signature, in the answer.
    pub text: String,
    /// The signature, in the answer.
    pub signature: String,
}

impl Default for Names {
    /// As the products that are in use word it.
    fn default() -> Self {
        Self {
            certificate: "dsCert".into(),
            number: "idCardNumber".into(),
            device_type: "deviceType".into(),
            province: "province".into(),
            customer: "code".into(),
            question: None,
            text: "_responds".into(),
            signature: "signature".into(),
        }
    }
}

/// Settings of the gateway as a site's file gives them under `[gateway.settings]`.
///
/// ```toml
/// [gateway.settings]
/// url = "https://gateway.example/eid/verify"
/// key = "/etc/idterm/gateway.pem"            # the gateway's public key, pinned
/// customer_code = "HOSP-01"
/// text = { verdict = "is_valid_id_card", signer = "ds_cert_sha256", number = "id_card_number", time = "time" }
/// tls = { ca = "/etc/idterm/gateway-ca.pem", certificate = "/etc/idterm/client.pem", key = { file = "/etc/idterm/client.key" } }
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardAuthenticityConfig {
    /// Where the question is posted. Plain `http` is accepted for this machine only.
    pub url: String,
    /// The public key with which the gateway signs: a PEM file, or the PEM itself.
    pub key: String,
    /// How its signed text is worded.
    pub text: TextConfig,
    /// What is sent.
    #[serde(default)]
    pub sends: Sends,
    /// The customer's code at the operator.
    #[serde(default)]
    pub customer_code: Option<String>,
    /// The province of this terminal.
    #[serde(default)]
    pub province: Option<String>,
    /// The kind of terminal.
    #[serde(default)]
    pub device_type: Option<String>,
    /// Names of members, where they differ.
    #[serde(default)]
    pub names: Names,
    /// Certificates of the connection.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
    /// Longest time to connect, in milliseconds.
    #[serde(default = "connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    /// Longest time for everything, retries included, in milliseconds.
    #[serde(default = "total_timeout_ms")]
    pub total_timeout_ms: u64,
    /// Retries after a failure that may pass.
    #[serde(default = "retries")]
    pub retries: u32,
    /// Largest answer, in bytes.
    #[serde(default = "max_answer_bytes")]
    pub max_answer_bytes: u64,
    /// The gateway is a simulated one, whatever it says of itself.
    #[serde(default)]
    pub simulated: bool,
}

fn connect_timeout_ms() -> u64 {
    3_000
}
fn total_timeout_ms() -> u64 {
    8_000
}
fn retries() -> u32 {
    2
}
fn max_answer_bytes() -> u64 {
    256 * 1024
}

/// Settings that hold together.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub config: CardAuthenticityConfig,
    pub sees: Vec<Shown>,
    /// The host is this machine.
    pub local: bool,
}

/// What of the settings the proof needs: the pinned key and the wording of the signed text.
///
/// # Errors
/// Every fault.
pub fn pinned(config: &CardAuthenticityConfig) -> Result<(GatewayKey, GatewayForm), Vec<String>> {
    let form = GatewayForm {
        text: match config.text.encoding {
            Encoding::Json => GatewayText::Json,
            Encoding::Base64Json => GatewayText::Base64Json,
        },
        verdict: config.text.verdict.clone(),
        signer: config.text.signer.clone(),
        number: config.text.number.clone(),
        question: config.text.question.clone(),
        time: config.text.time.clone(),
    };
    let mut faults = Vec::new();
    if let Some(missing) = form.lacks() {
        faults.push(format!(
            "text.{missing}: without it, or text.question, no answer can ever confirm anything; name the member that says it"
        ));
    }
    if form.question.is_some() && config.names.question.is_none() {
        faults.push("text.question: the mark cannot come back where names.question does not send it".into());
    }
    match public_key(&config.key) {
        Ok(key) if faults.is_empty() => return Ok((key, form)),
        Ok(_) => {}
        Err(fault) => faults.push(format!("key: {fault}")),
    }
    Err(faults)
}

impl Settings {
    /// Checks everything but what only the moment of asking shows (secrets), and lists every fault.
    pub fn check(config: CardAuthenticityConfig, sees: &[Shown]) -> Result<Self, ConfigError> {
        let mut faults = pinned(&config).err().unwrap_or_default();
        let mut local = false;
        match check_url(&config.url) {
            Ok(is_local) => local = is_local,
            Err(fault) => faults.push(fault),
        }
        let needed = match config.sends {
            Sends::Certificate => Shown::Number,
            Sends::Files => Shown::Sod,
        };
        if !sees.contains(&needed) {
            let word = match needed {
                Shown::Sod => "sod",
                _ => "number",
            };
            faults.push(format!("sees: it cannot be asked without \"{word}\""));
        }
        match &config.tls {
            Some(files) if files.certificate.is_some() != files.key.is_some() => {
                faults.push("tls: `certificate` and `key` belong together".into());
            }
            Some(files) => {
                for (name, path) in [("ca", &files.ca), ("certificate", &files.certificate)] {
                    if let Some(Err(fault)) = path.as_deref().map(certificates) {
                        faults.push(format!("tls.{name}: {fault}"));
                    }
                }
            }
            None => {}
        }
        let mut within = |name: &str, value: u64, low: u64, high: u64| {
            if !(low..=high).contains(&value) {
                faults.push(format!("{name}: {value} is not between {low} and {high}"));
            }
        };
        within("connect_timeout_ms", config.connect_timeout_ms, 10, 60_000);
        within("total_timeout_ms", config.total_timeout_ms, 50, 60_000);
        within("retries", config.retries.into(), 0, 10);
        within("max_answer_bytes", config.max_answer_bytes, 1024, 16 * 1024 * 1024);
        if faults.is_empty() {
            Ok(Self { config, sees: sees.to_vec(), local })
        } else {
            Err(ConfigError { id: "gateway".into(), faults })
        }
    }

    /// The certificates of the connection, read anew for each question: they are exchanged while a terminal runs.
    pub fn tls(&self) -> Result<Option<TlsConfig>, String> {
        let Some(files) = &self.config.tls else { return Ok(None) };
        let mut builder = TlsConfig::builder();
        if let Some(ca) = &files.ca {
            builder = builder.root_certs(RootCerts::new_with_certs(&certificates(ca)?));
        }
        if let (Some(certificate), Some(key)) = (&files.certificate, &files.key) {
            let chain = certificates(certificate)?;
            let pem = key.fetch().map_err(|fault| format!("tls.key: {fault}"))?;
            let key = PrivateKey::from_pem(pem.expose().as_bytes())
                .map_err(|_| "tls.key: no private key in PEM without a password".to_owned())?;
            builder = builder.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
        }
        Ok(Some(builder.build()))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_PEM_BYTES).read_to_end(&mut bytes))
        .map_err(|error| format!("{} cannot be read ({})", path.display(), error.kind()))?;
    Ok(bytes)
}

/// Every certificate of a PEM file; at least one.
fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, String> {
    let bytes = read(path)?;
    let mut found = Vec::new();
    for item in parse_pem(&bytes).take(MAX_CERTIFICATES) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(format!("{} is no PEM", path.display())),
        }
    }
    if found.is_empty() { Err(format!("{} holds no certificate in PEM", path.display())) } else { Ok(found) }
}

/// A public key out of PEM, or of a file of PEM.
fn public_key(given: &str) -> Result<GatewayKey, String> {
    const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
    const END: &str = "-----END PUBLIC KEY-----";
    let text = if given.contains("-----BEGIN") {
        given.to_owned()
    } else {
        String::from_utf8(read(Path::new(given))?).map_err(|_| format!("{given} is no PEM"))?
    };
    let body = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(body, _)| body);
    let body = body.ok_or("a public key in PEM is needed (\"-----BEGIN PUBLIC KEY-----\")")?;
    let spki = reader_core::wire::base64::decode(body).map_err(|error| error.to_string())?;
    GatewayKey::from_spki(&spki).map_err(|error| error.to_string())
}

/// Whether the address is this machine's; a fault where it is unusable or would carry personal data in clear.
fn check_url(url: &str) -> Result<bool, String> {
    let uri: ureq::http::Uri = url.parse().map_err(|_| "url: not an address; write \"https://host/path\"")?;
    let authority = uri.authority().ok_or("url: no host; write it as \"https://host/path\"")?;
    if authority.as_str().contains('@') {
        return Err("url: an address with user or password is refused".into());
    }
    if uri.query().is_some() || url.contains('#') {
        return Err("url: give scheme, host, port and path only".into());
    }
    let local = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match uri.scheme_str() {
        Some("https") => Ok(local),
        Some("http") if local => Ok(true),
        Some("http") => Err("url: plain http would send the number in clear; use https".into()),
        _ => Err("url: begin it with \"https://\"".into()),
    }
}

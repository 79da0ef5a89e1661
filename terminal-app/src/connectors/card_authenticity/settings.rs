//! `[gateway.settings]` of a site's file, and its checked form.

use std::path::Path;

use reader_core::lds::DataGroup;
use reader_core::verify::gateway::{GatewayForm, GatewayKey, GatewayText};
use serde::{Deserialize, Serialize};

use crate::connectors::ConfigError;
use crate::connectors::connection::{self, AddressForm, Connection, ConnectionConfig, Usual};

/// What is usual for this service: a person stands before the terminal while it is asked.
const USUAL: Usual = Usual {
    connect_ms: 3_000,
    total_ms: 8_000,
    most_total_ms: 60_000,
    retries: 2,
    answer_bytes: 256 << 10,
    most_answer_bytes: 16 << 20,
};

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
    /// How it is reached. Its keys stand in the same table, see [`CardAuthenticityConfig::from_table`].
    #[serde(skip)]
    pub connection: ConnectionConfig,
}

impl CardAuthenticityConfig {
    /// Its own settings and those of its connection, out of the one table in which they stand.
    ///
    /// # Errors
    /// Every key that is unknown, missing or of another type.
    pub fn from_table(table: toml::Table) -> Result<Self, Vec<String>> {
        let (connection, own) = connection::split::<Self>(table)?;
        Ok(Self { connection, ..own })
    }
}

/// Settings that hold together.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub config: CardAuthenticityConfig,
    pub connection: Connection,
    pub sees: Vec<Shown>,
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
        let address = ("url", config.url.as_str(), AddressForm::Path);
        let connection = Connection::check(&config.connection, address, &USUAL, &mut faults);
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
        match connection {
            Some(connection) if faults.is_empty() => Ok(Self { config, connection, sees: sees.to_vec() }),
            _ => Err(ConfigError { id: "gateway".into(), faults }),
        }
    }
}

/// A public key out of PEM, or of a file of PEM.
fn public_key(given: &str) -> Result<GatewayKey, String> {
    const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
    const END: &str = "-----END PUBLIC KEY-----";
    let text = if given.contains("-----BEGIN") {
        given.to_owned()
    } else {
        String::from_utf8(connection::read_pem(Path::new(given))?)
            .map_err(|_| format!("{given} is no PEM"))?
    };
    let body = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(body, _)| body);
    let body = body.ok_or("a public key in PEM is needed (\"-----BEGIN PUBLIC KEY-----\")")?;
    let spki = reader_core::wire::base64::decode(body).map_err(|error| error.to_string())?;
    GatewayKey::from_spki(&spki).map_err(|error| error.to_string())
}

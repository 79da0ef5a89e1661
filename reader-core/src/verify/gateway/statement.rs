//! What the gateway's signed text says, read only once its signature holds.

use crate::crypto::hash::HashAlgorithm;
use crate::pki::Fingerprint;
use crate::wire::date::Timestamp;
use crate::wire::json::{Object, Value};
use crate::wire::{Malformed, base64};

/// How the signed text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum GatewayText {
    /// A JSON object.
    #[default]
    Json,
    /// The base64 of one; the signature is over the base64.
    Base64Json,
}

/// By which names the members of the signed text go. Operators of such gateways word them differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayForm {
    /// How the text is written.
    pub text: GatewayText,
    /// The verdict: `true` or `false`.
    pub verdict: String,
    /// The signer's certificate: its SHA-256 (hexadecimal or base64), or itself (base64 of DER or of PEM).
    pub signer: Option<String>,
    /// The number of the card, or its SHA-256 in hexadecimal.
    pub number: Option<String>,
    /// The mark of the question, as it was sent.
    pub question: Option<String>,
    /// When it was said: RFC 3339, or seconds or milliseconds since 1970.
    pub time: Option<String>,
}

impl GatewayForm {
    /// What an answer of this form can never say, so that none would confirm anything; `None` where nothing is missing.
    #[must_use]
    pub const fn lacks(&self) -> Option<&'static str> {
        if self.question.is_some() {
            return None;
        }
        match (&self.signer, &self.number, &self.time) {
            (Some(_), Some(_), Some(_)) => None,
            (None, ..) => Some("signer"),
            (_, None, _) => Some("number"),
            (.., None) => Some("time"),
        }
    }
}

/// What the text says.
pub(super) struct Statement {
    pub(super) valid: bool,
    pub(super) signer: Option<String>,
    pub(super) number: Option<String>,
    pub(super) question: Option<String>,
    pub(super) time: Option<Timestamp>,
}

impl Statement {
    /// Reads the members that the form names. One that is absent or `null` is left out; one of another kind is a fault,
    /// since it may have meant something.
    pub(super) fn read(form: &GatewayForm, text: &[u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "the gateway's statement";
        let fault = |problem| Malformed::value(WHAT, problem);
        let object = match form.text {
            GatewayText::Json => Object::parse(text)?,
            GatewayText::Base64Json => {
                let text = std::str::from_utf8(text).map_err(|_| fault("not base64"))?;
                Object::parse(&base64::decode(text)?)?
            }
        };
        let valid = match object.get(&form.verdict) {
            Some(Value::Truth(valid)) => *valid,
            Some(Value::Text(word)) if word == "true" => true,
            Some(Value::Text(word)) if word == "false" => false,
            _ => return Err(fault("it has no verdict of true or false")),
        };
        let member = |name: &Option<String>| match name.as_ref().and_then(|name| object.get(name)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(Value::Number(_) | Value::Truth(_)) => Err(fault("a member that should be a text is none")),
        };
        let time = match form.time.as_ref().and_then(|name| object.get(name)) {
            None | Some(Value::Null) => None,
            Some(Value::Text(text) | Value::Number(text)) => {
                Some(moment(text).ok_or_else(|| fault("its time cannot be read"))?)
            }
            Some(Value::Truth(_)) => return Err(fault("its time cannot be read")),
        };
        Ok(Self {
            valid,
            signer: member(&form.signer)?,
            number: member(&form.number)?,
            question: member(&form.question)?,
            time,
        })
    }
}

/// RFC 3339, or a whole number since 1970: seconds, or milliseconds where it has 13 digits.
fn moment(text: &str) -> Option<Timestamp> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        return Some(Timestamp(if text.len() >= 13 { number / 1000 } else { number }));
    }
    Timestamp::from_rfc3339(text)
}

/// Whether `named` is this certificate: its SHA-256 in hexadecimal or base64, or the base64 of its DER or PEM.
pub(super) fn names_certificate(named: &str, certificate: &[u8]) -> bool {
    let fingerprint = Fingerprint::of(certificate);
    if Fingerprint::from_hex(named) == Some(fingerprint) {
        return true;
    }
    let Ok(bytes) = base64::decode(named) else { return false };
    bytes == fingerprint.0 || bytes == certificate || from_pem(&bytes).is_some_and(|der| der == certificate)
}

/// The DER of a PEM text with one certificate and nothing else.
fn from_pem(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let body = text.strip_prefix("-----BEGIN CERTIFICATE-----")?.strip_suffix("-----END CERTIFICATE-----")?;
    base64::decode(body).ok()
}

/// Whether `named` is this number: as it is, or its SHA-256 in hexadecimal.
pub(super) fn names_number(named: &str, number: &str) -> bool {
    named == number || Fingerprint::from_hex(named) == Some(Fingerprint::of(number.as_bytes()))
}

/// SHA-256 as an array.
pub(super) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let digest = HashAlgorithm::Sha256.digest(&parts.concat());
    digest.first_chunk().copied().unwrap_or_default()
}

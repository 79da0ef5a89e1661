//! The issuing authority's card-authenticity gateway, as partners of the Ministry of Public Security run it.
//!
//! The connector asks, and hands on what came, byte for byte: text under the signature, signature, and when. Whether that is
//! the gateway's answer, and to what, is judged by `reader_core::verify` alone. Nothing beside the signed text is looked at.

mod settings;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reader_core::capture::{Capture, GatewayAnswer, GatewayTrace};
use reader_core::lds::{DataGroup, FileId};
use reader_core::verify::gateway::{self, GatewayForm, GatewayKey};
use reader_core::wire::date::Timestamp;
use zeroize::Zeroizing;

pub use settings::{CardAuthenticityConfig, Encoding, Names, Sends, Shown, TextConfig, pinned};

use super::fault::{Fault, FaultKind};
use super::http::{Body, Reply, Request};
use super::retry::Budget;
use super::secret::SecretUrl;
use super::{Cancel, ConfigError, Connection, Surroundings};
use settings::Settings;

/// The gateway's connector.
pub struct CardAuthenticity {
    settings: Settings,
    surroundings: Surroundings,
}

/// A card to ask about: its signer, its number, and the files that were read of it.
#[derive(Clone, Copy)]
pub struct CardInQuestion<'a> {
    /// The certificate of EF.SOD's signer, DER.
    pub signer: &'a [u8],
    /// The number that DG1 gives.
    pub number: &'a str,
    /// The files so far.
    pub files: &'a Capture,
}

/// What becomes of asking.
pub struct Told {
    /// For the evidence.
    pub trace: GatewayTrace,
    /// The gateway is a simulated one.
    pub simulated: bool,
    /// Requests that were sent.
    pub attempts: u32,
    /// Milliseconds from question to answer.
    pub elapsed_ms: u64,
}

/// A question, cut to what the gateway may see; wiped when dropped.
pub struct Question {
    signer: Vec<u8>,
    number: Zeroizing<String>,
    /// Names and values of the body, but for the mark.
    members: Vec<(String, Zeroizing<String>)>,
}

impl CardAuthenticity {
    /// A connector.
    ///
    /// # Errors
    /// The settings are faulty; all faults are listed.
    pub fn new(
        config: CardAuthenticityConfig,
        sees: &[Shown],
        surroundings: Surroundings,
    ) -> Result<Self, ConfigError> {
        Ok(Self { settings: Settings::check(config, sees)?, surroundings })
    }

    /// The pinned key, and how the signed text is worded.
    ///
    /// # Errors
    /// The key's file is gone or another since.
    pub fn pinned(&self) -> Result<(GatewayKey, GatewayForm), Vec<String>> {
        pinned(&self.settings.config)
    }

    /// The gateway is a simulated one by its settings; an answer may still say so of itself.
    #[must_use]
    pub const fn is_simulated(&self) -> bool {
        self.settings.connection.is_simulated()
    }

    /// How it is reached.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.settings.connection
    }

    /// Longest time that asking takes.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        self.settings.connection.deadline()
    }

    /// The data groups that have to be there before it can be asked, beside those that name the card: those that it is sent.
    pub fn needs(&self) -> impl Iterator<Item = DataGroup> {
        let sends = self.settings.config.sends == Sends::Files;
        self.settings.sees.iter().filter(move |_| sends).filter_map(|shown| shown.group())
    }

    /// The question about a card, with nothing that the gateway may not see.
    #[must_use]
    pub fn question(&self, card: CardInQuestion<'_>) -> Question {
        let config = &self.settings.config;
        let sees = |shown| self.settings.sees.contains(&shown);
        let names = &config.names;
        let mut members: Vec<(String, Zeroizing<String>)> = Vec::new();
        let mut add = |name: &str, value: String| members.push((name.to_owned(), Zeroizing::new(value)));
        match config.sends {
            Sends::Certificate => {
                add(&names.certificate, STANDARD.encode(pem(card.signer)));
                if sees(Shown::Number) {
                    add(&names.number, card.number.to_owned());
                }
            }
            Sends::Files => {
                if let Some(sod) = card.files.bytes(FileId::SOD).filter(|_| sees(Shown::Sod)) {
                    add("sodData", STANDARD.encode(sod));
                }
                for (shown, name) in
                    [(Shown::Dg1, "dg1"), (Shown::Dg2, "dg2"), (Shown::Dg13, "dg13"), (Shown::Dg14, "dg14")]
                {
                    let file =
                        shown.group().filter(|_| sees(shown)).and_then(|group| card.files.group(group));
                    if let Some(file) = file {
                        add(name, STANDARD.encode(file));
                    }
                }
            }
        }
        for (name, value) in [
            (&names.device_type, &config.device_type),
            (&names.province, &config.province),
            (&names.customer, &config.customer_code),
        ] {
            if let Some(value) = value {
                add(name, value.clone());
            }
        }
        Question { signer: card.signer.to_vec(), number: Zeroizing::new(card.number.to_owned()), members }
    }

    /// Asks, within the deadline. `nonce` is random and of this question alone; `asked` is the present moment. Blocks;
    /// returns soon after `cancel` is set.
    #[must_use]
    pub fn ask(&self, question: &Question, nonce: [u8; 16], asked: Timestamp, cancel: &Cancel) -> Told {
        let config = &self.settings.config;
        let mut budget = self.settings.connection.budget(&self.surroundings, cancel);
        let mut told = Told {
            trace: GatewayTrace::NotAsked(String::new()),
            simulated: self.is_simulated(),
            attempts: 0,
            elapsed_ms: 0,
        };
        let about = gateway::question(&question.signer, &question.number, nonce, asked);
        let mark = gateway::question_mark(&about);
        let mut members: Vec<(&str, &str)> =
            question.members.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        members.extend(config.names.question.as_deref().map(|name| (name, mark.as_str())));
        let result = self.exchange(&Body::members(&members), &mut budget, &mut told);
        told.elapsed_ms = budget.elapsed_ms();
        told.trace = match result {
            Ok((text, signature)) => {
                let elapsed_s = i64::try_from(told.elapsed_ms / 1000).unwrap_or(i64::MAX);
                let received_unix_s = asked.plus_s(elapsed_s).0;
                GatewayTrace::Answered(GatewayAnswer { question: about, text, signature, received_unix_s })
            }
            Err(fault) if told.attempts == 0 => GatewayTrace::NotAsked(fault.to_string()),
            Err(fault) => GatewayTrace::NoAnswer(fault.to_string()),
        };
        tracing::info!(
            attempts = told.attempts,
            elapsed_ms = told.elapsed_ms,
            simulated = told.simulated,
            answered = matches!(told.trace, GatewayTrace::Answered(_)),
            "card-authenticity gateway asked"
        );
        told
    }

    fn exchange(
        &self,
        body: &Body,
        budget: &mut Budget<'_>,
        told: &mut Told,
    ) -> Result<(Vec<u8>, Vec<u8>), Fault> {
        let config = &self.settings.config;
        let client = self.settings.connection.client()?;
        let url = SecretUrl::new(&config.url, "", &[]);
        let request = Request::post(&url, body);
        loop {
            let left_ms = budget.left_ms()?;
            told.attempts += 1;
            let result = client.send(&request, left_ms, budget.cancel());
            match result.and_then(|reply| self.parts(&reply, told)) {
                Err(fault) if fault.is_transient() && budget.pause()? => {}
                result => return result,
            }
        }
    }

    /// Text and signature of an answer. One that is not signed has an empty signature, which holds under no key.
    fn parts(&self, reply: &Reply, told: &mut Told) -> Result<(Vec<u8>, Vec<u8>), Fault> {
        let names = &self.settings.config.names;
        told.simulated |= reply.simulated;
        let member = |name: &str| reply.member(name).and_then(serde_json::Value::as_str);
        let Some(text) = member(&names.text) else {
            let kind = FaultKind::Malformed("the answer has no text under a signature");
            return Err(Fault::new(kind, &self.settings.config.url));
        };
        let signature = member(&names.signature).and_then(|text| STANDARD.decode(text.trim()).ok());
        Ok((text.as_bytes().to_vec(), signature.unwrap_or_default()))
    }
}

/// A certificate in PEM. Spec: RFC 7468 §5.
fn pem(der: &[u8]) -> String {
    let digits = STANDARD.encode(der);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for (at, digit) in digits.chars().enumerate() {
        text.push(digit);
        if at % 64 == 63 {
            text.push('\n');
        }
    }
    if !digits.len().is_multiple_of(64) {
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

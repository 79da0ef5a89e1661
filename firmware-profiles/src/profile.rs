//! A checked profile, and the raw TOML it comes from.

use serde::{Deserialize, Serialize};

/// What a profile describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A contactless reader behind PC/SC.
    PcscContactless,
    /// An identity card: what its issuer's chips do.
    Card,
}

/// Which APDU lengths a reader passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApduLevel {
    /// Short APDUs only.
    Short,
    /// Extended APDUs too.
    Extended,
}

/// Known peculiarities. The list is closed: each one is handled somewhere in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quirk {
    /// The reader has a second slot for SAM cards that must never be chosen.
    HasSamSlot,
    /// Escape commands fail until the driver is configured to pass them.
    EscapeNeedsDriverOption,
    /// The driver of the current Debian release is too old for this reader.
    NeedsNewerCcidDriver,
    /// SELECT of the master file answers 6D00.
    SelectMasterFileRefused,
}

/// What a reader carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Short or extended APDUs.
    pub apdu_level: ApduLevel,
    /// Longest command APDU in bytes, header and lengths included.
    pub max_command_bytes: usize,
    /// Longest response APDU in bytes, status word included.
    pub max_response_bytes: usize,
    /// How long one exchange may take.
    pub exchange_timeout_ms: u32,
}

/// A checked profile with everything inherited filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The file's name without `.toml`.
    pub id: String,
    /// What it describes.
    pub kind: Kind,
    /// Vendor and model for people.
    pub title: String,
    /// Parts of the PC/SC reader name, in any case, one of which must occur.
    pub name_contains: Vec<String>,
    /// Parts that must not occur.
    pub name_rejects: Vec<String>,
    /// What it carries.
    pub limits: Limits,
    /// Its peculiarities.
    pub quirks: Vec<Quirk>,
    /// Advice for whoever installs it, in English.
    pub advice: Vec<String>,
    /// EF.CardAccess of cards that hide theirs (`kind = "card"`).
    pub card_access: Option<Vec<u8>>,
    /// Profiles it was merged from, nearest first.
    pub inherits: Vec<String>,
}

/// The file as written: every key may be absent, an unknown key is a fault.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawProfile {
    pub inherits: Option<String>,
    pub kind: Option<Kind>,
    pub title: Option<String>,
    pub name_contains: Option<Vec<String>>,
    pub name_rejects: Option<Vec<String>>,
    pub apdu_level: Option<ApduLevel>,
    pub max_command_bytes: Option<usize>,
    pub max_response_bytes: Option<usize>,
    pub exchange_timeout_ms: Option<u32>,
    pub quirks: Option<Vec<Quirk>>,
    pub advice: Option<Vec<String>>,
    pub card_access_hex: Option<String>,
}

impl RawProfile {
    /// This file's keys over those of `parent`.
    pub fn over(self, parent: Self) -> Self {
        Self {
            inherits: parent.inherits,
            kind: self.kind.or(parent.kind),
            title: self.title.or(parent.title),
            name_contains: self.name_contains.or(parent.name_contains),
            name_rejects: self.name_rejects.or(parent.name_rejects),
            apdu_level: self.apdu_level.or(parent.apdu_level),
            max_command_bytes: self.max_command_bytes.or(parent.max_command_bytes),
            max_response_bytes: self.max_response_bytes.or(parent.max_response_bytes),
            exchange_timeout_ms: self.exchange_timeout_ms.or(parent.exchange_timeout_ms),
            quirks: self.quirks.or(parent.quirks),
            advice: self.advice.or(parent.advice),
            card_access_hex: self.card_access_hex.or(parent.card_access_hex),
        }
    }

    /// The checked profile, or every fault of it.
    pub fn check(self, id: &str, inherits: Vec<String>) -> Result<Profile, Vec<String>> {
        let mut faults = Vec::new();
        let mut missing =
            |key: &str| faults.push(format!("`{key}` is set neither here nor in what it inherits"));
        if self.kind.is_none() {
            missing("kind");
        }
        if self.title.is_none() {
            missing("title");
        }
        if self.apdu_level.is_none() {
            missing("apdu_level");
        }
        if self.exchange_timeout_ms.is_none() {
            missing("exchange_timeout_ms");
        }
        let (max_command_bytes, max_response_bytes) =
            (self.max_command_bytes.unwrap_or(0), self.max_response_bytes.unwrap_or(0));
        if max_command_bytes < 261 || max_response_bytes < 258 {
            faults.push(format!(
                "`max_command_bytes` = {max_command_bytes} or `max_response_bytes` = {max_response_bytes} is below a \
                 short APDU (261 and 258)"
            ));
        }
        if self.apdu_level == Some(ApduLevel::Short) && max_command_bytes > 261 {
            faults.push("`max_command_bytes` exceeds 261 although `apdu_level` is `short`".to_owned());
        }
        let card_access = self.card_access_hex.as_deref().map(decode_hex);
        if card_access == Some(None) {
            faults.push("`card_access_hex` is not an even number of hexadecimal digits".to_owned());
        }
        let (Some(kind), Some(title), Some(apdu_level), Some(exchange_timeout_ms), true) =
            (self.kind, self.title, self.apdu_level, self.exchange_timeout_ms, faults.is_empty())
        else {
            return Err(faults);
        };
        Ok(Profile {
            id: id.to_owned(),
            kind,
            title,
            name_contains: self.name_contains.unwrap_or_default(),
            name_rejects: self.name_rejects.unwrap_or_default(),
            limits: Limits { apdu_level, max_command_bytes, max_response_bytes, exchange_timeout_ms },
            quirks: self.quirks.unwrap_or_default(),
            advice: self.advice.unwrap_or_default(),
            card_access: card_access.flatten(),
            inherits,
        })
    }
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok()).collect()
}

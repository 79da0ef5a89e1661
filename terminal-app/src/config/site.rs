//! A site file as written, what it inherits, and the checked site that comes of it.
//!
//! Three kinds of desks come with the program, but none of their names stands in code: a fourth is one file more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::audit::{RawAudit, RawConsent, Retention};
use super::gateway::RawGateway;
use super::outbox::RawOutbox;

/// A site file as written. Every key may be absent and is then inherited; an unknown key is a fault.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSite {
    /// Name of the site it inherits, a built-in one or a file beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inherits: Option<String>,
    /// What the place calls itself, by language.
    #[serde(default)]
    pub title: BTreeMap<String, String>,
    /// What the person sees.
    #[serde(default)]
    pub screen: RawScreen,
    /// What is read from the chip.
    #[serde(default)]
    pub read: RawRead,
    /// How it is proved.
    #[serde(default)]
    pub proof: RawProof,
    /// What it wants of the trust store.
    #[serde(default, skip_serializing_if = "RawTrust::is_empty")]
    pub trust: RawTrust,
    /// With what this terminal is let at DG3 and DG4.
    #[serde(default, skip_serializing_if = "RawTerminal::is_empty")]
    pub terminal_authentication: RawTerminal,
    /// The issuing authority's card-authenticity gateway.
    #[serde(default, skip_serializing_if = "RawGateway::is_empty")]
    pub gateway: RawGateway,
    /// What each outcome of each check leads to, by check.
    #[serde(default)]
    pub rules: BTreeMap<String, toml::Value>,
    /// Services that are asked once the person is proved, by name.
    #[serde(default)]
    pub services: BTreeMap<String, RawService>,
    /// Who is told of a verification once it is decided, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deliveries: BTreeMap<String, RawDelivery>,
    /// Where deliveries wait.
    #[serde(default, skip_serializing_if = "RawOutbox::is_empty")]
    pub outbox: RawOutbox,
    /// What of a verification is recorded.
    #[serde(default, skip_serializing_if = "RawAudit::is_empty")]
    pub audit: RawAudit,
    /// What a person is asked to agree to.
    #[serde(default, skip_serializing_if = "RawConsent::is_empty")]
    pub consent: RawConsent,
    /// Days for which what was taken is kept, by purpose.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub retention: Retention,
}

/// `[screen]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawScreen {
    /// Language codes, the first one shown first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub languages: Option<Vec<String>>,
    /// Seconds without a touch after which the screen is cleared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_wipe_s: Option<u32>,
}

/// `[read]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRead {
    /// Data groups beside those that the proof itself needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// Read EF.COM too. Nothing is decided by it; a rule may want its agreement with EF.SOD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub com: Option<bool>,
    /// `allowed` or `forbidden`: BAC where PACE was refused for another reason than a wrong number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fall_back_to_bac: Option<FallBack>,
    /// When the chip is asked to sign a challenge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_authentication: Option<SignChallenge>,
    /// Seconds for which a card that left during the reading is waited for; 0: not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_for_card_s: Option<u32>,
    /// Keep what cards of a kind take at once on a reader, and use it with the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learn_limits: Option<bool>,
}

/// Whether BAC may follow a refused PACE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FallBack {
    /// It may, and is recorded.
    Allowed,
    /// It may not.
    Forbidden,
}

/// When active authentication is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignChallenge {
    /// On every chip that has a key for it.
    Always,
    /// Only where chip authentication did not succeed. Saves two exchanges.
    UnlessChipAuthenticated,
    /// Never.
    Never,
}

/// `[proof]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawProof {
    /// `strict` or `tolerant` towards known departures of real documents from the standard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<Documents>,
    /// Single departures that are accepted beside, by their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerate: Option<Vec<String>>,
    /// The day, `YYYY-MM-DD`, from which SHA-1 in signatures is refused, by the beginning of the signer's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha1_until: Option<String>,
    /// Age in days beyond which a revocation list says nothing any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_max_age_days: Option<u32>,
}

/// `[trust]`. The store itself and the policy of its sources belong to the terminal; here stands what a desk needs of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTrust {
    /// Countries whose documents are to be proved here, by the letters of their certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub countries: Option<Vec<String>>,
}

impl RawTrust {
    fn is_empty(&self) -> bool {
        self.countries.is_none()
    }
}

/// `[terminal_authentication]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTerminal {
    /// Folder with the card-verifiable certificates, or several files and folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<toml::Value>,
    /// The key: a file, or `pkcs11:…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Where the PIN of a token comes from: `{ env = "NAME" }` or `{ file = "PATH" }`. Never the PIN itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<toml::Value>,
}

impl RawTerminal {
    fn is_empty(&self) -> bool {
        self.certificates.is_none() && self.key.is_none() && self.pin.is_none()
    }
}

/// How departures from the standard are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Documents {
    /// Refused.
    Strict,
    /// Accepted where they are known to be harmless, and noted.
    Tolerant,
}

/// `[services.NAME]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawService {
    /// The kind of connector; `none` switches an inherited service off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What its outcomes lead to, as in `[rules]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<toml::Value>,
    /// What it may see of the person, by the names of [`crate::connectors::Field`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sees: Option<Vec<String>>,
    /// When it is asked; after the holder check where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// Settings of the connector's kind.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub settings: toml::Table,
}

/// When a service is asked about a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Once it is known whether the person is the holder.
    #[default]
    AfterHolder,
    /// As soon as the texts of the chip are proved, while the portrait is still being read. The answer is neither shown nor used
    /// before the holder check.
    AfterText,
}

/// `[deliveries.NAME]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawDelivery {
    /// The kind of recipient; `none` switches an inherited delivery off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The verdicts that it is told of; `["accept"]` where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Vec<String>>,
    /// What it may see: fields of the person, and facts that services answered as `SERVICE.FACT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sees: Option<Vec<String>>,
    /// Settings of the recipient's kind.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub settings: toml::Table,
}

impl RawSite {
    /// This file's keys over those of `parent`. Tables are merged key by key.
    #[must_use]
    pub fn over(self, parent: Self) -> Self {
        Self {
            inherits: parent.inherits,
            title: over(self.title, parent.title),
            screen: RawScreen {
                languages: self.screen.languages.or(parent.screen.languages),
                idle_wipe_s: self.screen.idle_wipe_s.or(parent.screen.idle_wipe_s),
            },
            read: RawRead {
                groups: self.read.groups.or(parent.read.groups),
                com: self.read.com.or(parent.read.com),
                fall_back_to_bac: self.read.fall_back_to_bac.or(parent.read.fall_back_to_bac),
                active_authentication: self.read.active_authentication.or(parent.read.active_authentication),
                wait_for_card_s: self.read.wait_for_card_s.or(parent.read.wait_for_card_s),
                learn_limits: self.read.learn_limits.or(parent.read.learn_limits),
            },
            proof: RawProof {
                documents: self.proof.documents.or(parent.proof.documents),
                tolerate: self.proof.tolerate.or(parent.proof.tolerate),
                sha1_until: self.proof.sha1_until.or(parent.proof.sha1_until),
                list_max_age_days: self.proof.list_max_age_days.or(parent.proof.list_max_age_days),
            },
            trust: RawTrust { countries: self.trust.countries.or(parent.trust.countries) },
            terminal_authentication: RawTerminal {
                certificates: self
                    .terminal_authentication
                    .certificates
                    .or(parent.terminal_authentication.certificates),
                key: self.terminal_authentication.key.or(parent.terminal_authentication.key),
                pin: self.terminal_authentication.pin.or(parent.terminal_authentication.pin),
            },
            gateway: self.gateway.over(parent.gateway),
            rules: over(self.rules, parent.rules),
            services: merged(self.services, parent.services, RawService::over),
            deliveries: merged(self.deliveries, parent.deliveries, RawDelivery::over),
            outbox: self.outbox.over(parent.outbox),
            audit: self.audit.over(parent.audit),
            consent: self.consent.over(parent.consent),
            retention: over(self.retention, parent.retention),
        }
    }
}

impl RawService {
    fn over(self, parent: Self) -> Self {
        let mut settings = parent.settings;
        settings.extend(self.settings);
        Self {
            kind: self.kind.or(parent.kind),
            rule: self.rule.or(parent.rule),
            sees: self.sees.or(parent.sees),
            ask: self.ask.or(parent.ask),
            settings,
        }
    }
}

impl RawDelivery {
    fn over(self, parent: Self) -> Self {
        let mut settings = parent.settings;
        settings.extend(self.settings);
        Self {
            kind: self.kind.or(parent.kind),
            when: self.when.or(parent.when),
            sees: self.sees.or(parent.sees),
            settings,
        }
    }
}

/// Both by name; what both have is merged.
fn merged<V>(
    child: BTreeMap<String, V>,
    parent: BTreeMap<String, V>,
    over: fn(V, V) -> V,
) -> BTreeMap<String, V> {
    let mut all = parent;
    for (name, child) in child {
        let one = match all.remove(&name) {
            Some(inherited) => over(child, inherited),
            None => child,
        };
        all.insert(name, one);
    }
    all
}

fn over<V>(child: BTreeMap<String, V>, parent: BTreeMap<String, V>) -> BTreeMap<String, V> {
    let mut merged = parent;
    merged.extend(child);
    merged
}

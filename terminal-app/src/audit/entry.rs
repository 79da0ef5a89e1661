//! What is recorded: the kinds of records that a terminal writes of its work. None of them holds a person's data; a field that
//! a site names is there as a pseudonym.

use std::collections::BTreeMap;

use reader_core::policy::{CheckReport, PartResults, ReportReason, ServiceReport, Verdict};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::AuditError;
use super::log::{AuditLog, Entry, Stamp};
use crate::config::{AuditSettings, Level, Retention, Site};
use crate::connectors::{PermittedFields, PersonFields, Seen};
use crate::failure::Failure;
use crate::report::{Link, Report, SiteStamp};
use crate::text::{Language, Texts};
use crate::transaction::Transaction;

/// Longest code of a service that is recorded. A code is what a service sends: anything longer, or with other signs, might
/// be a sentence about a person.
const MAX_CODE_BYTES: usize = 16;

/// A verification begins: recorded where a site demands a log, so that one that was broken off leaves a trace.
#[derive(Serialize)]
pub struct Started {
    /// At which site.
    pub site: SiteStamp,
}

impl Entry for Started {
    const KIND: &'static str = "started";
}

/// A verification that could not be carried out.
#[derive(Serialize)]
pub struct NotDone {
    /// Which error.
    pub code: String,
    /// The reason behind it, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// At which site.
    pub site: SiteStamp,
}

impl NotDone {
    /// What is recorded of a failure: its codes. Its text may say more than a log should keep.
    #[must_use]
    pub fn of(failure: &Failure, site: &Site) -> Self {
        Self {
            code: failure.code.code(),
            reason: failure.reason().map(reader_core::evidence::Reason::code),
            site: stamp_of(site),
        }
    }
}

impl Entry for NotDone {
    const KIND: &'static str = "not_done";
}

/// A verification. Spec: TR-03135-1 v2.5 §6.3.
#[derive(Serialize)]
pub struct Verification<'a> {
    transaction: Transaction,
    level: Level,
    verdict: Verdict,
    reasons: Vec<Because<'a>>,
    checks: Vec<Checked<'a>>,
    tr03135: &'a PartResults,
    services: Vec<Answered<'a>>,
    started: &'a str,
    elapsed_ms: u64,
    link: Option<&'a Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reader: Option<ReaderUsed<'a>>,
    simulated: &'a [&'static str],
    site: &'a SiteStamp,
    versions: &'a BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<&'a Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Pseudonyms<'a>>,
}

impl Entry for Verification<'_> {
    const KIND: &'static str = "verification";
}

#[derive(Serialize)]
struct Because<'a> {
    code: &'a str,
    check: &'a str,
}

#[derive(Serialize)]
struct Checked<'a> {
    id: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

#[derive(Serialize)]
struct Answered<'a> {
    id: &'a str,
    outcome: &'static str,
    code: Option<&'a str>,
    age_s: Option<u64>,
}

#[derive(Serialize)]
struct ReaderUsed<'a> {
    name: &'a str,
    profile: &'a str,
}

#[derive(Serialize)]
struct Pseudonyms<'a> {
    purpose: &'a str,
    fields: BTreeMap<&'static str, String>,
}

impl<'a> Verification<'a> {
    /// What a site wants recorded of a report.
    ///
    /// # Errors
    /// The key of the pseudonyms cannot be made or read.
    pub fn of(
        report: &'a Report,
        settings: &'a AuditSettings,
        consent: Option<&'a Stamp>,
        log: &AuditLog,
    ) -> Result<Self, AuditError> {
        let decision = &report.decision;
        let mut fields = BTreeMap::new();
        if let Some(holder) = decision.holder.as_ref().filter(|_| !settings.fields.is_empty()) {
            let person = PermittedFields::cut(&PersonFields::from(holder), &settings.fields);
            for field in &settings.fields {
                if let Some(value) = person.get(*field) {
                    fields.insert(field.name(), log.pseudonym(*field, value)?);
                }
            }
        }
        let person = (!fields.is_empty()).then_some(Pseudonyms { purpose: &settings.purpose, fields });
        let because = |reason: &'a ReportReason| Because { code: &reason.code, check: &reason.check };
        Ok(Self {
            transaction: report.transaction,
            level: settings.level,
            verdict: decision.verdict,
            reasons: decision.reasons.iter().map(because).collect(),
            checks: decision.checks.iter().map(|check| Checked::of(check, settings.level)).collect(),
            tr03135: &decision.tr03135,
            services: decision.services.iter().map(Answered::of).collect(),
            started: &report.started,
            elapsed_ms: report.elapsed_ms,
            link: report.link.as_ref(),
            reader: report
                .reader
                .as_ref()
                .map(|reader| ReaderUsed { name: &reader.name, profile: &reader.profile }),
            simulated: &report.simulated,
            site: &report.site,
            versions: &report.versions,
            consent,
            person,
        })
    }
}

impl<'a> Checked<'a> {
    fn of(check: &'a CheckReport, level: Level) -> Self {
        let open = ["refuted", "undetermined", "aborted"].contains(&check.outcome);
        let wanted = match level {
            Level::Basic => false,
            Level::Standard => open,
            Level::Full => true,
        };
        // What a service adds in its own words may be about the person.
        let wanted = wanted && !check.id.starts_with("service.");
        Self {
            id: &check.id,
            outcome: check.outcome,
            reason: check.reason.as_deref(),
            notes: &check.notes,
            detail: check.detail.as_deref().filter(|_| wanted),
        }
    }
}

impl<'a> Answered<'a> {
    fn of(service: &'a ServiceReport) -> Self {
        let plain = |code: &&str| {
            code.len() <= MAX_CODE_BYTES
                && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        // A long number is nobody's code and may be somebody's number.
        let digits = |code: &&str| code.len() < 9 || !code.bytes().any(|byte| byte.is_ascii_digit());
        let code = service.code.as_deref();
        let kept = code.filter(plain).filter(digits).or(code.map(|_| "other"));
        Self { id: &service.id, outcome: service.outcome, code: kept, age_s: service.age_s }
    }
}

/// What a person decided when asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Agreed.
    Given,
    /// Did not.
    Refused,
    /// Took it back.
    Withdrawn,
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attested {
    /// The person, at the terminal.
    Person,
    /// The staff, of the person.
    Staff,
}

/// A person's consent to what a site does, or that it was not given. It does not say whose: the verification's record names
/// this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Consent {
    /// Which verification, where it is over already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Transaction>,
    /// What was decided.
    pub decision: Decision,
    /// Who says so.
    pub attested_by: Attested,
    /// Version of the texts.
    pub version: String,
    /// The language in which they were shown.
    pub language: &'static str,
    /// What was shown, by purpose.
    pub purposes: BTreeMap<String, Shown>,
    /// Who is to see what.
    pub recipients: BTreeMap<String, Vec<String>>,
    /// At which site.
    pub site: SiteStamp,
}

/// A text that was shown, and for how long what is taken for its purpose is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Its key in the language files.
    pub text: String,
    /// SHA-256 of its words.
    pub sha256: String,
    /// Days for which what is taken for this purpose is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
}

impl Entry for Consent {
    const KIND: &'static str = "consent";
}

impl Consent {
    /// What was decided about what this site shows and does.
    #[must_use]
    pub fn to(site: &Site, language: Language, decision: Decision, attested_by: Attested) -> Self {
        let texts = Texts::new(language);
        let shown = |(purpose, key): (&String, &String)| {
            let words = Sha256::digest(texts.get(key).as_bytes());
            let shown = Shown {
                text: key.clone(),
                sha256: words.iter().map(|byte| format!("{byte:02x}")).collect(),
                keep_days: kept(&site.retention, purpose),
            };
            (purpose.clone(), shown)
        };
        let names = |fields: &[crate::connectors::Field]| {
            fields.iter().map(|field| field.name().to_owned()).collect()
        };
        let mut recipients: BTreeMap<String, Vec<String>> =
            site.services.iter().map(|service| (service.name.clone(), names(&service.sees))).collect();
        if let Some(gateway) = &site.gateway {
            let word = |shown| serde_json::to_value(shown).ok()?.as_str().map(str::to_owned);
            recipients.insert("gateway".to_owned(), gateway.sees.iter().filter_map(word).collect());
        }
        for delivery in &site.deliveries {
            let word = |seen: &Seen| match seen {
                Seen::Person(field) => field.name().to_owned(),
                Seen::Fact(name) => name.clone(),
            };
            recipients.insert(delivery.name.clone(), delivery.sees.iter().map(word).collect());
        }
        Self {
            transaction: None,
            decision,
            attested_by,
            version: site.consent.version.clone(),
            language: language.code(),
            purposes: site.consent.texts.iter().map(shown).collect(),
            recipients,
            site: stamp_of(site),
        }
    }
}

fn kept(retention: &Retention, purpose: &str) -> Option<u32> {
    retention.get(purpose).copied()
}

/// Something that was kept was erased: the receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Erasure {
    /// For what purpose it had been kept.
    pub purpose: String,
    /// How many things of each sort were erased.
    pub counts: BTreeMap<String, u64>,
    /// Why: `retention`, `withdrawn` or `request`.
    pub because: &'static str,
    /// Who had it done; `None`: the timer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Entry for Erasure {
    const KIND: &'static str = "erasure";
}

/// An account of the staff was changed, or locked by wrong PINs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StaffChange {
    /// `add`, `remove`, `unlock`, `set_pin` or `locked`.
    pub action: &'static str,
    /// Whose.
    pub name: String,
    /// With what role, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
}

impl Entry for StaffChange {
    const KIND: &'static str = "staff";
}

fn stamp_of(site: &Site) -> SiteStamp {
    SiteStamp { name: site.name.clone(), hash: site.hash.clone() }
}

impl Started {
    /// At this site.
    #[must_use]
    pub fn at(site: &Site) -> Self {
        Self { site: stamp_of(site) }
    }
}

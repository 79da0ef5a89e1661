//! The report of one verification, in the words and keys that scripts rely on.

use serde::{Deserialize, Serialize};

use super::rules::Action;
use super::tr03135::PartResults;
use crate::evidence::{Finding, Holder, Reason, ServiceFinding};

/// What a site does about the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every rule is satisfied.
    Accept,
    /// A person decides.
    Refer,
    /// It is refused.
    Reject,
}

impl Verdict {
    /// The word of the report.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Refer => "refer",
            Self::Reject => "reject",
        }
    }
}

impl From<Action> for Verdict {
    fn from(action: Action) -> Self {
        match action {
            Action::Accept => Self::Accept,
            Action::Refer => Self::Refer,
            Action::Reject => Self::Reject,
        }
    }
}

/// A reason that led to the verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportReason {
    /// The reason itself, for wording it in another language.
    #[serde(skip)]
    pub reason: Reason,
    /// Its code: `R1203`.
    pub code: String,
    /// The check or rule that it belongs to.
    pub check: String,
    /// Its meaning, in English until the application words it.
    pub text: String,
}

impl ReportReason {
    pub(super) fn new(reason: Reason, check: impl Into<String>) -> Self {
        Self { reason, code: reason.code(), check: check.into(), text: reason.meaning().to_owned() }
    }
}

/// One check in the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckReport {
    /// The check's identifier.
    pub id: String,
    /// `confirmed`, `refuted`, `undetermined`, `not_supported`, `not_performed` or `aborted`.
    pub outcome: &'static str,
    /// The code of the reason, where the outcome has one.
    pub reason: Option<String>,
    /// Whom it convinces: `anyone` or `this_terminal`.
    pub witness: Option<&'static str>,
    /// Where the standard asks for it.
    pub spec: &'static str,
    /// Codes of what was tolerated or noticed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Particulars for staff, in English, without personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How long the check took in milliseconds, where the application measured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<f64>,
}

impl CheckReport {
    pub(super) fn new(id: impl Into<String>, spec: &'static str, finding: &Finding) -> Self {
        Self {
            id: id.into(),
            outcome: finding.outcome.as_str(),
            reason: finding.outcome.reason().map(Reason::code),
            witness: finding.witness.map(crate::evidence::Witness::as_str),
            spec,
            notes: finding.notes.iter().map(|note| note.code()).collect(),
            detail: finding.detail.clone(),
            ms: None,
        }
    }
}

/// One service in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceReport {
    /// The connector's name.
    pub id: String,
    /// The outcome of its finding.
    pub outcome: &'static str,
    /// The service's own code, if it answered.
    pub code: Option<String>,
    /// The service's own text, if it answered.
    pub text: Option<String>,
    /// Age of the answer in seconds, if there is one.
    pub age_s: Option<u64>,
}

impl From<&ServiceFinding> for ServiceReport {
    fn from(service: &ServiceFinding) -> Self {
        let answer = service.answer.as_ref();
        Self {
            id: service.name.clone(),
            outcome: service.finding.outcome.as_str(),
            code: answer.map(|answer| answer.code.clone()),
            text: answer.map(|answer| answer.text.clone()),
            age_s: answer.map(|answer| answer.age_s),
        }
    }
}

/// What a site decided, and on what ground. The application adds link, site, versions, times and simulated parts.
#[derive(Clone, Serialize)]
pub struct VerificationReport {
    /// `idterm.report/1`.
    pub schema: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// What led to it; empty where everything is accepted.
    pub reasons: Vec<ReportReason>,
    /// Every check.
    pub checks: Vec<CheckReport>,
    /// The holder, as far as proved files say.
    pub holder: Option<Holder>,
    /// Every service that the site asks.
    pub services: Vec<ServiceReport>,
    /// The findings in the words of TR-03135-1; they decide nothing.
    pub tr03135: PartResults,
}

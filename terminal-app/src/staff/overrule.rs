//! A decision that two of the staff set aside: it stays what it was, and beside it stands what they did and why.

use jiff::Timestamp;
use reader_core::policy::Verdict;
use serde::Serialize;

use super::accounts::{Role, SignedIn};
use crate::audit::{AuditError, AuditLog, Entry, Question, Source, Stamp, examine};
use crate::failure::{ErrorCode, Failure};
use crate::transaction::Transaction;

const MAX_REASON_CHARS: usize = 400;

/// What is to be set aside, and why.
#[derive(Clone, Debug)]
pub struct Overrule<'a> {
    /// Which verification.
    pub transaction: Transaction,
    /// What shall hold in place of its verdict.
    pub verdict: Verdict,
    /// Why, in words that name nobody who was verified.
    pub reason: &'a str,
}

/// The record of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Override {
    /// Which verification.
    pub transaction: Transaction,
    /// The record that it sets aside.
    pub of: u64,
    /// What was decided before.
    pub old: String,
    /// What holds now.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Who asked for it.
    pub by: String,
    /// With what role.
    pub by_role: Role,
    /// Who agreed.
    pub second: String,
}

impl Entry for Override {
    const KIND: &'static str = "override";
}

/// Why a decision was not set aside.
#[derive(Debug, thiserror::Error)]
pub enum OverruleError {
    /// One person alone.
    #[error("{name} cannot be both who asks and who agrees")]
    SamePerson {
        /// Who.
        name: String,
    },
    /// Somebody whose role does not allow it.
    #[error("{name} is {role} and cannot {what}")]
    Role {
        /// Who.
        name: String,
        /// With what role.
        role: Role,
        /// What it does not allow.
        what: &'static str,
    },
    /// No reason, or none that can be kept.
    #[error("a reason has 1 to {MAX_REASON_CHARS} characters in one line")]
    Reason,
    /// A person does not refer to a person.
    #[error("an override accepts or rejects")]
    Verdict,
    /// It is so already.
    #[error("the verdict of {transaction} is {verdict} already")]
    Nothing {
        /// Which verification.
        transaction: Transaction,
        /// What holds.
        verdict: String,
    },
    /// The log has no such verification.
    #[error("the audit log has no verification {0}")]
    Unknown(Transaction),
    /// A log that was touched says nothing of what was decided.
    #[error("the audit log is not intact; see `idterm audit verify`")]
    NotIntact,
    /// The log cannot be read or written.
    #[error(transparent)]
    Log(#[from] AuditError),
}

impl From<OverruleError> for Failure {
    fn from(error: OverruleError) -> Self {
        match error {
            OverruleError::Log(error) => error.into(),
            OverruleError::NotIntact => Self::new(ErrorCode::AuditUnfit, error.to_string()),
            _ => Self::new(ErrorCode::BadStaff, error.to_string()),
        }
    }
}

/// Records that `by` and `second` set a decision aside. The record of the verification stays as it is.
///
/// # Errors
/// The two may not, there is nothing to set aside, or the log cannot be written.
pub fn overrule(
    log: &AuditLog,
    asked: &Overrule<'_>,
    by: &SignedIn,
    second: &SignedIn,
    now: Timestamp,
) -> Result<(Override, Stamp), OverruleError> {
    if by.name() == second.name() {
        return Err(OverruleError::SamePerson { name: by.name().to_owned() });
    }
    let forbidden =
        |who: &SignedIn, what| OverruleError::Role { name: who.name().to_owned(), role: who.role(), what };
    if by.role() == Role::Technician {
        return Err(forbidden(by, "ask for an override"));
    }
    if second.role() != Role::Supervisor {
        return Err(forbidden(second, "agree to an override"));
    }
    if asked.verdict == Verdict::Refer {
        return Err(OverruleError::Verdict);
    }
    let reason = asked.reason.trim();
    if !(1..=MAX_REASON_CHARS).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
        return Err(OverruleError::Reason);
    }
    let (of, old) = held(log, asked.transaction)?;
    if old == asked.verdict.word() {
        return Err(OverruleError::Nothing { transaction: asked.transaction, verdict: old });
    }
    let entry = Override {
        transaction: asked.transaction,
        of,
        old,
        verdict: asked.verdict,
        reason: reason.to_owned(),
        by: by.name().to_owned(),
        by_role: by.role(),
        second: second.name().to_owned(),
    };
    let stamp = log.append(&entry, now)?;
    Ok((entry, stamp))
}

/// The last record that says what holds of a verification, and what it says.
fn held(log: &AuditLog, transaction: Transaction) -> Result<(u64, String), OverruleError> {
    let mut found = None;
    let id = transaction.to_string();
    let examined = examine(&Source::Log(log.clone()), &Question::default(), &mut |record, _| {
        let decides = ["verification", Override::KIND].contains(&record.kind.as_str());
        if decides && record.body["transaction"].as_str() == Some(&id) {
            found = record.body["verdict"].as_str().map(|verdict| (record.seq, verdict.to_owned()));
        }
    })?;
    match (examined.fault, found) {
        (Some(_), _) => Err(OverruleError::NotIntact),
        (None, None) => Err(OverruleError::Unknown(transaction)),
        (None, Some(found)) => Ok(found),
    }
}

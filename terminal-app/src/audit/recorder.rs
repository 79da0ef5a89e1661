//! What surrounds a verification: before it, whether it may be recorded and consent was given; after it, the record.

use jiff::Timestamp;

use super::entry::{Consent, Decision, NotDone, Started, Verification};
use super::error::AuditError;
use super::log::{AuditLog, Stamp};
use crate::config::Site;
use crate::failure::{ErrorCode, Failure};
use crate::report::{LogFault, Logged};
use crate::worker::Verified;

/// Records what a terminal does, where it has a log.
#[derive(Clone, Debug)]
pub struct Recorder {
    log: Option<AuditLog>,
}

/// A verification that may begin.
#[derive(Clone, Debug)]
pub struct Begun {
    consent: Option<Stamp>,
    may_share: bool,
}

impl Begun {
    /// Whether services may be asked and recipients be told: no consent is required, or one is recorded.
    #[must_use]
    pub const fn may_share(&self) -> bool {
        self.may_share
    }
}

impl Recorder {
    /// A recorder into this log; `None`: this terminal keeps none.
    #[must_use]
    pub const fn new(log: Option<AuditLog>) -> Self {
        Self { log }
    }

    /// Before anything is read: a site that demands a log is not served without one, and a consent counts once it is recorded.
    ///
    /// # Errors
    /// The site demands a log, and there is none or it cannot be written.
    pub fn begin(&self, site: &Site, consent: Option<&Consent>) -> Result<Begun, Failure> {
        let now = Timestamp::now();
        if site.audit.required {
            let Some(log) = &self.log else {
                let what =
                    format!("the site {} demands an audit log, and this terminal keeps none", site.name);
                return Err(Failure::new(ErrorCode::AuditUnusable, what)
                    .with_remedy("Name its folder with --audit DIR."));
            };
            log.append(&Started::at(site), now)?;
        }
        let recorded = match (&self.log, consent) {
            (Some(log), Some(consent)) => {
                let stamp = log.append(consent, now);
                stamp
                    .inspect_err(|error| tracing::warn!("{error}"))
                    .ok()
                    .filter(|_| consent.decision == Decision::Given)
            }
            _ => None,
        };
        Ok(Begun { may_share: !site.consent.required || recorded.is_some(), consent: recorded })
    }

    /// After it: one record, and in the report where it stands, or why it does not. The verdict is what it is.
    pub fn end(&self, site: &Site, begun: &Begun, result: &mut Result<Verified, Failure>) {
        let Some(log) = &self.log else { return };
        let now = Timestamp::now();
        match result {
            Ok(verified) => {
                let settings = &site.audit;
                let recorded = Verification::of(&verified.report, settings, begun.consent.as_ref(), log)
                    .and_then(|record| log.append(&record, now));
                verified.report.audit = Some(logged(recorded));
            }
            Err(failure) => told(log.append(&NotDone::of(failure, site), now).map(drop)),
        }
        if let Some(days) = site.audit.keep_days {
            told(log.prune(days, now).map(drop));
        }
    }
}

fn logged(recorded: Result<Stamp, AuditError>) -> Logged {
    match recorded {
        Ok(stamp) => Logged::Stands(stamp),
        Err(error) => {
            let failure = Failure::from(error);
            tracing::error!("{failure}");
            Logged::Failed { error: LogFault { code: failure.code.code(), text: failure.text } }
        }
    }
}

fn told(done: Result<(), AuditError>) {
    if let Err(error) = done {
        tracing::error!("{error}");
    }
}

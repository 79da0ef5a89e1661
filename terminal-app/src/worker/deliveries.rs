//! Who is told of a decision: each record is cut to its recipient and handed to the outbox, after the decision and never before.

use std::collections::BTreeMap;

use reader_core::evidence::Reason;
use reader_core::policy::{Verdict, VerificationReport};
use zeroize::Zeroize;

use super::ServicesError;
use crate::config::{Delivery, Site};
use crate::connectors::{self, Details, Known, PersonFields, Recipient, Record, Surroundings};
use crate::outbox::{Courier, Nudge, OutboxError, OutboxSettings, Store};
use crate::report::DeliveryReport;
use crate::text::Texts;
use crate::transaction::Transaction;

/// The deliveries of a site, and the outbox that keeps them.
#[derive(Clone)]
pub struct Deliveries {
    site: String,
    wanted: Vec<Delivery>,
    outbox: OutboxSettings,
    surroundings: Surroundings,
    nudge: Nudge,
}

/// What is told once it is decided.
pub(super) struct Decided<'a> {
    pub transaction: Transaction,
    pub decided_at: String,
    pub decision: &'a VerificationReport,
    pub simulated: &'a [&'static str],
    pub person: Option<&'a PersonFields>,
    pub facts: &'a Facts,
}

/// What services answered, by `SERVICE.FACT`; wiped when dropped.
#[derive(Default)]
pub(super) struct Facts(BTreeMap<String, String>);

impl Facts {
    /// With the facts of this service's answer.
    pub fn add(&mut self, service: &str, details: &Details) {
        self.0.extend(details.iter().map(|(fact, value)| (format!("{service}.{fact}"), value.to_owned())));
    }
}

impl Drop for Facts {
    fn drop(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}

impl Deliveries {
    /// The deliveries of this site, kept in this outbox. `None`: it has none.
    #[must_use]
    pub fn of_site(site: &Site, outbox: OutboxSettings, surroundings: Surroundings) -> Option<Self> {
        let (site, wanted) = (site.name.clone(), site.deliveries.clone());
        (!wanted.is_empty()).then(|| Self { site, wanted, outbox, surroundings, nudge: Nudge::default() })
    }

    /// A courier for these deliveries. It wakes as soon as something is handed over here.
    ///
    /// # Errors
    /// Settings of recipients are faulty; all of them are named.
    pub fn courier(&self) -> Result<Result<Courier, OutboxError>, ServicesError> {
        let (outbox, surroundings) = (self.outbox.clone(), self.surroundings.clone());
        self.recipients().map(|all| Courier::start(outbox, all, surroundings, self.nudge.clone()))
    }

    /// Names of the recipients that have settings at this terminal.
    pub fn configured(&self) -> impl Iterator<Item = &str> {
        let configured = self.wanted.iter().filter(|delivery| !delivery.settings.is_empty());
        configured.map(|delivery| delivery.name.as_str())
    }

    /// The recipients that have settings at this terminal.
    fn recipients(&self) -> Result<Vec<Box<dyn Recipient>>, ServicesError> {
        let mut recipients = Vec::new();
        let mut faults = Vec::new();
        for delivery in self.wanted.iter().filter(|delivery| !delivery.settings.is_empty()) {
            let settings = delivery.settings.clone();
            let surroundings = self.surroundings.clone();
            match connectors::build_recipient(&delivery.name, &delivery.kind, settings, surroundings) {
                Ok(recipient) => recipients.push(recipient),
                Err(error) => faults.push(error),
            }
        }
        if faults.is_empty() { Ok(recipients) } else { Err(ServicesError::new(faults)) }
    }

    /// The outbox.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(&self) -> Result<Store, OutboxError> {
        Store::open(&self.outbox, self.surroundings.clock.unix_ms())
    }

    /// Hands over what this verdict is to be told, all of it in one step, and says what became of it. That it could not be kept
    /// changes nothing of the verdict.
    pub(super) fn hand_over(&self, decided: &Decided<'_>, texts: &Texts) -> Vec<DeliveryReport> {
        let verdict = decided.decision.verdict;
        let of_verdict = |delivery: &&Delivery| delivery.when.contains(&verdict);
        let (ready, unset): (Vec<_>, Vec<_>) =
            self.wanted.iter().filter(of_verdict).partition(|delivery| !delivery.settings.is_empty());
        let records: Vec<(&str, Record)> = ready
            .iter()
            .map(|delivery| (delivery.name.as_str(), self.record(delivery, verdict, decided)))
            .collect();
        let kept = if records.is_empty() { Ok(()) } else { self.keep(&records) };
        let mut reports: Vec<DeliveryReport> =
            records.iter().map(|(id, _)| told(id, decided.transaction, &kept, texts)).collect();
        reports.extend(unset.iter().map(|delivery| DeliveryReport {
            id: delivery.name.clone(),
            state: "not_configured",
            key: None,
            reason: None,
            text: texts.get("delivery-not-configured"),
        }));
        reports
    }

    fn keep(&self, records: &[(&str, Record)]) -> Result<(), OutboxError> {
        self.open()?.accept(records, self.surroundings.clock.unix_ms())?;
        self.nudge.give();
        Ok(())
    }

    /// What one recipient may see of it.
    fn record(&self, delivery: &Delivery, verdict: Verdict, decided: &Decided<'_>) -> Record {
        let known = Known { person: decided.person, facts: &decided.facts.0 };
        Record {
            transaction: decided.transaction,
            decided_at: decided.decided_at.clone(),
            site: self.site.clone(),
            verdict,
            reasons: decided.decision.reasons.iter().map(|reason| reason.code.clone()).collect(),
            simulated: decided.simulated.iter().map(|part| (*part).to_owned()).collect(),
            person: known.person_for(&delivery.sees),
            facts: known.facts_for(&delivery.sees),
        }
    }
}

fn told(id: &str, transaction: Transaction, kept: &Result<(), OutboxError>, texts: &Texts) -> DeliveryReport {
    let (state, reason, text) = match kept {
        Ok(()) => ("accepted", None, texts.get("delivery-accepted")),
        Err(error) => {
            tracing::error!(recipient = id, %error, "a delivery could not be kept");
            let (why, remedy) = (format!("{error}."), error.remedy());
            let text = texts.with("delivery-failed", &[("why", &why), ("remedy", remedy)]);
            ("failed", Some(Reason::DeliveryNotKept.code()), text)
        }
    };
    DeliveryReport { id: id.to_owned(), state, key: Some(transaction.key_for(id)), reason, text }
}

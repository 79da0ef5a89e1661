//! The site's services: built once, asked for one proved person at a time.

use std::sync::Arc;

use reader_core::evidence::{Finding, Holder, Outcome, Reason, ServiceFinding};

use super::deliveries::Deliveries;
use super::questions::{Questions, Taken};
use crate::config::{Ask, Site};
use crate::connectors::card_authenticity::CardAuthenticity;
use crate::connectors::{
    self, Answer, Audience, Cancel, ConfigError, Connector, Details, PermittedFields, PersonFields, Query,
    Question, Surroundings,
};
use crate::text::Texts;
use crate::transaction::Transaction;

/// A service of the site, with its connector where this terminal has settings for it.
struct Service {
    name: String,
    sees: Vec<connectors::Field>,
    ask: Ask,
    connector: Option<Arc<dyn Connector>>,
}

impl Service {
    /// What it is asked about this person.
    fn query(&self, holder: &Holder, transaction: Transaction) -> Query {
        let fields = PermittedFields::cut(&PersonFields::from(holder), &self.sees);
        Query { question: Question::Eligibility, fields, transaction }
    }
}

/// The services of a site.
pub struct Services {
    services: Vec<Service>,
    gateway: Option<Arc<CardAuthenticity>>,
    deliveries: Option<Deliveries>,
    /// Nobody is asked: no consent is recorded.
    withheld: bool,
}

/// Settings of a service that cannot be used: every fault.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct ServicesError(Vec<ConfigError>);

impl ServicesError {
    /// All of these.
    pub(super) const fn new(faults: Vec<ConfigError>) -> Self {
        Self(faults)
    }
}

/// What a service said: the finding for the evidence, and what only the application keeps.
pub(super) struct Asked {
    pub finding: ServiceFinding,
    pub simulated: bool,
    /// Facts from the answer; they go to those who may be told of them, and nowhere else.
    pub details: Details,
}

impl Services {
    /// Builds the connectors of every service that has settings.
    ///
    /// # Errors
    /// Settings are faulty; all of them are named.
    pub fn of_site(site: &Site) -> Result<Self, ServicesError> {
        let mut services = Vec::new();
        let mut faults = Vec::new();
        for service in &site.services {
            let connector = if service.settings.is_empty() {
                None
            } else {
                let built = connectors::build(
                    &service.name,
                    &service.kind,
                    service.settings.clone(),
                    Surroundings::system(),
                );
                built.map_err(|error| faults.push(error)).ok().map(Arc::from)
            };
            let (name, sees) = (service.name.clone(), service.sees.clone());
            services.push(Service { name, sees, ask: service.ask, connector });
        }
        let opened = site.gateway.as_ref().map(|gateway| gateway.open(Surroundings::system()));
        let gateway = match opened.transpose() {
            Ok(opened) => opened.flatten().map(|(connector, _)| Arc::new(connector)),
            Err(error) => {
                faults.push(error);
                None
            }
        };
        if faults.is_empty() {
            Ok(Self { services, gateway, deliveries: None, withheld: false })
        } else {
            Err(ServicesError(faults))
        }
    }

    /// The same, with those who are told once it is decided. Without this nobody is told.
    #[must_use]
    pub fn telling(mut self, deliveries: Option<Deliveries>) -> Self {
        self.deliveries = deliveries.filter(|_| !self.withheld);
        self
    }

    /// Those who are told.
    pub(crate) const fn deliveries(&self) -> Option<&Deliveries> {
        self.deliveries.as_ref()
    }

    /// The site's services by name, and nothing by which one of them could be asked or anybody be told: for a person whose
    /// consent is required and not recorded.
    #[must_use]
    pub fn withheld(site: &Site) -> Self {
        let nobody = |service: &crate::config::Service| Service {
            name: service.name.clone(),
            sees: Vec::new(),
            ask: Ask::AfterHolder,
            connector: None,
        };
        let services = site.services.iter().map(nobody).collect();
        Self { services, gateway: None, deliveries: None, withheld: true }
    }

    /// The issuing authority's gateway, where this terminal has one.
    pub(super) fn gateway(&self) -> Option<Arc<CardAuthenticity>> {
        self.gateway.clone()
    }

    /// Puts a connector made elsewhere in the place of the one that the site names, if it names one.
    #[must_use]
    pub fn with(mut self, connector: Box<dyn Connector>) -> Self {
        if self.withheld {
            return self;
        }
        if let Some(service) = self.services.iter_mut().find(|service| service.name == connector.id()) {
            service.connector = Some(Arc::from(connector));
        }
        self
    }

    /// Whether there is anything to ask.
    #[must_use]
    pub fn any(&self) -> bool {
        self.services.iter().any(|service| service.connector.is_some())
    }

    /// Whether one of them is a simulated one, asked or not.
    #[must_use]
    pub fn simulated(&self) -> bool {
        self.services
            .iter()
            .filter_map(|service| service.connector.as_ref())
            .any(|connector| connector.is_simulated())
    }

    /// Sends the questions that may leave once the texts are proved, while the portrait is still being read.
    pub(super) fn begin(&self, holder: &Holder, transaction: Transaction, questions: &mut Questions) {
        for service in self.services.iter().filter(|service| service.ask == Ask::AfterText) {
            if let Some(connector) = &service.connector {
                questions.send(&service.name, connector, service.query(holder, transaction));
            }
        }
    }

    /// Asks none of them any more, and says why. What was asked already is left unanswered.
    pub(super) fn leave(&self, why: &str, questions: &Questions) -> Vec<Asked> {
        let left = |service: &Service| match questions.is_sent(&service.name) {
            true => found(&service.name, Outcome::NotPerformed(Reason::ServiceAnswerNotTaken), why),
            false => found(&service.name, Outcome::NotPerformed(Reason::ServiceNotAsked), why),
        };
        self.services.iter().map(left).collect()
    }

    /// Asks every service about the person, all at the same time, and waits for the answers; without a proved person none is
    /// asked.
    pub(super) fn ask(
        &self,
        holder: Option<&Holder>,
        transaction: Transaction,
        mut questions: Questions,
        cancel: &Cancel,
        texts: &Texts,
    ) -> Vec<Asked> {
        if let Some(holder) = holder {
            for service in &self.services {
                if let Some(connector) =
                    service.connector.as_ref().filter(|_| !questions.is_sent(&service.name))
                {
                    questions.send(&service.name, connector, service.query(holder, transaction));
                }
            }
        }
        let not_asked =
            |name: &str, why: &str| found(name, Outcome::NotPerformed(Reason::ServiceNotAsked), why);
        let mut answer_of = |service: &Service| match (holder, &service.connector) {
            (Some(holder), Some(connector)) => {
                let query = service.query(holder, transaction);
                match questions.take(&service.name, &query.fields, cancel) {
                    Taken::Answer(answer) => worded(&answer, texts),
                    Taken::NotSent => worded(&connector.query(&query, cancel), texts),
                    Taken::Lost => {
                        let why = "asking it ended unexpectedly; the log says where";
                        found(&service.name, Outcome::Aborted(Reason::ServiceUnavailable), why)
                    }
                }
            }
            // The question stays open: a site may pass a terminal without such a service, and not a person who was not asked.
            _ if self.withheld => {
                found(&service.name, Outcome::Undetermined(Reason::NoConsent), "no consent is recorded")
            }
            (None, _) => not_asked(&service.name, "nobody was proved whom it could be asked about"),
            (_, None) => not_asked(&service.name, "it is not configured at this terminal"),
        };
        self.services.iter().map(&mut answer_of).collect()
    }
}

/// What a service did not say.
fn found(name: &str, outcome: Outcome, why: &str) -> Asked {
    let finding = Finding::new(outcome).with_detail(why);
    let finding = ServiceFinding { name: name.to_owned(), finding, answer: None };
    Asked { finding, simulated: false, details: Details::default() }
}

/// What evidence keeps of an answer, worded for staff in the language chosen.
fn worded(answer: &Answer, texts: &Texts) -> Asked {
    let place = answer.place().unwrap_or_default();
    let code = answer.code.as_deref().unwrap_or_default();
    let note = answer.note.as_deref().unwrap_or_default();
    let variables = [("code", code), ("note", note), ("service", answer.service.as_str()), ("where", place)];
    let text = texts.with(&answer.text_key(Audience::Staff), &variables);
    let mut finding = answer.finding();
    // `not_performed` is for terminals that have no such service, and a site may let that pass. One that is set up and
    // could not be asked leaves its question open.
    if let Outcome::NotPerformed(reason) = finding.finding.outcome {
        finding.finding.outcome = Outcome::Undetermined(reason);
    }
    if let Some(answer) = &mut finding.answer {
        answer.text = text;
    }
    Asked { finding, simulated: answer.simulated, details: answer.details.clone() }
}

//! A service that may be asked while the portrait is being read (`ask = "after_text"`), and several that are asked at once.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use reader_core::evidence::{Outcome, Reason};
use reader_core::policy::Verdict;
use reader_core::transport::{Limits, Transport, TransportError};
use reader_core::wire::date::Timestamp;
use terminal_app::config::{Ask, Site};
use terminal_app::connectors::{Answer, Cancel, Connector, Details, Field, Query, Service};
use terminal_app::devices::simulated::SimulatedReader;
use terminal_app::text::Language;
use terminal_app::worker::{self, Event, Job, Services, Verified};
use terminal_app::{config, demo};
use test_vectors::chip::Chip;
use test_vectors::persona;

/// In the portrait, after the texts and both proofs of the chip.
const IN_DG2: usize = 60;
/// Nothing here takes longer, unless it fails.
const LONG: Duration = Duration::from_secs(20);

/// How a service behaves.
enum Manner {
    /// It answers at once.
    Prompt,
    /// It answers once another one was asked too.
    Together(Arc<Barrier>),
    /// It says nothing until nobody waits any more.
    UntilCancelled,
}

/// A service that tells when it was asked and when it has answered.
struct Told {
    name: &'static str,
    manner: Manner,
    tell: Mutex<Sender<&'static str>>,
}

impl Service for Told {
    fn id(&self) -> &str {
        self.name
    }
}

impl Connector for Told {
    fn needs(&self) -> &[Field] {
        &[Field::Number]
    }

    fn query(&self, query: &Query, cancel: &Cancel) -> Answer {
        assert!(query.fields.number().is_some() && query.fields.name().is_none(), "cut to what it may see");
        self.tell.lock().unwrap().send("asked").unwrap();
        match &self.manner {
            Manner::Prompt => {}
            Manner::Together(barrier) => drop(barrier.wait()),
            Manner::UntilCancelled => {
                while !cancel.is_cancelled() {
                    std::thread::sleep(Duration::from_millis(5));
                }
                self.tell.lock().unwrap().send("cancelled").unwrap();
            }
        }
        Answer {
            service: self.name.to_owned(),
            outcome: Outcome::Confirmed,
            code: Some("000".to_owned()),
            note: None,
            fault: None,
            details: Details::default(),
            age_s: 0,
            attempts: 1,
            elapsed_ms: 0,
            simulated: true,
            summary: "answered".to_owned(),
            text_stem: "insurance-000".to_owned(),
        }
    }
}

/// A card that gives no more of its portrait until `wait` agrees.
struct Held<W> {
    inner: SimulatedReader,
    exchanges: usize,
    wait: W,
}

impl<W: FnMut()> Transport for Held<W> {
    fn exchange(
        &mut self,
        command: &[u8],
        timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        self.exchanges += 1;
        if self.exchanges == IN_DG2 {
            (self.wait)();
        }
        self.inner.exchange(command, timeout_ms, response)
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }
}

fn site(ask: Ask) -> Site {
    let mut site = config::load("base").unwrap();
    for service in &mut site.services {
        service.ask = ask;
        service.sees = vec![Field::Number];
    }
    assert_eq!(site.services.len(), 1);
    site
}

fn service(name: &'static str, manner: Manner) -> (Box<dyn Connector>, Mutex<Receiver<&'static str>>) {
    let (tell, told) = channel();
    (Box::new(Told { name, manner, tell: Mutex::new(tell) }), Mutex::new(told))
}

/// Verifies a persona's card, which waits in the middle of its portrait.
fn verify(
    name: &str,
    site: Site,
    services: impl IntoIterator<Item = Box<dyn Connector>>,
    wait: impl FnMut() + Send,
) -> (Verified, Vec<Event>) {
    let now = Timestamp(common::now());
    let persona = persona::find(name).unwrap();
    let site = Arc::new(site);
    let plan = worker::plan_of(&site, &firmware_profiles::Catalogue::built_in().unwrap(), 30_000);
    let asked = services.into_iter().fold(Services::of_site(&site).unwrap(), Services::with);
    let job = Job {
        trust: Arc::new(demo::trust(now).unwrap()),
        services: Arc::new(asked),
        presentation: Some(demo::presentation(persona, now).unwrap()),
        site,
        now,
        simulated_chip: true,
        language: Language::ENGLISH,
    };
    let card = Held { inner: SimulatedReader::new(Chip::new(persona.card(now.0), 7)), exchanges: 0, wait };
    let mut events = Vec::new();
    let mut tell = |event| events.push(event);
    let verified = worker::verify(card, &plan, &job, &Cancel::new(), &mut tell).ok().unwrap();
    (verified, events)
}

fn outcomes(verified: &Verified) -> Vec<(String, String)> {
    let all = verified.report.decision.services.iter();
    all.map(|one| (one.id.clone(), one.outcome.to_owned())).collect()
}

fn confirmed(name: &str) -> (String, String) {
    (name.to_owned(), "confirmed".to_owned())
}

#[test]
fn the_question_leaves_before_the_portrait_is_read_and_its_answer_waits() {
    let (insurance, told) = service("insurance", Manner::Prompt);
    // The card goes on only once the service was asked.
    let wait = || assert_eq!(told.lock().unwrap().recv_timeout(LONG), Ok("asked"));
    let (verified, events) = verify("good", site(Ask::AfterText), [insurance], wait);
    assert_eq!(outcomes(&verified), [confirmed("insurance")]);
    assert_eq!(verified.report.decision.verdict, Verdict::Accept);
    assert!(told.lock().unwrap().try_recv().is_err(), "it was asked once");
    // Nothing of the answer is in what comes up before the decision; the portrait came after the question left.
    let portrait = events.iter().position(|event| matches!(event, Event::Portrait(_))).unwrap();
    let decided = events.iter().position(|event| matches!(event, Event::Decided(_))).unwrap();
    assert!(portrait < decided);
}

#[test]
fn without_the_sites_word_nobody_is_asked_before_the_card_is_read() {
    let (insurance, told) = service("insurance", Manner::Prompt);
    let wait = || assert!(told.lock().unwrap().try_recv().is_err(), "asked too early");
    let (verified, _) = verify("good", site(Ask::AfterHolder), [insurance], wait);
    assert_eq!(outcomes(&verified), [confirmed("insurance")]);
    assert_eq!(told.lock().unwrap().recv_timeout(LONG), Ok("asked"));
}

#[test]
fn an_answer_about_a_refused_card_is_not_waited_for_and_the_report_says_that_it_was_asked() {
    let (insurance, told) = service("insurance", Manner::UntilCancelled);
    let (verified, _) = verify("cloned-without-key", site(Ask::AfterText), [insurance], || {});
    assert_eq!(verified.report.decision.verdict, Verdict::Reject);
    assert_eq!(outcomes(&verified), [("insurance".to_owned(), "not_performed".to_owned())]);
    let finding = verified.report.decision.checks.iter().find(|one| one.id == "service.insurance").unwrap();
    assert_eq!(finding.reason, Some(Reason::ServiceAnswerNotTaken.code()));
    assert_eq!(told.lock().unwrap().recv_timeout(LONG), Ok("asked"));
    assert_eq!(told.lock().unwrap().recv_timeout(LONG), Ok("cancelled"));
}

#[test]
fn several_services_are_asked_at_the_same_time() {
    let mut site = site(Ask::AfterHolder);
    let mut other = site.services[0].clone();
    other.name = "population".to_owned();
    site.services.push(other);
    let barrier = Arc::new(Barrier::new(2));
    let (first, _told) = service("insurance", Manner::Together(Arc::clone(&barrier)));
    let (second, _told_too) = service("population", Manner::Together(barrier));
    // Each answers only once the other was asked: one after the other, this would never end.
    let (verified, _) = verify("good", site, [first, second], || {});
    assert_eq!(outcomes(&verified), [confirmed("insurance"), confirmed("population")]);
}

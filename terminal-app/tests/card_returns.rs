//! The card leaves in the middle and comes back, or another one, or none: what the worker does, says and reports.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reader_core::capture::FileState;
use reader_core::lds::FileId;
use reader_core::policy::Verdict;
use reader_core::session::Plan;
use reader_core::transport::{Disturbance, Faulty, Transport, TransportError};
use reader_core::wire::date::Timestamp;
use terminal_app::devices::simulated::SimulatedReader;
use terminal_app::failure::{ErrorCode, Failure};
use terminal_app::presentation::Presentation;
use terminal_app::text::Language;
use terminal_app::worker::{self, Absence, Cancel, Event, Job, Place, Services, Verified};
use terminal_app::{config, demo};
use test_vectors::chip::{Chip, Fault};
use test_vectors::persona;

/// What happens at the reader while a card is waited for.
enum Then {
    /// It is empty for so many looks.
    Empty(usize),
    /// What lay there still lies there for so many looks.
    Stays(usize),
    /// The service fails for so many looks.
    Fails(TransportError, usize),
    /// A card comes.
    Comes(Box<dyn Transport + Send>),
}

/// A reader with a script.
struct Scripted {
    card: Option<Box<dyn Transport + Send>>,
    powered: bool,
    then: VecDeque<Then>,
}

impl Scripted {
    fn new(first: impl Transport + Send + 'static, then: impl IntoIterator<Item = Then>) -> Self {
        Self { card: Some(Box::new(first)), powered: true, then: then.into_iter().collect() }
    }
}

impl Place for Scripted {
    fn talk(&mut self, work: &mut dyn FnMut(&mut dyn Transport)) -> Result<(), TransportError> {
        assert!(self.powered, "a card is powered before it is talked to");
        work(self.card.as_mut().ok_or(TransportError::TagLost)?);
        Ok(())
    }

    fn is_occupied(&mut self) -> Result<bool, TransportError> {
        self.powered = false;
        match self.then.pop_front() {
            None => {
                self.card = None;
                Ok(false)
            }
            Some(Then::Empty(looks)) => {
                self.card = None;
                if looks > 1 {
                    self.then.push_front(Then::Empty(looks - 1));
                }
                Ok(false)
            }
            Some(Then::Stays(looks)) => {
                if looks > 1 {
                    self.then.push_front(Then::Stays(looks - 1));
                }
                Ok(true)
            }
            Some(Then::Fails(error, looks)) => {
                if looks > 1 {
                    self.then.push_front(Then::Fails(error.clone(), looks - 1));
                }
                Err(error)
            }
            Some(Then::Comes(card)) => {
                self.card = Some(card);
                Ok(true)
            }
        }
    }

    fn power(&mut self) -> Result<(), TransportError> {
        assert!(self.card.is_some() && !self.powered);
        self.powered = true;
        Ok(())
    }
}

/// The base site, patient for `wait_s`, with what the holder of `good` presents.
struct Line {
    job: Job,
    plan: Plan,
}

impl Line {
    fn patient_for(wait_s: u32) -> Self {
        let now = Timestamp(common::now());
        let mut site = config::load("base").unwrap();
        assert_eq!(site.wait_for_card_s, 20, "the default of every desk");
        site.services.clear();
        site.wait_for_card_s = wait_s;
        let site = Arc::new(site);
        let catalogue = firmware_profiles::Catalogue::built_in().unwrap();
        let plan = worker::plan_of(&site, &catalogue, 1_000);
        let job = Job {
            trust: Arc::new(demo::trust(now).unwrap()),
            services: Arc::new(Services::of_site(&site).unwrap()),
            presentation: Some(demo::presentation(persona::find("good").unwrap(), now).unwrap()),
            site,
            now,
            simulated_chip: true,
            language: Language::ENGLISH,
        };
        Self { job, plan }
    }

    fn run(&self, mut place: Scripted) -> (Result<Verified, Failure>, Vec<Event>) {
        let mut events = Vec::new();
        let mut tell = |event| events.push(event);
        let done = worker::verify_at(&mut place, &self.plan, &self.job, &Cancel::new(), &mut tell);
        (done, events)
    }
}

fn card(name: &str, faults: &[Fault]) -> SimulatedReader {
    let mut chip = Chip::new(persona::find(name).unwrap().card(common::now()), 7);
    faults.iter().for_each(|fault| chip.misbehave(fault.clone()));
    SimulatedReader::new(chip)
}

fn torn(exchange: usize) -> SimulatedReader {
    card("good", &[Fault::TornAt { exchange }])
}

fn comes(name: &str) -> Then {
    Then::Comes(Box::new(card(name, &[])))
}

/// What people were told was missing.
fn missing(events: &[Event]) -> Vec<Absence> {
    let told = |event: &Event| if let Event::Absent { what, .. } = event { Some(*what) } else { None };
    events.iter().filter_map(told).collect()
}

fn notes(verified: &Verified, check: &str) -> Vec<String> {
    let found = verified.report.decision.checks.iter().find(|one| one.id == check).unwrap();
    found.notes.clone()
}

fn codes(verified: &Verified) -> Vec<&str> {
    verified.report.decision.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

/// In the portrait, after both proofs.
const IN_DG2: usize = 60;
/// EF.CardAccess, PACE, SELECT, chip authentication, and the part that was broken off.
const AGAIN: usize = 1 + 5 + 1 + 2 + 1;

#[test]
fn a_card_that_comes_back_is_read_on_and_the_report_says_so() {
    let line = Line::patient_for(20);
    let (sound, _) = line.run(Scripted::new(card("good", &[]), []));
    let sound = sound.unwrap().report.link.unwrap();
    assert!(sound.interruptions.is_empty());
    let (done, events) = line.run(Scripted::new(torn(IN_DG2), [Then::Empty(2), comes("good")]));
    let verified = done.unwrap();
    assert_eq!(verified.report.decision.verdict, Verdict::Accept);
    assert_eq!(notes(&verified, "access.pace"), ["R1041"]);
    assert_eq!(missing(&events), [Absence::Card]);
    let back = events.iter().filter(|event| matches!(event, Event::Back)).count();
    assert_eq!(back, 1);
    let link = verified.report.link.as_ref().unwrap();
    let [interruption] = link.interruptions[..] else { panic!("{:?}", link.interruptions) };
    assert_eq!(interruption.after_apdus, IN_DG2);
    assert!(interruption.resumed && !interruption.other_card && interruption.away_ms >= 200);
    assert!(link.apdus <= sound.apdus + AGAIN, "{} after {}", link.apdus, sound.apdus);
    // The arc is kept: bytes are never counted back.
    let bytes = |event: &Event| if let Event::Bytes { done, .. } = event { Some(*done) } else { None };
    let done: Vec<usize> = events.iter().filter_map(bytes).collect();
    assert!(done.is_sorted(), "{done:?}");
    let json = serde_json::to_value(&verified.report).unwrap();
    assert_eq!(json["link"]["interruptions"][0]["resumed"], true);
}

#[test]
fn a_card_that_is_moved_again_and_again_is_read_in_the_end() {
    let line = Line::patient_for(20);
    let again = || Then::Comes(Box::new(torn(40)));
    let then = [
        Then::Empty(1),
        again(),
        Then::Empty(1),
        again(),
        Then::Empty(1),
        again(),
        Then::Empty(1),
        comes("good"),
    ];
    let (done, _) = line.run(Scripted::new(torn(40), then));
    let verified = done.unwrap();
    assert_eq!(verified.report.decision.verdict, Verdict::Accept);
    let link = verified.report.link.as_ref().unwrap();
    assert!(!link.interruptions.is_empty() && link.interruptions.iter().all(|one| one.resumed));
}

#[test]
fn a_card_that_stays_away_ends_as_before_with_its_reason() {
    for (wait_s, at_least) in [(0, 0), (1, 900)] {
        let begun = Instant::now();
        let (done, events) = Line::patient_for(wait_s).run(Scripted::new(torn(IN_DG2), []));
        let verified = done.unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(at_least));
        assert_eq!(verified.report.decision.verdict, Verdict::Refer);
        assert!(codes(&verified).contains(&"R1235"), "{:?}", codes(&verified));
        assert_eq!(missing(&events).is_empty(), wait_s == 0);
        let link = verified.report.link.as_ref().unwrap();
        assert!(link.interruptions.iter().all(|one| !one.resumed));
        let dg2 = FileId::group(reader_core::lds::DataGroup::Dg2);
        assert!(matches!(verified.capture.files.get(&dg2), Some(FileState::Aborted { .. })));
    }
    // Before it opened, nothing can be said of it.
    let (done, _) = Line::patient_for(1).run(Scripted::new(torn(2), []));
    assert_eq!(done.err().map(|failure| failure.code), Some(ErrorCode::CardLost));
}

#[test]
fn another_card_is_named_and_gives_nothing() {
    let line = Line::patient_for(1);
    // It stays: only an empty reader in between would let a card be tried again.
    let then = [Then::Empty(1), comes("good-nist"), Then::Stays(50)];
    let (done, events) = line.run(Scripted::new(torn(IN_DG2), then));
    let verified = done.unwrap();
    assert_eq!(missing(&events), [Absence::Card, Absence::OtherCard]);
    assert_eq!(verified.report.decision.verdict, Verdict::Refer);
    assert!(codes(&verified).contains(&"R1043"), "{:?}", codes(&verified));
    assert!(!codes(&verified).contains(&"R1235"), "{:?}", codes(&verified));
    let link = verified.report.link.as_ref().unwrap();
    assert!(link.interruptions.iter().any(|one| one.other_card && !one.resumed));
    let first = persona::find("good").unwrap().card(common::now());
    for (file, state) in &verified.capture.files {
        if let FileState::Read(bytes) = state {
            assert!(first.files.values().any(|known| known == bytes), "{file} is not of the first card");
        }
    }
}

#[test]
fn the_right_card_after_the_wrong_one_is_read_on() {
    let then = [Then::Empty(1), comes("good-nist"), Then::Stays(2), Then::Empty(1), comes("good")];
    let (done, events) = Line::patient_for(20).run(Scripted::new(torn(IN_DG2), then));
    let verified = done.unwrap();
    assert_eq!(verified.report.decision.verdict, Verdict::Accept);
    assert_eq!(missing(&events), [Absence::Card, Absence::OtherCard, Absence::Card]);
    assert_eq!(notes(&verified, "access.pace"), ["R1043", "R1041"]);
}

#[test]
fn a_reader_that_is_plugged_in_again_goes_on_and_one_that_is_not_is_named() {
    let gone = || TransportError::ReaderGone { reader: "Reader 00".to_owned() };
    struct Unplugged(SimulatedReader, usize);
    impl Transport for Unplugged {
        fn exchange(
            &mut self,
            command: &[u8],
            ms: u32,
            response: &mut Vec<u8>,
        ) -> Result<(), TransportError> {
            if self.1 == 0 {
                return Err(TransportError::ReaderGone { reader: "Reader 00".to_owned() });
            }
            self.1 -= 1;
            self.0.exchange(command, ms, response)
        }
        fn limits(&self) -> reader_core::transport::Limits {
            self.0.limits()
        }
    }
    let first = || Unplugged(card("good", &[]), IN_DG2);
    let (done, events) =
        Line::patient_for(20).run(Scripted::new(first(), [Then::Fails(gone(), 2), comes("good")]));
    assert_eq!(done.unwrap().report.decision.verdict, Verdict::Accept);
    assert_eq!(missing(&events), [Absence::Machine]);
    // The service may be away in between, too.
    let then = [Then::Fails(TransportError::NoService, 2), Then::Empty(1), comes("good")];
    let (done, events) = Line::patient_for(20).run(Scripted::new(first(), then));
    assert_eq!(done.unwrap().report.decision.verdict, Verdict::Accept);
    assert_eq!(missing(&events), [Absence::Machine, Absence::Card]);
    let (done, _) = Line::patient_for(1).run(Scripted::new(first(), [Then::Fails(gone(), 100)]));
    let failure = done.err().unwrap();
    assert_eq!(failure.code, ErrorCode::ReaderUnplugged, "{failure}");
    assert!(failure.text.contains("Reader 00"), "{failure}");
}

#[test]
fn a_disturbed_exchange_troubles_nobody() {
    let line = Line::patient_for(20);
    let disturbed = Faulty::new(card("good", &[]), IN_DG2, Disturbance::Communication, 1);
    let (done, events) = line.run(Scripted::new(disturbed, [comes("good")]));
    assert_eq!(done.unwrap().report.decision.verdict, Verdict::Accept);
    assert_eq!(missing(&events), [], "the card lies where it should");
}

#[test]
fn leaving_ends_the_wait_at_once() {
    let line = Line::patient_for(60);
    let cancel = Cancel::new();
    let begun = Instant::now();
    let mut place = Scripted::new(torn(IN_DG2), []);
    let mut tell = |event| {
        if matches!(event, Event::Absent { .. }) {
            cancel.cancel();
        }
    };
    let done = worker::verify_at(&mut place, &line.plan, &line.job, &cancel, &mut tell);
    assert_eq!(done.err().map(|failure| failure.code), Some(ErrorCode::Cancelled));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

/// A PIN that has not opened the chip yet may be wrong, and each sending of a wrong one costs a try.
#[test]
fn a_pin_is_not_sent_again_before_it_has_opened_the_chip() {
    let with_pin = |exchange| {
        let mut line = Line::patient_for(5);
        line.job.presentation = Some(Presentation::Pin { pin: "271828".to_owned().into(), with: None });
        let chip = |faults: &[Fault]| {
            let mut chip = Chip::new(persona::find("good").unwrap().card(common::now()), 7);
            chip.set_pin("271828");
            faults.iter().for_each(|fault| chip.misbehave(fault.clone()));
            SimulatedReader::new(chip)
        };
        let back = Then::Comes(Box::new(chip(&[])));
        line.run(Scripted::new(chip(&[Fault::TornAt { exchange }]), [Then::Empty(1), back]))
    };
    let (before, events) = with_pin(4);
    assert!(missing(&events).is_empty(), "nobody is asked to lay the card back");
    assert!(
        before.is_err() || before.is_ok_and(|verified| verified.report.decision.verdict != Verdict::Accept)
    );
    let (after, events) = with_pin(60);
    assert_eq!(missing(&events), [Absence::Card]);
    assert!(after.is_ok());
}

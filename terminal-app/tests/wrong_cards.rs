//! What people lay on a reader by mistake: each is named with its own reason, and a good card costs nothing for it.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::sync::{Arc, Mutex};

use common::{GOOD_NUMBER, idterm};
use reader_core::evidence::Reason;
use reader_core::transport::{Limits, Transport, TransportError};
use reader_core::wire::date::Timestamp;
use terminal_app::devices::simulated::{ForeignPlace, SimulatedReader};
use terminal_app::failure::{ErrorCode, Failure};
use terminal_app::text::Language;
use terminal_app::worker::{self, Absence, Cancel, Event, Job, Once, Place, Services, Verified};
use terminal_app::{config, demo};
use test_vectors::chip::Chip;
use test_vectors::{foreign, persona};

fn verify(place: &mut dyn Place, persona: &str) -> (Result<Verified, Failure>, Vec<Event>) {
    let now = Timestamp(common::now());
    let mut site = config::load("base").unwrap();
    site.services.clear();
    site.wait_for_card_s = 1;
    let site = Arc::new(site);
    let catalogue = firmware_profiles::Catalogue::built_in().unwrap();
    let plan = worker::plan_of(&site, &catalogue, 1_000);
    let job = Job {
        trust: Arc::new(demo::trust(now).unwrap()),
        services: Arc::new(Services::of_site(&site).unwrap()),
        presentation: Some(demo::presentation(persona::find(persona).unwrap(), now).unwrap()),
        site,
        now,
        simulated_chip: true,
        language: Language::ENGLISH,
    };
    let mut events = Vec::new();
    let done = worker::verify_at(place, &plan, &job, &Cancel::new(), &mut |event| events.push(event));
    (done, events)
}

#[test]
fn every_wrong_card_has_its_reason_whatever_was_presented() {
    // A number opens by PACE, a zone by BAC: wrong cards refuse both.
    for presented in ["good", "good-bac"] {
        for foreign in &foreign::ALL {
            let (done, _) = verify(&mut ForeignPlace::new(foreign.card(7)), presented);
            let failure = done.err().unwrap_or_else(|| panic!("{}: a report", foreign.name));
            assert_eq!(failure.code, ErrorCode::WrongCard, "{}: {failure}", foreign.name);
            assert_eq!(failure.exit_status(), 1, "{}", foreign.name);
            assert_eq!(
                failure.reason().map(Reason::code).as_deref(),
                Some(foreign.reason),
                "{}",
                foreign.name
            );
            let judged = failure.wrong_card.unwrap();
            assert_eq!(judged.certainty() == "surely", foreign.surely, "{}", foreign.name);
            assert!(failure.text.contains(judged.certainty()) && !failure.remedy.is_empty(), "{failure}");
        }
    }
    let codes: std::collections::BTreeSet<&str> = foreign::ALL.iter().map(|one| one.reason).collect();
    assert_eq!(codes.len(), 6, "one for each kind: {codes:?}");
}

#[test]
fn two_cards_are_only_supposed_and_the_person_is_told_in_time() {
    let (done, events) =
        verify(&mut ForeignPlace::new(foreign::find("stacked-cards").unwrap().card(7)), "good");
    assert_eq!(done.err().and_then(|failure| failure.reason()), Some(Reason::SeveralCards));
    let told = |event: &Event| matches!(event, Event::Absent { what: Absence::Several, .. });
    assert!(events.iter().any(told));
}

/// Counts what is asked that a document is never asked.
struct Counting<'a>(SimulatedReader, &'a Mutex<(usize, usize)>);

impl Transport for Counting<'_> {
    fn exchange(&mut self, command: &[u8], ms: u32, response: &mut Vec<u8>) -> Result<(), TransportError> {
        let mut counted = self.1.lock().unwrap();
        counted.0 += 1;
        counted.1 += usize::from(command[0] == 0xFF || command[0] == 0x90 || command.ends_with(b"DDF01\0"));
        self.0.exchange(command, ms, response)
    }

    fn limits(&self) -> Limits {
        self.0.limits()
    }
}

fn counted(card: &str, presented: &str) -> (Result<Verified, Failure>, usize, usize) {
    let counts = Mutex::new((0, 0));
    let chip = Chip::new(persona::find(card).unwrap().card(common::now()), 7);
    let mut place = Once(Counting(SimulatedReader::new(chip), &counts));
    let (done, _) = verify(&mut place, presented);
    drop(place);
    let (all, probes) = counts.into_inner().unwrap();
    (done, all, probes)
}

#[test]
fn a_document_is_never_asked_what_it_is() {
    for card in ["good", "good-bac", "cloned-without-key"] {
        let (done, all, probes) = counted(card, card);
        assert_eq!(done.unwrap().report.link.unwrap().apdus, all, "{card}: every exchange is in the report");
        assert_eq!(probes, 0, "{card}");
    }
    // Another person's number, and a card that needs its zone: no wrong cards.
    for (card, presented) in [("good", "good-nist"), ("good-bac", "good")] {
        let (done, _, probes) = counted(card, presented);
        let failure = done.err().unwrap();
        assert_eq!((failure.code, probes), (ErrorCode::AccessDenied, 0), "{card}: {failure}");
    }
}

#[test]
fn the_command_line_names_them_and_the_contract_holds() {
    for (name, reason, certainty) in [("bank-card", "R1051", "surely"), ("phone", "R1054", "probably")] {
        let demo = idterm(&["demo", "--persona", name, "--json"]).done().exits(1);
        let reader = format!("sim:{name}");
        let read =
            idterm(&["verify", "--reader", &reader, "--number", GOOD_NUMBER, "--json"]).done().exits(1);
        for done in [demo, read] {
            let error = done.error("E1020");
            assert_eq!(
                (&error["reason"], &error["certainty"]),
                (&reason.into(), &certainty.into()),
                "{done}"
            );
            assert!(error["text"].as_str().unwrap().contains(certainty), "{done}");
        }
        idterm(&["explain", reason]).done().exits(0);
    }
    let people = idterm(&["demo", "--persona", "bank-card", "--lang", "vi"]).done().exits(1);
    assert!(people.stderr.contains("R1051: Trên đầu đọc là thẻ ngân hàng"), "{people}");
    let listed = idterm(&["demo", "--list", "--json"]).done().exits(0).json();
    assert_eq!(listed["wrong_cards"].as_array().map(Vec::len), Some(foreign::ALL.len()));
}

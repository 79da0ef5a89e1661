//! Nothing secret in what the terminal leaves behind: its log at the most talkative level, its events, its report, the
//! capture on disk and what the program prints are searched for every key and password that the chip knew.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;
#[path = "common/log.rs"]
mod log;

use std::sync::Arc;

use common::{Folder, idterm};
use log::{Captured, captured};
use reader_core::cvc::{CvCertificate, TerminalCertificates};
use reader_core::key::private_key;
use reader_core::lds::DataGroup;
use reader_core::policy::Verdict;
use reader_core::session::{Plan, TerminalAuthentication};
use reader_core::transport::{Limits, Transport, TransportError};
use reader_core::wire::date::Timestamp;
use terminal_app::capture_folder::{self, Taken};
use terminal_app::text::Language;
use terminal_app::worker::{self, Cancel, Event, Job, Place};
use terminal_app::{config, demo};
use test_vectors::chip::{Chip, Fault, Memory};
use test_vectors::issuer::terminal_pki::Chain;
use test_vectors::persona::{self, Persona};

/// A reader to which a card that was torn away comes back.
struct Returning(Chip);

impl Transport for Returning {
    fn exchange(&mut self, command: &[u8], _ms: u32, response: &mut Vec<u8>) -> Result<(), TransportError> {
        *response = self.0.exchange(command);
        if response.is_empty() { Err(TransportError::TagLost) } else { Ok(()) }
    }

    fn limits(&self) -> Limits {
        if self.0.card().extended_length { Limits::EXTENDED } else { Limits::SHORT }
    }
}

impl Place for Returning {
    fn talk(&mut self, work: &mut dyn FnMut(&mut dyn Transport)) -> Result<(), TransportError> {
        work(self);
        Ok(())
    }

    fn is_occupied(&mut self) -> Result<bool, TransportError> {
        Ok(true)
    }

    fn power(&mut self) -> Result<(), TransportError> {
        self.0.behave();
        self.0.reset();
        Ok(())
    }
}

/// The holder's number, which the report and the groups of the holder's data show by design, and nothing else.
fn number(persona: &Persona) -> Memory {
    let memory = Memory::default();
    memory.note_password("number", &persona.access(common::now()).number.unwrap());
    memory
}

/// What a terminal has that is let at the fingers of this persona's card.
fn terminal(persona: &Persona, now: Timestamp, memory: &Memory) -> Option<TerminalAuthentication> {
    let given = persona.terminal_chain(Chain::Sound, now.0)?;
    memory.note_key("key of the terminal", &given.key.pkcs8());
    let certificates = given.certificates.iter().map(|bytes| CvCertificate::parse(bytes).unwrap());
    Some(TerminalAuthentication {
        certificates: Arc::new(TerminalCertificates::new(certificates)),
        key: Arc::new(private_key(&given.key.pkcs8()).unwrap()),
        today: now.date().unwrap(),
    })
}

/// What an event says to whoever hears it. The holder and the report are searched as the report.
fn said(event: &Event) -> String {
    match event {
        Event::Step(step) => step.text_key().to_owned(),
        Event::Bytes { done, expected } => format!("{done} {expected}"),
        Event::Absent { what, left_ms } => format!("{what:?} {left_ms}"),
        Event::Portrait(pixels) => format!("{pixels:?}"),
        Event::Failed(failure) => format!("{failure} {failure:?}"),
        Event::Back | Event::Holder(_) | Event::Decided(_) | Event::CardTaken => String::new(),
    }
}

/// A whole verification over the built-in base site with the simulated gateway; what it knew, and what it printed.
fn verified(name: &str, faults: &[Fault], log: &Captured) -> Memory {
    let now = Timestamp(common::now());
    let persona = persona::find(name).unwrap();
    let gateway = demo::SimulatedGateway::start().unwrap();
    let site = Arc::new(config::load("base").unwrap());
    let job = Job {
        trust: Arc::new(demo::trust(now).unwrap()),
        services: Arc::new(gateway.services(&site).unwrap()),
        presentation: Some(demo::presentation(persona, now).unwrap()),
        site: Arc::clone(&site),
        now,
        simulated_chip: true,
        language: Language::ENGLISH,
    };
    let mut chip = Chip::new(persona.card(now.0), 7);
    faults.iter().for_each(|fault| chip.misbehave(fault.clone()));
    let memory = chip.memory();
    let mut plan: Plan = worker::plan_of(&site, &firmware_profiles::Catalogue::built_in().unwrap(), 1_000);
    plan.terminal_authentication = terminal(persona, now, &memory);
    if plan.terminal_authentication.is_some() {
        plan.groups.push(DataGroup::Dg3);
    }
    let mut events = String::new();
    let mut tell = |event: Event| events.push_str(&said(&event));
    let done = worker::verify_at(&mut Returning(chip), &plan, &job, &Cancel::new(), &mut tell).unwrap();
    assert_eq!(done.report.decision.verdict, Verdict::Accept, "{name}");
    assert_eq!(done.capture.bytes(reader_core::lds::FileId::group(DataGroup::Dg3)).is_some(), name == "eac");
    let interrupted = !done.report.link.as_ref().unwrap().interruptions.is_empty();
    assert_eq!(interrupted, !faults.is_empty(), "{name}");

    let folder = Folder::new("secrets");
    let taken = Taken { at: "2026-11-21T00:00:00Z".to_owned(), simulated_chip: true, ..Taken::default() };
    let out = folder.path().join("capture");
    capture_folder::save(&done.capture, &out, &taken).unwrap();
    common::left::assert_clean_folder(&memory, &out, name);
    let report = serde_json::to_vec_pretty(&done.report).unwrap();
    let log = log.bytes();
    for (what, place) in [("report", &report), ("events", &events.into_bytes()), ("log", &log)] {
        assert_eq!(memory.found_in(place), Vec::<String>::new(), "{name}: {what}");
        let shows_holder = what == "report";
        assert_eq!(!number(persona).found_in(place).is_empty(), shows_holder, "{name}: {what}");
    }
    memory
}

#[test]
fn no_verification_leaves_a_secret_behind() {
    let log = captured();
    for name in ["good", "good-bac", "good-pace-cam", "good-pace-im", "good-pace-dh", "good-ca-dh", "eac"] {
        let memory = verified(name, &[], log);
        let channel = if name == "good-bac" { "encryption key of BAC" } else { "encryption key of PACE" };
        assert!(memory.known().iter().any(|one| one.what == channel), "{name}");
    }
    let memory = verified("good", &[Fault::TornAt { exchange: 15 }], log);
    let sessions = memory.known().iter().filter(|one| one.what == "encryption key of PACE").count();
    assert_eq!(sessions, 2, "the keys of both sessions are searched for");

    let printed = log.bytes();
    assert!(String::from_utf8_lossy(&printed).contains("insurance asked"), "the log is kept");
    // The control: once a key of a session is logged, it is found.
    let key = memory.known().into_iter().find(|one| one.what == "authentication key of PACE").unwrap();
    tracing::trace!(key = ?key.bytes, "planted");
    let planted = log.bytes();
    assert_eq!(memory.found_in(&planted), ["authentication key of PACE as a list of numbers"]);
}

/// What the program prints and keeps. Its own sessions' keys are searched for where a real service stands between
/// (`pcscd`); here what stays the same in every session: passwords, what follows from them, the chip's keys.
#[test]
fn the_program_prints_no_secret() {
    for (name, option) in [("good", "--number"), ("good-bac", "--mrz"), ("good-pace-cam", "--mrz")] {
        let folder = Folder::new("secrets-cli");
        let persona = persona::find(name).unwrap();
        let access = persona.access(common::now());
        let presented =
            if option == "--number" { access.number.unwrap() } else { access.mrz_lines.join("\n") };
        let file = format!("@{}", folder.write("presented.txt", presented));
        let store = common::trust_store(&folder);
        let memory = verified(name, &[], &Captured::default());
        for json in [true, false] {
            let kept = folder.join(if json { "kept-1" } else { "kept-2" });
            let reader = format!("sim:{name}");
            let mut words =
                vec!["verify", "--reader", &reader, option, &file, "--trust", &store, "--keep", &kept];
            words.extend(json.then_some("--json"));
            let done = idterm(&words).env("RUST_LOG", "trace").done().exits(0);
            assert_eq!(memory.found_in(done.all().as_bytes()), Vec::<String>::new(), "{done}");
            common::left::assert_clean_folder(&memory, kept.as_ref(), name);
        }
    }
}

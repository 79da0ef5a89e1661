//! Nothing secret in what a reading leaves behind: traces, transcripts, captures and errors of complete readings by every
//! protocol are searched for every key, nonce and password that the chip or the terminal knew.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "common/simulated.rs"]
mod simulated;

use std::cell::RefCell;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::Arc;

use reader_core::capture::TerminalAuthenticationOutcome;
use reader_core::crypto::secret::{Entropy, EntropyError};
use reader_core::cvc::{CvCertificate, TerminalCertificates};
use reader_core::key::private_key;
use reader_core::lds::{DataGroup, FileId};
use reader_core::session::{AccessKey, Event, Plan, Reading, TerminalAuthentication, read_chip, resume_chip};
use reader_core::transport::{Limits, Recorded, TraceEvent, Traced, Transport};
use reader_core::wire::date::Timestamp;
use simulated::{NOW_UNIX_S, SeededEntropy, SimulatedTransport, card, keys, mrz_key, persona};
use test_vectors::chip::{Fault, Known, Memory};
use test_vectors::issuer::cvc::CvKey;
use test_vectors::issuer::terminal_pki::Chain;
use test_vectors::search;

const PACE: &[&str] = &[
    "password key of PACE",
    "nonce of PACE",
    "mapped generator of PACE",
    "ephemeral key of PACE",
    "shared secret of PACE",
    "encryption key of PACE",
    "authentication key of PACE",
];
const BAC: &[&str] = &[
    "MRZ information",
    "key seed of BAC",
    "access encryption key of BAC",
    "the chip's half of BAC",
    "the terminal's half of BAC",
    "encryption key of BAC",
    "authentication key of BAC",
];
const CHIP: &[&str] = &["private key of the chip", "encryption key of chip authentication"];
const SIGNED: &[&str] = &["signing key of the chip"];
const BY_CAN: &[&str] = &["card access number"];

/// Notes what the terminal draws for keys and halves of keys.
struct NotedEntropy {
    inner: SeededEntropy,
    memory: Memory,
    /// The terminal's nonce of integrated mapping, of 16 bytes here, is sent in the clear: it is public by design.
    /// Spec: 9303-11 §4.4.3.3.2. So is the challenge of active authentication, of 8 bytes.
    integrated: bool,
}

impl Entropy for NotedEntropy {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.inner.fill(out)?;
        if out.len() > 16 || out.len() == 16 && !self.integrated {
            // What is wider than the order is cut at its first byte.
            self.memory.note_key("random number of the terminal", &out[1..]);
        }
        Ok(())
    }
}

/// What a reading leaves behind.
#[derive(Default)]
struct Left {
    /// Name and content.
    places: Vec<(&'static str, Vec<u8>)>,
    /// The files of the holder's data. Whoever keeps a capture keeps these, and the number on the card is in them, which
    /// ends with the card access number: by design, so no password is searched for in them. Keys are.
    holder: Vec<u8>,
}

impl Left {
    fn found(&self, memory: &Memory) -> Vec<String> {
        let known = memory.known();
        let keys: Vec<Known> = known.iter().filter(|one| !one.is_password).cloned().collect();
        let all = self.places.iter().flat_map(|(name, bytes)| {
            search::secrets(&known, bytes).into_iter().map(move |found| format!("{name}: {found}"))
        });
        all.chain(search::secrets(&keys, &self.holder)).collect()
    }
}

/// One way to open and prove a chip.
struct Case {
    name: &'static str,
    transport: SimulatedTransport,
    keys: Vec<AccessKey>,
    plan: Plan,
    knows: Vec<&'static [&'static str]>,
    integrated: bool,
}

impl Case {
    fn of(name: &'static str, persona: &'static str, knows: &[&'static [&'static str]]) -> Self {
        let card = card(persona);
        let limits = if card.extended_length { Limits::EXTENDED } else { Limits::SHORT };
        let groups = vec![DataGroup::Dg1, DataGroup::Dg2, DataGroup::Dg13];
        Self {
            name,
            transport: SimulatedTransport::new(card).with_limits(limits),
            keys: keys(persona),
            plan: Plan { groups, ..Plan::default() },
            knows: knows.to_vec(),
            integrated: false,
        }
    }

    fn integrated(self) -> Self {
        Self { integrated: true, ..self }
    }

    fn keys(self, keys: Vec<AccessKey>) -> Self {
        Self { keys, ..self }
    }

    fn with_terminal(mut self, name: &str) -> Self {
        let given = persona(name).terminal_chain(Chain::Sound, NOW_UNIX_S).unwrap();
        let certificates = given.certificates.iter().map(|bytes| CvCertificate::parse(bytes).unwrap());
        let memory = self.transport.chip.memory();
        if let CvKey::Ecdsa { private, .. } = &given.key {
            memory.note_key("key of the terminal", private);
        }
        memory.note_key("key of the terminal with its algorithm", &given.key.pkcs8());
        self.plan.groups.push(DataGroup::Dg3);
        self.plan.terminal_authentication = Some(TerminalAuthentication {
            certificates: Arc::new(TerminalCertificates::new(certificates)),
            key: Arc::new(private_key(&given.key.pkcs8()).unwrap()),
            today: Timestamp(NOW_UNIX_S).date().unwrap(),
        });
        self
    }

    fn with_pin(mut self, pin: &str) -> Self {
        self.transport.chip.set_pin(pin);
        self.keys = vec![AccessKey::pin(pin).unwrap()];
        self
    }

    /// Reads it, and reads on where it was torn away.
    fn run(self) -> (Left, Memory, Outcome) {
        let memory = self.transport.chip.memory();
        let mut entropy =
            NotedEntropy { inner: SeededEntropy(1), memory: memory.clone(), integrated: self.integrated };
        let mut left = Left::default();
        let mut told = String::new();
        let mut observer = |event: Event<'_>| {
            writeln!(told, "{}", line(&event)).unwrap();
            ControlFlow::Continue(())
        };
        let traces = RefCell::default();
        let reading = {
            let mut traced = noted(self.transport, &traces);
            let first = read_chip(&mut traced, &self.keys, &self.plan, &mut entropy, &mut observer);
            note(&first, &mut left);
            let last = if first.can_be_resumed() {
                let (earlier, _) = first.into_earlier();
                let (mut inner, before) = traced.into_inner().finish();
                left.places.push(("transcript before the loss", before.to_text().into_bytes()));
                inner.chip.behave();
                inner.chip.reset();
                traced = noted(inner, &traces);
                let plan = &self.plan;
                let again = resume_chip(&mut traced, &self.keys, plan, &mut entropy, &mut observer, earlier);
                note(&again, &mut left);
                Outcome::of(&again)
            } else {
                Outcome::of(&first)
            };
            let (_, transcript) = traced.into_inner().finish();
            left.places.push(("transcript", transcript.to_text().into_bytes()));
            let flat = transcript.exchanges.iter().flat_map(|(command, response)| [command, response]);
            left.places.push(("exchanges", flat.flatten().copied().collect()));
            last
        };
        left.places.push(("plan", format!("{:?}", self.plan).into_bytes()));
        left.places.push(("events", told.into_bytes()));
        left.places.push(("traces", format!("{traces:?}").into_bytes()));
        (left, memory, reading)
    }
}

/// With a trace and a recording of what goes over it.
fn noted(
    transport: SimulatedTransport,
    traces: &RefCell<Vec<TraceEvent>>,
) -> Traced<Recorded<SimulatedTransport>, impl FnMut() -> u64, impl FnMut(TraceEvent)> {
    Traced::new(Recorded::new(transport), || 0, |event| traces.borrow_mut().push(event))
}

struct Outcome {
    whole: bool,
    authenticated: bool,
}

impl Outcome {
    fn of<T>(reading: &Reading<T>) -> Self {
        let terminal = reading.capture.terminal_authentication.as_ref();
        Self {
            whole: reading.ended.is_none(),
            authenticated: terminal
                .is_some_and(|trace| trace.outcome == TerminalAuthenticationOutcome::Authenticated),
        }
    }
}

fn line(event: &Event<'_>) -> String {
    match event {
        Event::Step(step) => format!("{step:?}"),
        Event::Progress { file, done_bytes, total_bytes } => format!("{file} {done_bytes} {total_bytes}"),
        Event::Finished(file, bytes) => format!("{file} {}", bytes.len()),
        Event::NotRead(file, state) => format!("{file} {state:?}"),
    }
}

fn note<T: Transport>(reading: &Reading<T>, left: &mut Left) {
    let mut capture = reading.capture.clone();
    for group in [DataGroup::Dg1, DataGroup::Dg13] {
        let file = capture.files.remove(&FileId::group(group));
        left.holder.extend(format!("{file:?}").into_bytes());
    }
    left.places.push(("capture", format!("{capture:?}").into_bytes()));
    let words = reading.ended.as_ref().map(ToString::to_string);
    let rest = format!("{:?} {words:?} {:?} {:?}", reading.ended, reading.exchanges, reading.learnt);
    left.places.push(("rest", rest.into_bytes()));
}

fn cases() -> Vec<Case> {
    let mut torn = Case::of("torn and resumed", "good", &[PACE, BY_CAN, CHIP, SIGNED]);
    torn.transport.chip.misbehave(Fault::TornAt { exchange: 40 });
    vec![
        Case::of("PACE with the card access number", "good", &[PACE, BY_CAN, CHIP, SIGNED]),
        Case::of("PACE with the MRZ", "good", &[PACE, &["MRZ information"], CHIP]).keys(mrz_key("good")),
        Case::of("PACE with a PIN", "good", &[PACE, &["PIN"], CHIP]).with_pin("271828"),
        Case::of("BAC", "good-bac", &[BAC, CHIP, SIGNED]),
        Case::of("integrated mapping", "good-pace-im", &[PACE, CHIP]).integrated(),
        Case::of("PACE over numbers", "good-pace-dh", &[PACE, &["mapping key of PACE"], CHIP]),
        Case::of("integrated mapping over numbers", "good-pace-dh-im", &[PACE, CHIP]).integrated(),
        Case::of("chip authentication mapping", "good-pace-cam", &[PACE, &["private key of the chip"]]),
        Case::of("chip authentication over numbers", "good-ca-dh", &[PACE, CHIP]),
        Case::of("active authentication with RSA", "good-rsa", &[PACE, SIGNED]),
        Case::of("terminal authentication", "eac", &[PACE, CHIP, &["key of the terminal"]])
            .with_terminal("eac"),
        Case::of("terminal authentication with RSA", "eac-rsa", &[PACE, CHIP]).with_terminal("eac-rsa"),
        torn,
    ]
}

#[test]
fn no_reading_leaves_a_secret_behind() {
    for case in cases() {
        let (name, knows) = (case.name, case.knows.clone());
        let wants_terminal = case.plan.terminal_authentication.is_some();
        let (left, memory, outcome) = case.run();
        assert!(outcome.whole, "{name}");
        assert_eq!(outcome.authenticated, wants_terminal, "{name}");
        let known = memory.known();
        for what in knows.iter().copied().flatten().chain([&"random number of the terminal"]) {
            assert!(known.iter().any(|one| one.what == *what), "{name}: {what} is not searched for");
        }
        assert_eq!(left.found(&memory), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn failed_readings_leave_none_either() {
    let wrong = "735481";
    for fault in [None, Some(Fault::PaceWrongToken), Some(Fault::WrongMac { exchange: 9 })] {
        let mut case = Case::of("failed", "good", &[]);
        case.transport.chip.memory().note_password("wrong number", wrong);
        // BAC would open it after all.
        case.keys.retain(AccessKey::is_can);
        match fault.clone() {
            Some(fault) => case.transport.chip.misbehave(fault),
            None => case.keys = vec![AccessKey::can(wrong).unwrap()],
        }
        let (left, memory, outcome) = case.run();
        assert!(!outcome.whole, "{fault:?}");
        assert!(memory.known().iter().any(|one| one.what == "encryption key of PACE"), "{fault:?}");
        assert_eq!(left.found(&memory), Vec::<String>::new(), "{fault:?}");
    }
}

/// The control: every single secret of a reading is found once it stands in any of the places.
#[test]
fn a_secret_in_any_place_would_be_found() {
    let (mut left, memory, _) = Case::of("control", "good-bac", &[]).run();
    assert!(left.places.len() >= 6 && memory.known().len() > 15);
    for at in 0..left.places.len() {
        let sound = left.places[at].1.clone();
        for one in memory.known() {
            let digits: String = one.bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            for form in [one.bytes.clone(), digits.into_bytes(), format!("{:?}", one.bytes).into_bytes()] {
                let place = [&sound[..], b"\n> ", &form, b"\n"].concat();
                let found = search::secrets(std::slice::from_ref(&one), &place);
                assert_eq!(found.len(), 1, "{} in {}", one.what, left.places[at].0);
            }
        }
        left.places[at].1.extend(memory.known()[0].bytes.clone());
        assert_eq!(left.found(&memory).len(), 1, "{}", left.places[at].0);
        left.places[at].1 = sound;
    }
}

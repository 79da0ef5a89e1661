//! Extended lengths: only where the chip declares sizes and the reader carries them, and never at the price of a reading.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "common/model_card.rs"]
mod model_card;
#[path = "common/simulated.rs"]
mod simulated;

use std::ops::ControlFlow;

use model_card::model_card;
use reader_core::capture::{Capture, ChipAuthenticationTrace, Deviation, FileState};
use reader_core::lds::{DataGroup, FileId};
use reader_core::session::{Event, Plan, ReadLimits, Reading, Step, declared_by_atr, read_chip};
use reader_core::transport::{Limits, Transport, TransportError};
use simulated::{LosesAnswers, SeededEntropy, SimulatedTransport, keys, on_card, read};
use test_vectors::card::Card;
use test_vectors::chip::Fault;

/// Capabilities with extended lengths, and 65,536 bytes in either direction.
const ATR_INFO: &[u8] =
    b"\x43\x01\xB8\x47\x03\x84\x01\x40\x7F\x66\x0A\x02\x03\x01\x00\x00\x02\x03\x01\x00\x00";

fn declaring(atr_info: &[u8]) -> Card {
    let mut card = model_card();
    card.extended_length = true;
    card.files.insert(on_card(FileId::ATR_INFO), atr_info.to_vec());
    card
}

fn wide(card: Card) -> SimulatedTransport {
    SimulatedTransport::new(card).with_limits(Limits::EXTENDED)
}

fn assert_complete(capture: &Capture, card: &Card) {
    let groups = [DataGroup::Dg1, DataGroup::Dg2, DataGroup::Dg13, DataGroup::Dg14, DataGroup::Dg15];
    for file in groups.map(FileId::group).into_iter().chain([FileId::SOD]) {
        assert_eq!(capture.bytes(file), card.files.get(&on_card(file)).map(Vec::as_slice), "{file}");
    }
    assert!(matches!(capture.chip_authentication, Some(ChipAuthenticationTrace::NewKeysAnswered { .. })));
    assert!(capture.active_authentication.is_some());
}

#[test]
fn declared_extended_lengths_shorten_the_reading() {
    let mut card = model_card();
    card.extended_length = true;
    let limits = ReadLimits { declared: Some(Limits::EXTENDED), ..ReadLimits::default() };
    let plan = Plan { limits, ..Plan::default() };
    let reading = read(wide(card.clone()), &keys("good-nist"), &plan);
    assert_eq!((reading.ended, reading.exchanges.len()), (None, 20));
    assert_complete(&reading.capture, &card);
    // A reader that carries short commands only gets short commands.
    let reading = read(SimulatedTransport::new(card), &keys("good-nist"), &plan);
    assert_eq!((reading.ended, reading.exchanges.len()), (None, 109));
}

#[test]
fn the_chips_own_declaration_is_read_where_it_can_be_used() {
    let card = declaring(ATR_INFO);
    let reading = read(wide(card.clone()), &keys("good-nist"), &Plan::default());
    assert_eq!((reading.ended.clone(), reading.exchanges.len()), (None, 21));
    assert_eq!(reading.capture.bytes(FileId::ATR_INFO), Some(ATR_INFO));
    assert!(reading.capture.deviations.is_empty());
    assert_complete(&reading.capture, &card);
    // Not where the reader could make no use of it, nor where the plan leaves it out.
    let narrow = read(SimulatedTransport::new(card.clone()), &keys("good-nist"), &Plan::default());
    assert_eq!((narrow.ended, narrow.exchanges.len()), (None, 109));
    assert!(!narrow.capture.files.contains_key(&FileId::ATR_INFO));
    let plan = Plan { read_atr_info: false, ..Plan::default() };
    assert_eq!(read(wide(card), &keys("good-nist"), &plan).exchanges.len(), 109);
}

#[test]
fn a_chip_that_declares_no_sizes_stays_short() {
    let mut none = model_card();
    none.files.remove(&on_card(FileId::ATR_INFO));
    let absent = read(wide(none), &keys("good-nist"), &Plan::default());
    assert_eq!((absent.ended.clone(), absent.exchanges.len()), (None, 110));
    assert_eq!(absent.capture.files[&FileId::ATR_INFO], FileState::Absent);
    for declaration in [
        &b"\x47\x03\x84\x01\x40"[..],
        b"\x47\x03\x84\x01\x40\x7F\x66\x08\x02\x02\x01\x00\x02\x02\x01\x00",
        b"\x7F\x66\x01\x02",
        b"\xFF\xFF",
    ] {
        let reading = read(wide(declaring(declaration)), &keys("good-nist"), &Plan::default());
        assert_eq!((reading.ended, reading.exchanges.len()), (None, 110), "{declaration:02X?}");
    }
}

#[test]
fn no_response_is_larger_than_the_chip_declares() {
    let card = declaring(b"\x7F\x66\x08\x02\x02\x04\x00\x02\x02\x04\x00");
    let reading = read(wide(card.clone()), &keys("good-nist"), &Plan::default());
    assert_eq!(reading.ended, None);
    assert!(reading.exchanges.iter().all(|exchange| exchange.response_bytes <= 1024));
    assert!(reading.exchanges.iter().any(|exchange| exchange.response_bytes > 900));
    assert_complete(&reading.capture, &card);
}

#[test]
fn a_declaration_that_access_control_protects_is_read_after_it() {
    let card = declaring(ATR_INFO);
    let transport =
        Refusing { before_access: true, ..Refusing::new(card.clone(), usize::MAX, Answer::Empty) };
    let reading = read(transport, &keys("good-nist"), &Plan::default());
    assert_eq!((reading.ended.clone(), reading.exchanges.len()), (None, 22));
    assert_eq!(reading.capture.bytes(FileId::ATR_INFO), Some(ATR_INFO));
    assert_complete(&reading.capture, &card);
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Bare(u16),
    Empty,
    ReaderFails,
}

/// A reader or chip on which extended commands fail, from a certain one on.
struct Refusing {
    inner: SimulatedTransport,
    extended: usize,
    first: usize,
    answer: Answer,
    /// EF.ATR/INFO is refused in the clear.
    before_access: bool,
}

impl Refusing {
    fn new(card: Card, first: usize, answer: Answer) -> Self {
        Self { inner: wide(card), extended: 0, first, answer, before_access: false }
    }
}

impl Transport for Refusing {
    fn exchange(
        &mut self,
        command: &[u8],
        timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        response.clear();
        if self.before_access && command.starts_with(&[0x00, 0xB0, 0x81]) {
            response.extend([0x69, 0x82]);
            return Ok(());
        }
        if command.get(4) == Some(&0) && command.len() > 7 {
            self.extended += 1;
            if self.extended > self.first {
                match self.answer {
                    Answer::Bare(status) => response.extend(status.to_be_bytes()),
                    Answer::Empty => {}
                    Answer::ReaderFails => {
                        return Err(TransportError::Communication { code: 0x8010_002F });
                    }
                }
                return Ok(());
            }
        }
        self.inner.exchange(command, timeout_ms, response)
    }

    fn limits(&self) -> Limits {
        Limits::EXTENDED
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        self.inner.reset()
    }
}

const ANSWERS: [Answer; 6] = [
    Answer::Bare(0x6700),
    Answer::Bare(0x6D00),
    Answer::Bare(0x6F00),
    Answer::Bare(0x6988),
    Answer::Empty,
    Answer::ReaderFails,
];

#[test]
fn a_refused_extended_command_costs_one_more_access_and_no_file() {
    let card = declaring(ATR_INFO);
    for answer in ANSWERS {
        let transport = Refusing::new(card.clone(), 0, answer);
        let reading = read(transport, &keys("good-nist"), &Plan::default());
        assert_eq!(reading.ended, None, "{answer:?}");
        assert_eq!(reading.transport.extended, 1, "{answer:?}: short from then on");
        assert_eq!(reading.capture.deviations, [Deviation::ExtendedRefused], "{answer:?}");
        assert_complete(&reading.capture, &card);
        // The short reading, EF.ATR/INFO, the refusal itself, PACE with SELECT, and the first part of EF.SOD.
        let refusal = usize::from(!matches!(answer, Answer::ReaderFails));
        assert_eq!(reading.exchanges.len(), 109 + 1 + refusal + 6 + 1, "{answer:?}");
    }
    let transport = wide(card.clone()).with_fault(Fault::RefuseExtended);
    let reading = read(transport, &keys("good-nist"), &Plan::default());
    assert_eq!((reading.ended, reading.exchanges.len()), (None, 118));
    assert_eq!(reading.capture.deviations, [Deviation::ExtendedRefused]);
    assert_complete(&reading.capture, &card);
}

/// Reads with every step noted.
fn steps_of(transport: Refusing) -> (Reading<Refusing>, Vec<Step>) {
    let mut steps = Vec::new();
    let mut observer = |event: Event<'_>| {
        if let Event::Step(step) = event {
            steps.push(step);
        }
        ControlFlow::Continue(())
    };
    let plan = Plan::default();
    let reading = read_chip(transport, &keys("good-nist"), &plan, &mut SeededEntropy(1), &mut observer);
    (reading, steps)
}

#[test]
fn only_the_unfinished_file_is_read_again() {
    let card = declaring(ATR_INFO);
    let last = steps_of(Refusing::new(card.clone(), usize::MAX, Answer::Empty)).0.transport.extended - 1;
    let (reading, steps) = steps_of(Refusing::new(card.clone(), last, Answer::Bare(0x6700)));
    assert_eq!(reading.ended, None);
    assert_complete(&reading.capture, &card);
    assert_eq!(reading.capture.deviations, [Deviation::ExtendedRefused]);
    let dg2 = Step::Read(FileId::group(DataGroup::Dg2));
    let again = steps.iter().position(|step| *step == dg2).unwrap() + 1;
    assert_eq!(
        steps[again..],
        [Step::Pace, Step::SelectApplication, Step::ChipAuthentication, Step::ActiveAuthentication, dg2]
    );
    // 21 with the refusal; access, both proofs of the chip; DG2 from its beginning, in short parts of 223 bytes.
    assert_eq!(reading.exchanges.len(), 21 + 6 + 2 + 1 + 18_000_usize.div_ceil(223));
}

#[test]
fn a_refusal_under_a_mac_needs_no_new_session() {
    let card = declaring(ATR_INFO);
    let undisturbed = read(wide(card.clone()), &keys("good-nist"), &Plan::default());
    let large = undisturbed.exchanges.iter().position(|exchange| exchange.response_bytes > 300).unwrap();
    for sw in [0x6700, 0x6D00, 0x6F00] {
        let transport = wide(card.clone()).with_fault(Fault::WrongStatus { exchange: large, sw });
        let reading = read(transport, &keys("good-nist"), &Plan::default());
        assert_eq!((reading.ended, reading.exchanges.len()), (None, 109 + 1 + 1), "{sw:04X}");
        assert_eq!(reading.capture.deviations, [Deviation::ExtendedRefused]);
        assert_complete(&reading.capture, &card);
    }
}

/// Somebody who spoils answers is not a chip that refuses lengths: the session ends.
#[test]
fn a_wrong_mac_is_no_refusal_of_lengths() {
    let card = declaring(ATR_INFO);
    let undisturbed = read(wide(card.clone()), &keys("good-nist"), &Plan::default());
    let large = undisturbed.exchanges.iter().position(|exchange| exchange.response_bytes > 300).unwrap();
    let transport = wide(card).with_fault(Fault::WrongMac { exchange: large });
    let reading = read(transport, &keys("good-nist"), &Plan::default());
    assert!(reading.ended.is_some());
    assert!(reading.capture.deviations.is_empty());
}

/// What one card showed serves the next: EF.ATR/INFO need not be asked for, and what was refused is not tried again.
#[test]
fn learnt_lengths_are_used_on_demand_and_recorded() {
    let card = declaring(ATR_INFO);
    let first = read(wide(card.clone()), &keys("good-nist"), &Plan::default());
    assert_eq!(first.learnt.extended_bytes, Some((65_536, 65_536)));
    let kept = serde_json::to_string(&first.learnt).unwrap();
    let learnt = Some(serde_json::from_str(&kept).unwrap());
    let second = read(wide(card.clone()), &keys("good-nist"), &Plan { learnt, ..Plan::default() });
    assert_eq!((second.ended.clone(), second.exchanges.len()), (None, 20));
    assert_eq!(second.capture.deviations, [Deviation::LearntLimits]);
    assert_eq!(second.learnt, first.learnt);
    assert_complete(&second.capture, &card);
    // A refusal is learnt too.
    let refusing = || Refusing::new(card.clone(), 0, Answer::Bare(0x6700));
    let learnt = Some(read(refusing(), &keys("good-nist"), &Plan::default()).learnt);
    let next = read(refusing(), &keys("good-nist"), &Plan { learnt, ..Plan::default() });
    assert_eq!((next.ended, next.exchanges.len(), next.transport.extended), (None, 109, 0));
    assert_eq!(next.capture.deviations, [Deviation::LearntLimits]);
    // Nothing learnt, nothing recorded.
    let learnt = Some(reader_core::session::LearntLimits::default());
    let plain = read(wide(card), &keys("good-nist"), &Plan { learnt, ..Plan::default() });
    assert_eq!((plain.exchanges.len(), plain.capture.deviations.len()), (21, 0));
}

/// Some readers lose answers beyond a size, and the card's session with them.
#[test]
fn a_reader_that_fails_on_long_answers_is_asked_for_shorter_ones() {
    let card = model_card();
    let losing = |most_bytes| {
        let loses = move |_, answer: &[u8]| answer.len() > most_bytes;
        LosesAnswers { inner: SimulatedTransport::new(card.clone()), loses }
    };
    // Protected, 192, 160 and 128 bytes are 228, 196 and 164.
    for (most_bytes, chunk) in [(230, 192), (200, 160), (170, 128)] {
        let reading = read(losing(most_bytes), &keys("good-nist"), &Plan::default());
        assert_eq!(reading.ended, None, "{most_bytes}");
        assert_eq!(reading.learnt.chunk_bytes, Some(chunk), "{most_bytes}");
        assert_complete(&reading.capture, &card);
    }
    // One that loses everything is for the person.
    let reading = read(losing(40), &keys("good-nist"), &Plan::default());
    assert!(reading.ended.is_some());
}

#[test]
fn an_answer_to_reset_declares_lengths_where_no_file_does() {
    let framed = |capabilities: u8| {
        let mut atr = vec![0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0, 0, capabilities];
        atr.push(atr.iter().skip(1).fold(0, |sum, byte| sum ^ byte));
        atr
    };
    assert_eq!(declared_by_atr(&framed(0x40)), Some(Limits::EXTENDED));
    // The sizes stand in EF.ATR/INFO, or there is nothing to declare.
    assert_eq!(declared_by_atr(&framed(0x60)), None);
    assert_eq!(declared_by_atr(&framed(0x80)), None);
    assert_eq!(declared_by_atr(&[0x3B, 0x80, 0x80, 0x01, 0x01]), None);
}

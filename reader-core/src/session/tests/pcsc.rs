//! The PC/SC service is played by a thread that answers as it is told, with a simulated chip behind it.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use test_vectors::chip::Chip;
use test_vectors::persona;

use pcsc::Error;
use zeroize::Zeroizing;

use crate::capture::FileState;
use crate::crypto::secret::{Entropy, EntropyError};
use crate::session::{AccessKey, Cause, Event, Plan, Reading, read_chip};
use crate::transport::pcsc::ConnectedCard;
use crate::transport::pcsc::watched::{Call, CallError, Reply, Watched};
use crate::transport::{Limits, Recovery, Transport, TransportError};

/// 21 November 2026, noon UTC.
const NOW_UNIX_S: i64 = 1_795_262_400;
const READER: &str = "Example Reader 00 00";

/// What the service does at a certain exchange.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Error(Error),
    /// It gives no bytes and calls that success.
    Nothing,
    /// It does not return.
    Hang,
    /// Its thread ends: the library met a code that it does not know.
    Ends,
}

#[derive(Clone, Copy, Debug)]
struct Script {
    at: usize,
    /// So often, from there on.
    times: usize,
    fault: Fault,
    /// What it says of the card when it is asked.
    status: Option<Error>,
    /// What it says when the card is to be powered anew.
    reset: Option<Error>,
}

const fn failing(at: usize, fault: Fault) -> Script {
    Script { at, times: 1, fault, status: None, reset: None }
}

struct Counting(u64);

impl Entropy for Counting {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for byte in out {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = u8::try_from(self.0 >> 56).unwrap();
        }
        Ok(())
    }
}

fn bytes(bytes: &[u8]) -> Reply {
    Ok(Zeroizing::new(bytes.to_vec()))
}

fn serve(script: Script, calls: &Receiver<Call>, replies: &Sender<Reply>) {
    let mut chip = Chip::new(persona::find("good").unwrap().card(NOW_UNIX_S), 7);
    let mut exchanges = 0;
    replies.send(bytes(&[0x3B, 0x80, 0x80, 0x01, 0x01])).unwrap();
    while let Ok(call) = calls.recv() {
        let reply = match call {
            Call::Transmit { command, .. } => {
                let strikes = (script.at..script.at + script.times).contains(&exchanges);
                exchanges += 1;
                match script.fault {
                    _ if !strikes => bytes(&chip.exchange(&command)),
                    Fault::Error(error) => {
                        chip.reset();
                        Err(error)
                    }
                    Fault::Nothing => bytes(&[]),
                    Fault::Hang => {
                        std::thread::sleep(Duration::from_secs(2));
                        bytes(&[0x90, 0x00])
                    }
                    Fault::Ends => return,
                }
            }
            Call::Status => script.status.map_or_else(|| bytes(&[]), Err),
            Call::Reset => {
                chip.reset();
                script.reset.map_or_else(|| bytes(&[]), Err)
            }
            Call::Begin | Call::End | Call::Escape(_) => bytes(&[]),
            Call::Release => {
                let _ = replies.send(bytes(&[]));
                return;
            }
        };
        if replies.send(reply).is_err() {
            return;
        }
    }
}

fn connected(script: Script) -> ConnectedCard {
    let calls = Watched::start(move |calls, replies| serve(script, calls, replies)).unwrap();
    ConnectedCard::over(calls, READER, Limits::SHORT).unwrap()
}

/// A whole reading over the service: how it ended, and whether every file came.
fn read(script: Script) -> (Option<Cause>, bool) {
    let mut card = connected(script);
    let access = persona::find("good").unwrap().access(NOW_UNIX_S);
    let keys = [AccessKey::can(&access.can.unwrap()).unwrap()];
    let plan = Plan { timeout_ms: 300, ..Plan::default() };
    let mut quiet = |_: Event<'_>| std::ops::ControlFlow::Continue(());
    let Reading { ended, capture, .. } =
        read_chip(card.begin().unwrap(), &keys, &plan, &mut Counting(1), &mut quiet);
    let whole = |state: &FileState| matches!(state, FileState::Read(_));
    (ended, capture.files.values().all(whole))
}

fn ended_with(script: Script) -> TransportError {
    match read(script) {
        (Some(Cause::Transport(error)), false) => error,
        other => panic!("{script:?}: {other:?}"),
    }
}

/// Where exchanges are made to fail: in PACE, in EF.SOD, in DG2.
const PLACES: [usize; 3] = [3, 9, 40];

#[test]
fn a_card_that_lost_its_session_is_powered_anew_and_read_on() {
    let errors = [Error::CommDataLost, Error::NotTransacted, Error::ResetCard, Error::UnpoweredCard];
    for at in PLACES {
        for error in errors {
            assert_eq!(read(failing(at, Fault::Error(error))), (None, true), "{error:?} at {at}");
        }
    }
}

#[test]
fn what_cannot_be_mended_here_says_what_it_is_and_who_mends_it() {
    let reader = || READER.to_owned();
    let cases = [
        (Error::RemovedCard, None, TransportError::TagLost, Recovery::PlaceCard),
        (Error::NoSmartcard, None, TransportError::TagLost, Recovery::PlaceCard),
        (Error::CommDataLost, Some(Error::RemovedCard), TransportError::TagLost, Recovery::PlaceCard),
        (Error::NotTransacted, Some(Error::NoSmartcard), TransportError::TagLost, Recovery::PlaceCard),
        (
            Error::UnresponsiveCard,
            None,
            TransportError::Unresponsive { reader: reader() },
            Recovery::PlaceCard,
        ),
        (Error::SharingViolation, None, TransportError::Busy { reader: reader() }, Recovery::Staff),
        (
            Error::ReaderUnavailable,
            None,
            TransportError::ReaderGone { reader: reader() },
            Recovery::Reconnect,
        ),
        (
            Error::CommDataLost,
            Some(Error::ReaderUnavailable),
            TransportError::ReaderGone { reader: reader() },
            Recovery::Reconnect,
        ),
        (Error::ServiceStopped, None, TransportError::ServiceStopped, Recovery::Reconnect),
        (Error::NoService, None, TransportError::ServiceStopped, Recovery::Reconnect),
        (Error::InvalidHandle, None, TransportError::ServiceStopped, Recovery::Reconnect),
        (Error::CommError, Some(Error::CommError), TransportError::ServiceStopped, Recovery::Reconnect),
        (Error::CommError, Some(Error::NoService), TransportError::ServiceStopped, Recovery::Reconnect),
        (Error::SecurityViolation, None, TransportError::NotAllowed, Recovery::Staff),
    ];
    for at in PLACES {
        for (error, status, expected, recovery) in &cases {
            let ended = ended_with(Script { status: *status, ..failing(at, Fault::Error(*error)) });
            assert_eq!(ended, *expected, "{error:?} at {at}");
            assert_eq!(ended.recovery(), *recovery, "{error:?}");
        }
    }
}

#[test]
fn a_driver_that_gives_nothing_has_lost_the_card() {
    assert_eq!(ended_with(failing(20, Fault::Nothing)), TransportError::TagLost);
}

#[test]
fn a_reader_that_hangs_does_not_hang_the_program() {
    let started = Instant::now();
    for at in PLACES {
        let error = ended_with(failing(at, Fault::Hang));
        assert_eq!(error, TransportError::ReaderHung { reader: READER.to_owned(), timeout_ms: 300 });
        assert_eq!(error.recovery(), Recovery::Reconnect);
    }
    // Three waits, and none for the driver to come back.
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn a_late_reply_is_not_taken_for_the_next() {
    let mut card = connected(failing(0, Fault::Hang));
    let mut transport = card.begin().unwrap();
    let mut response = Vec::new();
    let hung = || Err(TransportError::ReaderHung { reader: READER.to_owned(), timeout_ms: 10 });
    assert_eq!(transport.exchange(&[0, 0xB0, 0x9C, 0, 0], 10, &mut response), hung());
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(transport.exchange(&[0, 0xB0, 0x9C, 0, 0], 10, &mut response), hung());
    assert!(response.is_empty());
}

#[test]
fn a_library_that_gives_up_is_a_fault_and_no_crash() {
    assert!(matches!(ended_with(failing(9, Fault::Ends)), TransportError::Service { .. }));
}

#[test]
fn a_link_that_keeps_failing_is_given_to_the_person() {
    let always = Script { times: usize::MAX - 100, ..failing(40, Fault::Error(Error::CommDataLost)) };
    assert!(matches!(ended_with(always), TransportError::Communication { code: 0x8010_002F }));
    let mute = Script { reset: Some(Error::UnresponsiveCard), ..failing(40, Fault::Error(Error::ResetCard)) };
    assert_eq!(ended_with(mute), TransportError::Unresponsive { reader: READER.to_owned() });
}

#[test]
fn a_service_that_does_not_answer_at_all_is_left() {
    let calls = Watched::start(|calls, _| {
        let _ = calls.recv_timeout(Duration::from_secs(2));
    });
    let mut calls = calls.unwrap();
    assert_eq!(calls.wait(20).unwrap_err(), CallError::Hung);
    assert_eq!(calls.call(Call::Status, 20).unwrap_err(), CallError::Hung);
}

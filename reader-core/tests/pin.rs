//! The PIN of identity cards: its tries are counted, and the last one is never used unasked.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "common/simulated.rs"]
mod simulated;

use reader_core::capture::{AccessFailure, AccessTrace};
use reader_core::evidence::{Outcome, Reason};
use reader_core::lds::DataGroup;
use reader_core::pki::TrustSnapshot;
use reader_core::session::{AccessKey, Cause, Plan, Reading};
use reader_core::verify::{Presented, Settings, verify};
use reader_core::wire::date::Timestamp;
use simulated::{LosesAnswers, NOW_UNIX_S, SimulatedTransport, card, keys, read};

const PIN: &str = "271828";
const WRONG: &str = "000000";

fn transport() -> SimulatedTransport {
    let mut transport = SimulatedTransport::new(card("good"));
    transport.chip.set_pin(PIN);
    transport
}

fn plan(use_last_try: bool) -> Plan {
    Plan { groups: vec![DataGroup::Dg1], use_last_try, ..Plan::default() }
}

/// One attempt after the card was powered anew, with the card access number beside the PIN where it is said.
fn attempt(
    transport: SimulatedTransport,
    pin: &str,
    with_can: bool,
    use_last_try: bool,
) -> Reading<SimulatedTransport> {
    let mut transport = transport;
    transport.chip.reset();
    let can = keys("good").into_iter().filter(|key| key.is_can() && with_can);
    let keys: Vec<AccessKey> = can.chain([AccessKey::pin(pin).unwrap()]).collect();
    read(transport, &keys, &plan(use_last_try))
}

fn failure(reading: &Reading<SimulatedTransport>) -> AccessFailure {
    match (&reading.ended, &reading.capture.pace) {
        (Some(Cause::Access(ended)), Some(AccessTrace::Failed(noted))) if ended == noted => ended.clone(),
        other => panic!("{other:?}"),
    }
}

fn tries(reading: &Reading<SimulatedTransport>) -> u8 {
    reading.transport.chip.pin_tries_left().unwrap()
}

/// A card whose PIN was wrong twice.
fn suspended() -> SimulatedTransport {
    let mut transport = transport();
    for tries_left in [2, 1] {
        let reading = attempt(transport, WRONG, false, false);
        assert_eq!(failure(&reading), AccessFailure::WrongPin { tries_left });
        assert_eq!(reading.capture.bac, None, "a wrong PIN never falls back");
        transport = reading.transport;
    }
    transport
}

#[test]
fn the_right_pin_opens_and_brings_the_tries_back() {
    let reading = attempt(transport(), PIN, false, false);
    assert_eq!(reading.ended, None);
    let reading = attempt(attempt(reading.transport, WRONG, false, false).transport, PIN, false, false);
    assert_eq!((reading.ended.as_ref(), tries(&reading)), (None, 3));
    assert!(reading.capture.group(DataGroup::Dg1).is_some());
}

#[test]
fn the_last_try_is_never_used_unasked() {
    let mut transport = suspended();
    // The right PIN or a wrong one, alone or with the number, and with leave but without the number: nothing is sent.
    for (pin, with_can, leave) in [
        (PIN, false, false),
        (WRONG, false, false),
        (PIN, true, false),
        (WRONG, true, false),
        (WRONG, false, true),
    ] {
        let before = transport.exchanges;
        let reading = attempt(transport, pin, with_can, leave);
        assert_eq!(failure(&reading), AccessFailure::PinSuspended);
        assert_eq!(tries(&reading), 1);
        assert_eq!(reading.transport.exchanges - before, 2, "EF.CardAccess and MSE:Set AT");
        let finding = verify(
            &reading.capture,
            &TrustSnapshot::empty(),
            &Presented::nothing(),
            Timestamp(NOW_UNIX_S),
            &Settings::default(),
            None,
        );
        let outcome = finding.findings().access_pace.outcome;
        assert_eq!(outcome, Outcome::Undetermined(Reason::PinSuspended));
        transport = reading.transport;
    }
}

#[test]
fn the_last_try_opens_inside_the_channel_of_the_card_access_number() {
    let reading = attempt(suspended(), PIN, true, true);
    assert_eq!(reading.ended, None);
    assert_eq!(tries(&reading), 3);
    assert!(reading.capture.group(DataGroup::Dg1).is_some());
}

#[test]
fn a_wrong_last_try_blocks_and_a_blocked_pin_is_not_sent() {
    let reading = attempt(suspended(), WRONG, true, true);
    assert_eq!(failure(&reading), AccessFailure::WrongPin { tries_left: 0 });
    let mut transport = reading.transport;
    for leave in [false, true] {
        let before = transport.exchanges;
        let reading = attempt(transport, PIN, true, leave);
        assert_eq!(failure(&reading), AccessFailure::PinBlocked);
        assert_eq!(reading.transport.exchanges - before, 2);
        transport = reading.transport;
    }
    // Other passwords still open the card.
    transport.chip.reset();
    assert_eq!(read(transport, &keys("good"), &plan(false)).ended, None);
}

#[test]
fn a_card_without_a_pin_refuses_it() {
    let reading = attempt(SimulatedTransport::new(card("good")), PIN, false, false);
    assert_eq!(failure(&reading), AccessFailure::Refused(0x6A88));
}

#[test]
fn a_pin_is_not_sent_again_after_the_link_failed_before_it_was_proved_right() {
    let pin = |digits| [AccessKey::pin(digits).unwrap()];
    let spent = (1..=6).map(|at| {
        let losing = LosesAnswers { inner: transport(), loses: |number, _: &[u8]| number == at };
        let reading = read(losing, &pin(WRONG), &plan(false));
        assert!(matches!(reading.ended, Some(Cause::Transport(_))), "{at}: {:?}", reading.ended);
        assert_eq!(reading.transport.inner.exchanges, at, "nothing was sent after it");
        3 - reading.transport.inner.chip.pin_tries_left().unwrap()
    });
    assert_eq!(spent.collect::<Vec<_>>(), [0, 0, 0, 0, 0, 1]);
    // One that has opened the chip is right, and a failure among the files ends no reading.
    let losing = LosesAnswers { inner: transport(), loses: |number, _: &[u8]| number == 9 };
    let reading = read(losing, &pin(PIN), &plan(false));
    assert_eq!((reading.ended, reading.transport.inner.chip.pin_tries_left()), (None, Some(3)));
}

//! The card leaves and comes back: little is read twice, the chip proves itself again, and no other chip takes its place.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "common/simulated.rs"]
mod simulated;

use reader_core::capture::{
    ActiveAuthenticationTrace, Capture, ChipAuthenticationTrace, Deviation, FileState,
};
use reader_core::lds::{DataGroup, FileId};
use reader_core::session::{
    AccessKey, ActiveAuthentication, Cause, ChipAuthentication, Earlier, Plan, Reading, resume_chip,
};
use reader_core::transport::{Transport, TransportError};
use simulated::{SeededEntropy, SimulatedTransport, card, keys, on_card, quiet, read};
use test_vectors::card::Card;
use test_vectors::chip::Fault;

/// Cards by PACE and by BAC with the exchanges of their access sequence: EF.CardAccess, PACE with SELECT or SELECT with
/// BAC, and chip authentication.
const CARDS: [(&str, usize); 2] = [("good", 1 + 5 + 1 + 2), ("good-bac", 1 + 1 + 2 + 2)];

/// With a portrait cut short, so that walks stay quick.
fn small_card(name: &str) -> Card {
    let mut card = card(name);
    let dg2 = reader_core::wire::tlv::encode(0x75, &[0xA5; 1000]);
    card.files.insert(on_card(FileId::group(DataGroup::Dg2)), dg2);
    card
}

fn torn(name: &str, plan: &Plan, exchange: usize) -> Reading<SimulatedTransport> {
    let transport = SimulatedTransport::new(small_card(name)).with_fault(Fault::TornAt { exchange });
    let reading = read(transport, &keys(name), plan);
    assert_eq!(reading.ended, Some(Cause::Transport(TransportError::TagLost)), "{name} at {exchange}");
    assert!(reading.can_be_resumed());
    reading
}

fn resume<T: Transport>(transport: T, name: &str, plan: &Plan, earlier: Earlier) -> Reading<T> {
    resume_chip(transport, &keys(name), plan, &mut SeededEntropy(99), &mut quiet, earlier)
}

fn only(chip: ChipAuthentication, active: ActiveAuthentication) -> Plan {
    Plan { chip_authentication: chip, active_authentication: active, ..Plan::default() }
}

fn answered(capture: &Capture) -> bool {
    matches!(capture.chip_authentication, Some(ChipAuthenticationTrace::NewKeysAnswered { .. }))
}

fn signed(capture: &Capture) -> bool {
    matches!(capture.active_authentication, Some(ActiveAuthenticationTrace::Signed { .. }))
}

/// The same in everything but the random challenge and the record of the return.
fn assert_same(capture: &Capture, undisturbed: &Capture, what: &str) {
    let without = |capture: &Capture| Capture {
        active_authentication: None,
        deviations: Vec::new(),
        ..capture.clone()
    };
    assert!(without(capture) == without(undisturbed), "{what}: {:?}", capture.files.keys());
    assert_eq!(signed(capture), signed(undisturbed), "{what}");
}

#[test]
fn one_loss_costs_the_access_sequence_and_one_part() {
    for (name, access) in CARDS {
        let plan = Plan::default();
        let undisturbed = read(SimulatedTransport::new(small_card(name)), &keys(name), &plan);
        assert_eq!(undisturbed.ended, None);
        assert!(answered(&undisturbed.capture) && signed(&undisturbed.capture));
        let whole = undisturbed.exchanges.len();
        assert!(whole > 25);
        for exchange in 0..whole {
            let what = format!("{name} torn at {exchange}");
            let (earlier, before) = torn(name, &plan, exchange).into_earlier();
            let reading = resume(SimulatedTransport::new(small_card(name)), name, &plan, earlier);
            assert_eq!(reading.ended, None, "{what}");
            assert_same(&reading.capture, &undisturbed.capture, &what);
            assert_eq!(reading.finished.len(), undisturbed.finished.len(), "{what}");
            assert!(reading.exchanges.len() <= whole + access + 1, "{what}: {}", reading.exchanges.len());
            // With the command that got no answer, and the repeated signature.
            let sent = before.exchanges + reading.transport.exchanges;
            assert!(sent <= whole + access + 1 + 1, "{what}: {sent}");
        }
    }
}

#[test]
fn the_second_sessions_proofs_are_its_own() {
    let plan = Plan::default();
    let whole = read(SimulatedTransport::new(small_card("good")), &keys("good"), &plan).exchanges.len();
    // In DG2, after both proofs.
    let first = torn("good", &plan, whole - 1);
    assert!(answered(&first.capture) && signed(&first.capture));
    let earlier_signature = first.capture.active_authentication.clone();
    let (earlier, _) = first.into_earlier();
    // Torn again before anything is proved: nothing of the first session's proofs is left.
    let again = SimulatedTransport::new(small_card("good")).with_fault(Fault::TornAt { exchange: 3 });
    let second = resume(again, "good", &plan, earlier);
    assert_eq!(second.ended, Some(Cause::Transport(TransportError::TagLost)));
    assert_eq!((&second.capture.chip_authentication, &second.capture.active_authentication), (&None, &None));
    assert!(second.capture.group(DataGroup::Dg1).is_some());
    let (earlier, _) = second.into_earlier();
    let third = resume(SimulatedTransport::new(small_card("good")), "good", &plan, earlier);
    assert_eq!(third.ended, None);
    assert!(answered(&third.capture) && signed(&third.capture));
    assert_ne!(third.capture.active_authentication, earlier_signature);
    // Two losses: PACE begun, then PACE, SELECT, chip and active authentication, and the first part of DG2.
    assert_eq!(third.exchanges.len(), whole - 1 + 3 + 6 + 2 + 1 + 1 + 1);
}

#[test]
fn without_chip_authentication_a_signature_by_the_known_key_shows_the_chip() {
    let plan = only(ChipAuthentication::Never, ActiveAuthentication::Always);
    for (name, access) in CARDS {
        let undisturbed = read(SimulatedTransport::new(small_card(name)), &keys(name), &plan);
        let whole = undisturbed.exchanges.len();
        for exchange in (0..whole).rev().step_by(3) {
            let what = format!("{name} torn at {exchange}");
            let (earlier, _) = torn(name, &plan, exchange).into_earlier();
            let reading = resume(SimulatedTransport::new(small_card(name)), name, &plan, earlier);
            assert_eq!(reading.ended, None, "{what}");
            assert_same(&reading.capture, &undisturbed.capture, &what);
            assert!(reading.exchanges.len() <= whole + access + 1, "{what}: {}", reading.exchanges.len());
        }
    }
}

#[test]
fn without_a_proof_the_list_is_read_again_and_no_chip_is_claimed() {
    let plan = only(ChipAuthentication::Never, ActiveAuthentication::Never);
    for (name, access) in CARDS {
        let undisturbed = read(SimulatedTransport::new(small_card(name)), &keys(name), &plan);
        let whole = undisturbed.exchanges.len();
        let list = small_card(name).files[&on_card(FileId::SOD)].len().div_ceil(223);
        for exchange in (0..whole).rev().step_by(3) {
            let what = format!("{name} torn at {exchange}");
            let (earlier, _) = torn(name, &plan, exchange).into_earlier();
            let reading = resume(SimulatedTransport::new(small_card(name)), name, &plan, earlier);
            assert_eq!(reading.ended, None, "{what}");
            assert_same(&reading.capture, &undisturbed.capture, &what);
            assert_eq!(reading.capture.chip_authentication, None);
            assert!(reading.exchanges.len() <= whole + access + list + 1, "{what}");
            if exchange == whole - 1 {
                assert!(reading.exchanges.len() > whole + list, "{what}: the list was read again");
            }
        }
    }
}

/// Another person's card that opens with the same keys: the worst case.
fn other_card(name: &str) -> Card {
    let kept = small_card(name);
    let mut other = small_card("good-nist");
    other.access = kept.access.clone();
    let access = on_card(FileId::CARD_ACCESS);
    other.files.remove(&access);
    other.files.extend(kept.files.get(&access).map(|bytes| (access, bytes.clone())));
    other
}

fn assert_all_from(capture: &Capture, card: &Card, what: &str) {
    for (file, state) in &capture.files {
        if let FileState::Read(bytes) = state {
            assert_eq!(Some(bytes), card.files.get(&on_card(*file)), "{what}: {file}");
        }
    }
}

#[test]
fn another_card_is_refused_and_never_mixed_in() {
    let plans = [
        Plan::default(),
        only(ChipAuthentication::Never, ActiveAuthentication::Always),
        only(ChipAuthentication::Never, ActiveAuthentication::Never),
    ];
    for (name, _) in CARDS {
        for plan in &plans {
            let (first, other) = (small_card(name), other_card(name));
            let whole = read(SimulatedTransport::new(first.clone()), &keys(name), plan).exchanges.len();
            let every = if plan.chip_authentication == ChipAuthentication::Never { 4 } else { 1 };
            for exchange in (0..whole).rev().step_by(every) {
                let what = format!("{name} torn at {exchange}");
                let before = torn(name, plan, exchange);
                let sod = before.capture.files.get(&FileId::SOD);
                let begun = !matches!(sod, None | Some(FileState::Aborted { read_bytes: 0 }));
                let kept: Vec<FileId> = before.finished.iter().map(|(file, _)| *file).collect();
                let (earlier, _) = before.into_earlier();
                let reading = resume(SimulatedTransport::new(other.clone()), name, plan, earlier);
                if !begun {
                    // Nothing was kept: the second card is read as if it were the first.
                    assert_eq!(reading.ended, None, "{what}");
                    assert_all_from(&reading.capture, &other, &what);
                    continue;
                }
                assert_eq!(reading.ended, Some(Cause::OtherChip), "{what}");
                assert_all_from(&reading.capture, &first, &what);
                assert_eq!(reading.capture.chip_authentication, None, "{what}");
                assert_eq!(reading.capture.active_authentication, None, "{what}");
                assert!(kept.iter().all(|file| reading.capture.bytes(*file).is_some()), "{what}");
                if exchange % 5 != 0 {
                    continue;
                }
                // The right card may still come back.
                let (earlier, _) = reading.into_earlier();
                let reading = resume(SimulatedTransport::new(first.clone()), name, plan, earlier);
                assert_eq!(reading.ended, None, "{what}");
                assert!(reading.capture.group(DataGroup::Dg2).is_some(), "{what}");
                assert_all_from(&reading.capture, &first, &what);
            }
        }
    }
}

#[test]
fn a_card_that_the_keys_do_not_open_is_another_card() {
    for (name, other) in [("good", "good-nist"), ("good-bac", "good")] {
        let whole =
            read(SimulatedTransport::new(small_card(name)), &keys(name), &Plan::default()).exchanges.len();
        let (earlier, _) = torn(name, &Plan::default(), whole - 1).into_earlier();
        let reading = resume(SimulatedTransport::new(small_card(other)), name, &Plan::default(), earlier);
        assert_eq!(reading.ended, Some(Cause::OtherChip), "{name}");
        assert_all_from(&reading.capture, &small_card(name), name);
    }
}

/// A copy of all files in a chip without the key: its list is the same, and it is no chip that was proved.
#[test]
fn a_copy_that_comes_back_instead_is_not_taken_for_the_chip() {
    for (name, _) in CARDS {
        let whole =
            read(SimulatedTransport::new(small_card(name)), &keys(name), &Plan::default()).exchanges.len();
        let before = torn(name, &Plan::default(), whole - 1);
        assert!(answered(&before.capture) && signed(&before.capture));
        let (earlier, _) = before.into_earlier();
        let copy = SimulatedTransport::new(small_card(name))
            .with_fault(Fault::CaWrongKey)
            .with_fault(Fault::AaWrongKey);
        let reading = resume(copy, name, &Plan::default(), earlier);
        assert_eq!(reading.ended, None, "{name}");
        let refused = Some(ChipAuthenticationTrace::NewKeysRefused);
        assert_eq!(reading.capture.chip_authentication, refused, "{name}");
        assert_all_from(&reading.capture, &small_card(name), name);
    }
}

#[test]
fn the_record_says_how_the_card_met_again() {
    let (plan, other) = (Plan::default(), small_card("good-nist"));
    for (name, _) in CARDS {
        let whole = read(SimulatedTransport::new(small_card(name)), &keys(name), &plan).exchanges.len();
        let (earlier, _) = torn(name, &plan, whole - 1).into_earlier();
        let proved = resume(SimulatedTransport::new(small_card(name)), name, &plan, earlier.clone());
        assert_eq!(proved.capture.deviations, [Deviation::Resumed { proved: true }], "{name}");
        let without = only(ChipAuthentication::Never, ActiveAuthentication::Never);
        let listed = resume(SimulatedTransport::new(small_card(name)), name, &without, earlier.clone());
        assert_eq!(listed.capture.deviations, [Deviation::Resumed { proved: false }], "{name}");
        let swapped = resume(SimulatedTransport::new(other.clone()), name, &plan, earlier);
        assert_eq!(swapped.ended, Some(Cause::OtherChip), "{name}");
        assert_eq!(swapped.capture.deviations, [Deviation::OtherCard], "{name}");
        assert!(swapped.capture.gave_way_to_another());
        // The right card after the wrong one: both stay on record.
        let (earlier, _) = swapped.into_earlier();
        let back = resume(SimulatedTransport::new(small_card(name)), name, &plan, earlier);
        let both = [Deviation::OtherCard, Deviation::Resumed { proved: true }];
        assert_eq!((back.ended, &back.capture.deviations[..]), (None, &both[..]), "{name}");
        assert!(!back.capture.gave_way_to_another());
    }
}

/// A card that knows nothing of what opened the first one.
#[test]
fn a_card_that_refuses_what_opened_the_chip_is_another_card() {
    let whole =
        read(SimulatedTransport::new(small_card("good")), &keys("good"), &Plan::default()).exchanges.len();
    let (earlier, _) = torn("good", &Plan::default(), whole - 1).into_earlier();
    let foreign = SimulatedTransport::new(small_card("good"))
        .with_fault(Fault::PaceRefused(0x6A80))
        .with_fault(Fault::BacRefused(0x6D00));
    let reading = resume(foreign, "good", &Plan::default(), earlier);
    assert_eq!(reading.ended, Some(Cause::OtherChip));
}

/// By PIN: another person's card does not know it, and the one try that this cost is all that is taken from it.
#[test]
fn a_card_that_refuses_the_pin_is_another_card() {
    let pin = |digits: &str| {
        let mut transport = SimulatedTransport::new(small_card("good"));
        transport.chip.set_pin(digits);
        transport
    };
    let keys = [AccessKey::pin("271828").unwrap()];
    let plan = Plan::default();
    let whole = read(pin("271828"), &keys, &plan);
    assert_eq!(whole.ended, None);
    let fault = Fault::TornAt { exchange: whole.exchanges.len() - 1 };
    let (earlier, _) = read(pin("271828").with_fault(fault), &keys, &plan).into_earlier();
    let mut entropy = SeededEntropy(9);
    let foreign = resume_chip(pin("314159"), &keys, &plan, &mut entropy, &mut quiet, earlier);
    assert_eq!(foreign.ended, Some(Cause::OtherChip));
    assert_eq!(foreign.transport.chip.pin_tries_left(), Some(2));
    assert_eq!(foreign.capture.deviations, [Deviation::OtherCard]);
    let (earlier, _) = foreign.into_earlier();
    let back = resume_chip(pin("271828"), &keys, &plan, &mut entropy, &mut quiet, earlier);
    assert_eq!(back.ended, None);
    assert_eq!(back.capture.files, whole.capture.files);
}

#[test]
fn what_is_kept_can_be_wiped() {
    let (earlier, _) = torn("good", &Plan::default(), 30).into_earlier();
    let reading = resume(SimulatedTransport::new(small_card("good")), "good", &Plan::default(), earlier);
    let mut capture = reading.capture;
    assert!(capture.bytes(FileId::SOD).is_some());
    capture.wipe();
    assert!(capture.files.is_empty());
}

//! Every exchange crossed with what can go wrong in it. Nothing panics, nothing false is taken for read, and a card that
//! left is never a card that refused.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

#[path = "common/simulated.rs"]
mod simulated;

use reader_core::capture::{
    AccessFailure, AccessTrace, ActiveAuthenticationTrace, ChipAuthenticationTrace, Deviation, FileState,
    Interruption,
};
use reader_core::channel::Broken;
use reader_core::lds::FileId;
use reader_core::session::{Cause, Plan, Reading};
use reader_core::transport::{Disturbance, Faulty, Transport, TransportError};
use simulated::{SimulatedTransport, card, keys, on_card, read};
use test_vectors::card::Card;
use test_vectors::chip::{Fault, PaceStep};

/// A card opened by PACE and one opened by BAC, with portraits cut short so that walks stay quick: the list of hashes in
/// EF.SOD is for guidance here, and nobody judges the bytes.
fn small_card(name: &str) -> Card {
    let mut card = card(name);
    let dg2 = reader_core::wire::tlv::encode(0x75, &[0xA5; 700]);
    card.files.insert((test_vectors::card::Directory::Lds, 0x0102), dg2);
    card
}

const NAMES: [&str; 2] = ["good", "good-bac"];

fn undisturbed(name: &str) -> Reading<SimulatedTransport> {
    let reading = read(SimulatedTransport::new(small_card(name)), &keys(name), &Plan::default());
    assert_eq!(reading.ended, None);
    reading
}

/// Protected files that count as read are the card's own, whatever happened.
fn assert_nothing_false<T>(reading: &Reading<T>, card: &Card, what: &str) {
    for (file, state) in &reading.capture.files {
        match state {
            FileState::Read(bytes) if *file != FileId::CARD_ACCESS => {
                assert_eq!(Some(bytes), card.files.get(&on_card(*file)), "{what}: {file}");
            }
            FileState::Absent if *file != FileId::CARD_ACCESS => panic!("{what}: {file} is not absent"),
            _ => {}
        }
    }
}

#[test]
fn the_card_torn_away_at_any_exchange_is_a_lost_tag() {
    for name in NAMES {
        let card = small_card(name);
        let exchanges = undisturbed(name).exchanges.len();
        assert!(exchanges > 20);
        for exchange in 0..exchanges {
            let what = format!("{name} torn at {exchange}");
            let transport = SimulatedTransport::new(card.clone()).with_fault(Fault::TornAt { exchange });
            let reading = read(transport, &keys(name), &Plan::default());
            assert_eq!(reading.ended, Some(Cause::Transport(TransportError::TagLost)), "{what}");
            assert_eq!(reading.exchanges.len(), exchange, "{what}");
            assert_nothing_false(&reading, &card, &what);
            let capture = &reading.capture;
            assert!(capture.deviations.is_empty(), "{what}: a lost tag is no reason to fall back");
            for access in [&capture.pace, &capture.bac].into_iter().flatten() {
                let fine = [
                    AccessTrace::Opened,
                    AccessTrace::Failed(AccessFailure::BrokenOff(Interruption::CardGone)),
                ];
                assert!(fine.contains(access), "{what}: {access:?}");
            }
            assert!(
                matches!(
                    capture.chip_authentication,
                    None | Some(
                        ChipAuthenticationTrace::Aborted(Interruption::CardGone)
                            | ChipAuthenticationTrace::NewKeysAnswered { .. }
                    )
                ),
                "{what}"
            );
            assert!(
                matches!(
                    capture.active_authentication,
                    None | Some(
                        ActiveAuthenticationTrace::Aborted(Interruption::CardGone)
                            | ActiveAuthenticationTrace::Signed { .. }
                    )
                ),
                "{what}"
            );
            let aborted = capture.files.values().any(|state| matches!(state, FileState::Aborted { .. }));
            assert!(aborted, "{what}: something planned is missing, and said to be aborted");
        }
    }
}

#[test]
fn any_disturbance_at_any_exchange_ends_or_changes_nothing() {
    for name in NAMES {
        let card = small_card(name);
        let exchanges = undisturbed(name).exchanges.len();
        for disturbance in Disturbance::ALL {
            for at in 0..exchanges {
                let what = format!("{name} {disturbance:?} at {at}");
                let chip = SimulatedTransport::new(card.clone());
                let transport = Faulty::new(chip, at, disturbance, u64::try_from(at).unwrap());
                let reading = read(transport, &keys(name), &Plan::default());
                assert_nothing_false(&reading, &card, &what);
                if matches!(disturbance, Disturbance::TagLostBefore | Disturbance::TagLostAfter) {
                    assert_eq!(reading.ended, Some(Cause::Transport(TransportError::TagLost)), "{what}");
                }
                if disturbance == Disturbance::Communication {
                    assert_eq!(reading.ended, None, "{what}: the session recovers");
                }
                if reading.ended.is_none() {
                    let files = |state: &FileState| matches!(state, FileState::Read(_));
                    let all = reading.capture.files.iter().filter(|(file, _)| **file != FileId::CARD_ACCESS);
                    assert!(all.clone().all(|(_, state)| files(state)) && all.count() == 6, "{what}");
                }
            }
        }
    }
}

/// A response that is changed, exchanged, cut or bare, at any place after access control, ends the session.
#[test]
fn a_manipulated_protected_response_never_passes() {
    for name in NAMES {
        let card = small_card(name);
        let reading = undisturbed(name);
        // PACE takes six exchanges, SELECT and BAC with the look for EF.CardAccess four.
        let first = if reading.capture.pace.is_some() { 6 } else { 4 };
        let exchanges = reading.exchanges.len();
        for exchange in first..exchanges {
            for fault in [
                Fault::WrongMac { exchange },
                Fault::PlainStatus { exchange, sw: 0x9000 },
                Fault::PlainStatus { exchange, sw: 0x6A82 },
                Fault::TruncateResponse { exchange },
                Fault::EndlessMore { exchange },
            ] {
                let what = format!("{name} {fault:?}");
                let transport = SimulatedTransport::new(card.clone()).with_fault(fault);
                let reading = read(transport, &keys(name), &Plan::default());
                assert_nothing_false(&reading, &card, &what);
                // Where it strikes the first answer under new keys, it looks like a chip without the key, and all of access
                // control and chip authentication is made again.
                let anew = reading.exchanges.len() > exchanges;
                assert!(reading.ended.is_some() || anew, "{what}");
            }
        }
    }
}

/// One line for each fault: how access went, what became of the chip's proofs, and how it ended.
fn summary(name: &str, fault: &Fault) -> String {
    let transport = SimulatedTransport::new(small_card(name)).with_fault(fault.clone());
    let reading = read(transport, &keys(name), &Plan::default());
    // Where the chip itself says so under its MAC, a file is absent.
    if !matches!(fault, Fault::WrongStatus { .. }) {
        assert_nothing_false(&reading, &small_card(name), name);
    }
    let capture = &reading.capture;
    let access = |trace: &Option<AccessTrace>| match trace {
        None => "-".to_owned(),
        Some(AccessTrace::Opened) => "opened".to_owned(),
        Some(AccessTrace::Failed(AccessFailure::Protocol(_))) => "protocol".to_owned(),
        Some(AccessTrace::Failed(AccessFailure::Refused(status))) => format!("{status:04X}"),
        Some(AccessTrace::Failed(failure)) => format!("{failure:?}"),
    };
    let chip = match &capture.chip_authentication {
        None => "-",
        Some(ChipAuthenticationTrace::NewKeysAnswered { .. }) => "answered",
        Some(ChipAuthenticationTrace::NewKeysRefused) => "new keys refused",
        Some(ChipAuthenticationTrace::Refused(_)) => "refused",
        Some(ChipAuthenticationTrace::Aborted(_)) => "aborted",
        Some(ChipAuthenticationTrace::NotUnderstood(_)) => "not understood",
    };
    let active = match &capture.active_authentication {
        None => "-",
        Some(ActiveAuthenticationTrace::Signed { .. }) => "signed",
        Some(ActiveAuthenticationTrace::Refused(_)) => "refused",
        Some(ActiveAuthenticationTrace::Cut { .. }) => "cut",
        Some(ActiveAuthenticationTrace::Aborted(_)) => "aborted",
    };
    let fallback = if capture.deviations.iter().any(|it| matches!(it, Deviation::FellBackToBac { .. })) {
        "fallback"
    } else {
        "-"
    };
    let ended = match &reading.ended {
        None => "complete".to_owned(),
        Some(Cause::Access(_)) => "access".to_owned(),
        Some(Cause::Channel(Broken::BareStatus(status))) => format!("bare {status}"),
        Some(Cause::Channel(_)) => "channel".to_owned(),
        Some(Cause::Transport(_)) => "transport".to_owned(),
        Some(Cause::Refused { status, .. }) => format!("refused {status}"),
        Some(Cause::Protocol(_)) => "protocol".to_owned(),
        Some(other) => format!("{other:?}"),
    };
    let read = capture.files.values().filter(|state| matches!(state, FileState::Read(_))).count();
    format!(
        "pace {} | bac {} | {fallback} | ca {chip} | aa {active} | {read} files | {ended}",
        access(&capture.pace),
        access(&capture.bac)
    )
}

#[test]
fn each_peculiar_chip_has_its_line() {
    use PaceStep::{Agreement, Mapping};
    let table: &[(&str, Fault, &str)] = &[
        (
            "good",
            Fault::TornAt { exchange: 3 },
            "pace BrokenOff(CardGone) | bac - | - | ca - | aa - | 1 files | transport",
        ),
        (
            "good",
            Fault::PacePointAtInfinity(Mapping),
            "pace protocol | bac opened | fallback | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::PacePointAtInfinity(Agreement),
            "pace protocol | bac opened | fallback | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::PaceOffCurve(Mapping),
            "pace protocol | bac opened | fallback | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::PaceOffCurve(Agreement),
            "pace protocol | bac opened | fallback | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::PaceEchoesTerminalKey(Mapping),
            "pace protocol | bac opened | fallback | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::PaceEchoesTerminalKey(Agreement),
            "pace protocol | bac opened | fallback | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::PaceShortNonce,
            "pace protocol | bac opened | fallback | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::PaceWrongToken,
            "pace protocol | bac opened | fallback | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::PaceRefused(0x6A80),
            "pace 6A80 | bac opened | fallback | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::PaceRefused(0x6982),
            "pace 6982 | bac opened | fallback | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::NoCardAccess(0x6A82),
            "pace - | bac opened | - | ca answered | aa signed | 6 files | complete",
        ),
        (
            "good",
            Fault::NoCardAccess(0x6982),
            "pace - | bac opened | - | ca answered | aa signed | 6 files | complete",
        ),
        (
            "good",
            Fault::CaKeepsOldKeys,
            "pace opened | bac - | - | ca new keys refused | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::CaWrongKey,
            "pace opened | bac - | - | ca new keys refused | aa signed | 7 files | complete",
        ),
        ("good", Fault::AaWrongKey, "pace opened | bac - | - | ca answered | aa signed | 7 files | complete"),
        (
            "good",
            Fault::RefuseSelectMasterFile,
            "pace opened | bac - | - | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::NoEndOfFileWarning,
            "pace opened | bac - | - | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::AskForExactLength,
            "pace opened | bac - | - | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good",
            Fault::AbsentUnprotected { file: 0x010D },
            "pace opened | bac - | - | ca - | aa - | 3 files | bare 6A82",
        ),
        (
            "good",
            Fault::AbsentUnprotected { file: 0x010E },
            "pace opened | bac - | - | ca - | aa - | 4 files | bare 6A82",
        ),
        (
            "good",
            Fault::AbsentUnprotected { file: 0x011D },
            "pace opened | bac - | - | ca - | aa - | 1 files | bare 6A82",
        ),
        (
            "good",
            Fault::ReplayPrevious { exchange: 8 },
            "pace opened | bac - | - | ca - | aa - | 1 files | channel",
        ),
        (
            "good",
            Fault::WrongStatus { exchange: 7, sw: 0x6A82 },
            "pace opened | bac - | - | ca answered | aa signed | 6 files | complete",
        ),
        (
            "good",
            Fault::WrongStatus { exchange: 7, sw: 0x6982 },
            "pace opened | bac - | - | ca answered | aa signed | 6 files | complete",
        ),
        ("good", Fault::EndlessMore { exchange: 0 }, "pace - | bac - | - | ca - | aa - | 0 files | protocol"),
        (
            "good",
            Fault::PlainStatus { exchange: 0, sw: 0x6F00 },
            "pace opened | bac - | - | ca answered | aa signed | 7 files | complete",
        ),
        (
            "good-bac",
            Fault::BacRefused(0x6300),
            "pace - | bac WrongPassword | - | ca - | aa - | 0 files | access",
        ),
        (
            "good-bac",
            Fault::BacRefused(0x6982),
            "pace - | bac WrongPassword | - | ca - | aa - | 0 files | access",
        ),
        ("good-bac", Fault::BacRefused(0x6985), "pace - | bac 6985 | - | ca - | aa - | 0 files | access"),
        ("good-bac", Fault::BacWrongNonce, "pace - | bac protocol | - | ca - | aa - | 0 files | access"),
        (
            "good-bac",
            Fault::CaKeepsOldKeys,
            "pace - | bac opened | - | ca new keys refused | aa signed | 6 files | complete",
        ),
        (
            "good-bac",
            Fault::CaWrongKey,
            "pace - | bac opened | - | ca new keys refused | aa signed | 6 files | complete",
        ),
        (
            "good-bac",
            Fault::AaWrongKey,
            "pace - | bac opened | - | ca answered | aa signed | 6 files | complete",
        ),
        (
            "good-bac",
            Fault::ReplayPrevious { exchange: 6 },
            "pace - | bac opened | - | ca - | aa - | 0 files | channel",
        ),
        (
            "good-bac",
            Fault::EndlessMore { exchange: 2 },
            "pace - | bac protocol | - | ca - | aa - | 0 files | protocol",
        ),
        (
            "good-bac",
            Fault::PlainStatus { exchange: 1, sw: 0x6A82 },
            "pace - | bac 6A82 | - | ca - | aa - | 0 files | access",
        ),
        (
            "good-bac",
            Fault::PlainStatus { exchange: 2, sw: 0x6D00 },
            "pace - | bac 6D00 | - | ca - | aa - | 0 files | access",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, fault, expected) in table {
        let line = summary(name, fault);
        if line != *expected {
            wrong.push(format!("{name} {fault:?}\n  is        {line}\n  should be {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A card that stays while exchanges fail is powered anew once; after that it is for a person.
#[test]
fn the_transport_comes_back_for_another_try() {
    let chip = SimulatedTransport::new(small_card("good"));
    let once = Faulty::new(chip, 9, Disturbance::Communication, 0);
    let reading = read(Faulty::new(once, 12, Disturbance::Communication, 0), &keys("good"), &Plan::default());
    assert!(matches!(
        reading.ended,
        Some(Cause::Transport(TransportError::Communication { code: 0x8010_002F }))
    ));
    let mut chip = reading.transport.into_inner().into_inner();
    chip.chip.reset();
    let again = read(&mut chip as &mut dyn Transport, &keys("good"), &Plan::default());
    assert_eq!(again.ended, None);
}

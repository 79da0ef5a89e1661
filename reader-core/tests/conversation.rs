//! Whole conversations with the simulated chip: order, number of commands, access rules, proofs of the chip.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "common/model_card.rs"]
mod model_card;
#[path = "common/simulated.rs"]
mod simulated;

use std::ops::ControlFlow;

use model_card::model_card;
use reader_core::capture::{
    AccessFailure, AccessTrace, ActiveAuthenticationTrace, Capture, ChipAuthenticationTrace, Deviation,
    FileState,
};
use reader_core::channel::Broken;
use reader_core::lds::{DataGroup, FileId};
use reader_core::session::link_model::LinkModel;
use reader_core::session::{
    AccessKey, ActiveAuthentication, BacFallback, Cause, ChipAuthentication, Event, Plan, Step, read_chip,
};
use reader_core::transport::TransportError;
use reader_core::wire::status::StatusWord;
use reader_core::wire::tlv::encode;
use simulated::{SeededEntropy, SimulatedTransport, card, keys, mrz_key, on_card, quiet, read};
use test_vectors::card::{Card, Directory};
use test_vectors::chip::Fault;

fn is_opened(trace: Option<&AccessTrace>) -> bool {
    trace == Some(&AccessTrace::Opened)
}

/// Every file that counts as read is what the card holds.
fn assert_true_to(capture: &Capture, card: &Card) {
    for (file, state) in &capture.files {
        if let FileState::Read(bytes) = state {
            assert_eq!(Some(bytes), card.files.get(&on_card(*file)), "{file}");
        }
    }
}

#[test]
fn a_sound_card_is_read_in_the_order_that_proves_text_soonest() {
    let card = card("good");
    let mut steps = Vec::new();
    let mut observer = |event: Event<'_>| {
        if let Event::Step(step) = event {
            steps.push(step);
        }
        ControlFlow::Continue(())
    };
    let transport = SimulatedTransport::new(card.clone());
    let reading = read_chip(transport, &keys("good"), &Plan::default(), &mut SeededEntropy(1), &mut observer);
    assert_eq!(reading.ended, None);
    let read = |group| Step::Read(FileId::group(group));
    assert_eq!(
        steps,
        [
            Step::CardAccess,
            Step::Pace,
            Step::SelectApplication,
            Step::Read(FileId::SOD),
            read(DataGroup::Dg1),
            read(DataGroup::Dg13),
            read(DataGroup::Dg14),
            Step::ChipAuthentication,
            read(DataGroup::Dg15),
            Step::ActiveAuthentication,
            read(DataGroup::Dg2),
        ]
    );
    let capture = &reading.capture;
    assert!(is_opened(capture.pace.as_ref()) && capture.bac.is_none() && capture.deviations.is_empty());
    assert!(matches!(capture.chip_authentication, Some(ChipAuthenticationTrace::NewKeysAnswered { .. })));
    assert!(matches!(capture.active_authentication, Some(ActiveAuthenticationTrace::Signed { .. })));
    assert_eq!(capture.files.len(), 7);
    assert!(capture.files.values().all(|state| matches!(state, FileState::Read(_))));
    assert_true_to(capture, &card);
    assert_eq!(reading.exchanges.len(), reading.transport.exchanges);
    assert_eq!(reading.finished.len(), 7);
}

#[test]
fn after_bac_chip_authentication_comes_right_after_the_list() {
    let mut steps = Vec::new();
    let mut observer = |event: Event<'_>| {
        if let Event::Step(step) = event {
            steps.push(step);
        }
        ControlFlow::Continue(())
    };
    let transport = SimulatedTransport::new(card("good-bac"));
    let reading =
        read_chip(transport, &keys("good-bac"), &Plan::default(), &mut SeededEntropy(1), &mut observer);
    assert_eq!(reading.ended, None);
    assert!(is_opened(reading.capture.bac.as_ref()) && reading.capture.pace.is_none());
    let place = |wanted| steps.iter().position(|step| *step == wanted);
    assert!(place(Step::ChipAuthentication) < place(Step::Read(FileId::group(DataGroup::Dg1))));
    assert!(matches!(
        reading.capture.chip_authentication,
        Some(ChipAuthenticationTrace::NewKeysAnswered { .. })
    ));
    assert_true_to(&reading.capture, &card("good-bac"));
}

#[test]
fn every_sound_persona_is_read_to_the_end() {
    for persona in test_vectors::persona::all().iter().filter(|persona| persona.name.starts_with("good")) {
        let card = card(persona.name);
        let reading = read(SimulatedTransport::new(card.clone()), &keys(persona.name), &Plan::default());
        assert_eq!(reading.ended, None, "{}", persona.name);
        assert!(reading.capture.group(DataGroup::Dg2).is_some(), "{}", persona.name);
        assert_true_to(&reading.capture, &card);
    }
}

#[test]
fn the_models_files_take_109_short_commands_and_the_published_time() {
    let card = model_card();
    let sizes = [
        (FileId::CARD_ACCESS, 60),
        (FileId::SOD, 2000),
        (FileId::group(DataGroup::Dg1), 95),
        (FileId::group(DataGroup::Dg2), 18_000),
        (FileId::group(DataGroup::Dg13), 1000),
        (FileId::group(DataGroup::Dg14), 400),
    ];
    for (file, bytes) in sizes {
        assert_eq!(card.files[&on_card(file)].len(), bytes, "{file}");
    }
    let reading = read(SimulatedTransport::new(card.clone()), &keys("good-nist"), &Plan::default());
    assert_eq!(reading.ended, None);
    assert!(matches!(
        reading.capture.chip_authentication,
        Some(ChipAuthenticationTrace::NewKeysAnswered { .. })
    ));
    assert!(matches!(reading.capture.active_authentication, Some(ActiveAuthenticationTrace::Signed { .. })));
    assert_eq!(reading.exchanges.len(), 109);
    let text = [FileId::SOD, FileId::group(DataGroup::Dg1), FileId::group(DataGroup::Dg13)];
    let proved =
        reading.finished.iter().filter(|(file, _)| text.contains(file)).map(|(_, count)| *count).max();
    let proved = proved.unwrap();
    assert_eq!(proved, 22);
    let model = LinkModel::default();
    let seconds = |count: usize, rate| model.total(&reading.exchanges[..count], rate).seconds;
    // Within a frame's time of the published 3.01 s, 4.74 s and 1.04 s: this card's DG15 is a little shorter.
    assert!((seconds(109, 424e3) - 3.01).abs() < 0.02, "{}", seconds(109, 424e3));
    assert!((seconds(109, 106e3) - 4.74).abs() < 0.02, "{}", seconds(109, 106e3));
    assert!((seconds(proved, 424e3) - 1.04).abs() < 0.02, "{}", seconds(proved, 424e3));

    let plan =
        Plan { active_authentication: ActiveAuthentication::UnlessChipAuthenticated, ..Plan::default() };
    let reading = read(SimulatedTransport::new(card), &keys("good-nist"), &plan);
    assert_eq!((reading.ended, reading.exchanges.len()), (None, 107));
    assert_eq!(reading.capture.active_authentication, None);
}

#[test]
fn files_beyond_32767_bytes_are_read_whole() {
    for name in ["good", "good-bac"] {
        let mut card = card(name);
        let dg2 = encode(0x75, &(0..70_000_u32).map(|index| index.to_be_bytes()[3]).collect::<Vec<_>>());
        card.files.insert(on_card(FileId::group(DataGroup::Dg2)), dg2);
        let reading = read(SimulatedTransport::new(card.clone()), &keys(name), &Plan::default());
        assert_eq!(reading.ended, None);
        assert_true_to(&reading.capture, &card);
    }
}

#[test]
fn a_wrong_number_never_falls_back_to_bac() {
    let wrong = AccessKey::can("111111").unwrap();
    let mut presented = vec![wrong];
    presented.extend(mrz_key("good"));
    let reading = read(SimulatedTransport::new(card("good")), &presented, &Plan::default());
    assert_eq!(reading.ended, Some(Cause::Access(AccessFailure::WrongPassword)));
    assert_eq!(reading.capture.pace, Some(AccessTrace::Failed(AccessFailure::WrongPassword)));
    assert_eq!(reading.capture.bac, None);
    assert!(reading.ended.unwrap().to_string().contains("enter it again"));

    let wrong = AccessKey::mrz("000000000", "000101", "300101").unwrap();
    let reading = read(SimulatedTransport::new(card("good-bac")), &[wrong], &Plan::default());
    assert_eq!(reading.capture.bac, Some(AccessTrace::Failed(AccessFailure::WrongPassword)));
}

#[test]
fn the_mrz_opens_pace_as_well() {
    let reading = read(SimulatedTransport::new(card("good")), &mrz_key("good"), &Plan::default());
    assert_eq!(reading.ended, None);
    assert!(is_opened(reading.capture.pace.as_ref()));
}

#[test]
fn other_refusals_of_pace_fall_back_where_the_site_allows_it() {
    let refusals = [Fault::PaceRefused(0x6A80), Fault::PaceWrongToken, Fault::PaceShortNonce];
    for fault in refusals {
        let transport = || SimulatedTransport::new(card("good")).with_fault(fault.clone());
        let reading = read(transport(), &keys("good"), &Plan::default());
        assert_eq!(reading.ended, None, "{fault:?}");
        let Some(AccessTrace::Failed(because)) = reading.capture.pace.clone() else { panic!("{fault:?}") };
        assert!(is_opened(reading.capture.bac.as_ref()));
        assert_eq!(reading.capture.deviations, [Deviation::FellBackToBac { because: because.clone() }]);

        let forbidden = Plan { bac_fallback: BacFallback::Forbidden, ..Plan::default() };
        let reading = read(transport(), &keys("good"), &forbidden);
        assert_eq!((reading.ended, reading.capture.bac), (Some(Cause::Access(because)), None));

        // A card access number alone cannot open BAC.
        let can: Vec<_> = keys("good").into_iter().filter(AccessKey::is_can).collect();
        let reading = read(transport(), &can, &Plan::default());
        assert!(matches!(reading.ended, Some(Cause::Access(_))) && reading.capture.bac.is_none());
    }
}

#[test]
fn a_hidden_card_access_is_replaced_by_the_profiles_constant_and_recorded() {
    let access = card("good").files[&on_card(FileId::CARD_ACCESS)].clone();
    let transport = || SimulatedTransport::new(card("good")).with_fault(Fault::NoCardAccess(0x6982));
    let plan = Plan { assumed_card_access: Some(access), ..Plan::default() };
    let reading = read(transport(), &keys("good"), &plan);
    assert_eq!(reading.ended, None);
    assert_eq!(reading.capture.deviations, [Deviation::AssumedCardAccess]);
    assert!(is_opened(reading.capture.pace.as_ref()));
    assert_eq!(reading.capture.files[&FileId::CARD_ACCESS], FileState::Protected);
    // Without the constant no PACE is known of; the signed DG14 will show the downgrade.
    let reading = read(transport(), &keys("good"), &Plan::default());
    assert!(is_opened(reading.capture.bac.as_ref()) && reading.capture.pace.is_none());
}

#[test]
fn harmless_peculiarities_change_nothing() {
    for fault in [Fault::NoEndOfFileWarning, Fault::AskForExactLength, Fault::RefuseSelectMasterFile] {
        for name in ["good", "good-bac"] {
            let card = card(name);
            let transport = SimulatedTransport::new(card.clone()).with_fault(fault.clone());
            let reading = read(transport, &keys(name), &Plan::default());
            assert_eq!(reading.ended, None, "{fault:?}");
            assert_true_to(&reading.capture, &card);
        }
    }
}

#[test]
fn absence_counts_under_a_mac_only() {
    // DG14 stripped from the chip, but listed: absent, under a MAC.
    let reading =
        read(SimulatedTransport::new(card("dg14-stripped")), &keys("dg14-stripped"), &Plan::default());
    assert_eq!(reading.ended, None);
    assert_eq!(reading.capture.files[&FileId::group(DataGroup::Dg14)], FileState::Absent);
    assert_eq!(reading.capture.chip_authentication, None);
    // The same word without a MAC breaks the channel, and nothing is absent.
    let transport =
        SimulatedTransport::new(card("good")).with_fault(Fault::AbsentUnprotected { file: 0x010D });
    let reading = read(transport, &keys("good"), &Plan::default());
    assert_eq!(reading.ended, Some(Cause::Channel(Broken::BareStatus(StatusWord::NOT_FOUND))));
    let dg13 = &reading.capture.files[&FileId::group(DataGroup::Dg13)];
    assert_eq!(dg13, &FileState::Aborted { read_bytes: 0 });
    assert!(!reading.capture.files.values().any(|state| *state == FileState::Absent));
}

#[test]
fn a_chip_without_the_key_is_found_out_by_its_next_answer() {
    for (name, fault, resets) in [
        ("wrong-ca-key", None, true),
        ("good", Some(Fault::CaWrongKey), true),
        ("good", Some(Fault::CaWrongKey), false),
        ("good", Some(Fault::CaKeepsOldKeys), true),
        ("good-bac", Some(Fault::CaWrongKey), true),
        ("good-bac", Some(Fault::CaWrongKey), false),
    ] {
        let card = card(name);
        let mut transport = SimulatedTransport::new(card.clone());
        transport.resets = resets;
        if let Some(fault) = fault.clone() {
            transport.chip.misbehave(fault);
        }
        let reading = read(transport, &keys(name), &Plan::default());
        let refused = Some(ChipAuthenticationTrace::NewKeysRefused);
        assert_eq!(reading.capture.chip_authentication, refused, "{name} {fault:?}");
        // A new session without chip authentication shows the rest of the card, by the same access protocol.
        assert_eq!(reading.ended, None, "{name} {fault:?}");
        assert!(reading.capture.pace.is_none() || reading.capture.bac.is_none(), "{name} {fault:?}");
        assert!(reading.capture.bytes(FileId::CARD_ACCESS).is_some() == reading.capture.pace.is_some());
        assert!(reading.capture.group(DataGroup::Dg2).is_some());
        assert_true_to(&reading.capture, &card);
    }
}

#[test]
fn chip_authentication_as_the_last_step_is_still_confirmed() {
    let plan = Plan {
        groups: vec![DataGroup::Dg1],
        active_authentication: ActiveAuthentication::Never,
        ..Plan::default()
    };
    let reading = read(SimulatedTransport::new(card("good")), &keys("good"), &plan);
    assert_eq!(reading.ended, None);
    assert!(matches!(
        reading.capture.chip_authentication,
        Some(ChipAuthenticationTrace::NewKeysAnswered { .. })
    ));
    let transport = SimulatedTransport::new(card("good")).with_fault(Fault::CaKeepsOldKeys);
    let reading = read(transport, &keys("good"), &plan);
    assert_eq!(reading.capture.chip_authentication, Some(ChipAuthenticationTrace::NewKeysRefused));
}

#[test]
fn what_the_plan_leaves_out_is_not_asked_for() {
    let plan = Plan {
        groups: vec![DataGroup::Dg1],
        chip_authentication: ChipAuthentication::Never,
        active_authentication: ActiveAuthentication::Never,
        ..Plan::default()
    };
    let reading = read(SimulatedTransport::new(card("good")), &keys("good"), &plan);
    let files: Vec<_> = reading.capture.files.keys().copied().collect();
    assert_eq!(files, [FileId::CARD_ACCESS, FileId::group(DataGroup::Dg1), FileId::SOD]);
    assert_eq!((reading.capture.chip_authentication, reading.capture.active_authentication), (None, None));
    let plan = Plan { read_com: true, ..plan };
    let reading = read(SimulatedTransport::new(card("good")), &keys("good"), &plan);
    assert!(reading.capture.bytes(FileId::COM).is_some());
}

#[test]
fn a_group_that_the_list_does_not_name_is_not_asked_for() {
    let plan = Plan { groups: vec![DataGroup::Dg1, DataGroup::Dg12], ..Plan::default() };
    let reading = read(SimulatedTransport::new(card("good")), &keys("good"), &plan);
    assert_eq!(reading.ended, None);
    assert!(!reading.capture.files.contains_key(&FileId::group(DataGroup::Dg12)));
}

#[test]
fn fingers_are_protected_not_missing() {
    let mut card = card("good");
    let address = (Directory::Lds, 0x0103);
    card.files.insert(address, encode(0x63, &[0; 40]));
    card.terminal_only.insert(address);
    // Without a readable list, what the site wants is asked for.
    card.files.insert(on_card(FileId::SOD), encode(0x77, &[0; 40]));
    let plan = Plan { groups: vec![DataGroup::Dg1, DataGroup::Dg3, DataGroup::Dg2], ..Plan::default() };
    let reading = read(SimulatedTransport::new(card), &keys("good"), &plan);
    assert_eq!(reading.ended, None);
    assert_eq!(reading.capture.files[&FileId::group(DataGroup::Dg3)], FileState::Protected);
    assert!(reading.capture.group(DataGroup::Dg2).is_some());
}

#[test]
fn a_file_that_announces_four_gigabytes_is_left_alone() {
    let mut card = card("good");
    let content = [&[0x6D, 0x84, 0xFF, 0xFF, 0xFF, 0xFF][..], &[0; 300]].concat();
    card.files.insert(on_card(FileId::group(DataGroup::Dg13)), content);
    let reading = read(SimulatedTransport::new(card), &keys("good"), &Plan::default());
    assert_eq!(reading.ended, None);
    let file = FileId::group(DataGroup::Dg13);
    assert_eq!(reading.capture.files[&file], FileState::Aborted { read_bytes: 223 });
    let announced_bytes = 0xFFFF_FFFF + 6;
    assert_eq!(reading.capture.deviations, [Deviation::TooLarge { file, announced_bytes }]);
    assert!(reading.capture.group(DataGroup::Dg2).is_some());
}

#[test]
fn a_bound_challenge_is_sent_as_it_is() {
    let plan = Plan { challenge: Some(*b"contract"), ..Plan::default() };
    let reading = read(SimulatedTransport::new(card("good")), &keys("good"), &plan);
    match reading.capture.active_authentication {
        Some(ActiveAuthenticationTrace::Signed { challenge, .. }) => assert_eq!(&challenge, b"contract"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_observer_may_stop_at_any_event() {
    let events = {
        let mut count = 0;
        let mut observer = |_: Event<'_>| {
            count += 1;
            ControlFlow::Continue(())
        };
        let transport = SimulatedTransport::new(card("good"));
        let _ = read_chip(transport, &keys("good"), &Plan::default(), &mut SeededEntropy(1), &mut observer);
        count
    };
    // Beyond the last file there is nothing left to stop, except the answer to the last event itself.
    for stop_at in (1..events).step_by(7) {
        let mut count = 0;
        let mut observer = |_: Event<'_>| {
            count += 1;
            if count == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let transport = SimulatedTransport::new(card("good"));
        let reading =
            read_chip(transport, &keys("good"), &Plan::default(), &mut SeededEntropy(1), &mut observer);
        assert_eq!(reading.ended, Some(Cause::Cancelled), "{stop_at}");
        assert_eq!(count, stop_at);
    }
}

#[test]
fn a_source_without_randomness_stops_everything_that_needs_it() {
    struct Dead;
    impl reader_core::crypto::secret::Entropy for Dead {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), reader_core::crypto::secret::EntropyError> {
            Err(reader_core::crypto::secret::EntropyError)
        }
    }
    for name in ["good", "good-bac"] {
        let transport = SimulatedTransport::new(card(name));
        let reading = read_chip(transport, &keys(name), &Plan::default(), &mut Dead, &mut quiet);
        assert!(matches!(reading.ended, Some(Cause::Entropy(_))), "{name}");
    }
}

#[test]
fn no_card_at_all_is_said_so() {
    let transport = SimulatedTransport::new(card("good")).with_fault(Fault::TornAt { exchange: 0 });
    let reading = read(transport, &keys("good"), &Plan::default());
    assert_eq!(reading.ended, Some(Cause::Transport(TransportError::TagLost)));
    assert_eq!(reading.capture.files[&FileId::SOD], FileState::Aborted { read_bytes: 0 });
}

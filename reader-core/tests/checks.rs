//! Rules of an inspection that no other test breaks by name: access, what is read.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

#[path = "common/judge.rs"]
#[allow(dead_code, reason = "this file uses a part of it")]
mod judge;
#[path = "common/simulated.rs"]
mod simulated;

use judge::Variant;
use reader_core::capture::{AccessFailure, AccessTrace, FileState};
use reader_core::lds::{DataGroup, FileId};
use reader_core::policy::Verdict;
use reader_core::session::{Cause, Plan};
use reader_core::transport::Limits;
use simulated::{SimulatedTransport, card, keys, on_card, read};
use test_vectors::card::Directory;
use test_vectors::chip::{Fault, Shape};

/// The exchanges of PACE with generic mapping, after EF.CardAccess.
const PACE: std::ops::RangeInclusive<usize> = 1..=5;

#[test]
fn the_word_for_a_wrong_password_never_falls_back_at_whatever_step_it_comes() {
    for exchange in PACE {
        for fault in
            [Fault::WrongStatus { exchange, sw: 0x6300 }, Fault::PlainStatus { exchange, sw: 0x6300 }]
        {
            let transport = SimulatedTransport::new(card("good")).with_fault(fault.clone());
            let reading = read(transport, &keys("good"), &Plan::default());
            let Some(Cause::Access(because)) = reading.ended else {
                panic!("{fault:?}: {:?}", reading.ended)
            };
            assert!(
                matches!(because, AccessFailure::WrongPassword | AccessFailure::Refused(0x6300)),
                "{fault:?}: {because:?}"
            );
            assert_eq!(reading.capture.pace, Some(AccessTrace::Failed(because)), "{fault:?}");
            assert_eq!((reading.capture.bac, reading.capture.deviations.len()), (None, 0), "{fault:?}");
        }
    }
}

/// The number of the first command that reads a file in an undisturbed reading.
fn first_of(variant: &Variant, file: &str) -> usize {
    let label = format!("{file}.0");
    variant.sampled().find(|(_, exchange)| exchange.label == label).unwrap().0
}

#[test]
fn a_signed_file_that_the_chip_itself_denies_is_refuted_and_one_that_is_kept_back_is_not() {
    let variant = Variant::of("pace-gm");
    for file in ["DG1", "DG13", "DG14", "DG15", "DG2"] {
        let exchange = first_of(&variant, file);
        let denied = variant.run(&Fault::WrongStatus { exchange, sw: 0x6A82 });
        assert_eq!(denied.verdict, Verdict::Reject, "{file}: {}", denied.outcome);
        assert!(denied.outcome.contains("R1210"), "{file}: {}", denied.outcome);
        // Without a MAC nothing says that the file is missing.
        let bare = variant.run(&Fault::PlainStatus { exchange, sw: 0x6A82 });
        assert!(!bare.outcome.contains("R1210"), "{file}: {}", bare.outcome);
        let protected = variant.run(&Fault::WrongStatus { exchange, sw: 0x6982 });
        assert_eq!(protected.verdict, Verdict::Refer, "{file}: {}", protected.outcome);
    }
}

/// 011C and 011D, and the short identifiers 01, 1C, 1D and 1E, name other files in each directory.
#[test]
fn directories_that_contradict_each_other_are_kept_apart() {
    for name in ["good", "good-bac"] {
        let mut card = card(name);
        let decoy = |tag: u32| reader_core::wire::tlv::encode(tag, &[0x5A; 90]);
        for (address, tag) in [
            ((Directory::MasterFile, 0x011D), 0x77),
            ((Directory::MasterFile, 0x011E), 0x60),
            ((Directory::MasterFile, 0x0101), 0x61),
            ((Directory::MasterFile, 0x2F00), 0x61),
            ((Directory::Lds, 0x011C), 0x31),
            ((Directory::Lds, 0x2F01), 0x02),
        ] {
            assert!(card.files.insert(address, decoy(tag)).is_none(), "{name}: {address:?} is no decoy");
        }
        let limits = if card.extended_length { Limits::EXTENDED } else { Limits::SHORT };
        let transport = SimulatedTransport::new(card.clone()).with_limits(limits);
        let plan = Plan { read_com: true, ..Plan::default() };
        let reading = read(transport, &keys(name), &plan);
        assert_eq!(reading.ended, None, "{name}");
        let mut wanted = vec![FileId::SOD, FileId::COM, FileId::group(DataGroup::Dg1)];
        if name == "good" {
            wanted.push(FileId::CARD_ACCESS);
        }
        for file in wanted {
            let own = card.files.get(&on_card(file)).unwrap();
            assert_eq!(
                reading.capture.files.get(&file),
                Some(&FileState::Read(own.clone())),
                "{name}: {file}"
            );
        }
    }
}

#[test]
fn a_protected_answer_of_another_shape_is_never_taken_whatever_its_mac() {
    let variant = Variant::of("pace-gm");
    let exchange = first_of(&variant, "DG13");
    for shape in Shape::ALL {
        let judged = variant.run(&Fault::Misshapen { exchange, shape });
        assert_eq!(judged.verdict, Verdict::Refer, "{shape:?}: {}", judged.outcome);
        assert!(judged.outcome.contains("R1235"), "{shape:?}: {}", judged.outcome);
    }
}

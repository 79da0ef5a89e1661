//! Every named fault changes what it names and nothing else.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use test_vectors::card::Card;
use test_vectors::defect::{Defect, Place};
use test_vectors::issuer::groups::{EF_CARD_ACCESS, EF_COM, EF_SOD, data_group};
use test_vectors::persona;

/// 21 November 2026, 10:00.
const NOW_S: i64 = 1_795_255_200;

fn good() -> Card {
    persona::find("good").unwrap().card(NOW_S)
}

fn applied(defect: Defect) -> Card {
    let mut card = good();
    assert!(defect.apply(&mut card), "{defect:?}");
    card
}

#[test]
fn a_flipped_bit_is_the_only_difference() {
    let file = data_group(1);
    for place in [Place::FromStart(0), Place::Middle, Place::FromEnd(1)] {
        let (before, after) = (good(), applied(Defect::FlipBit(file, place)));
        let differing =
            before.files[&file].iter().zip(&after.files[&file]).filter(|(old, new)| old != new).count();
        assert_eq!(differing, 1, "{place:?}");
        assert_eq!(before.files.len(), after.files.len());
        assert!(before.files.iter().all(|(name, bytes)| *name == file || after.files[name] == *bytes));
    }
}

#[test]
fn a_cut_file_keeps_its_promise_of_length_and_cut_content_does_not() {
    let before = good().files[&EF_SOD].clone();
    let file = applied(Defect::CutFile(EF_SOD, 100)).files[&EF_SOD].clone();
    assert_eq!(file, before[..100]);
    let content = applied(Defect::CutContent(EF_SOD, 100)).files[&EF_SOD].clone();
    assert_eq!(content, [&[0x77, 100], &before[4..104]].concat());
    let longer = applied(Defect::CutContent(EF_SOD, 300)).files[&EF_SOD].clone();
    assert_eq!(longer[..4], [0x77, 0x82, 0x01, 0x2C]);
    assert_eq!(longer[4..], before[4..304]);
}

#[test]
fn files_go_move_and_change_their_tag() {
    assert!(!applied(Defect::RemoveFile(EF_COM)).files.contains_key(&EF_COM));
    let copied = applied(Defect::CopyFile(data_group(15), data_group(14)));
    assert_eq!(copied.files[&data_group(14)], good().files[&data_group(15)]);
    assert_eq!(applied(Defect::Retag(data_group(13), 0x70)).files[&data_group(13)][0], 0x70);
    let padded = applied(Defect::AppendZeros(EF_SOD, 16)).files[&EF_SOD].clone();
    assert_eq!(padded.len(), good().files[&EF_SOD].len() + 16);
    assert!(padded.ends_with(&[0; 16]));
}

#[test]
fn keys_are_replaced_or_taken_away() {
    let key = |card: &Card| card.chip_authentication[0].private.clone();
    assert_ne!(key(&applied(Defect::OtherChipAuthenticationKeys)), key(&good()));
    let active = |card: &Card| format!("{:?}", card.active_authentication);
    assert_ne!(active(&applied(Defect::OtherActiveAuthenticationKey)), active(&good()));
    assert!(applied(Defect::NoChipAuthenticationKeys).chip_authentication.is_empty());
    assert!(applied(Defect::NoActiveAuthenticationKey).active_authentication.is_none());
    let hidden = applied(Defect::HidePace);
    assert!(
        hidden.access.bac && hidden.access.pace.is_empty() && !hidden.files.contains_key(&EF_CARD_ACCESS)
    );
}

#[test]
fn a_fault_without_its_object_says_so() {
    let nowhere = data_group(16);
    for defect in [
        Defect::FlipBit(nowhere, Place::Middle),
        Defect::FlipBit(data_group(1), Place::FromStart(95)),
        Defect::FlipBit(data_group(1), Place::FromEnd(0)),
        Defect::CutFile(data_group(1), 95),
        Defect::CutContent(data_group(1), 94),
        Defect::AppendZeros(data_group(1), 0),
        Defect::Retag(data_group(1), 0x61),
        Defect::RemoveFile(nowhere),
        Defect::CopyFile(nowhere, data_group(1)),
    ] {
        assert!(!defect.apply(&mut good()), "{defect:?}");
    }
    let mut bare = persona::find("dg14-stripped").unwrap().card(NOW_S);
    assert!(!Defect::OtherChipAuthenticationKeys.apply(&mut bare));
}

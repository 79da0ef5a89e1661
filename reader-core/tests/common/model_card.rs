//! A card with files of the published model's sizes.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

use reader_core::lds::security_infos::{SecurityInfo, SecurityInfos};
use reader_core::lds::{DataGroup, FileId};
use reader_core::wire::tlv::encode;
use test_vectors::card::Card;

use crate::simulated::{card, on_card};

/// The files of the published model: EF.CardAccess 60, EF.SOD 2,000, DG1 95, DG2 18,000, DG13 1,000, DG14 400, DG15 100.
pub fn model_card() -> Card {
    let mut card = card("good-nist");
    // An entry of an unknown protocol fills a set of SecurityInfos up to a size.
    let filled = |content: &[u8], bytes: usize| {
        (1..bytes)
            .map(|fill| {
                let oid = [&[6, 1, 0x2A][..], &encode(4, &vec![0; fill])].concat();
                encode(0x31, &[content, &encode(0x30, &oid)].concat())
            })
            .find(|set| set.len() == bytes)
            .unwrap()
    };
    let inside = |set: &[u8]| {
        reader_core::wire::tlv::Reader::new("set", reader_core::wire::tlv::Rules::Ber, set)
            .any()
            .map(|object| object.value.to_vec())
            .unwrap()
    };
    let file = |group| on_card(FileId::group(group));
    let infos = SecurityInfos::parse(&card.files[&on_card(FileId::CARD_ACCESS)]).unwrap();
    let pace = infos.entries.iter().find(|entry| matches!(entry.info, SecurityInfo::Pace(_)));
    let access = pace.unwrap().raw.clone();
    card.files.insert(on_card(FileId::CARD_ACCESS), filled(&access, 60));
    let dg14 = inside(&inside(&card.files[&file(DataGroup::Dg14)]));
    card.files.insert(file(DataGroup::Dg14), encode(0x6E, &filled(&dg14, 396)));
    for (address, tag, value_bytes) in [
        (on_card(FileId::SOD), 0x77, 1996),
        (file(DataGroup::Dg2), 0x75, 17_996),
        (file(DataGroup::Dg13), 0x6D, 996),
    ] {
        card.files.insert(address, encode(tag, &vec![0xA5; value_bytes]));
    }
    card
}

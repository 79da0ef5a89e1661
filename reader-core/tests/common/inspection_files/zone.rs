//! DG1: unit LDS_B. The document is a passport, since cards have no digit over their optional data.

use reader_core::verify::Presented;
use reader_core::wire::tlv::encode;
use test_vectors::inspection::Seen;
use test_vectors::issuer::groups;
use test_vectors::issuer::mrz::{Fields, check_digit};

use super::{resized, tagged};
use crate::inspected::Setup;
use crate::inspection_cases::case;

const PERSONA: &str = "foreign-passport";

pub fn passport() -> Setup {
    Setup::of(PERSONA)
}

/// The printed zone.
fn printed() -> String {
    passport().presented.mrz.unwrap()
}

fn fields() -> Fields {
    let zone = printed();
    let text = |from: usize, to: usize| zone[from..to].trim_end_matches('<').to_owned();
    Fields {
        code: text(0, 2),
        state: text(2, 5),
        names: text(5, 44),
        number: text(44, 53),
        nationality: text(54, 57),
        birth: zone[57..63].to_owned(),
        sex: zone[64..65].chars().next().unwrap(),
        expiry: zone[65..71].to_owned(),
        optional: text(72, 86),
    }
}

/// The passport with this zone in DG1, and the same printed, so that nothing but the content can be found fault with.
fn with_zone(zone: &str) -> Setup {
    let mut setup = passport().with_group(1, groups::dg1(&[zone.to_owned()]));
    setup.presented = Presented { mrz: Some(zone.to_owned()), ..Presented::default() };
    setup
}

fn changed(change: impl FnOnce(&mut Fields)) -> Setup {
    let mut fields = fields();
    change(&mut fields);
    with_zone(&fields.td3().concat())
}

/// Another character at a place of the second line; the composite digit fits it, unless it is the one that is changed.
fn digit_at(place: usize) -> Setup {
    let zone = printed();
    let mut characters: Vec<char> = zone.chars().collect();
    let at = 44 + place;
    let digit = characters[at].to_digit(10).unwrap_or(0);
    characters[at] = char::from_digit((digit + 1) % 10, 10).unwrap();
    if place != 43 {
        let text: String = characters.iter().collect();
        let covered = [&text[44..54], &text[57..64], &text[65..87]].concat();
        characters[87] = check_digit(&covered);
    }
    with_zone(&characters.into_iter().collect::<String>())
}

pub fn cases() -> Vec<Seen> {
    let file = || passport().group(1).to_vec();
    let with = |file| [passport().with_group(1, file)];
    let birth = |date: &str| [changed(|fields| fields.birth = date.to_owned())];
    let expiry = |date: &str| [changed(|fields| fields.expiry = date.to_owned())];
    let mut other_name = changed(|fields| fields.names = "SPECIMEN<<ANOTHER".to_owned());
    let mut other_number = changed(|fields| fields.number = "UT0000018".to_owned());
    for setup in [&mut other_name, &mut other_number] {
        setup.presented = passport().presented;
    }
    vec![
        case("LDS_B_01", [changed(|fields| fields.optional = "ZE184226B".to_owned())]),
        case("LDS_B_02", [changed(|fields| fields.names = "SPECIMEN<<A<M".to_owned())]),
        case("LDS_B_03", [changed(|fields| fields.names = "SPECIMEN".to_owned())]),
        case("LDS_B_04", [changed(|fields| fields.optional = String::new())]),
        case("LDS_B_05", with(tagged(file(), 0x62))),
        case("LDS_B_06", with(resized(file(), -1))),
        case("LDS_B_07", with(resized(file(), 1))),
        case("LDS_B_08", [changed(|fields| fields.code = "Z".to_owned())]),
        case("LDS_B_09", [changed(|fields| fields.state = "QQQ".to_owned())]),
        case("LDS_B_10", [changed(|fields| fields.names = String::new())]),
        case("LDS_B_11", [other_name]),
        case("LDS_B_12", [other_number]),
        case("LDS_B_13", [digit_at(9)]),
        case("LDS_B_14", [changed(|fields| fields.nationality = "QQQ".to_owned())]),
        case("LDS_B_15", birth("96A512")),
        case("LDS_B_16", [birth("961332"), birth("960231")].concat()),
        case("LDS_B_17", [digit_at(19)]),
        case("LDS_B_18", [changed(|fields| fields.sex = 'Z')]),
        case("LDS_B_19", expiry("3O0101")),
        case("LDS_B_20", [expiry("301301"), expiry("300231")].concat()),
        case("LDS_B_21", [digit_at(27)]),
        case("LDS_B_22", [digit_at(42)]),
        case("LDS_B_23", [digit_at(43)]),
        case(
            "LDS_B_24",
            [with(encode(0x61, &[])), with(encode(0x61, &encode(0x5F1E, &file()[5..])))].concat(),
        ),
        case("LDS_B_25", birth("9604<<")),
        case("LDS_B_26", birth("96<<12")),
        case("LDS_B_27", birth("<<0412")),
        case("LDS_B_28", birth("<<<<<<")),
    ]
}

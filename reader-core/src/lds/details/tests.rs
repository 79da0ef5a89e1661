use proptest::prelude::*;

use super::*;
use crate::wire::tlv::encode;

fn field(number: u8, value: &[u8]) -> Vec<u8> {
    encode(0x30, &[&encode(2, &[number])[..], value].concat())
}

fn text(tag: u32, content: &str) -> Vec<u8> {
    encode(tag, content.as_bytes())
}

fn file(fields: &[Vec<u8>]) -> Vec<u8> {
    let oid = [0x06, 6, 0x28, 0xD3, 0x16, 1, 0, 8];
    let set = encode(0x31, &fields.concat());
    encode(0x6D, &encode(0x30, &[&[2, 1, 1][..], &oid, &set].concat()))
}

fn parsed(fields: &[Vec<u8>]) -> NationalDetails {
    match Details::parse(&file(fields)) {
        Details::Parsed(details) => *details,
        Details::Raw { why, .. } => panic!("{why}"),
    }
}

fn shown(text: Option<&PersonalText>) -> Option<&str> {
    text.map(PersonalText::as_str)
}

#[test]
fn reads_every_field_by_its_number() {
    let long = "Thôn Đông, xã Tây, huyện Nam, tỉnh Bắc ".repeat(5);
    let details = parsed(&[
        field(9, &text(0x0C, &long)),
        field(2, &text(0x0C, "Nguyễn Văn A")),
        field(1, &text(0x13, "090000000123")),
        field(3, &text(0x13, "01/01/1990")),
        field(4, &text(0x0C, "Nam")),
        field(11, &text(0x0C, "02/03/2022")),
        field(12, &text(0x0C, "Không thời hạn")),
        field(15, &text(0x13, "")),
        field(16, &text(0x13, "0011223344556677")),
        field(77, &text(0x0C, "later")),
    ]);
    assert_eq!(shown(details.residence.as_ref()), Some(long.as_str()));
    assert_eq!(details.personal_number().unwrap().as_str(), "090000000123");
    assert_eq!(details.birth.unwrap().day(), Date::new(1990, 1, 1));
    assert_eq!(details.issued.unwrap().day(), Date::new(2022, 3, 2));
    assert!(details.expiry.unwrap().says_unlimited());
    assert_eq!(shown(details.old_number.as_ref()), Some(""));
    assert_eq!((details.version, details.religion), (1, None));
    assert_eq!(details.others.len(), 1);
    assert_eq!(details.others[0].number, 77);
}

#[test]
fn parents_are_read_in_both_layouts() {
    let name = |name: &str| text(0x0C, name);
    let wrapped = |content: &[u8]| encode(0x30, content);
    let siblings = [wrapped(&name("Cha")), wrapped(&name("Mẹ"))].concat();
    let joint = wrapped(&[name("Cha"), name("Mẹ")].concat());
    let nested = wrapped(&siblings);
    for value in [siblings, joint, nested] {
        let details = parsed(&[field(13, &value)]);
        assert_eq!(
            (shown(details.father.as_ref()), shown(details.mother.as_ref())),
            (Some("Cha"), Some("Mẹ"))
        );
    }
    let empty_father = [wrapped(&[]), wrapped(&name("Mẹ"))].concat();
    let details = parsed(&[field(13, &empty_father)]);
    assert_eq!((shown(details.father.as_ref()), shown(details.mother.as_ref())), (Some(""), Some("Mẹ")));
}

#[test]
fn the_unmarried_have_no_spouse() {
    assert_eq!(field(14, &[]), [0x30, 3, 2, 1, 14]);
    let details = parsed(&[field(14, &[])]);
    assert!(details.spouse.is_none() && details.others.is_empty());
    let married = parsed(&[field(14, &encode(0x30, &text(0x0C, "Trần Thị B")))]);
    assert_eq!(shown(married.spouse.as_ref()), Some("Trần Thị B"));
}

#[test]
fn odd_fields_are_kept_and_odd_files_are_raw() {
    let details = parsed(&[
        field(2, &encode(4, b"bytes")),
        field(7, &encode(0x0C, &[0xFF, 0xFE])),
        field(1, &text(0x13, "090000000123")),
        field(1, &text(0x13, "090000000999")),
        field(3, &text(0x13, "31/02/1990")),
    ]);
    let numbers: Vec<u32> = details.others.iter().map(|other| other.number).collect();
    assert_eq!(numbers, [2, 7, 1]);
    assert_eq!(details.personal_number().unwrap().as_str(), "090000000123");
    assert_eq!(details.birth.unwrap().day(), None);
    for raw in [&b""[..], &[0x6D, 2, 4, 0], &[0x6D, 0x80, 0, 0]] {
        assert!(matches!(Details::parse(raw), Details::Raw { .. }));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_kept(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        at in 0_usize..60,
        byte in any::<u8>(),
    ) {
        let _ = Details::parse(&bytes);
        let parents = encode(0x30, &[text(0x0C, "Cha"), text(0x0C, "Mẹ")].concat());
        let mut damaged = file(&[field(1, &text(0x13, "090000000123")), field(13, &parents)]);
        if let Some(place) = damaged.get_mut(at) { *place = byte; }
        let _ = Details::parse(&damaged);
        if let Details::Raw { file, .. } = Details::parse(&bytes) {
            prop_assert_eq!(&*file, &bytes);
        }
    }

    #[test]
    fn what_is_written_is_read(name in "[A-ZÀ-Ỹa-zà-ỹ ]{0,120}", residence in "\\PC{0,300}") {
        let details = parsed(&[field(2, &text(0x0C, &name)), field(9, &text(0x0C, &residence))]);
        prop_assert_eq!(shown(details.name.as_ref()), Some(name.as_str()));
        prop_assert_eq!(shown(details.residence.as_ref()), Some(residence.as_str()));
    }
}

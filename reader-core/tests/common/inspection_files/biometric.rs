//! DG2, DG3 and DG4: units LDS_C, D and E.

use reader_core::lds::{DataGroup, FileId};
use reader_core::wire::tlv::{Reader, Rules, Tlv, encode};
use test_vectors::inspection::Seen;

use super::{resized, tagged};
use crate::inspected::Setup;
use crate::inspection_cases::{case, terminal};

const TAGS: [u8; 5] = [0, 0, 0x75, 0x63, 0x76];
/// Where a face's block begins in its record.
const FACE: usize = 14;

/// One template: the elements of its header, and its record with its tag.
#[derive(Clone)]
struct Template {
    header: Vec<(u32, Vec<u8>)>,
    block: Option<Vec<u8>>,
}

/// A group taken apart, to be put together otherwise.
#[derive(Clone)]
struct Group {
    number: u8,
    count: Option<Vec<u8>>,
    templates: Vec<Template>,
}

fn inside<'a>(object: &Tlv<'a>) -> Vec<Tlv<'a>> {
    let mut reader = Reader::new("group", Rules::Ber, object.value);
    std::iter::from_fn(|| (!reader.is_empty()).then(|| reader.any().unwrap())).collect()
}

impl Group {
    fn of(setup: &Setup, number: u8) -> Self {
        let file = setup.group(number);
        let outer = Reader::new("group", Rules::Ber, file).any().unwrap();
        let objects = inside(&inside(&outer)[0]);
        let templates = objects[1..].iter().map(|template| {
            let parts = inside(template);
            let header = inside(&parts[0]).iter().map(|one| (one.tag, one.value.to_vec())).collect();
            Template { header, block: Some(parts[1].value.to_vec()) }
        });
        Self { number, count: Some(objects[0].value.to_vec()), templates: templates.collect() }
    }

    fn bytes(&self) -> Vec<u8> {
        let count = self.count.iter().flat_map(|count| encode(0x02, count));
        let templates = self.templates.iter().flat_map(|template| {
            let header: Vec<u8> =
                template.header.iter().flat_map(|(tag, value)| encode(*tag, value)).collect();
            let block = template.block.iter().flat_map(|record| encode(0x5F2E, record));
            encode(0x7F60, &encode(0xA1, &header).into_iter().chain(block).collect::<Vec<_>>())
        });
        let body: Vec<u8> = count.chain(templates).collect();
        encode(u32::from(TAGS[usize::from(self.number)]), &encode(0x7F61, &body))
    }

    /// Sets an element of every header, or takes it out.
    fn header(mut self, tag: u32, value: Option<&[u8]>) -> Self {
        for template in &mut self.templates {
            template.header.retain(|(own, _)| *own != tag || value.is_some());
            if let (Some(place), Some(value)) =
                (template.header.iter_mut().find(|(own, _)| *own == tag), value)
            {
                place.1 = value.to_vec();
            }
        }
        self
    }

    fn record(mut self, change: impl Fn(&mut Vec<u8>)) -> Self {
        self.templates.iter_mut().filter_map(|template| template.block.as_mut()).for_each(change);
        self
    }

    fn without_count(mut self) -> Self {
        self.count = None;
        self
    }

    /// The second template twice, or for the first time: another finger or the other eye.
    fn with_another(mut self, subtype: u8) -> Self {
        let mut last = self.templates.last().unwrap().clone();
        for (tag, value) in &mut last.header {
            if *tag == 0x82 {
                *value = vec![subtype];
            }
        }
        self.templates.push(last);
        self.count = Some(vec![u8::try_from(self.templates.len()).unwrap()]);
        self
    }

    fn without_second_record(mut self) -> Self {
        self.templates[1].block = None;
        self
    }
}

/// The card that the group of this number is changed on. Fingers and irises are read by a terminal that may.
fn base(number: u8) -> Setup {
    if number == 2 { Setup::of("good") } else { terminal::sound() }
}

fn with(group: &Group) -> Setup {
    base(group.number).with_group(group.number, group.bytes())
}

pub fn unchanged(number: u8) -> Setup {
    with(&Group::of(&base(number), number))
}

/// Sets the image of a record and every length that speaks of it. `before`: bytes of the record in front of the image.
fn image(record: &mut Vec<u8>, before: usize, image: &[u8], lengths: &[(usize, usize, usize)]) {
    record.truncate(before);
    record.extend_from_slice(image);
    for (at, width, from) in lengths {
        let bytes = (record.len() - from).to_be_bytes();
        record[*at..at + width].copy_from_slice(&bytes[8 - width..]);
    }
}

const JPEG_2000: &[u8] = b"\0\0\0\x0CjP  \r\n\x87\nSIMULATED";

/// A face in JPEG 2000, with these feature points or none.
fn face_in_jpeg_2000(points: bool) -> Setup {
    let group = Group::of(&base(2), 2).record(|record| {
        if !points {
            record[FACE + 4..FACE + 6].fill(0);
            record.drain(FACE + 20..FACE + 36);
        }
        let information = FACE + 20 + if points { 16 } else { 0 };
        record[information + 1] = 1;
        image(record, information + 12, JPEG_2000, &[(8, 4, 0), (FACE, 4, FACE)]);
    });
    with(&group)
}

/// Cases that all three groups have; `first` is the number of the case with a wrong outer tag.
fn frame(unit: &str, number: u8, first: usize, other_tag: u8) -> Vec<Seen> {
    let group = || Group::of(&base(number), number);
    let file = |bytes| [base(number).with_group(number, bytes)];
    let whole = group().bytes();
    let id = |at: usize| format!("{unit}_{:02}", first + at);
    vec![
        case(&id(0), file(tagged(whole.clone(), other_tag))),
        case(&id(1), file(resized(whole.clone(), -1))),
        case(&id(2), file(resized(whole, 1))),
        case(&id(3), [with(&group().without_count())]),
        case(&id(4), [with(&group().header(0x87, Some(&[0x7F, 0x7F])))]),
        case(&id(5), [with(&group().header(0x87, None))]),
        case(&id(6), [with(&group().header(0x88, Some(&[0x7F, 0x7F])))]),
        case(&id(7), [with(&group().header(0x88, None))]),
    ]
}

pub fn faces() -> Vec<Seen> {
    let group = || Group::of(&base(2), 2);
    let byte = |at: usize, value: u8| [with(&group().record(|record| record[at] = value))];
    // Behind the length and the number of points: sex, eyes, hair, properties (3), expression (2), pose (3), uncertainty.
    let feature = |at: usize, value| byte(FACE + 6 + at, value);
    let information = FACE + 20 + 16;
    let own = vec![
        case("LDS_C_01", [face_in_jpeg_2000(false)]),
        case("LDS_C_02", [unchanged(2)]),
        case("LDS_C_03", [face_in_jpeg_2000(true)]),
        // A finger's type in its long form, as an earlier edition of the standard had types of three bytes.
        case("LDS_C_12", [with(&group().header(0x81, Some(&[0x00, 0x00, 0x02])))]),
        case("LDS_C_13", [with(&group().header(0x81, Some(&[0x08])))]),
        case("LDS_C_14", byte(0, b'X')),
        case("LDS_C_15", byte(5, b'9')),
        case("LDS_C_16", [with(&group().record(|record| record[FACE + 5] = 1))]),
        case("LDS_C_17", feature(0, 0x7F)),
        case("LDS_C_18", feature(1, 0x7F)),
        case("LDS_C_19", feature(2, 0x7F)),
        case("LDS_C_20", feature(8, 0xFE)),
        case("LDS_C_21", feature(9, 0xFE)),
        case("LDS_C_22", feature(10, 0xFE)),
        case("LDS_C_23", feature(11, 0xFE)),
        case("LDS_C_24", feature(12, 0xFE)),
        case("LDS_C_25", feature(13, 0xFE)),
        case("LDS_C_26", byte(information, 0x7F)),
        case("LDS_C_27", byte(information + 1, 0x7F)),
        case("LDS_C_28", {
            let mut none = group();
            none.templates[0].block = None;
            [with(&none)]
        }),
    ];
    [frame("LDS_C", 2, 4, 0x76), own].concat()
}

/// The coding of the record's images: 2 WSQ, 4 JPEG 2000.
fn coded(group: Group, coding: u8, begins: &[u8]) -> Group {
    group.record(|record| {
        record[29] = coding;
        image(record, 46, begins, &[(8, 6, 0), (32, 4, 32)]);
    })
}

pub fn fingers() -> Vec<Seen> {
    const WSQ: &[u8] = b"\xFF\xA0\xFF\xA4SIMULATED";
    let group = || Group::of(&base(3), 3);
    let mut third = coded(group(), 2, WSQ).with_another(0x0D);
    // The right middle finger.
    third.templates[2].block.as_mut().unwrap()[36] = 3;
    let own = vec![
        case("LDS_D_01", [with(&coded(group(), 4, JPEG_2000))]),
        case("LDS_D_02", [with(&coded(group(), 2, WSQ))]),
        case("LDS_D_03", [with(&third)]),
        case("LDS_D_12", [with(&group().header(0x82, Some(&[0x1D])))]),
        case("LDS_D_13", [with(&group().header(0x82, None))]),
        case("LDS_D_14", [with(&group().record(|record| record[0] = b'X'))]),
        case("LDS_D_15", [with(&group().without_second_record()), with(&without_pixels(group(), 46))]),
        case("LDS_D_16", [unchanged(3)]),
    ];
    [frame("LDS_D", 3, 4, 0x64), own].concat()
}

/// The second record ends where its image would begin.
fn without_pixels(mut group: Group, before: usize) -> Group {
    let record = group.templates[1].block.as_mut().unwrap();
    image(record, before, &[], if before == 46 { &[(8, 6, 0), (32, 4, 32)] } else { &[(8, 4, 0)] });
    group
}

pub fn irises() -> Vec<Seen> {
    let group = || Group::of(&base(4), 4).with_another(2);
    let jpeg_2000 = group().record(|record| image(record, 59, JPEG_2000, &[(8, 4, 0), (55, 4, 59)]));
    let own = vec![
        case("LDS_E_01", [with(&jpeg_2000)]),
        case("LDS_E_02", [with(&group())]),
        case("LDS_E_11", [with(&group().header(0x82, Some(&[0x07])))]),
        case("LDS_E_12", [with(&group().header(0x82, None))]),
        case("LDS_E_13", [with(&group().record(|record| record[0] = b'X'))]),
        case("LDS_E_14", [with(&group().without_second_record()), with(&without_pixels(group(), 59))]),
    ];
    [frame("LDS_E", 4, 3, 0x77), own].concat()
}

/// LDS_H_69: a portrait that is no longer the signed one, and cannot be decoded either.
pub fn damaged() -> Vec<Seen> {
    let setup = base(2);
    let mut bytes = setup.group(2).to_vec();
    let middle = bytes.len() / 2;
    bytes[8..middle].fill(0xFF);
    let seen = case("LDS_H_69", [setup.with_file(FileId::group(DataGroup::Dg2), bytes)]);
    assert!(seen.by.contains("passive.hashes"), "{}", seen.by);
    assert!(!seen.by.contains("consistency.contents"), "decoded before its hash agreed: {}", seen.by);
    vec![seen]
}

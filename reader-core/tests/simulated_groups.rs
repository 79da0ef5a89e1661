//! Every group of the simulated card that has them all means to the reader what the issuer put into it.
#![allow(clippy::unwrap_used, reason = "a test")]

use reader_core::lds::dg11::PersonalDetails;
use reader_core::lds::dg12::DocumentDetails;
use reader_core::lds::dg16::PersonsToNotify;
use reader_core::lds::displayed::DisplayedImages;
use reader_core::lds::finger::{Digit, FingerCoding, FingerPosition, Fingers, Hand};
use reader_core::lds::iris::Irises;
use reader_core::lds::personal::PersonalText;
use reader_core::lds::portrait::{ImageFormat, Limits, decode_bytes};
use reader_core::wire::date::Date;
use test_vectors::issuer::groups::data_group;
use test_vectors::issuer::patterns::{FINGER_HEIGHT, FINGER_WIDTH};
use test_vectors::persona;

/// 21 November 2026.
const NOW_S: i64 = 1_795_219_200;

fn file(group: u8) -> Vec<u8> {
    persona::find("all-groups").unwrap().card(NOW_S).files[&data_group(group)].clone()
}

fn text(text: &Option<PersonalText>) -> &str {
    text.as_ref().unwrap().as_str()
}

#[test]
fn two_fingers_and_an_iris() {
    let fingers = Fingers::parse(&file(3)).unwrap();
    assert_eq!((fingers.declared_count, fingers.trailing_bytes), (2, 0));
    let found: Vec<FingerPosition> = fingers.images().map(|(position, _)| position).collect();
    assert_eq!(found, [Hand::Right, Hand::Left].map(|hand| FingerPosition::Finger(hand, Digit::Index)));
    for instance in &fingers.instances {
        assert_eq!(instance.position_agrees(), Some(true));
    }
    for (_, image) in fingers.images() {
        assert_eq!((image.coding, image.declared_depth_bits), (FingerCoding::Raw, Some(8)));
        assert_eq!((image.declared_width, image.declared_height), (Some(FINGER_WIDTH), Some(FINGER_HEIGHT)));
        assert_eq!((image.resolution_ppi, image.quality, image.impression), (Some(500), Some(80), Some(0)));
        assert_eq!(image.data().len(), usize::from(FINGER_WIDTH) * usize::from(FINGER_HEIGHT));
        assert!(image.lengths_agree);
    }
    let irises = Irises::parse(&file(4)).unwrap();
    assert_eq!((irises.declared_count, irises.instances.len(), irises.trailing_bytes), (1, 1, 0));
    assert!(irises.instances[0].is_iso19794());
}

#[test]
fn pictures_for_display() {
    let found = [DisplayedImages::portraits(&file(5)), DisplayedImages::signatures(&file(7))];
    for images in found.map(Result::unwrap) {
        assert_eq!((images.declared_count, images.images.len(), images.trailing_bytes), (Some(1), 1, 0));
        assert_eq!(images.images[0].format(), Some(ImageFormat::Jpeg));
        assert!(decode_bytes(images.images[0].data(), Limits::default()).is_ok());
    }
}

#[test]
fn details_in_words() {
    let persona = persona::find("all-groups").unwrap();
    let issued = persona.dates(NOW_S).issued;
    let issued = Date::new(
        issued.year.try_into().unwrap(),
        issued.month.try_into().unwrap(),
        issued.day.try_into().unwrap(),
    )
    .unwrap();
    let personal = PersonalDetails::parse(&file(11)).unwrap();
    assert_eq!(personal.full_name().unwrap().as_str(), persona.holder.full_name);
    assert_eq!(text(&personal.personal_number), persona.holder.number);
    assert_eq!(personal.listed.len(), 8);
    assert_eq!(personal.other_names.len(), 1);
    assert!(personal.birth.is_some() && personal.others.is_empty());
    assert_eq!(text(&personal.address).replace('<', ", "), persona.holder.residence);
    let document = DocumentDetails::parse(&file(12)).unwrap();
    assert_eq!(document.issued.unwrap().full(), Some(issued));
    assert!(document.personalized.is_some() && document.others.is_empty());
    let persons = PersonsToNotify::parse(&file(16)).unwrap();
    assert_eq!((persons.declared_count, persons.persons.len()), (Some(2), 2));
    assert!(persons.others.is_empty() && persons.persons.iter().all(|person| person.others.is_empty()));
    assert_eq!(persons.persons[0].recorded.unwrap().full(), Some(issued));
}

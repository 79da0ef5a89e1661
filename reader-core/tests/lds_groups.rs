//! The groups beyond the portrait: specimens of other makers, what is taken from them, and hostile bytes.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::BTreeMap;

use common::{NOW, bytes, from, shared};
use proptest::prelude::*;
use reader_core::capture::{Capture, FileState, Origin};
use reader_core::evidence::{Holder, HolderFindings, Outcome, Reason};
use reader_core::lds::dg11::PersonalDetails;
use reader_core::lds::dg12::DocumentDetails;
use reader_core::lds::dg16::PersonsToNotify;
use reader_core::lds::displayed::DisplayedImages;
use reader_core::lds::finger::{
    self, Digit, FingerCoding, FingerPosition, FingerRecord, Fingers, Hand, parse_39794_record,
};
use reader_core::lds::iris::Irises;
use reader_core::lds::personal::PersonalText;
use reader_core::lds::portrait::{ImageFormat, Limits, decode_bytes};
use reader_core::lds::{DataGroup, Directory, FileId};
use reader_core::pki::{Pins, TrustBuilder, TrustSnapshot};
use reader_core::policy::{Policy, RawRule, Verdict, decide};
use reader_core::verify::{Presented, Proof, Settings, assemble, verify};
use reader_core::wire::date::Date;
use reader_core::wire::tlv::encode;
use test_vectors::card::{self, Hash};
use test_vectors::issuer::calendar;
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::{FORGER, Issued, SignerNumber, SignerTimes, VIETNAM};
use test_vectors::issuer::sod::{LdsVersion, SodForm, ef_sod};
use test_vectors::persona;

fn specimen(name: &str) -> Option<Vec<u8>> {
    Some(bytes(&shared("vectors/lds/bsi-2008")?, name))
}

fn text(text: &Option<PersonalText>) -> Option<&str> {
    text.as_ref().map(PersonalText::as_str)
}

#[test]
fn personal_details_of_the_specimen() {
    let Some(file) = specimen("Datagroup11.bin") else { return };
    let found = PersonalDetails::parse(&file).unwrap();
    assert_eq!((found.listed.len(), found.listed[0], found.trailing_bytes), (12, 0x5F0E, 0));
    assert_eq!(text(&found.name), Some("Doe John"));
    assert_eq!(found.full_name().unwrap().as_str(), "Doe John");
    assert_eq!(found.other_names, [PersonalText::new("William")]);
    assert_eq!(found.birth.unwrap().full(), Date::new(1970, 1, 1), "packed two digits to a byte");
    assert_eq!(text(&found.place_of_birth), Some("TEST<TEST"));
    assert_eq!(text(&found.address), Some("TEST<TEST"));
    assert_eq!((text(&found.personal_number), text(&found.telephone)), (Some("123"), Some("123")));
    assert_eq!((text(&found.profession), text(&found.title)), (Some("TEST"), Some("TEST")));
    assert_eq!((text(&found.summary), text(&found.custody)), (Some("TEST"), Some("TEST")));
    assert_eq!(text(&found.other_documents), Some("123<123"));
    // One zero byte is no picture; it is kept as it stands.
    assert!(found.proof_of_citizenship.is_none());
    assert_eq!(found.others.iter().map(|other| other.tag).collect::<Vec<_>>(), [0x5F16]);
}

#[test]
fn document_details_of_the_specimen() {
    let Some(file) = specimen("Datagroup12.bin") else { return };
    let found = DocumentDetails::parse(&file).unwrap();
    assert!(found.listed.is_empty(), "the specimen has no list");
    assert_eq!(text(&found.authority), Some("TEST"));
    assert_eq!(found.issued.unwrap().full(), Date::new(2024, 1, 1));
    assert_eq!(found.other_persons, [PersonalText::new("William")]);
    assert_eq!((text(&found.observations), text(&found.requirements)), (Some("TEST"), Some("TEST")));
    assert!(found.front.is_none() && found.rear.is_none());
    let personalized = found.personalized.unwrap();
    assert_eq!(personalized.date.full(), Date::new(2024, 1, 1));
    assert_eq!((personalized.hour, personalized.minute, personalized.second), (12, 30, 59));
    assert_eq!(text(&found.personalization_system), Some("123"));
}

#[test]
fn persons_to_notify() {
    let person = |tag: u32, name: &str| {
        let fields = [
            encode(0x5F50, b"20240229"),
            encode(0x5F51, name.as_bytes()),
            encode(0x5F52, b"+84<900000000"),
            encode(0x5F53, "Số 1<Hà Nội".as_bytes()),
        ];
        encode(tag, &fields.concat())
    };
    let file = encode(0x70, &[encode(2, &[2]), person(0xA1, "MAU<<AN"), person(0xA2, "MAU<<BINH")].concat());
    let found = PersonsToNotify::parse(&file).unwrap();
    assert_eq!((found.declared_count, found.persons.len(), found.others.len()), (Some(2), 2, 0));
    assert_eq!(text(&found.persons[1].name), Some("MAU<<BINH"));
    assert_eq!(text(&found.persons[0].address), Some("Số 1<Hà Nội"));
    assert_eq!(found.persons[0].recorded.unwrap().full(), Date::new(2024, 2, 29));
    assert!(!format!("{:?}", found.persons).contains("MAU"), "nothing personal is printed");
    assert!(PersonsToNotify::parse(&file[..file.len() - 1]).is_err());
}

#[test]
fn what_is_unexpected_is_kept_and_what_is_endless_refused() {
    let name = |name: &[u8]| encode(0x5F0E, name);
    let odd =
        [name("MẪU<<AN".as_bytes()), name(b"AGAIN"), encode(0x5F11, &[0xFF]), encode(0x5F2B, b"yesterday")];
    let found = PersonalDetails::parse(&encode(0x6B, &odd.concat())).unwrap();
    assert_eq!(found.full_name().unwrap().as_str(), "MẪU AN");
    assert_eq!(found.others.iter().map(|other| other.tag).collect::<Vec<_>>(), [0x5F0E, 0x5F11, 0x5F2B]);
    assert!(PersonalDetails::parse(&encode(0x6B, &name(b"A").repeat(65))).is_err());
    assert!(PersonalDetails::parse(&encode(0x6C, &name(b"A"))).is_err());
    // Four gigabytes announced.
    assert!(PersonalDetails::parse(&[0x6B, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x5C]).is_err());
    assert!(DocumentDetails::parse(&[0x6C, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x5C]).is_err());
}

#[test]
fn displayed_images_of_the_specimen() {
    let Some(file) = specimen("Datagroup5.bin") else { return };
    let portraits = DisplayedImages::portraits(&file).unwrap();
    assert_eq!((portraits.declared_count, portraits.images.len(), portraits.trailing_bytes), (Some(1), 1, 0));
    assert_eq!(portraits.images[0].format(), Some(ImageFormat::Jpeg2000File));
    let pixels = decode_bytes(portraits.images[0].data(), Limits::default()).unwrap();
    assert_eq!((pixels.width(), pixels.height()), (413, 531));
    let Some(file) = specimen("Datagroup7.bin") else { return };
    let signatures = DisplayedImages::signatures(&file).unwrap();
    assert_eq!((signatures.declared_count, signatures.images.len()), (Some(1), 1));
    assert!(signatures.images[0].data().starts_with(b"\0\0\0\x0CjP"));
    assert!(DisplayedImages::portraits(&file).is_err(), "DG7 is not DG5");
    let empty = encode(0x67, &[encode(2, &[1]), encode(0x5F43, &[])].concat());
    assert!(DisplayedImages::signatures(&empty).is_err());
    assert!(DisplayedImages::signatures(&encode(0x67, &encode(0x5F43, &[1]).repeat(17))).is_err());
}

#[test]
fn fingers_of_the_specimen() {
    let Some(file) = specimen("Datagroup3.bin") else { return };
    let fingers = Fingers::parse(&file).unwrap();
    assert_eq!((fingers.declared_count, fingers.instances.len(), fingers.trailing_bytes), (2, 2, 0));
    assert!(!fingers.none_enrolled());
    let found: Vec<_> = fingers.images().collect();
    let index = |hand| FingerPosition::Finger(hand, Digit::Index);
    let positions: Vec<_> = found.iter().map(|(position, _)| *position).collect();
    assert_eq!(positions, [index(Hand::Right), index(Hand::Left)]);
    for (instance, (_, image)) in fingers.instances.iter().zip(&found) {
        assert_eq!(instance.position_agrees(), Some(true));
        assert_eq!((instance.header.format_owner, instance.header.format_type), (Some(0x0101), Some(7)));
        assert_eq!(image.coding, FingerCoding::Wsq);
        assert_eq!((image.declared_width, image.declared_height), (Some(620), Some(620)));
        assert_eq!((image.declared_depth_bits, image.resolution_ppi), (Some(8), Some(500)));
        assert_eq!((image.impression, image.quality, image.lengths_agree), (Some(0), Some(100), true));
        // Start and end of a WSQ image.
        assert!(image.data().starts_with(&[0xFF, 0xA0]) && image.data().ends_with(&[0xFF, 0xA1]));
    }
    let printed = format!("{fingers:?}");
    assert!(printed.len() < 1_000 && printed.contains("FingerImage(Wsq, "), "sizes, not images: {printed}");
}

#[test]
fn the_newer_finger_record_gives_its_image() {
    let Some(folder) = shared("vectors/biometric") else { return };
    let record = bytes(&folder, "dg3_iso39794-4_sample.der");
    let images = parse_39794_record(&record).unwrap();
    assert_eq!((images.len(), images[0].coding), (1, FingerCoding::Png));
    assert_eq!(images[0].position, FingerPosition::Finger(Hand::Right, Digit::Index));
    assert_eq!((images[0].impression, images[0].declared_width), (Some(1), None));
    assert_eq!(images[0].data().len(), 0x2B1);
    assert!(images[0].data().starts_with(b"\x89PNG\r\n\x1A\n"));
    assert!(images[0].data().ends_with(b"IEND\xAE\x42\x60\x82"));
    // As a chip wraps it, and without the wrapper.
    for block in [encode(0x7F2E, &encode(0xA1, &record)), encode(0x7F2E, &record), encode(0x5F2E, &record)] {
        let fingers = Fingers::parse(&templates(0x63, &[template(0x0A, &block)])).unwrap();
        assert!(matches!(&fingers.instances[0].record, FingerRecord::Iso39794(found) if *found == images));
        assert_eq!(fingers.instances[0].position_agrees(), Some(false), "the header names the left one");
    }
    for cut in 0..record.len() {
        assert!(parse_39794_record(&record[..cut]).is_err());
    }
}

fn template(subtype: u8, block: &[u8]) -> Vec<u8> {
    let header = encode(0xA1, &[0x81, 1, 8, 0x82, 1, subtype, 0x87, 2, 1, 1, 0x88, 2, 0, 7]);
    encode(0x7F60, &[header, block.to_vec()].concat())
}

fn templates(tag: u32, all: &[Vec<u8>]) -> Vec<u8> {
    let count = encode(2, &[u8::try_from(all.len()).unwrap()]);
    encode(tag, &encode(0x7F61, &[count, all.concat()].concat()))
}

/// A record of ISO/IEC 19794-4: each finger's position, and its images; `grow` falsifies the announced lengths.
fn finger_record(fingers: &[(u8, &[&[u8]])], grow: u8) -> Vec<u8> {
    let mut views = Vec::new();
    for (position, images) in fingers {
        for (number, image) in images.iter().enumerate() {
            let length = u32::try_from(14 + image.len()).unwrap() + u32::from(grow);
            views.extend(length.to_be_bytes());
            views.extend([*position, u8::try_from(images.len()).unwrap(), u8::try_from(number + 1).unwrap()]);
            views.extend([80, 0, 0, 9, 0, 8, 0]);
            views.extend(*image);
        }
    }
    let mut record = b"FIR\x00010\x00\0\0".to_vec();
    record.extend(u32::try_from(32 + views.len()).unwrap().to_be_bytes());
    record.extend([0, 0, 0, 31, u8::try_from(fingers.len()).unwrap(), 2]);
    record.extend([0, 197, 0, 197, 0, 197, 0, 197, 8, 2, 0, 0]);
    record.extend(views);
    record
}

#[test]
fn several_fingers_in_one_record_keep_their_positions() {
    let record = finger_record(&[(1, &[b"one", b"again"]), (7, &[b"other"])], 0);
    let images = finger::parse_record(&record).unwrap();
    let found: Vec<_> = images.iter().map(|image| (image.position, image.data())).collect();
    let thumb = FingerPosition::Finger(Hand::Right, Digit::Thumb);
    let left = FingerPosition::Finger(Hand::Left, Digit::Index);
    assert_eq!(found, [(thumb, &b"one"[..]), (thumb, b"again"), (left, b"other")]);
    assert!(images.iter().all(|image| image.lengths_agree));
    assert_eq!(images[0].resolution_ppi, Some(500), "197 to the centimetre");
    // With several the lengths must be right; a single one runs to the end.
    assert!(finger::parse_record(&finger_record(&[(1, &[b"one"]), (2, &[b"two"])], 9)).is_err());
    let alone = finger::parse_record(&finger_record(&[(1, &[b"one"])], 9)).unwrap();
    assert_eq!((alone[0].data(), alone[0].lengths_agree), (&b"one"[..], false));
    assert!(finger::parse_record(&finger_record(&[], 0)).is_err());
    assert!(finger::parse_record(&finger_record(&[(1, &[b""])], 0)).is_err());
    assert!(finger::parse_record(&finger_record(&[(1, &[&b"x"[..]; 33])], 0)).is_err());
    for cut in 0..record.len() {
        assert!(finger::parse_record(&record[..cut]).is_err(), "{cut}");
    }
    // A record that does not say which finger leaves it to the header of its template.
    let file = templates(0x63, &[template(0x06, &encode(0x5F2E, &finger_record(&[(0, &[b"one"])], 0)))]);
    let fingers = Fingers::parse(&file).unwrap();
    assert_eq!(fingers.images().next().unwrap().0, FingerPosition::Finger(Hand::Left, Digit::Thumb));
    assert_eq!(fingers.instances[0].position_agrees(), None);
}

#[test]
fn no_instance_is_not_the_same_as_an_unreadable_one() {
    let random = encode(0x53, b"issuer's random number");
    let inside = encode(0x63, &encode(0x7F61, &[encode(2, &[0]), random.clone()].concat()));
    let behind = encode(0x63, &[encode(0x7F61, &encode(2, &[0])), random].concat());
    for file in [inside, behind, templates(0x63, &[])] {
        assert!(Fingers::parse(&file).unwrap().none_enrolled());
    }
    let unknown = Fingers::parse(&templates(0x63, &[template(9, &encode(0x5F2E, b"filler"))])).unwrap();
    assert!(!unknown.none_enrolled() && unknown.images().next().is_none());
    assert!(matches!(unknown.instances[0].record, FingerRecord::Unknown { bytes: 6 }));
    // A count of none before a template that is there does not hide it.
    let lying =
        encode(0x63, &encode(0x7F61, &[encode(2, &[0]), template(9, &encode(0x5F2E, b"x"))].concat()));
    assert!(!Fingers::parse(&lying).unwrap().none_enrolled());
    assert!(Fingers::parse(&templates(0x63, &vec![template(9, &encode(0x5F2E, b"x")); 17])).is_err());
    assert!(Irises::parse(&templates(0x76, &[])).unwrap().none_enrolled());
}

/// What a site that wants fingers compared decides, with its reasons about them.
fn fingers_wanted(capture: &Capture) -> (Verdict, Vec<Reason>) {
    let rules = BTreeMap::from([("holder.finger".to_owned(), RawRule::Word("require".to_owned()))]);
    let evidence = assemble(judge(capture), HolderFindings::not_performed(), Vec::new());
    let report = decide(&evidence, &Policy::from_rules(&rules).unwrap());
    let about = report.reasons.iter().filter(|one| one.check == "holder.finger");
    (report.verdict, about.map(|one| one.reason).collect())
}

#[test]
fn a_document_without_fingers_is_referred_where_a_site_wants_them() {
    let signer = signer_of(&VIETNAM);
    let none = templates(0x63, &[]);
    let told = |capture: &Capture| fingers_wanted(capture).1;
    let capture = card_with(&[(3, none.clone())], &signer);
    assert_eq!(fingers_wanted(&capture), (Verdict::Refer, vec![Reason::NoFingersEnrolled]));
    // Anything else is no statement about the fingers: unreadable, another signer's, missing, kept back, not signed.
    let otherwise = vec![Reason::BiometricNotPerformed];
    assert_eq!(told(&card_with(&[(3, encode(0x63, b"x"))], &signer)), otherwise);
    assert_eq!(told(&card_with(&[(3, none.clone())], &signer_of(&FORGER))), otherwise);
    let place = FileId::group(DataGroup::Dg3);
    for state in [FileState::Absent, FileState::Protected] {
        let mut capture = capture.clone();
        capture.files.insert(place, state);
        assert_eq!(told(&capture), otherwise);
    }
    let mut unsigned = card_with(&[], &signer);
    unsigned.files.insert(place, FileState::Read(none));
    assert_eq!(told(&unsigned), otherwise);
}

#[test]
fn irises_of_the_specimen() {
    let Some(file) = specimen("Datagroup4.bin") else { return };
    let irises = Irises::parse(&file).unwrap();
    assert_eq!((irises.declared_count, irises.instances.len(), irises.trailing_bytes), (2, 2, 0));
    for instance in &irises.instances {
        assert_eq!((instance.header.format_owner, instance.header.format_type), (Some(0x0101), Some(9)));
        assert!(instance.is_iso19794());
        let announced = u32::from_be_bytes(*instance.record()[8..].first_chunk().unwrap());
        assert_eq!(usize::try_from(announced).unwrap(), instance.record().len());
    }
    let sides: Vec<_> = irises.instances.iter().map(|instance| instance.header.subtype).collect();
    assert_eq!(sides, [Some(1), Some(2)]);
    assert!(format!("{irises:?}").len() < 400, "sizes, not records");
}

/// The good card's files without DG13 and with these groups, under an EF.SOD of `signer` that says no signing time.
fn card_with(groups: &[(u8, Vec<u8>)], signer: &Issued) -> Capture {
    let mut files: Vec<(u8, Vec<u8>)> = Vec::new();
    for ((directory, id), bytes) in persona::find("good").unwrap().card(NOW.0).files {
        let group = FileId { directory: Directory::Emrtd, id }.as_group();
        if let Some(group) = group.filter(|_| directory == card::Directory::Lds) {
            files.push((group.number(), bytes));
        }
    }
    files.retain(|(number, _)| *number != 13 && groups.iter().all(|(other, _)| other != number));
    files.extend_from_slice(groups);
    files.sort();
    let listed: Vec<(u8, &[u8])> = files.iter().map(|(number, file)| (*number, file.as_slice())).collect();
    let form = SodForm {
        version: LdsVersion::V1_8,
        hash: Hash::Sha256,
        identifier: SignerIdentifier::SubjectKeyIdentifier,
        signing_time_s: None,
    };
    let mut capture = Capture::new(Origin::Live);
    capture.files.insert(FileId::SOD, FileState::Read(ef_sod(&form, &listed, signer)));
    for (number, file) in files {
        let group = DataGroup::from_number(number).unwrap();
        capture.files.insert(FileId::group(group), FileState::Read(file));
    }
    capture
}

fn signer_of(country: &test_vectors::issuer::country::Country) -> Issued {
    let day = calendar::Date::from_unix_s(NOW.0).plus_years(-2);
    country.document_signer(SignerNumber(1), SignerTimes::around(day))
}

fn judge(capture: &Capture) -> Proof {
    let mut builder = TrustBuilder::new();
    builder.add_certificate(&VIETNAM.csca(NOW.0).der, &from("test"), &Pins::none());
    let trust: TrustSnapshot = builder.build();
    verify(capture, &trust, &Presented::nothing(), NOW, &Settings::default(), None)
}

fn dg12(date: &[u8]) -> Vec<u8> {
    encode(0x6C, &[encode(0x5C, &[0x5F, 0x26]), encode(0x5F26, date)].concat())
}

#[test]
fn the_issue_date_of_dg12_serves_where_dg13_has_none() {
    let signer = signer_of(&VIETNAM);
    let validity = |groups: &[(u8, Vec<u8>)]| {
        judge(&card_with(groups, &signer)).findings().passive_signer_validity.outcome
    };
    let unknown = Outcome::Undetermined(Reason::SigningTimeUnknown);
    assert_eq!(validity(&[]), unknown);
    assert_eq!(validity(&[(12, dg12(b"20241121"))]), Outcome::Confirmed);
    assert_eq!(validity(&[(12, dg12(&[0x20, 0x24, 0x11, 0x21]))]), Outcome::Confirmed);
    assert_eq!(validity(&[(12, dg12(b"19990101"))]), Outcome::Refuted(Reason::SignedOutsideUsage));
    assert_eq!(validity(&[(12, dg12(b"20240000"))]), unknown, "a day that is left open says nothing");
    // DG13 of the good card has a date of its own, which goes first.
    let good = persona::find("good").unwrap().card(NOW.0);
    let dg13 = good.files[&(card::Directory::Lds, 0x010D)].clone();
    assert_eq!(validity(&[(12, dg12(b"19990101")), (13, dg13)]), Outcome::Confirmed);
    // Without a proved hash it counts for nothing.
    let mut unsigned = card_with(&[], &signer);
    let place = FileId::group(DataGroup::Dg12);
    unsigned.files.insert(place, FileState::Read(dg12(b"20241121")));
    assert_eq!(judge(&unsigned).findings().passive_signer_validity.outcome, unknown);
}

fn dg11(name: &str) -> Vec<u8> {
    let fields = [
        encode(0x5F0E, name.as_bytes()),
        encode(0x5F10, b"X-77"),
        encode(0x5F11, "Huế<Việt Nam".as_bytes()),
        encode(0x5F42, "Số 1<Đường Mẫu<Hà Nội".as_bytes()),
        encode(0x5F12, b"+84900000000"),
    ];
    encode(0x6B, &fields.concat())
}

#[test]
fn proved_dg11_fills_the_holder_where_dg13_is_absent() {
    let signer = signer_of(&VIETNAM);
    let holder =
        |groups: &[(u8, Vec<u8>)]| -> Holder { judge(&card_with(groups, &signer)).holder().unwrap().clone() };
    let plain = holder(&[]);
    assert!(plain.details.is_empty());
    let full = persona::find("good").unwrap().holder.full_name;
    let filled = holder(&[(11, dg11(&full.replacen(' ', "<<", 1).replace(' ', "<")))]);
    assert_eq!(filled.name, full, "in its own letters");
    assert_eq!(filled.number, plain.number, "DG1 says the number");
    let details: Vec<(&str, &str)> =
        filled.details.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let expected = [
        ("personal_number", "X-77"),
        ("place_of_birth", "Huế, Việt Nam"),
        ("residence", "Số 1, Đường Mẫu, Hà Nội"),
    ];
    assert_eq!(details, expected);
    // A name that contradicts the MRZ is not shown.
    assert_eq!(holder(&[(11, dg11("KHÁC<<NGƯỜI"))]).name, plain.name);
    // DG13 goes first.
    let good = persona::find("good").unwrap().card(NOW.0);
    let dg13 = good.files[&(card::Directory::Lds, 0x010D)].clone();
    let both = holder(&[(11, dg11("KHÁC<<NGƯỜI")), (13, dg13)]);
    assert_eq!(
        both.details.get("residence").map(String::as_str),
        Some(persona::find("good").unwrap().holder.residence)
    );
    assert!(!both.details.contains_key("place_of_birth"));
    // Neither an unsigned file nor a forger's fills anything.
    let mut unsigned = card_with(&[], &signer);
    unsigned.files.insert(FileId::group(DataGroup::Dg11), FileState::Read(dg11(full)));
    assert!(judge(&unsigned).holder().unwrap().details.is_empty());
    assert!(judge(&card_with(&[(11, dg11(full))], &signer_of(&FORGER))).holder().is_none());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..120), tag in 0_usize..12) {
        let tags = [0x5F0E, 0x5F2B, 0x5F26, 0x5F55, 0x5F16, 0x5C, 0xA0, 0xA1, 0x5F50, 0x5F10, 0x5F42, 0x02];
        for content in [bytes.clone(), encode(tags[tag], &bytes)] {
            let _ = PersonalDetails::parse(&encode(0x6B, &content));
            let _ = DocumentDetails::parse(&encode(0x6C, &content));
            let _ = PersonsToNotify::parse(&encode(0x70, &content));
        }
        let _ = PersonalDetails::parse(&bytes);
        for block in [bytes.clone(), [b"FIR\x00010\0", &bytes[..]].concat(), encode(0x64, &bytes)] {
            let _ = Fingers::parse(&templates(0x63, &[template(9, &encode(0x5F2E, &block))]));
        }
        let newer = [encode(0xA0, &[]), encode(0xA1, &encode(0x30, &bytes))].concat();
        let _ = parse_39794_record(&encode(0x64, &newer));
        let _ = Irises::parse(&encode(0x76, &encode(0x7F61, &bytes)));
        let _ = DisplayedImages::portraits(&encode(0x65, &bytes));
        let _ = DisplayedImages::signatures(&encode(0x67, &bytes));
    }

    #[test]
    fn texts_come_back_as_they_were_written(name in "\\PC{0,40}", address in "\\PC{0,60}") {
        let file = encode(0x6B, &[encode(0x5F0E, name.as_bytes()), encode(0x5F42, address.as_bytes())].concat());
        let found = PersonalDetails::parse(&file).unwrap();
        prop_assert_eq!(text(&found.name), Some(name.as_str()));
        prop_assert_eq!(text(&found.address), Some(address.as_str()));
        prop_assert!(found.others.is_empty());
    }
}

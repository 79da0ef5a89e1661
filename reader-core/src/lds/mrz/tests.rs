use proptest::prelude::*;

use super::*;

const VIETNAM: &str =
    "IDVNM0000001236090000000123<<3\n9001011M3001019VNM<<<<<<<<<<<0\nNGUYEN<<VAN<A<<<<<<<<<<<<<<<<<";

#[test]
fn reads_the_vietnamese_zone() {
    let mrz = Mrz::parse(VIETNAM).unwrap();
    assert_eq!((mrz.format(), mrz.document_code(), mrz.issuer()), (Format::Td1, "ID", "VNM"));
    assert_eq!(mrz.document_number().as_str(), "000000123");
    assert!(!mrz.has_long_number());
    let zone = mrz.vietnamese().unwrap();
    assert_eq!(zone.number.as_str(), "090000000123");
    assert!(zone.document_number_agrees && zone.own_digit_agrees);
    assert_eq!(mrz.access_information().as_str(), "000000123690010113001019");
    assert_eq!((mrz.sex(), mrz.nationality()), (Sex::Male, "VNM"));
    assert_eq!(mrz.name().joined().as_str(), "NGUYEN VAN A");
    assert_eq!(mrz.faulty_fields().count(), 0);
    let today = Date::new(2026, 11, 21).unwrap();
    assert_eq!(mrz.expiry_on(today), Expiry::On(Date::new(2030, 1, 1).unwrap()));
    assert_eq!(format!("{mrz:?}"), "Mrz(Td1, VNM)");
}

#[test]
fn each_wrong_digit_is_named() {
    let passport = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";
    for (at, field) in [
        (53, CheckedField::DocumentNumber),
        (63, CheckedField::BirthDate),
        (71, CheckedField::ExpiryDate),
        (86, CheckedField::OptionalData),
        (87, CheckedField::Composite),
    ] {
        let mut bytes = passport.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'9' { b'0' } else { bytes[at] + 1 };
        let faulty: Vec<_> = Mrz::parse_exact(&bytes).unwrap().faulty_fields().collect();
        assert!(faulty.contains(&field), "{field}");
    }
}

#[test]
fn typed_text_is_forgiven_its_spaces_but_not_its_lines() {
    let low = VIETNAM.to_lowercase().replace('\n', " \r\n ");
    assert_eq!(Mrz::parse(&low).unwrap(), Mrz::parse(VIETNAM).unwrap());
    assert_eq!(Mrz::parse(&VIETNAM.replace('\n', "")).unwrap(), Mrz::parse(VIETNAM).unwrap());
    let shifted = VIETNAM.replace("<<3\n9", "<<39\n");
    assert_eq!(Mrz::parse(&shifted), Err(MrzError::Lines { line: 1, expected: 30 }));
    assert_eq!(Mrz::parse("IDVNM"), Err(MrzError::Length { characters: 5 }));
    assert_eq!(Mrz::parse(&VIETNAM.replace("VAN", "V*N")), Err(MrzError::Character { line: 3, place: 10 }));
    let no_date = VIETNAM.replace("900101", "901301");
    assert_eq!(Mrz::parse(&no_date), Err(MrzError::Date { field: CheckedField::BirthDate }));
}

#[test]
fn a_vietnamese_card_may_never_expire_or_expire_late() {
    let today = Date::new(2026, 11, 21).unwrap();
    let with = |expiry| Mrz::parse(&VIETNAM.replace("300101", expiry)).unwrap().expiry_on(today);
    assert_eq!(with("991231"), Expiry::Unlimited);
    assert_eq!(with("480101"), Expiry::On(Date::new(2048, 1, 1).unwrap()));
    assert_eq!(with("250101"), Expiry::On(Date::new(2025, 1, 1).unwrap()));
}

#[test]
fn separate_fields_give_the_same_seed() {
    let seed = access_information("L898902C", "690806", "940623").unwrap();
    assert_eq!(seed.as_str(), "L898902C<369080619406236");
    assert!(access_information("", "690806", "940623").is_err());
    assert!(access_information("L 8", "690806", "940623").is_err());
    assert!(access_information("L898902C", "69080", "940623").is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[A-Z0-9<\\n]{0,100}", bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        if let Ok(mrz) = Mrz::parse(&text) {
            let today = Date::new(2026, 1, 1).unwrap();
            let _ = (mrz.checks(), mrz.name(), mrz.document_number(), mrz.vietnamese(), mrz.expiry_on(today));
            let _ = (mrz.access_information(), mrz.birth().as_birth(today));
            prop_assert_eq!(Mrz::parse_exact(mrz.lines().collect::<String>().as_bytes()), Ok(mrz));
        }
        let _ = Mrz::parse_exact(&bytes);
    }

    #[test]
    fn one_changed_character_of_a_number_is_noticed(at in 5_usize..14, digit in b'0'..=b'9') {
        let mut bytes = VIETNAM.replace('\n', "").into_bytes();
        prop_assume!(bytes[at] != digit);
        bytes[at] = digit;
        prop_assert!(Mrz::parse_exact(&bytes).unwrap().faulty_fields().any(|f| f == CheckedField::DocumentNumber));
    }
}

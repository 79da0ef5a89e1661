use proptest::prelude::*;

use super::*;
use crate::wire::date::Date;

const CARD_2021: &str = "090000000123||Nguyễn Văn A|01011990|Nam|Số 1, phố Một, phường Hai, tỉnh Ba|02032022";

fn card(text: &str) -> CardQr {
    match Qr::parse(text).unwrap() {
        Qr::Card(card) => card,
        Qr::Insurance(_) => panic!("an insurance card"),
    }
}

#[test]
fn reads_both_generations_of_the_card() {
    let old = card(CARD_2021);
    assert_eq!((old.number.as_str(), old.old_number.as_ref()), ("090000000123", None));
    assert_eq!((old.name.as_str(), old.sex.as_str()), ("Nguyễn Văn A", "Nam"));
    assert_eq!((old.birth.full(), old.issued), (Date::new(1990, 1, 1), Date::new(2022, 3, 2)));
    assert!(old.rest.is_empty());
    let new = card(&format!("{CARD_2021}|1|Cha|Mẹ||"));
    assert_eq!(new.rest.iter().map(PersonalText::as_str).collect::<Vec<_>>(), ["1", "Cha", "Mẹ", "", ""]);
    let renumbered = card(&CARD_2021.replacen("||", "|900000123|", 1));
    assert_eq!(renumbered.old_number.unwrap().as_str(), "900000123");
}

#[test]
fn expiry_follows_from_age_at_issue() {
    let expiry = |birth: &str, issued: &str| {
        let text = format!("090000000123||A|{birth}|Nam|x|{issued}");
        card(&text).derived_expiry().map(DerivedExpiry::zone_characters)
    };
    for (birth, issued, expected) in [
        ("01012005", "31122027", "300101"),
        ("01012005", "01012028", "450101"),
        ("01011990", "02032022", "300101"),
        ("01011984", "31122021", "240101"),
        ("01011984", "01012022", "440101"),
        ("01011964", "31122021", "240101"),
        ("01011964", "01012022", "991231"),
        ("29022000", "01012022", "250228"),
    ] {
        assert_eq!(expiry(birth, issued).as_deref(), Some(expected), "{birth} {issued}");
    }
    assert_eq!(expiry("00001990", "02032022"), None);
    assert_eq!(expiry("01011990", ""), None);
    assert_eq!(expiry("01012023", "02032022"), None);
}

#[test]
fn access_is_derived() {
    let access = card(CARD_2021).derived_access();
    assert_eq!(access.can.as_str(), "000123");
    assert_eq!(access.zone_information.unwrap().as_str(), "000000123690010113001019");
    let year_only = card(&CARD_2021.replace("01011990", "00001990")).derived_access();
    assert_eq!((year_only.can.as_str(), year_only.zone_information), ("000123", None));
}

#[test]
fn reads_the_paper_insurance_card() {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let text = format!(
        "DN4900900000123|{}|1990|1|{}|01 - 001|01/01/2020|31/12/2024|01/01/2020|x|$",
        hex("Nguyễn Văn A"),
        hex("Số 1, phố Một")
    );
    let Qr::Insurance(paper) = Qr::parse(&text).unwrap() else { panic!("a chip card") };
    assert_eq!((paper.name.as_str(), paper.address.as_str()), ("Nguyễn Văn A", "Số 1, phố Một"));
    assert_eq!(paper.birth, Some(PartialDate { year: Some(1990), month: None, day: None }));
    assert_eq!((paper.sex, paper.facility.as_str()), (InsuranceSex::Male, "01 - 001"));
    assert_eq!(paper.to.and_then(PartialDate::full), Date::new(2024, 12, 31));
    assert_eq!(paper.rest.len(), 3);
    let bad = text.replacen(&hex("Nguyễn Văn A"), "zz", 1);
    assert!(matches!(Qr::parse(&bad), Err(QrError::Field { field: 2, .. })));
}

#[test]
fn refusals_say_what_is_wrong() {
    assert_eq!(Qr::parse("090000000123|x"), Err(QrError::Fields { fields: 2 }));
    assert!(matches!(
        Qr::parse(&CARD_2021.replace("01011990", "32011990")),
        Err(QrError::Field { field: 4, .. })
    ));
    assert!(matches!(Qr::parse("https://example.invalid/"), Err(QrError::Fields { .. })));
    assert!(matches!(Qr::parse(&"|".repeat(5_000)), Err(QrError::TooLong { .. })));
    assert!(matches!(Qr::parse(&"|".repeat(100)), Err(QrError::Fields { fields: 101 })));
}

#[test]
fn debug_hides_the_person() {
    let shown = format!("{:?}", Qr::parse(CARD_2021).unwrap());
    assert!(!shown.contains("Nguyễn") && !shown.contains("090000000123") && !shown.contains("phố"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}", fields in prop::collection::vec("[0-9a-fA-Zế/ ]{0,14}", 0..14)) {
        let _ = Qr::parse(&text);
        for text in [fields.join("|"), format!("090000000123|{}", fields.join("|"))] {
            if let Ok(Qr::Card(card)) = Qr::parse(&text) {
                let _ = card.derived_access();
            }
        }
    }

    #[test]
    fn what_is_written_is_read(
        number in "[0-9]{12}", name in "[A-Za-zạ-ỹ]{1,30}", residence in "[0-9A-Za-zạ-ỹ,]{0,60}",
        rest in prop::collection::vec("[0-9A-Za-z]{0,9}", 0..8),
    ) {
        let mut text = format!("{number}||{name}|05061999|Nữ|{residence}|07082021");
        for field in &rest { text.push('|'); text.push_str(field); }
        let read = card(&text);
        prop_assert_eq!(read.number.as_str(), &number);
        prop_assert_eq!((read.name.as_str(), read.residence.as_str()), (name.as_str(), residence.as_str()));
        prop_assert_eq!(read.rest.iter().map(|field| field.as_str().to_owned()).collect::<Vec<_>>(), rest);
    }
}

//! Machine readable zones against published facts: transcribed ones always, the shared folder's where it is there.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, which says what it skipped")]

use std::path::PathBuf;

use reader_core::lds::mrz::{Format, Mrz, check_digit, to_zone_letters};
use serde_json::Value;
use test_vectors::vector::load;

fn format_named(name: &str) -> Format {
    match name {
        "TD1" => Format::Td1,
        "TD2" => Format::Td2,
        "TD3" => Format::Td3,
        "MRV-A" => Format::MrvA,
        "MRV-B" => Format::MrvB,
        other => panic!("no format {other}"),
    }
}

fn digit(text: &str) -> String {
    check_digit(text.bytes()).map(char::from).unwrap().to_string()
}

#[test]
fn check_digits_of_the_examples() {
    for case in load("mrz/check_digits").cases() {
        assert_eq!(digit(case.text("input")), case.text("digit"), "{}", case.text("input"));
    }
}

fn document(format: &str, lines: &[&str], number: &str) {
    let mrz = Mrz::parse(&lines.join("\n")).unwrap();
    assert_eq!(mrz.format(), format_named(format), "{lines:?}");
    assert_eq!(mrz.document_number().as_str(), number, "{lines:?}");
    assert_eq!(mrz.faulty_fields().collect::<Vec<_>>(), [], "{lines:?}");
    assert_eq!(mrz.lines().collect::<Vec<_>>(), lines);
    assert_eq!(Mrz::parse(&lines.concat()).unwrap(), mrz);
}

#[test]
fn documents_of_the_examples() {
    for case in load("mrz/documents").cases() {
        document(case.text("format"), &case.list("lines"), case.text("document_number"));
    }
}

/// The number in a TD1 zone, its check digits filled in.
fn with_long_number(field: &str, place: &str, optional: &str) -> Mrz {
    let line = format!("{:<<30}", format!("I<UTO{field}{place}{optional}"));
    Mrz::parse(&format!("{line}3407127M9507122UTO<<<<<<<<<<<0STEVENSON<<PETER<JOHN<<<<<<<<<")).unwrap()
}

fn long_number(number: &str, field: &str, place: &str, optional: &str, stated: &str) {
    assert_eq!(digit(number), stated);
    let mrz = with_long_number(field, place, optional);
    assert!(mrz.has_long_number());
    assert_eq!(mrz.document_number().as_str(), number);
    assert!(mrz.access_information().starts_with(&format!("{number}{stated}340712")), "{number}");
    let faulty = |mrz: &Mrz| mrz.faulty_fields().any(|field| field.to_string() == "document number");
    assert!(!faulty(&mrz), "{number}");
    let other = if stated == "0" { "1" } else { "0" };
    let wrong = optional.replacen(&format!("{stated}<"), &format!("{other}<"), 1);
    assert!(faulty(&with_long_number(field, place, &wrong)), "{number}");
}

#[test]
fn long_numbers_go_on_in_the_optional_data() {
    for case in load("mrz/long_numbers").cases() {
        long_number(
            case.text("number"),
            case.text("number_field"),
            case.text("check_place"),
            case.text("optional_data_starts"),
            case.text("digit"),
        );
    }
}

fn zone_with_name(format: &str, line: &str) -> Mrz {
    let td1 = ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", line];
    let second = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
    let text = match format {
        "TD1" => td1.concat(),
        "TD2" => format!("I<UTO{line}D231458907UTO7408122F1204159<<<<<<<6"),
        _ => format!("{line}{second}"),
    };
    Mrz::parse(&text).unwrap()
}

#[test]
fn names_tell_whether_they_may_be_cut() {
    for case in load("mrz/names").cases() {
        let mrz = zone_with_name(case.text("format"), case.text("line"));
        let name = mrz.name();
        assert_eq!(name.may_be_cut, case.flag("may_be_cut"), "{}", case.text("line"));
        assert!(!name.primary.is_empty());
    }
    let two = zone_with_name("TD3", "PPUTOVAN<DER<MUELLEN<<MARTIN<<<<<<<<<<<<<<<<").name();
    assert_eq!((two.primary.as_str(), two.secondary.as_str()), ("VAN DER MUELLEN", "MARTIN"));
    let one = zone_with_name("TD3", "PPUTOARKFREITH<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<").name();
    assert_eq!((one.primary.as_str(), one.secondary.as_str()), ("ARKFREITH", ""));
}

#[test]
fn the_vietnamese_zone() {
    for case in load("mrz/vietnam").cases() {
        let mrz = Mrz::parse(&case.list("lines").join("\n")).unwrap();
        let zone = mrz.vietnamese().unwrap();
        assert!(zone.document_number_agrees && zone.own_digit_agrees);
        assert_eq!(zone.number.as_str(), case.text("number"));
        assert_eq!(zone.number.can().as_str(), case.text("can"));
        assert_eq!(mrz.access_information().as_str(), case.text("mrz_information"));
        assert_eq!(mrz.faulty_fields().count(), 0);
        assert!(!mrz.has_long_number());
    }
}

fn shared(name: &str) -> Option<Value> {
    let root = std::env::var_os("IDTERM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let path = root.join("vectors/mrz").join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) if std::env::var("REQUIRE_SHARED").as_deref() == Ok("1") => {
            panic!("{} is missing", path.display())
        }
        Err(_) => {
            println!("skipped, data not present: {}", path.display());
            None
        }
    }
}

fn texts<'a>(value: &'a Value, field: &str) -> Vec<&'a str> {
    value[field].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

#[test]
fn shared_samples() {
    let Some(facts) = shared("samples.json") else { return };
    for case in facts["check_digit_examples"].as_array().unwrap() {
        assert_eq!(digit(text(case, "input")), text(case, "check_digit"));
    }
    let documents = facts["documents"].as_array().unwrap();
    assert!(documents.len() >= 9);
    for case in documents {
        document(text(case, "format"), &texts(case, "lines"), text(case, "document_number"));
    }
}

#[test]
fn shared_long_numbers_and_names() {
    if let Some(facts) = shared("long-document-numbers.json") {
        for case in facts["cases"].as_array().unwrap() {
            long_number(
                text(case, "number"),
                text(case, "number_field"),
                text(case, "check_place"),
                text(case, "optional_data_starts"),
                text(case, "check_digit"),
            );
        }
    }
    let Some(facts) = shared("names-truncated.json") else { return };
    for (format, group) in [("TD3", "td3_line1"), ("TD1", "td1_line3"), ("TD2", "td2_name_field_31")] {
        for case in facts[group].as_array().unwrap() {
            let name = zone_with_name(format, text(case, "line")).name();
            assert_eq!(
                Some(name.may_be_cut),
                case["truncation_possible"].as_bool(),
                "{}",
                text(case, "line")
            );
        }
    }
}

#[test]
fn shared_structure_of_the_vietnamese_zone() {
    let Some(facts) = shared("cccd-structure.json") else { return };
    let mrz = Mrz::parse(&texts(&facts, "synthetic").join("\n")).unwrap();
    let zone = mrz.vietnamese().unwrap();
    assert!(zone.document_number_agrees && zone.own_digit_agrees);
    assert_eq!(mrz.faulty_fields().count(), 0);
}

#[test]
fn shared_vietnamese_letters() {
    let Some(facts) = shared("transliteration-vietnamese.json") else { return };
    let map = facts["map"].as_object().unwrap();
    assert!(map.len() > 60);
    for entry in map.values() {
        let expected = text(entry, "mrz");
        let letter = text(entry, "letter");
        assert_eq!(to_zone_letters(letter).unwrap().as_str(), expected, "{letter}");
        assert_eq!(to_zone_letters(&letter.to_lowercase()).unwrap().as_str(), expected, "{letter}");
        let Some(decomposed) = entry["decomposed"].as_str() else { continue };
        let spelled: String = decomposed
            .split_whitespace()
            .map(|code| {
                char::from_u32(u32::from_str_radix(code.trim_start_matches("U+"), 16).unwrap()).unwrap()
            })
            .collect();
        assert_eq!(to_zone_letters(&spelled).unwrap().as_str(), expected, "{letter} in parts");
    }
}

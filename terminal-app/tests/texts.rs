//! Every language has every message, and every check, outcome and reason has its words.

use std::collections::BTreeSet;

use reader_core::evidence::{CheckId, Reason};
use terminal_app::failure::ErrorCode;
use terminal_app::text::{Language, Texts};

fn keys(language: Language) -> BTreeSet<&'static str> {
    let lines = language.source().lines();
    lines
        .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
        .filter_map(|line| line.split_once(" =").map(|(key, _)| key))
        .collect()
}

#[test]
fn all_languages_have_the_same_messages() {
    let english = keys(Language::ENGLISH);
    assert!(english.len() > 200, "{}", english.len());
    for language in Language::all() {
        let other = keys(language);
        let none: Vec<&&str> = Vec::new();
        assert_eq!(english.difference(&other).collect::<Vec<_>>(), none, "missing in {}", language.code());
        assert_eq!(other.difference(&english).collect::<Vec<_>>(), none, "only in {}", language.code());
    }
}

#[test]
fn no_message_stands_twice() {
    for language in Language::all() {
        let lines = language.source().lines();
        let count = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase())).count();
        assert_eq!(count, keys(language).len(), "{}", language.code());
    }
}

#[test]
fn checks_outcomes_and_reasons_are_worded() {
    let outcomes = ["confirmed", "refuted", "undetermined", "not-supported", "not-performed", "aborted"];
    for language in Language::all() {
        let texts = Texts::new(language);
        for check in CheckId::ALL {
            let key = format!("check-{}", check.as_str().replace(['.', '_'], "-"));
            assert!(texts.find(&key).is_some(), "{key} in {}", language.code());
        }
        for outcome in outcomes {
            assert!(texts.find(&format!("outcome-{outcome}")).is_some(), "{outcome}");
        }
        for reason in Reason::ALL {
            let key = format!("reason-{}", reason.number());
            let text = texts.find(&key).unwrap_or_else(|| panic!("{key} in {}", language.code()));
            assert!(!text.contains('{'), "{key}: {text}");
        }
    }
}

#[test]
fn every_quirk_of_a_device_is_explained() {
    for language in Language::all() {
        for quirk in firmware_profiles::Quirk::ALL {
            let key = format!("quirk-{}", quirk.key());
            assert!(language.source().contains(&format!("\n{key} = ")), "{key} in {}", language.code());
        }
    }
}

#[test]
fn errors_are_worded_as_the_program_has_them() {
    let english = Texts::new(Language::ENGLISH);
    for error in ErrorCode::ALL {
        let key = format!("error-{}", error.number());
        assert_eq!(english.find(&key).as_deref(), Some(error.meaning()), "{key}");
        assert_eq!(english.find(&format!("{key}-remedy")).as_deref(), Some(error.remedy()), "{key}");
    }
}

#[test]
fn vietnamese_is_written_with_its_marks() {
    let source = Language::from_code("vi_VN.UTF-8").expect("Vietnamese is shipped").source();
    let marks = "ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ";
    let marked = source.chars().filter(|c| marks.contains(*c)).count();
    assert!(marked > 1_000, "{marked}");
}

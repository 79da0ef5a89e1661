//! Every reason is explained once, and no number or meaning stands for two.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;

use reader_core::evidence::{CheckId, Reason};
use reader_core::verify::Tolerance;

#[test]
fn every_reason_stands_exactly_once_with_cause_and_remedy() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/REASONS.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut sections: Vec<&str> = page.split("\n### ").skip(1).collect();
    for reason in Reason::ALL {
        let code = reason.code();
        let own: Vec<usize> = sections
            .iter()
            .enumerate()
            .filter(|(_, text)| text.starts_with(&code))
            .map(|(at, _)| at)
            .collect();
        assert_eq!(own.len(), 1, "{code} stands {} times", own.len());
        let text = sections.remove(own[0]);
        assert!(text.contains(reason.meaning()), "{code}: the page says something else than the program");
        assert!(text.contains("\n- Cause: ") && text.contains("\n- Remedy: "), "{code}");
    }
    assert!(sections.is_empty(), "unknown reasons: {sections:?}");
}

#[test]
fn numbers_and_identifiers_are_one_to_one() {
    let numbers: BTreeSet<u16> = Reason::ALL.iter().map(|reason| reason.number()).collect();
    let meanings: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.meaning()).collect();
    assert_eq!((numbers.len(), meanings.len()), (Reason::ALL.len(), Reason::ALL.len()));
    assert!(Reason::ALL.windows(2).all(|pair| pair[0].number() < pair[1].number()));
    for reason in Reason::ALL {
        assert_eq!(Reason::from_code(&reason.code().to_lowercase()), Some(*reason));
    }
    for check in CheckId::ALL {
        assert_eq!(CheckId::from_id(check.as_str()), Some(*check));
    }
    for bad in ["", "R", "R9999", "1203", "X1203", "R12034"] {
        assert_eq!(Reason::from_code(bad), None, "{bad}");
    }
}

#[test]
fn every_tolerance_is_in_the_documents_of_sites_with_its_reasons() {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/SITES.md")).unwrap();
    for tolerance in Tolerance::ALL {
        let codes: Vec<String> = tolerance.reasons().iter().map(|reason| reason.code()).collect();
        let row = format!("| `{}` | {} | {} |", tolerance.name(), tolerance.meaning(), codes.join(" "));
        assert!(document.lines().any(|line| line == row), "docs/SITES.md lacks {row}");
    }
    let rows = document.lines().filter(|line| line.starts_with("| `") && line.contains("` | ")).count();
    assert!(rows >= Tolerance::ALL.len());
}

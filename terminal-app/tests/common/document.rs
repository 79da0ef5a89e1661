//! What every report has to look like, whoever made it.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;

use reader_core::evidence::{CheckId, Reason};
use serde_json::{Value, json};

/// The keys of an object.
pub fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().map(String::as_str).collect()
}

/// These words.
pub fn set<'a>(words: &[&'a str]) -> BTreeSet<&'a str> {
    words.iter().copied().collect()
}

/// 64 hexadecimal digits.
pub fn is_sha256(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `"2026-01-31T12:00:00Z"`, with or without fractions.
pub fn is_moment(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T')
}

/// Every key and word of a report.
pub fn assert_report(report: &Value) {
    assert_eq!(report["schema"], "idterm.report/1");
    let all = [
        "schema",
        "transaction",
        "verdict",
        "reasons",
        "checks",
        "holder",
        "biometric",
        "services",
        "link",
        "simulated",
        "site",
        "versions",
        "started",
        "elapsed_ms",
        "tr03135",
    ];
    assert_eq!(keys(report), set(&all));
    assert!(["accept", "refer", "reject"].contains(&report["verdict"].as_str().unwrap()));
    for reason in report["reasons"].as_array().unwrap() {
        assert_eq!(keys(reason), set(&["code", "check", "text"]));
        assert!(Reason::from_code(reason["code"].as_str().unwrap()).is_some(), "{reason}");
    }
    let mut ids = Vec::new();
    for check in report["checks"].as_array().unwrap() {
        ids.push(check["id"].as_str().unwrap());
        assert!(keys(check).is_superset(&set(&["id", "outcome", "reason", "witness", "spec"])), "{check}");
        assert!(
            keys(check)
                .is_subset(&set(&["id", "outcome", "reason", "witness", "spec", "notes", "detail", "ms"]))
        );
        let outcomes = ["confirmed", "refuted", "undetermined", "not_supported", "not_performed", "aborted"];
        let outcome = check["outcome"].as_str().unwrap();
        assert!(outcomes.contains(&outcome), "{check}");
        // A confirmation convinces somebody, and nothing else does; whatever is not confirmed says why.
        let witness = check["witness"].as_str();
        assert!(witness.is_none_or(|whom| ["anyone", "this_terminal"].contains(&whom)), "{check}");
        assert!(witness.is_none() || outcome == "confirmed", "{check}");
        assert_eq!(check["reason"].is_null(), ["confirmed", "not_supported"].contains(&outcome), "{check}");
    }
    let named: BTreeSet<&str> = ids.iter().copied().filter(|id| !id.starts_with("service.")).collect();
    assert_eq!(named, CheckId::ALL.iter().map(|check| check.as_str()).collect());
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "each check stands once");
    assert_eq!(report["biometric"], json!({"face": null, "finger": null}));
    for service in report["services"].as_array().unwrap() {
        assert_eq!(keys(service), set(&["id", "outcome", "code", "text", "age_s"]));
        assert!(ids.contains(&format!("service.{}", service["id"].as_str().unwrap()).as_str()));
    }
    if !report["link"].is_null() {
        assert_eq!(keys(&report["link"]), set(&["apdus", "bytes", "ms", "modelled_ms"]));
        assert_eq!(keys(&report["link"]["modelled_ms"]), set(&["106", "212", "424", "848"]));
    }
    assert_eq!(keys(&report["site"]), set(&["name", "hash"]));
    assert!(is_sha256(&report["site"]["hash"]));
    assert!(report["versions"]["idterm"].is_string());
    assert!(is_moment(&report["started"]) && report["elapsed_ms"].is_u64(), "{report}");
}

//! `docs/CLI.md`, with `docs/AUDIT.md`, is true: every command, option and error that the program has stands there, and no
//! other.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::BTreeSet;

use common::idterm;
use terminal_app::failure::ErrorCode;

const PAGE: &str = concat!(include_str!("../../docs/CLI.md"), include_str!("../../docs/AUDIT.md"));

/// Commands, with those within them.
fn commands() -> Vec<Vec<String>> {
    let listed = |words: &[&str]| -> Vec<String> {
        let help = idterm(words).done().exits(0).stdout;
        let Some(section) = help.split("Commands:\n").nth(1) else { return Vec::new() };
        let section = section.split("\n\n").next().unwrap();
        let names = section.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        names
            .map(|line| line.split_whitespace().next().unwrap().to_owned())
            .filter(|name| name != "help")
            .collect()
    };
    let mut all = Vec::new();
    for name in listed(&["--help"]) {
        let within = listed(&[&name, "--help"]);
        if within.is_empty() {
            all.push(vec![name]);
        } else {
            all.extend(within.into_iter().map(|second| vec![name.clone(), second]));
        }
    }
    assert!(all.len() >= 13, "{all:?}");
    all
}

/// The options in a text, such as `--json`.
fn options(text: &str) -> BTreeSet<&str> {
    let end = |c: char| !(c.is_ascii_lowercase() || c == '-');
    let words = text.match_indices("--").map(|(at, _)| &text[at..]);
    let options = words.map(|rest| &rest[..rest[2..].find(end).map_or(rest.len(), |length| length + 2)]);
    options.filter(|option| option.len() > 3 && !option.starts_with("---")).collect()
}

#[test]
fn every_command_and_option_is_described() {
    let mut known = BTreeSet::new();
    for words in commands() {
        assert!(PAGE.contains(&format!("`{}", words.join(" "))), "{words:?}");
        let mut asked: Vec<&str> = words.iter().map(String::as_str).collect();
        asked.push("--help");
        let help = idterm(&asked).done().exits(0).stdout;
        for option in options(&help) {
            assert!(options(PAGE).contains(option), "{words:?}: {option}");
            known.insert(option.to_owned());
        }
    }
    // The kiosk is left out of builds without a window.
    let elsewhere = ["--version", "--help", "--demo", "--window"];
    for option in options(PAGE) {
        assert!(known.contains(option) || elsewhere.contains(&option), "{option} is described and unknown");
    }
}

#[test]
fn every_error_is_described_with_its_status() {
    for error in ErrorCode::ALL {
        let status = if error.is_usage() { 2 } else { 1 };
        assert!(PAGE.contains(&format!("| {} | {status} |", error.code())), "{}", error.code());
        for language in ["vi", "en"] {
            let explained = idterm(&["explain", &error.code(), "--lang", language]).done().exits(0);
            assert!(explained.stdout.contains(&error.code()), "{explained}");
        }
    }
}

#[test]
fn every_key_of_a_report_is_described() {
    fn keys(value: &serde_json::Value, all: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (key, inner) in map {
                    all.insert(key.clone());
                    keys(inner, all);
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| keys(item, all)),
            _ => {}
        }
    }
    let mut report = idterm(&["demo", "--json"]).done().exits(0).json();
    // The particulars of a person are named by their own keys, one of which stands for all.
    let details = report["holder"]["details"].take();
    assert!(details["residence"].is_string());
    let mut all = BTreeSet::new();
    keys(&report, &mut all);
    for key in all {
        assert!(PAGE.contains(&format!("\"{key}\"")), "{key}");
    }
}

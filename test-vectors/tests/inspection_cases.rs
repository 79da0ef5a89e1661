//! The cases of the inspection systems' guideline: all are accounted for, each result is the expected one or has its
//! reason, and `docs/CONFORMANCE.md` says the same. `INSPECTION_CASES=write` writes its table anew.

#![allow(clippy::unwrap_used, reason = "a broken test may panic")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use test_vectors::inspection::{self, Case, Decided};

const CRATES: [&str; 3] = ["reader-core", "terminal-app", "test-vectors"];
const BEGIN: &str = "<!-- inspection cases: written by test-vectors/tests/inspection_cases.rs -->\n";
const END: &str = "<!-- inspection cases: end -->\n";
/// Units and their subjects, in the order of the guideline.
const UNITS: [(&str, &str); 18] = [
    ("ISO7816_A", "selecting the application"),
    ("ISO7816_B", "BAC and secure messaging"),
    ("ISO7816_C", "reading files"),
    ("ISO7816_D", "Chip Authentication"),
    ("ISO7816_E", "Terminal Authentication"),
    ("ISO7816_F", "Active Authentication"),
    ("ISO7816_G", "PACE"),
    ("LDS_A", "EF.COM"),
    ("LDS_B", "DG1"),
    ("LDS_C", "DG2"),
    ("LDS_D", "DG3"),
    ("LDS_E", "DG4"),
    ("LDS_F", "DG14"),
    ("LDS_G", "EF.CVCA"),
    ("LDS_H", "EF.SOD and its signer"),
    ("LDS_I", "DG15"),
    ("LDS_J", "EF.CardSecurity"),
    ("LDS_K", "EF.ATR/INFO"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn unit(id: &str) -> &str {
    id.rsplit_once('_').unwrap().0
}

/// Unit and number, with the printed result, of the list of facts.
fn listed(text: &str) -> Vec<(String, String)> {
    let mut unit = None;
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            unit = title.split_once(" - ").map(|(unit, _)| unit.to_owned());
        } else if line.starts_with("# ") {
            unit = None;
        }
        let cells: Vec<&str> = line.split('|').collect();
        let (Some(unit), [_, number, _, what, expected, ..]) = (&unit, &cells[..]) else { continue };
        if number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit()) {
            let expected = if *what == "del" { "del" } else { expected };
            found.push((format!("{unit}_{number}"), expected.to_owned()));
        }
    }
    found
}

#[test]
fn every_case_of_the_list_stands_once_with_its_expected_result() {
    let cases = inspection::all();
    let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!((cases.len(), ids.len()), (338, 338), "one entry for each case");
    let shared = std::env::var_os("IDTERM_SHARED").map_or_else(|| root().join("../shared"), Into::into);
    let Ok(list) = std::fs::read_to_string(shared.join("vectors/inspection-system-cases.md")) else {
        assert!(std::env::var_os("REQUIRE_SHARED").is_none_or(|value| value != "1"), "no list of cases");
        println!("skipped, data not present: vectors/inspection-system-cases.md");
        return;
    };
    let listed = listed(&list);
    assert_eq!(listed.len(), 338);
    for (id, printed) in listed {
        let case = cases.iter().find(|case| case.id == id).unwrap_or_else(|| panic!("{id} is missing"));
        if printed == "del" {
            assert!(case.not_applicable.is_some(), "{id} was deleted");
            continue;
        }
        let word = printed.trim_start_matches('~').split(' ').next().unwrap();
        let word = if word == "?" { "unknown" } else { word };
        assert_eq!((case.expected.word(), case.inferred), (word, printed.starts_with('~')), "{id}");
        assert_eq!(case.sha1, printed.ends_with("s1"), "{id}");
    }
}

/// What is wrong with an entry.
fn fault(case: &Case) -> Option<&'static str> {
    let run = case.test.is_some() && case.strict.is_some() && case.tolerant.is_some();
    let results = case.test.is_some() || case.strict.is_some() || case.tolerant.is_some();
    let (Some(strict), Some(tolerant)) = (case.strict, case.tolerant) else {
        return match (results, &case.not_applicable) {
            (true, _) => Some("a test without both results, or results without a test"),
            (false, None) => Some("it is neither run nor said not to apply"),
            (false, Some(_)) => None,
        };
    };
    if !run || case.not_applicable.is_some() {
        return Some("it is run, or it does not apply");
    }
    if case.expected.agrees(strict) == case.departs.is_some() {
        return Some("it departs from what is expected and does not say why, or the contrary");
    }
    if tolerant > strict {
        return Some("the tolerant site is stricter than the strict one");
    }
    if strict != Decided::Accept && case.by.is_none() {
        return Some("no check is named that stopped it");
    }
    if tolerant == Decided::Accept && strict != Decided::Accept && case.relaxed.is_none() {
        return Some("a rule was relaxed and nothing says which");
    }
    None
}

#[test]
fn every_result_is_the_expected_one_or_says_why_not() {
    let cases = inspection::all();
    let wrong: Vec<String> =
        cases.iter().filter_map(|case| fault(case).map(|fault| format!("{}: {fault}", case.id))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_test_that_runs_a_case_exists() {
    let mut wrong = BTreeSet::new();
    for case in inspection::all() {
        let Some(test) = &case.test else { continue };
        let (file, function) = test.split_once("::").unwrap_or((test, ""));
        let marked = format!("fn {function}()");
        let found = CRATES.iter().any(|one| {
            let path = root().join(one).join("tests").join(format!("{file}.rs"));
            std::fs::read_to_string(path).is_ok_and(|text| text.contains(&marked))
        });
        if !found {
            wrong.insert(format!("{test}, of {}", case.id));
        }
    }
    assert!(wrong.is_empty(), "no such tests: {wrong:?}");
}

#[derive(Default)]
struct Count {
    cases: usize,
    as_expected: usize,
    unknown: usize,
    departing: usize,
    not_applicable: usize,
    relaxed: usize,
}

impl Count {
    fn add(&mut self, case: &Case) {
        self.cases += 1;
        match (case.strict, &case.not_applicable) {
            (_, Some(_)) => self.not_applicable += 1,
            (None, None) => {}
            (Some(_), None) if case.departs.is_some() => self.departing += 1,
            (Some(_), None) => match case.expected {
                inspection::Expected::Unknown | inspection::Expected::Either => self.unknown += 1,
                _ => self.as_expected += 1,
            },
        }
        self.relaxed += usize::from(case.relaxed.is_some());
    }

    fn row(&self, unit: &str, about: &str) -> String {
        let Self { cases, as_expected, unknown, departing, not_applicable, relaxed } = self;
        format!(
            "| {unit} | {about} | {cases} | {as_expected} | {unknown} | {departing} | {not_applicable} | {relaxed} |\n"
        )
    }
}

fn cell(case: &Case) -> String {
    if let Some(why) = &case.not_applicable {
        return format!("– | not run: {why} | –");
    }
    let (Some(test), Some(strict), Some(tolerant)) = (&case.test, case.strict, case.tolerant) else {
        return "– | not run | –".to_owned();
    };
    let by = case.by.as_ref().map(|by| format!(": {by}")).unwrap_or_default();
    let departs = case.departs.as_ref().map(|why| format!("; departs: {why}")).unwrap_or_default();
    let relaxed = case.relaxed.as_ref().map(|codes| format!(", noting {codes}")).unwrap_or_default();
    format!("`{test}` | {}{by}{departs} | {}{relaxed}", strict.word(), tolerant.word())
}

/// The part of the page that follows from the files.
fn section(cases: &[Case]) -> String {
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut total = Count::default();
    for case in cases {
        counts.entry(unit(&case.id)).or_default().add(case);
        total.add(case);
    }
    let mut out = BEGIN.to_owned();
    out.push_str("\n| unit | about | cases | as expected | no one result expected | departs | does not apply | relaxed |\n");
    out.push_str("|---|---|---|---|---|---|---|---|\n");
    for (unit, about) in UNITS {
        out.push_str(&counts[unit].row(unit, about));
    }
    out.push_str(&total.row("all", ""));
    for (wanted, about) in UNITS {
        write!(
            out,
            "\n#### {wanted}: {about}\n\n| case | what | expected | test | strict site | tolerant site |\n"
        )
        .unwrap();
        out.push_str("|---|---|---|---|---|---|\n");
        for case in cases.iter().filter(|case| unit(&case.id) == wanted) {
            let Case { id, what, .. } = case;
            let inferred = if case.inferred { " ~" } else { "" };
            let sha1 = if case.sha1 { ", with SHA-1" } else { "" };
            writeln!(out, "| {id} | {what} | {}{inferred}{sha1} | {} |", case.expected.word(), cell(case))
                .unwrap();
        }
    }
    out.push('\n');
    out.push_str(END);
    out
}

#[test]
fn the_page_says_what_the_files_say() {
    let path = root().join("docs/CONFORMANCE.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has a place for the cases");
    let (_, after) = rest.split_once(END).expect("the cases end");
    let right = format!("{before}{}{after}", section(&inspection::all()));
    if std::env::var("INSPECTION_CASES").is_ok_and(|value| value == "write") {
        std::fs::write(&path, &right).unwrap();
    } else {
        assert!(
            page == right,
            "docs/CONFORMANCE.md is another than test-vectors/inspection: INSPECTION_CASES=write writes it"
        );
    }
}

#[test]
fn an_entry_that_says_too_little_is_found() {
    let toml = |fields: &str| -> Case {
        let text = format!("id = \"LDS_A_01\"\nwhat = \"\"\nexpected = \"reject\"\n{fields}");
        toml::from_str(&text).unwrap()
    };
    let run = |results: &str| toml(&format!("test = \"file::function\"\n{results}"));
    assert_eq!(fault(&run("strict = \"reject\"\ntolerant = \"refer\"\nby = \"passive.hashes R1206\"")), None);
    assert_eq!(fault(&toml("not_applicable = \"there is none\"")), None);
    for wrong in [
        toml(""),
        run(""),
        run("strict = \"accept\"\ntolerant = \"accept\""),
        run("strict = \"refer\"\ntolerant = \"refer\""),
        run("strict = \"refer\"\ntolerant = \"reject\"\nby = \"passive.hashes R1206\""),
        run("strict = \"refer\"\ntolerant = \"accept\"\nby = \"passive.hashes R1206\""),
        run("strict = \"refer\"\ntolerant = \"refer\"\nby = \"passive.hashes R1206\"\ndeparts = \"no\""),
    ] {
        assert!(fault(&wrong).is_some(), "{wrong:?}");
    }
}

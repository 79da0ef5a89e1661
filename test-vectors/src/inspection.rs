//! The cases that an inspection system is tried with (BSI TR-03105-5.1), each with the test that runs it and what came of
//! it: `inspection/*.toml`, and from them a table in `docs/CONFORMANCE.md`.
//!
//! A test runs its cases and hands what it saw to [`check`], which compares it with the files, or writes it into them where
//! the environment variable `INSPECTION_CASES` is `write`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Deserialize;

/// The files below `inspection/`, without their ending, in the order of the guideline.
pub const FILES: [&str; 4] = ["iso7816", "lds", "sod", "signer"];

/// What should come of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// The inspection succeeds.
    Accept,
    /// The inspection fails, at the named check.
    Reject,
    /// Either is right, as long as the terminal goes on working.
    Either,
    /// The expected result could not be had.
    Unknown,
}

/// What a site decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decided {
    /// The card passes.
    Accept,
    /// A person decides: it does not pass by itself.
    Refer,
    /// The card is refused.
    Reject,
}

impl Decided {
    /// The word in the files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Refer => "refer",
            Self::Reject => "reject",
        }
    }
}

impl Expected {
    /// The word in the files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Either => "either",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a decision of the strict site agrees. Where a refusal is expected, a card that goes to a person has not
    /// passed.
    #[must_use]
    pub fn agrees(self, strict: Decided) -> bool {
        match self {
            Self::Accept => strict == Decided::Accept,
            Self::Reject => strict != Decided::Accept,
            Self::Either | Self::Unknown => true,
        }
    }
}

/// One case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unit and number: `LDS_H_48`.
    pub id: String,
    /// What it tries.
    pub what: String,
    /// What should come of it.
    pub expected: Expected,
    /// The expected result is inferred from the case's name; its text is not public.
    #[serde(default)]
    pub inferred: bool,
    /// It is run only where SHA-1 is allowed in signatures.
    #[serde(default)]
    pub sha1: bool,
    /// The check that a refusal should name, in the guideline's words.
    pub check: Option<String>,
    /// The test that runs it: `file::function`.
    pub test: Option<String>,
    /// What the strict site decides.
    pub strict: Option<Decided>,
    /// What the tolerant site decides.
    pub tolerant: Option<Decided>,
    /// What led the strict site to it: check and reason, `passive.hashes R1206`.
    pub by: Option<String>,
    /// What the tolerant site notes in place of it: codes of reasons.
    pub relaxed: Option<String>,
    /// Why the result is right although another is expected.
    pub departs: Option<String>,
    /// Why it is not run.
    pub not_applicable: Option<String>,
}

/// What a test saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The case.
    pub id: String,
    /// What the strict site decides.
    pub strict: Decided,
    /// What the tolerant site decides.
    pub tolerant: Decided,
    /// What led the strict site to it; empty where it accepts.
    pub by: String,
    /// What the tolerant site notes in place of it.
    pub relaxed: String,
}

impl Seen {
    /// One result for a case of several runs: the worst where the card should pass, the mildest where it should not.
    ///
    /// # Panics
    ///
    /// Without any run.
    #[must_use]
    pub fn of_runs(expected: Expected, runs: Vec<Seen>) -> Seen {
        let rank = |seen: &Seen| (seen.strict, seen.tolerant);
        let chosen = match expected {
            Expected::Reject => runs.into_iter().min_by_key(rank),
            Expected::Accept | Expected::Either | Expected::Unknown => runs.into_iter().max_by_key(rank),
        };
        chosen.unwrap_or_else(|| panic!("a case without a run"))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("inspection")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

/// The cases of one of [`FILES`].
///
/// # Panics
///
/// If there is no such file, or it is not of this form.
#[must_use]
pub fn cases(file: &str) -> Vec<Case> {
    let path = folder().join(format!("{file}.toml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    read.case
}

/// Every case, by unit and number.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut all: Vec<Case> = FILES.into_iter().flat_map(cases).collect();
    all.sort_by(|one, other| one.id.cmp(&other.id));
    all
}

/// What should come of a case.
///
/// # Panics
///
/// If there is no such case.
#[must_use]
pub fn expected(id: &str) -> Expected {
    let found = all().into_iter().find(|case| case.id == id);
    found.unwrap_or_else(|| panic!("no case {id}")).expected
}

/// Only one test at a time writes.
static WRITING: Mutex<()> = Mutex::new(());

/// Compares what the test `test` (`file::function`) saw with what the file says of the cases that this test runs, or writes
/// it there.
///
/// # Panics
///
/// With every difference; and with every case that the file gives to this test and that it did not run.
pub fn check(file: &str, test: &str, seen: &[Seen]) {
    let _writing = WRITING.lock();
    let mut cases = cases(file);
    let write = std::env::var("INSPECTION_CASES").is_ok_and(|value| value == "write");
    let mut wrong = Vec::new();
    for seen in seen {
        let Some(case) = cases.iter_mut().find(|case| case.id == seen.id) else {
            wrong.push(format!("{}: no such case in {file}.toml", seen.id));
            continue;
        };
        let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let now = Case {
            test: Some(test.to_owned()),
            strict: Some(seen.strict),
            tolerant: Some(seen.tolerant),
            by: filled(&seen.by),
            relaxed: filled(&seen.relaxed),
            not_applicable: None,
            ..case.clone()
        };
        if write {
            *case = now;
        } else if *case != now {
            wrong.push(format!(
                "{}: strict {} ({}), tolerant {} ({}); the file says strict {:?} ({:?}), tolerant {:?} ({:?}) by {:?}",
                seen.id,
                seen.strict.word(),
                seen.by,
                seen.tolerant.word(),
                seen.relaxed,
                case.strict,
                case.by,
                case.tolerant,
                case.relaxed,
                case.test,
            ));
        }
    }
    for case in cases.iter().filter(|case| case.test.as_deref() == Some(test)) {
        if !seen.iter().any(|seen| seen.id == case.id) {
            wrong.push(format!("{}: {test} no longer runs it", case.id));
        }
    }
    if write {
        write_file(file, &cases);
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn write_file(file: &str, cases: &[Case]) {
    let path = folder().join(format!("{file}.toml"));
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let mut text: String = old
        .lines()
        .take_while(|line| line.starts_with('#'))
        .fold(String::new(), |head, line| head + line + "\n");
    for case in cases {
        text.push_str("\n[[case]]\n");
        text.push_str(&fields(case));
    }
    std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn fields(case: &Case) -> String {
    let mut out = String::new();
    let mut text = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            let _ = writeln!(out, "{key} = {}", toml::Value::from(value));
        }
    };
    text("id", Some(&case.id));
    text("what", Some(&case.what));
    text("expected", Some(case.expected.word()));
    text("check", case.check.as_deref());
    text("test", case.test.as_deref());
    text("strict", case.strict.map(Decided::word));
    text("tolerant", case.tolerant.map(Decided::word));
    text("by", case.by.as_deref());
    text("relaxed", case.relaxed.as_deref());
    text("departs", case.departs.as_deref());
    text("not_applicable", case.not_applicable.as_deref());
    for (key, is) in [("inferred", case.inferred), ("sha1", case.sha1)] {
        if is {
            let _ = writeln!(out, "{key} = true");
        }
    }
    out
}

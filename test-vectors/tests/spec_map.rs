//! The map from rules to tests stays true: every test that `docs/SPEC-MAP.md` names exists.
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const CRATES: [&str; 4] = ["reader-core", "terminal-app", "firmware-profiles", "test-vectors"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, out);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            out.push(entry);
        }
    }
}

/// The functions marked as tests.
fn tests_of(text: &str) -> impl Iterator<Item = &str> {
    let marked = text.split("#[test]").skip(1);
    marked.filter_map(|rest| rest.split_once("fn ")?.1.split('(').next())
}

/// What the sources hold: tests by every name of their file, and all names of files, folders and modules.
#[derive(Default)]
struct Known {
    tests: BTreeMap<String, BTreeSet<String>>,
    all_tests: BTreeSet<String>,
    places: BTreeSet<String>,
    text: String,
}

impl Known {
    fn read() -> Self {
        let mut known = Known::default();
        let mut files = Vec::new();
        for one in CRATES {
            for part in ["src", "tests"] {
                sources(&root().join(one).join(part), &mut files);
            }
        }
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let stem = file.file_stem().unwrap().to_str().unwrap();
            let folder = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
            // Unit tests stand beside a module in a file of their own, or in it.
            let names = [stem, stem.trim_end_matches("_tests"), folder].map(str::to_owned);
            // A test without the usual frame is one by itself.
            if folder == "tests" && text.contains("fn main()") {
                known.tests.entry(stem.to_owned()).or_default();
            }
            for test in tests_of(&text) {
                known.all_tests.insert(test.to_owned());
                for name in &names {
                    known.tests.entry(name.clone()).or_default().insert(test.to_owned());
                }
            }
            known.places.extend(names);
            known.text.push_str(&text);
        }
        known
    }

    /// A module, file or folder with tests.
    fn has_tests(&self, place: &str) -> bool {
        self.tests.contains_key(place)
    }

    /// What is wrong with a name of the column of tests.
    fn fault(&self, name: &str, in_brackets: bool) -> Option<&'static str> {
        if name.contains('/') {
            let found = CRATES.iter().any(|one| root().join(one).join("src").join(name).exists());
            return (!found).then_some("no such file");
        }
        let parts: Vec<&str> = name.split("::").collect();
        match parts[..] {
            // A persona, a fault or a way in, which the test before the brackets runs.
            [word] if in_brackets => {
                let quoted = self.text.contains(&format!("\"{word}\""))
                    || self.text.contains(&format!("\"{word}:"))
                    || self.places.contains(word);
                (!quoted).then_some("no such word")
            }
            [place] => (!self.has_tests(place) && !self.all_tests.contains(place)).then_some("no such tests"),
            [.., place, "tests"] => (!self.has_tests(place)).then_some("no tests there"),
            [.., place, "tests", last] | [.., place, last] => {
                let here = self.tests.get(place).is_some_and(|tests| tests.contains(last));
                (!here && !self.has_tests(last)).then_some("no such test")
            }
            [] => Some("nothing named"),
        }
    }
}

/// The last cell of every row of a table, with its line.
fn test_cells(map: &str) -> impl Iterator<Item = (usize, &str)> {
    let rows = map.lines().enumerate().filter(|(_, line)| line.starts_with("| ") && line.ends_with('|'));
    let cells = rows.filter_map(|(number, line)| {
        let cell = line.trim_end_matches('|').trim_end().rsplit_once(" | ")?.1;
        Some((number + 1, cell.trim()))
    });
    cells.filter(|(_, cell)| *cell != "test")
}

#[test]
fn every_test_that_the_map_names_exists() {
    let map = std::fs::read_to_string(root().join("docs/SPEC-MAP.md")).unwrap();
    let known = Known::read();
    let (mut named, mut wrong) = (0, Vec::new());
    for (line, cell) in test_cells(&map) {
        let mut depth = 0i32;
        let mut names = 0;
        for (at, part) in cell.split('`').enumerate() {
            if at % 2 == 0 {
                depth += i32::try_from(part.matches('(').count()).unwrap();
                depth -= i32::try_from(part.matches(')').count()).unwrap();
                continue;
            }
            names += 1;
            if let Some(fault) = known.fault(part, depth > 0) {
                wrong.push(format!("docs/SPEC-MAP.md:{line}: {part}: {fault}"));
            }
        }
        if names == 0 {
            wrong.push(format!("docs/SPEC-MAP.md:{line}: no test"));
        }
        named += names;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(named > 150, "only {named} names were found: has the table another form now?");
}

#[test]
fn what_does_not_exist_is_found() {
    let known = Known::read();
    assert_eq!(known.fault("spec_map::what_does_not_exist_is_found", false), None);
    for (name, in_brackets) in [
        ("spec_map::what_never_was", false),
        ("nowhere::tests", false),
        ("no_such_file", false),
        ("lds/no-such.rs", false),
    ] {
        assert!(known.fault(name, in_brackets).is_some(), "{name}");
    }
    // Put together here, so that it stands in no source.
    assert!(known.fault(&["no", "such", "persona"].join("-"), true).is_some());
}

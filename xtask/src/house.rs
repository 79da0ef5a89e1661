//! The rules that no compiler knows: file length, site words, machine paths, reason codes, language files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::rust_source::{Kind, tokens};
use crate::shell::{self, Outcome};

const MOST_LINES: usize = 500;

/// A kind of site is a file, never code: these words may not steer anything.
const SITE_WORDS: [&str; 3] = ["hospital", "bank", "airport"];
const SITE_FREE: [&str; 4] =
    ["reader-core/src", "terminal-app/src/worker", "terminal-app/src/config", "terminal-app/src/ui"];

/// Places of one particular machine. Split, so that this file does not contain them.
const MACHINE_PATHS: [&str; 6] = [
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("C:\\", "Users"),
    concat!("artif", "actory"),
];

/// Folders that are made, not written.
const MADE: [&str; 6] = [".git", "target", "corpus", "artifacts", "node_modules", "__pycache__"];

/// One file: its path from the root with `/`, and its text.
pub struct Source {
    path: String,
    text: String,
}

/// All rules over all files; the faults are printed, their number returned.
pub fn run() -> Outcome {
    let sources = read_tree(&shell::root());
    let mut faults = Vec::new();
    for source in &sources {
        faults.extend(length(source));
        faults.extend(site_words(source));
        faults.extend(machine_paths(source));
    }
    faults.extend(languages(&sources));
    faults.extend(reasons(&sources));
    for fault in &faults {
        eprintln!("house: {fault}");
    }
    match faults.len() {
        0 => Outcome::Passed(format!("{} files", sources.len())),
        count => Outcome::Failed(format!("{count} breaches of the rules in docs/CONTRIBUTING.md (above)")),
    }
}

fn read_tree(root: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && !MADE.contains(&name.as_str()) {
                folders.push(entry.path());
            } else if kind.is_file() {
                // What is not UTF-8 is no text, and none of these rules concern it.
                if let Ok(text) = std::fs::read_to_string(entry.path()) {
                    sources.push(Source { path: relative(root, &entry.path()), text });
                }
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn relative(root: &Path, path: &Path) -> String {
    let inside: PathBuf = path.strip_prefix(root).unwrap_or(path).into();
    let parts: Vec<String> =
        inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

fn length(source: &Source) -> Option<String> {
    let written = [".rs", ".md", ".toml", ".ftl", ".sh"].iter().any(|end| source.path.ends_with(end));
    // Data and tables are looked up by key, not read through: one page of reasons, one of cases, one file for each language.
    let data = source.path.contains("/vectors/")
        || source.path.starts_with("test-vectors/inspection/")
        || source.path == "docs/REASONS.md"
        || source.path == "docs/CONFORMANCE.md"
        || source.path.ends_with(".ftl");
    let lines = source.text.lines().count();
    (written && !data && lines > MOST_LINES)
        .then(|| format!("{}: {lines} lines, at most {MOST_LINES}: split it by meaning", source.path))
}

fn site_words(source: &Source) -> Vec<String> {
    let concerned = SITE_FREE.iter().any(|start| {
        source.path.strip_prefix(start).is_some_and(|rest| rest.starts_with('/') || rest.starts_with('.'))
    });
    if !concerned || !source.path.ends_with(".rs") {
        return Vec::new();
    }
    let has = |text: &str| SITE_WORDS.into_iter().find(|word| text.to_lowercase().contains(word));
    let by_name = has(&source.path).map(|word| format!("{}: `{word}` in the file's name", source.path));
    let inside = tokens(&source.text).into_iter().filter_map(|token| match &token.kind {
        Kind::Word(text) | Kind::Text(text) => has(text).map(|word| {
            format!(
                "{}:{}: `{word}`: a kind of site belongs in a site file, not in code",
                source.path, token.line
            )
        }),
        Kind::Path | Kind::Mark(_) => None,
    });
    by_name.into_iter().chain(inside).collect()
}

fn machine_paths(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        for place in MACHINE_PATHS {
            // `lib/tmp/x` or `example.org/home/` is part of something else.
            let stands_alone = line.match_indices(place).any(|(at, _)| {
                let before = line.get(..at).and_then(|start| start.chars().last());
                !before.is_some_and(|c| c.is_alphanumeric() || "_.-/".contains(c))
            });
            if stands_alone {
                faults.push(format!("{}:{}: `{place}` is a place of one machine", source.path, number + 1));
            }
        }
    }
    faults
}

/// Every key in one language stands in every other.
fn languages(sources: &[Source]) -> Vec<String> {
    let mut keys: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut faults = Vec::new();
    for source in sources {
        let Some(rest) = source.path.strip_prefix("terminal-app/text/") else { continue };
        let Some(language) = rest.strip_suffix(".ftl").and_then(|name| name.split('/').next()) else {
            continue;
        };
        let known = keys.entry(language).or_default();
        for key in source.text.lines().filter_map(fluent_key) {
            if !known.insert(key) {
                faults.push(format!("{}: `{key}` stands twice", source.path));
            }
        }
    }
    let all: BTreeSet<&str> = keys.values().flatten().copied().collect();
    for (language, known) in &keys {
        for key in all.difference(known) {
            faults.push(format!("terminal-app/text: `{key}` is missing in {language}"));
        }
    }
    faults
}

/// The message or term a line of a Fluent file begins, if it does.
fn fluent_key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let key = key.trim_end();
    let name = key.strip_prefix('-').unwrap_or(key);
    let sound = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    sound.then_some(key)
}

/// Each reason code of the code is explained exactly once in `docs/REASONS.md`, and nothing else is.
fn reasons(sources: &[Source]) -> Vec<String> {
    let Some(page) = sources.iter().find(|source| source.path == "docs/REASONS.md") else {
        return Vec::new();
    };
    let raised: BTreeSet<String> = sources
        .iter()
        .filter(|source| source.path.starts_with("reader-core/src/evidence/reason"))
        .flat_map(|source| source.text.lines().filter_map(numbered_reason))
        .collect();
    let mut explained: BTreeMap<String, usize> = BTreeMap::new();
    for line in page.text.lines() {
        // A row of a table or a heading explains; a mention in running text does not.
        let Some(start) = line.strip_prefix("| ").or_else(|| line.trim_start_matches('#').strip_prefix(' '))
        else {
            continue;
        };
        if let Some(code) = start.trim_start_matches('`').get(..5).and_then(reason_code) {
            *explained.entry(code.to_string()).or_default() += 1;
        }
    }
    let missing = raised.iter().filter(|code| !explained.contains_key(*code));
    let missing = missing.map(|code| format!("docs/REASONS.md does not explain {code}"));
    let twice = explained.iter().filter(|(_, count)| **count > 1);
    let twice = twice.map(|(code, count)| format!("docs/REASONS.md explains {code} {count} times"));
    let unknown = explained.keys().filter(|code| !raised.contains(*code));
    let unknown = unknown.map(|code| format!("docs/REASONS.md explains {code}, which does not exist"));
    missing.chain(twice).chain(unknown).collect()
}

/// The code that a line such as `WrongPassword = 1001, "…";` declares.
fn numbered_reason(line: &str) -> Option<String> {
    let (name, rest) = line.trim().split_once(" = ")?;
    let (number, _) = rest.split_once(", \"")?;
    let code = format!("R{number}");
    name.chars().all(char::is_alphanumeric).then_some(code).filter(|code| reason_code(code).is_some())
}

/// `R` and four digits, nothing else.
fn reason_code(text: &str) -> Option<&str> {
    let digits = text.strip_prefix('R')?;
    (digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{MACHINE_PATHS, Source, fluent_key, languages, length, machine_paths, reasons, site_words};

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.into(), text: text.into() }
    }

    #[test]
    fn a_file_above_the_limit_is_refused() {
        assert_eq!(length(&source("a/b.rs", &"x\n".repeat(500))), None);
        assert!(length(&source("a/b.rs", &"x\n".repeat(501))).is_some());
        assert_eq!(length(&source("Cargo.lock", &"x\n".repeat(501))), None);
    }

    #[test]
    fn site_words_count_in_words_and_strings_only() {
        let found = |path, text| site_words(&source(path, text)).len();
        assert_eq!(found("reader-core/src/a.rs", "// a bank\nfn x() {}"), 0);
        assert_eq!(found("reader-core/src/a.rs", "struct BankRule;"), 1);
        assert_eq!(found("terminal-app/src/ui/a.rs", "f(\"Airport\")"), 1);
        assert_eq!(found("terminal-app/src/ui.rs", "f(\"hospital\")"), 1);
        assert_eq!(found("terminal-app/src/cli/a.rs", "f(\"hospital\")"), 0);
    }

    #[test]
    fn machine_paths_are_refused_only_where_they_begin() {
        let place = MACHINE_PATHS[1];
        assert_eq!(machine_paths(&source("a", &format!("open(\"{place}x\")"))).len(), 1);
        assert_eq!(machine_paths(&source("a", &format!("open(\"var{place}x\")"))).len(), 0);
    }

    #[test]
    fn a_key_missing_in_one_language_is_named() {
        let vi = source("terminal-app/text/vi.ftl", "a = x\n    .title = t\nb = { $n }\n# c = d\n");
        let en = source("terminal-app/text/en.ftl", "a = x\n");
        assert_eq!(languages(&[vi, en]), ["terminal-app/text: `b` is missing in en"]);
        assert_eq!(fluent_key("-brand-name = X"), Some("-brand-name"));
        assert_eq!(fluent_key("  .attr = X"), None);
    }

    #[test]
    fn each_reason_is_explained_exactly_once() {
        let code = source(
            "reader-core/src/evidence/reason.rs",
            "A = 1001, \"a\";\n    B = 1002, \"b\";\n  C = 1003, \"c\";\n",
        );
        let page = source(
            "docs/REASONS.md",
            "| R1001 | a |\n| R1001 | b |\n### R1003 c\n| R9999 | d |\n(see R1002)\n",
        );
        let found = reasons(&[code, page]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("does not explain R1002"));
        assert!(found[1].contains("R1001 2 times"));
        assert!(found[2].contains("R9999"));
    }
}

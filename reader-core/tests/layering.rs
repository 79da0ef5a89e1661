//! Checks every path in `reader-core/src` against `.ci/layers.toml`, and that the lower crates stand apart.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../../xtask/src/rust_source.rs"]
mod rust_source;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rust_source::{Kind, Token, tokens};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    layers: BTreeMap<String, Vec<String>>,
    refused: Vec<Refused>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    paths: Vec<String>,
    why: String,
    except: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn rules() -> Rules {
    toml::from_str(&fs::read_to_string(root().join(".ci/layers.toml")).unwrap()).unwrap()
}

/// A path as written or imported. Its names start at the crate's root when `own`, else at an outside crate or a
/// name in scope.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    line: usize,
    own: bool,
    in_tests: bool,
    names: Vec<String>,
}

/// The module a file is, from the crate's root: `wire/tlv.rs` is `wire`, `tlv`.
fn module_of(file: &str) -> Vec<String> {
    let mut names: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_string).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib")) {
        names.pop();
    }
    names
}

/// Every path in the source, import groups spread out, `self` and `super` resolved.
fn paths(file: &str, source: &str) -> Vec<Named> {
    let tokens = tokens(source);
    let kind = |at: usize| tokens.get(at).map(|token| &token.kind);
    // A child module may bear an outside crate's name: `mod pcsc; pub use pcsc::Reader;`.
    let children: Vec<&String> = tokens
        .windows(2)
        .filter_map(|pair| match pair {
            [Token { kind: Kind::Word(word), .. }, Token { kind: Kind::Word(name), .. }] if word == "mod" => {
                Some(name)
            }
            _ => None,
        })
        .collect();
    let mut modules = vec![module_of(file)]; // the module at each depth of inline modules
    let mut ends = Vec::new(); // the brace depth at which each inline module ends
    let mut depth = 0_usize;
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let before = at.checked_sub(1).and_then(kind);
        let imported = before.is_some_and(|kind| is_word(kind, "use"));
        match &token.kind {
            Kind::Mark('{') => depth += 1,
            Kind::Mark('}') => {
                depth = depth.saturating_sub(1);
                if ends.last() == Some(&depth) {
                    ends.pop();
                    modules.pop();
                }
            }
            Kind::Word(word) if word == "mod" && kind(at + 2) == Some(&Kind::Mark('{')) => {
                if let Some(Kind::Word(name)) = kind(at + 1) {
                    let inner = modules.last().unwrap().iter().chain([name]).cloned().collect();
                    modules.push(inner);
                    ends.push(depth);
                    at += 1;
                }
            }
            Kind::Word(_)
                if before != Some(&Kind::Path) && (imported || kind(at + 1) == Some(&Kind::Path)) =>
            {
                let mut trees = Vec::new();
                at = tree(&tokens, at, &[], &mut trees);
                let module = modules.last().unwrap();
                found.extend(trees.into_iter().map(|mut names| {
                    if names.first().is_some_and(|first| children.contains(&first)) {
                        names.insert(0, "self".into());
                    }
                    resolve(token.line, module, &names)
                }));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn is_word(kind: &Kind, word: &str) -> bool {
    matches!(kind, Kind::Word(text) if text == word)
}

/// Reads `a::b::{c, d::e}` from `at` and returns where it ends. Anything but names and groups ends a path.
fn tree(tokens: &[Token], mut at: usize, prefix: &[String], out: &mut Vec<Vec<String>>) -> usize {
    let kind = |at: usize| tokens.get(at).map(|token| &token.kind);
    let mut names = prefix.to_vec();
    loop {
        match kind(at) {
            Some(Kind::Word(word)) => names.push(word.clone()),
            Some(Kind::Mark('{')) => {
                at += 1;
                while let Some(next) = kind(at) {
                    match next {
                        Kind::Mark('}') => return at + 1,
                        Kind::Word(_) => at = tree(tokens, at, &names, out),
                        _ => at += 1, // a comma, or `*`
                    }
                }
                return at;
            }
            _ => break,
        }
        at += 1;
        if kind(at) != Some(&Kind::Path) {
            break;
        }
        at += 1;
    }
    out.push(names);
    // `as name` inside a group would otherwise look like one more import.
    if kind(at).is_some_and(|kind| is_word(kind, "as")) { at + 2 } else { at }
}

fn resolve(line: usize, module: &[String], names: &[String]) -> Named {
    let mut base: Option<Vec<String>> = None;
    let mut rest = names;
    while let Some((first, tail)) = rest.split_first() {
        match first.as_str() {
            "crate" => base = Some(Vec::new()),
            "self" => base = Some(base.unwrap_or_else(|| module.to_vec())),
            "super" => {
                let mut up = base.unwrap_or_else(|| module.to_vec());
                up.pop();
                base = Some(up);
            }
            _ => break,
        }
        rest = tail;
    }
    let own = base.is_some();
    let in_tests = module.iter().any(|name| name == "tests");
    let names = base.unwrap_or_default().into_iter().chain(rest.iter().cloned());
    Named { line, own, in_tests, names: names.filter(|name| name != "self").collect() }
}

/// What the rules object to in one file.
fn objections(rules: &Rules, file: &str, source: &str) -> Vec<String> {
    let layer = file.trim_end_matches(".rs").split('/').next().unwrap_or_default().to_string();
    let crate_root = layer == "lib"; // it names every layer; its paths into the crate are free
    let mut faults = Vec::new();
    if !crate_root && !rules.layers.contains_key(&layer) {
        faults.push(format!("{file}: `{layer}` has no entry in .ci/layers.toml"));
    }
    for Named { line, own, in_tests, names } in paths(file, source) {
        let written = names.join("::");
        if own {
            let Some(target) = names.first().filter(|target| !crate_root && **target != layer) else {
                continue;
            };
            if !rules.layers.contains_key(target) {
                faults.push(format!("{file}:{line}: crate::{written} does not say its layer"));
            } else if !rules.layers.get(&layer).is_some_and(|allowed| allowed.contains(target)) {
                faults.push(format!("{file}:{line}: {layer} may not import {target} (crate::{written})"));
            }
            continue;
        }
        // Tests never ship, and may use what the dev-dependencies bring.
        for refused in rules.refused.iter().filter(|_| !in_tests) {
            let hit = refused.paths.iter().any(|path| begins(&written, path));
            let excepted = refused.except.iter().any(|place| {
                file.strip_prefix(place.as_str()).is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
            });
            if hit && !excepted {
                faults.push(format!("{file}:{line}: `{written}` is refused here: {}", refused.why));
            }
        }
    }
    faults
}

/// Whether `path` is `start` or leads on from it.
fn begins(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_path_keeps_to_the_layers() {
    let rules = rules();
    let src = root().join("reader-core/src");
    let mut faults = Vec::new();
    let mut seen = 0;
    for path in sources(&src) {
        let parts: Vec<_> =
            path.strip_prefix(&src).unwrap().iter().map(|part| part.to_str().unwrap()).collect();
        let source = fs::read_to_string(&path).unwrap();
        seen += paths(&parts.join("/"), &source).len();
        faults.extend(objections(&rules, &parts.join("/"), &source));
    }
    assert!(seen > 20, "only {seen} paths found: the parser has gone blind");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_layers_have_no_cycle() {
    let layers = rules().layers;
    let mut open: Vec<&String> = layers.keys().collect();
    let mut settled: Vec<&String> = Vec::new();
    while !open.is_empty() {
        let (ready, waiting): (Vec<_>, Vec<_>) =
            open.iter().partition(|layer| layers[**layer].iter().all(|below| settled.contains(&below)));
        assert!(!ready.is_empty(), "a cycle, or a name without an entry, among {waiting:?}");
        settled.extend(ready);
        open = waiting;
    }
}

#[test]
fn planted_violations_are_seen() {
    let rules = rules();
    let seen = |file: &str, source: &str| objections(&rules, file, source).len();

    // The layers, in every way a path can be written.
    assert_eq!(seen("wire/tlv.rs", "use crate::lds::FileId;"), 1);
    assert_eq!(seen("wire/tlv.rs", "use crate::{wire::tlv, lds::{FileId, com as c}};"), 2);
    assert_eq!(seen("wire/tlv.rs", "fn f(x: crate::session::Plan) {}"), 1);
    assert_eq!(seen("wire/tlv.rs", "pub(crate) use super::super::pki::Certificate;"), 1);
    assert_eq!(seen("wire/mod.rs", "use super::pki::Certificate;"), 1);
    assert_eq!(seen("wire/tlv.rs", "mod tests { fn f() { super::super::super::pki::x() } }"), 1);
    assert_eq!(seen("wire/tlv.rs", "mod tests { use super::*; } fn f() { super::super::pki::x() }"), 1);
    assert_eq!(seen("verify/mod.rs", "use crate::session;"), 1);
    assert_eq!(seen("policy/decide.rs", "macro_rules! m { () => { $crate::lds::x() } }"), 1);
    assert_eq!(seen("wire/tlv.rs", "use crate::Everything;"), 1);
    assert_eq!(seen("novel/mod.rs", ""), 1);

    // The outside.
    assert_eq!(seen("verify/mod.rs", "use std::time::{Duration, SystemTime};"), 1);
    assert_eq!(seen("verify/mod.rs", "let now = std::time::Instant::now();"), 1);
    assert_eq!(seen("capture/mod.rs", "use std::fs;"), 1);
    assert_eq!(seen("capture/mod.rs", "use std::{fmt, fs::File};"), 1);
    assert_eq!(seen("pki/crl.rs", "use p256::ecdsa::VerifyingKey;"), 1);
    assert_eq!(seen("policy/report.rs", "serde_json::to_string(x)"), 1);
    assert_eq!(seen("policy/rules.rs", "mod tests { } fn f() { toml::from_str() }"), 1);
    assert_eq!(seen("transport/traced.rs", "use pcsc::Context;"), 1);
    assert_eq!(seen("lib.rs", "use std::net::TcpStream;"), 1);
}

#[test]
fn what_is_allowed_passes() {
    let rules = rules();
    let seen = |file: &str, source: &str| objections(&rules, file, source);
    let none: Vec<String> = Vec::new();
    assert_eq!(seen("lib.rs", "pub use session::ChipSession; pub mod wire;"), none);
    assert_eq!(seen("lds/sod.rs", "use crate::wire::{Malformed, tlv::{self, Rules}}; use super::com;"), none);
    assert_eq!(
        seen("wire/der.rs", "mod tests { use super::*; use super::super::tlv; use crate::wire::oid; }"),
        none
    );
    assert_eq!(seen("wire/der.rs", "// crate::session\nconst S: &str = \"crate::session::x\";"), none);
    assert_eq!(
        seen("session/mod.rs", "fn f(d: std::time::Duration) { Self::g::<u8>(); session_time::x() }"),
        none
    );
    assert_eq!(seen("transport/pcsc.rs", "use pcsc::Context; use std::time::Instant;"), none);
    assert_eq!(seen("policy/tests.rs", "fn f() { toml::from_str() }"), none);
    assert_eq!(seen("policy/rules.rs", "mod tests { fn f() { toml::from_str() } }"), none);
    assert_eq!(seen("transport/mod.rs", "pub mod pcsc; pub use pcsc::Reader;"), none);
    assert_eq!(seen("transport/pcsc/events.rs", "use pcsc::Context;"), none);
    assert_eq!(seen("crypto/signature.rs", "use p256::ecdsa::VerifyingKey; use super::curve::Curve;"), none);
}

#[test]
fn the_lower_crates_stand_apart() {
    for (name, others) in [
        ("reader-core", ["firmware-profiles", "test-vectors", "terminal-app"]),
        ("firmware-profiles", ["reader-core", "test-vectors", "terminal-app"]),
        ("test-vectors", ["reader-core", "firmware-profiles", "terminal-app"]),
    ] {
        let text = fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        let dependencies = manifest["dependencies"].as_table().unwrap();
        for other in others {
            assert!(!dependencies.contains_key(other), "{name} depends on {other}");
        }
    }
}

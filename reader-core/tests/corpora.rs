//! Replays the fuzz seeds, and near misses of each, through the functions that the fuzz targets call.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../fuzz/src/parsers.rs"]
mod parsers;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use parsers::{ALL, Parser};

/// How many bytes one seed's near misses may cost in all; large seeds get fewer of them.
const NEAR_MISS_BYTES: usize = 400_000;

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// The seed, its beginnings, and it with single bits changed. Returns whether the seed itself is accepted.
fn replay(name: &str, parser: Parser, path: &Path) -> bool {
    let run = |bytes: &[u8], how: &str| {
        std::panic::catch_unwind(|| parser(bytes))
            .unwrap_or_else(|_| panic!("{name}: {} {how} breaks the parser", path.display()))
    };
    let seed = fs::read(path).unwrap();
    let accepted = run(&seed, "as it is");
    let misses = (NEAR_MISS_BYTES / seed.len().max(1)).clamp(8, 4_096);
    let step = (seed.len() / misses).max(1);
    for at in (0..seed.len()).step_by(step) {
        run(&seed[..at], &format!("cut to {at} bytes"));
        let mut changed = seed.clone();
        changed[at] ^= 1 << (at % 8);
        run(&changed, &format!("with bit {} of byte {at} changed", at % 8));
    }
    accepted
}

#[test]
fn every_seed_replays() {
    for (name, parser) in ALL {
        let seeds = files(&fuzz_folder().join("seeds").join(name));
        assert!(!seeds.is_empty(), "fuzz/seeds/{name} is empty");
        let accepted = seeds.iter().filter(|path| replay(name, *parser, path)).count();
        assert!(accepted > 0, "{name} accepts none of its seeds: they lead nowhere");
    }
}

#[test]
fn every_parser_has_a_target_and_every_target_a_parser() {
    let parsers: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_string()).collect();
    let names = |folder: &str, inner: fn(&Path) -> Option<String>| -> BTreeSet<String> {
        fs::read_dir(fuzz_folder().join(folder))
            .unwrap()
            .filter_map(|entry| inner(&entry.unwrap().path()))
            .collect()
    };
    let stem = |path: &Path| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    assert_eq!(names("src/bin", stem), parsers);
    assert_eq!(names("seeds", stem), parsers);
}

#[test]
fn no_parser_breaks_on_any_published_file() {
    let shared = std::env::var_os("IDTERM_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let published = files(&shared.join("vectors"));
    if published.is_empty() {
        assert!(
            std::env::var_os("REQUIRE_SHARED").is_none_or(|value| value != "1"),
            "the vectors are missing"
        );
        eprintln!("skipped, data not present: vectors");
        return;
    }
    for path in published {
        let bytes = fs::read(&path).unwrap();
        for (name, parser) in ALL {
            std::panic::catch_unwind(|| parser(&bytes))
                .unwrap_or_else(|_| panic!("{name} breaks on {}", path.display()));
        }
    }
}

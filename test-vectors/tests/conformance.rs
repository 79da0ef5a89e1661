//! `docs/CONFORMANCE.md` names every file of the collections that it speaks of. Skipped where they are not present.

#![allow(clippy::unwrap_used, reason = "a broken test may panic")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::path::Path;

const FOLDERS: [&str; 5] = ["deviation", "icao9303-11", "security-infos", "tr03110", "wycheproof"];

/// The page names a file, or all files of a beginning: `ecdh_secp*`.
fn named(page: &str, file: &str) -> bool {
    let words = page.split(|c: char| c.is_whitespace() || "`,;:|()".contains(c));
    words.map(|word| word.trim_end_matches('.')).any(|word| match word.strip_suffix('*') {
        Some(beginning) => beginning.len() > 3 && file.starts_with(beginning),
        None => word == file,
    })
}

#[test]
fn every_file_is_accounted_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = std::fs::read_to_string(root.join("docs/CONFORMANCE.md")).unwrap();
    let shared = std::env::var_os("IDTERM_SHARED").map_or_else(|| root.join("../shared"), Into::into);
    for folder in FOLDERS {
        let Ok(files) = std::fs::read_dir(shared.join("vectors").join(folder)) else {
            assert!(std::env::var_os("REQUIRE_SHARED").is_none_or(|value| value != "1"), "no {folder}");
            println!("skipped, data not present: {folder}");
            continue;
        };
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let missing: Vec<String> = names.filter(|name| name != "README.md" && !named(&page, name)).collect();
        assert!(missing.is_empty(), "docs/CONFORMANCE.md does not name {missing:?} of {folder}");
    }
}

#[test]
fn a_file_that_is_not_named_is_noticed() {
    let page = "| `kdf.json` | 6 `ecdh_secp*` | bac.json. |";
    assert!(named(page, "kdf.json") && named(page, "bac.json") && named(page, "ecdh_secp224r1_test.json"));
    assert!(!named(page, "mac.json") && !named(page, "df.json") && !named(page, "ecdh_brainpool_test.json"));
}

//! Every long value in `vectors/` stands in the shared collection that it was transcribed from. Skipped where that
//! collection is not present.

#![allow(clippy::unwrap_used, reason = "a broken test may panic")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// Values that were put together from several, or computed: they stand nowhere as one.
const COMPOSED: &[&str] = &["command", "response", "mrz_information"];

/// Transcribed from the text of 9303-11 itself (appendices H.2 and I.1), which the collection leaves out.
const FROM_THE_TEXT: &[&str] = &["dh_im", "ecdh_cam"];

/// Texts as short as this occur by chance.
const SHORT: usize = 16;

fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = std::env::var_os("IDTERM_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let vectors = folder.join("vectors");
    if vectors.join("icao9303-11").is_dir() {
        return Some(vectors);
    }
    assert!(std::env::var_os("REQUIRE_SHARED").is_none_or(|value| value != "1"), "no {}", vectors.display());
    println!("skipped, data not present: the worked examples below {}", vectors.display());
    None
}

fn missing(table: &Table, collection: &str, place: &str, out: &mut Vec<String>) -> usize {
    let mut compared = 0;
    for (field, value) in table {
        match value {
            Value::Table(inner) => compared += missing(inner, collection, &format!("{place}.{field}"), out),
            Value::Array(values) => {
                for inner in values.iter().filter_map(Value::as_table) {
                    compared += missing(inner, collection, &format!("{place}.{field}"), out);
                }
            }
            Value::String(text) if !COMPOSED.contains(&field.as_str()) => {
                let digits: String = text.split_whitespace().collect();
                let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                if hexadecimal && digits.len() >= SHORT {
                    compared += 1;
                    if !collection.contains(&digits.to_uppercase()) {
                        out.push(format!("{place}.{field}"));
                    }
                }
            }
            _ => {}
        }
    }
    compared
}

#[test]
fn no_value_was_altered_on_the_way() {
    let Some(shared) = shared() else { return };
    let mut collection = String::new();
    for folder in ["icao9303-11", "tr03110"] {
        for file in std::fs::read_dir(shared.join(folder)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "json") {
                collection += &std::fs::read_to_string(path).unwrap().to_uppercase();
            }
        }
    }
    let (mut compared, mut out) = (0, Vec::new());
    for folder in ["aa", "bac", "ca", "kdf", "mac", "pace", "sm"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(folder);
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if FROM_THE_TEXT.contains(&path.file_stem().unwrap().to_str().unwrap()) {
                continue;
            }
            let table: Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
            compared += missing(&table, &collection, &path.file_stem().unwrap().to_string_lossy(), &mut out);
        }
    }
    assert!(out.is_empty(), "not in the collection: {out:?}");
    assert!(compared > 150, "only {compared} values were compared");
}

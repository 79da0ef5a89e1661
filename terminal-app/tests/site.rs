//! `idterm site check` and `site explain`, as their users see them.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::idterm;
use serde_json::Value;
use terminal_app::config::built_in_names;

#[test]
fn every_built_in_site_is_sound_and_explained_in_every_language() {
    for name in built_in_names() {
        idterm(&["site", "check", name]).done().exits(0);
        for language in ["vi", "en"] {
            let told = idterm(&["site", "explain", name, "--lang", language]).done().exits(0).stdout;
            // A text that is missing is shown by its name.
            assert!(!told.contains("site-") && !told.contains("check-"), "{name} {language}: {told}");
            let document =
                idterm(&["site", "explain", name, "--lang", language, "--json"]).done().exits(0).stdout;
            let document: Value = serde_json::from_str(&document).unwrap();
            assert_eq!(document["name"], name);
            assert!(document["rules"].as_array().unwrap().len() > 20, "{name}");
        }
    }
}

#[test]
fn each_fault_of_a_file_is_printed_with_its_line() {
    let folder = std::env::temp_dir().join(format!("idterm-site-check-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("desk.toml");
    let text = "inherits = \"base\"\n[read]\ngruops = []\n[rules]\n\"passive.hashes\" = \"perhaps\"\n";
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let told = idterm(&["site", "check", path]).done().exits(1).stdout;
    assert!(told.contains("desk.toml:3: read.gruops: unknown field"), "{told}");
    assert!(told.contains("desk.toml:5: rules.\"passive.hashes\": \"perhaps\" is no rule"), "{told}");
    let document = idterm(&["site", "check", path, "--json"]).done().exits(1).stdout;
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["faults"].as_array().unwrap().len(), 2);
    assert_eq!((&document["faults"][0]["line"], &document["hash"]), (&Value::from(3), &Value::Null));
    // A desk does not open with such a file, and says the same.
    let refused = idterm(&["inspect", ".", "--site", path]).done().exits(2).stderr;
    assert!(refused.contains("desk.toml:3: read.gruops"), "{refused}");
    std::fs::remove_dir_all(&folder).unwrap();
}

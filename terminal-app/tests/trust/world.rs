//! The published lists, where they are at hand.

use std::path::PathBuf;

use serde_json::json;

use super::common::Folder;
use super::{Store, refused, sha256};

/// A file of the shared lists.
fn shared(name: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("IDTERM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    match std::fs::read(root.join("vectors/csca").join(name)) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            assert!(std::env::var_os("REQUIRE_SHARED").is_none(), "{name}: {error}");
            println!("skipped, data not present: {name}");
            None
        }
    }
}

/// From docs/TRUST.md, where operators find it.
fn vietnam_pin() -> String {
    let page = include_str!("../../../docs/TRUST.md");
    let line = page
        .lines()
        .map(str::trim)
        .find(|line| line.len() == 64 && line.bytes().all(|b| b.is_ascii_hexdigit()));
    line.unwrap().to_owned()
}

#[test]
fn the_way_of_the_page_from_zero_to_vietnam() {
    let Some(vietnam) = shared("vietnam/VN_CSCA_2022.cer") else { return };
    assert_eq!(sha256(&vietnam), vietnam_pin());
    let store = Store::new("zero", "");
    assert_eq!(store.trust(&["check"]).exits(1).json()["findings"][0]["finding"], "empty");
    store.add("VN_CSCA_2022.cer", &vietnam, &["--pin", &vietnam_pin()]).exits(0);
    let anchor = &store.anchors()[0];
    assert_eq!(
        (&anchor["country"], &anchor["key"], &anchor["verified_by"]),
        (&json!("VN"), &json!("brainpoolP512r1"), &json!("pinned"))
    );
    assert!(anchor["not_after"].as_str().unwrap().starts_with("2037-10-01"), "{anchor}");
    // The second way of comparing: it stands in a list that Germany signed.
    let (Some(germany), Some(list)) =
        (shared("anchors/DE_CSCA07.cer"), shared("masterlists/DE_ML_2026-05-28.ml"))
    else {
        return;
    };
    let trying = Store::new("trying", "[introduce]\nlists_signed_by = [\"DE\"]\n");
    let unknown = trying.add("DE.ml", &list, &[]).exits(1);
    assert_eq!(refused(&unknown).len(), 1, "{unknown}");
    trying.add("DE_CSCA07.cer", &germany, &[]).exits(0);
    trying.add("DE.ml", &list, &[]).exits(0);
    assert!(trying.anchors().iter().any(|anchor| anchor["sha256"] == vietnam_pin()));
    // A list of a country that is trusted by now and not named stays out.
    if let Some(dutch) = shared("masterlists/NL_ML_2026-07-22.ml") {
        assert_eq!(refused(&trying.add("NL.ml", &dutch, &[]).exits(1)), ["R1841"]);
    }
    // Another authority of the same country: nobody's list here, and no false one.
    if let Some(other) = shared("../crl/EE_spoc.crl") {
        assert_eq!(refused(&trying.add("EE_spoc.crl", &other, &[]).exits(1)), ["R1813"]);
    }
    let narrow = Store::new("narrow", "[introduce]\ncountries = [\"VN\", \"DE\"]\n");
    narrow.add("DE_CSCA07.cer", &germany, &[]).exits(0);
    narrow.add("DE.ml", &list, &[]).exits(0);
    let countries: Vec<String> =
        narrow.anchors().iter().map(|anchor| anchor["country"].as_str().unwrap_or("-").to_owned()).collect();
    assert!(
        countries.len() > 3 && countries.iter().all(|country| country == "VN" || country == "DE"),
        "{countries:?}"
    );
    // The whole of it travels as one file.
    let folder = Folder::new("world-key");
    let (key, file) = (folder.join("key.pem"), folder.join("store.snapshot"));
    let signer = trying.trust(&["key", "new", &key]).exits(0).json()["sha256"].as_str().unwrap().to_owned();
    trying.trust(&["export", &file, "--key", &key]).exits(0);
    let terminal = Store::new("terminal", "");
    let taken = terminal.trust(&["import", &file, "--signer", &signer]).exits(0).json();
    assert_eq!((&taken["added"], &taken["refused"]), (&json!(trying.anchors().len()), &json!([])));
}

//! Captures on disk: what was kept is proved again, at any day, under the names of other tools too.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::document::assert_report;
use common::{Folder, GOOD_NUMBER, check, idterm, now, reasons, trust_store};
use reader_core::evidence::CheckId;
use serde_json::{Value, json};
use test_vectors::persona;

#[test]
fn a_kept_capture_is_proved_again_without_what_only_the_terminal_saw() {
    let folder = Folder::new("kept");
    let store = trust_store(&folder);
    let (kept, read) = (folder.join("kept"), folder.join("read"));
    let live = [
        "verify",
        "--reader",
        "sim:good",
        "--number",
        GOOD_NUMBER,
        "--trust",
        &store,
        "--keep",
        &kept,
        "--json",
    ];
    let live = idterm(&live).done().exits(0).json();
    let words = [
        "read",
        "--reader",
        "sim:good",
        "--number",
        GOOD_NUMBER,
        "--trust",
        &store,
        "--out",
        &read,
        "--json",
    ];
    let listed = idterm(&words).done().exits(0).json();
    assert_eq!(listed["simulated"], json!(["chip"]));
    let names: BTreeSet<String> =
        fs::read_dir(&kept).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    for name in ["EF.CardAccess.bin", "EF.SOD.bin", "DG1.bin", "DG2.bin", "DG13.bin", "DG14.bin", "DG15.bin"]
    {
        assert!(names.contains(name), "{name} in {names:?}");
        assert_eq!(
            fs::read(Path::new(&kept).join(name)).unwrap(),
            fs::read(Path::new(&read).join(name)).unwrap()
        );
    }
    for dir in [&kept, &read] {
        let capture: Value =
            serde_json::from_str(&fs::read_to_string(Path::new(dir).join("capture.json")).unwrap()).unwrap();
        assert_eq!(capture["schema"], "idterm.capture/1");
        assert_eq!(capture["simulated"], json!(["chip"]));
        assert!(capture["active_authentication"]["challenge"].as_str().is_some_and(|hex| hex.len() == 16));
        for words in [
            vec!["inspect", dir, "--number", GOOD_NUMBER, "--trust", &store, "--json"],
            vec![
                "verify",
                "--reader",
                &format!("capture:{dir}"),
                "--number",
                GOOD_NUMBER,
                "--trust",
                &store,
                "--json",
            ],
        ] {
            let done = idterm(&words).done().exits(0);
            let again = done.json();
            assert_report(&again);
            for id in CheckId::ALL.iter().map(|check| check.as_str()) {
                if id.starts_with("passive.") || id.starts_with("validity.") || id.starts_with("consistency.")
                {
                    assert_eq!(check(&again, id), check(&live, id), "{id}");
                }
                if id.starts_with("access.") {
                    assert_ne!(check(&again, id)["outcome"], "confirmed", "{id}");
                }
            }
            assert_eq!(check(&again, "chip.chip_authentication")["outcome"], "not_performed", "{done}");
            let active = check(&again, "chip.active_authentication");
            assert_eq!(
                (&active["outcome"], &active["witness"]),
                (&json!("confirmed"), &json!("anyone")),
                "{done}"
            );
            assert_eq!(again["holder"], live["holder"]);
            assert!(again["link"].is_null(), "{done}");
            assert_eq!(again["simulated"], json!(["chip"]), "it stays known: {done}");
        }
    }
    // A signature that was changed proves nothing.
    let path = Path::new(&kept).join("capture.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut capture: Value = serde_json::from_str(&text).unwrap();
    capture["active_authentication"]["challenge"] = json!("0000000000000000");
    fs::write(&path, capture.to_string()).unwrap();
    let report = idterm(&["inspect", &kept, "--number", GOOD_NUMBER, "--trust", &store, "--json"])
        .done()
        .exits(3)
        .json();
    assert_eq!(check(&report, "chip.active_authentication")["outcome"], "refuted");
    // Without the traces the chip is unproved, and the site refers for that.
    fs::remove_file(&path).unwrap();
    let report = idterm(&["inspect", &kept, "--number", GOOD_NUMBER, "--trust", &store, "--json"])
        .done()
        .exits(4)
        .json();
    assert!(reasons(&report).iter().any(|(_, check)| check == "genuine_chip"), "{:?}", reasons(&report));
    assert_eq!(check(&report, "passive.hashes")["outcome"], "confirmed");
}

#[test]
fn a_capture_is_judged_at_any_day() {
    let folder = Folder::new("at");
    let store = trust_store(&folder);
    let out = folder.join("out");
    idterm(&["read", "--reader", "sim:good", "--number", GOOD_NUMBER, "--out", &out, "--quiet"])
        .done()
        .exits(0);
    let last = persona::find("good").unwrap().dates(now()).expires;
    for (day, outcome) in [(last, "confirmed"), (last.plus_days(1), "refuted")] {
        let at = format!("{:04}-{:02}-{:02}", day.year, day.month, day.day);
        let done = idterm(&["inspect", &out, "--at", &at, "--trust", &store, "--json"]).done();
        assert_eq!(check(&done.json(), "validity.document")["outcome"], outcome, "{at}: {done}");
    }
}

#[test]
fn folders_of_other_tools_are_understood() {
    let folder = Folder::new("names");
    let store = trust_store(&folder);
    let out = folder.join("out");
    idterm(&["read", "--reader", "sim:good", "--number", GOOD_NUMBER, "--out", &out, "--quiet"])
        .done()
        .exits(0);
    for names in [
        [
            ("EF.SOD.bin", "EF_SOD.bin"),
            ("DG1.bin", "EF_DG1.bin"),
            ("DG2.bin", "EF_DG2.BIN"),
            ("DG13.bin", "ef_dg13.bin"),
        ],
        [
            ("EF.SOD.bin", "SOD.bin"),
            ("DG1.bin", "Datagroup1.bin"),
            ("DG2.bin", "datagroup2.bin"),
            ("DG13.bin", "DG13.bin"),
        ],
    ] {
        let other = Folder::new("other-tool");
        for (ours, theirs) in names {
            other.write(theirs, fs::read(Path::new(&out).join(ours)).unwrap());
        }
        let dir = other.path().to_str().unwrap();
        let done = idterm(&["inspect", dir, "--number", GOOD_NUMBER, "--trust", &store, "--json"]).done();
        let report = done.json();
        for id in [
            "passive.sod_signature",
            "passive.signer_chain",
            "consistency.dg1_dg13",
            "consistency.presented_dg1",
        ] {
            assert_eq!(check(&report, id)["outcome"], "confirmed", "{id}: {done}");
        }
        assert_eq!(report["holder"]["number"], GOOD_NUMBER);
        assert_eq!(report["simulated"], json!([]), "nothing there says so");
    }
    let twice = Folder::new("twice");
    for name in ["EF.SOD.bin", "SOD.bin"] {
        twice.write(name, "x");
    }
    let done = idterm(&["inspect", twice.path().to_str().unwrap(), "--json"]).done();
    assert!(done.error("E1006")["text"].as_str().unwrap().contains("both EF.SOD"), "{done}");
}

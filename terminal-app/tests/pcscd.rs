//! The real PC/SC stack: a pcscd with the virtual reader, simulated chips in it, and `idterm` reading them.
//!
//! One test, since one reader holds one card. It uses the pcscd that runs, or starts one where it may; `cargo xtask test`
//! sees to that, and sets `IDTERM_TEST_PCSCD` where nothing may be skipped.
#![cfg(all(feature = "simulator", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that may say it was skipped, and times")]

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::pcscd::{READER, address, chip, ready_or_skip, row, settled, verify};
use common::{Folder, GOOD_NUMBER, check, idterm, now, reasons, trust_store, zone};
use serde_json::{Value, json};
use test_vectors::chip::Fault;
use test_vectors::foreign;
use test_vectors::persona;
use test_vectors::vpcd::Inserted;

fn insert(persona: &str, faults: &[Fault]) -> Inserted {
    Inserted::new(address(), chip(persona, faults)).unwrap()
}

#[test]
fn through_the_real_service() {
    let Some(service) = ready_or_skip() else { return };
    let folder = Folder::new("pcscd");
    let store = trust_store(&folder);
    readers_are_listed();
    nobody_comes();
    sound_cards_pass(&store);
    defects_are_told(&store);
    wrong_cards_are_named(&store);
    a_late_card_is_waited_for(&store);
    a_card_that_comes_back_is_read_on(&store);
    a_card_taken_away_is_noticed(&folder, &store);
    a_reading_is_kept_and_proved_again(&folder, &store);
    no_secret_is_left_behind(&folder, &store);
    drop(service);
}

fn readers_are_listed() {
    settled(false);
    let empty = row();
    for key in ["name", "card", "atr", "in_use", "profile", "because", "limits", "quirks"] {
        assert!(empty.get(key).is_some(), "{key} in {empty}");
    }
    assert_eq!((&empty["card"], &empty["atr"]), (&json!(false), &Value::Null));
    assert!(empty["profile"].is_string() && empty["limits"]["max_command_bytes"].is_u64(), "{empty}");
    let inserted = insert("good", &[]);
    settled(true);
    assert!(row()["atr"].as_str().is_some_and(|atr| atr.starts_with("3B")), "{}", row());
    let people = idterm(&["readers", "--lang", "vi"]).done().exits(0);
    assert!(people.stdout.contains(READER), "{people}");
    drop(inserted);
    settled(false);
}

fn nobody_comes() {
    let done = idterm(&["verify", "--reader", "Omnikey 9", "--number", GOOD_NUMBER, "--json"]).done();
    let error = done.error("E1002");
    let text = error["text"].as_str().unwrap();
    assert!(text.contains("Omnikey 9") && text.contains(READER), "it names what is there: {done}");
    let started = Instant::now();
    let done = verify(&["--number", GOOD_NUMBER, "--wait-s", "1"]);
    assert!(done.error("E1003")["text"].as_str().unwrap().contains(READER), "{done}");
    assert!((1..8).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    assert!(!done.all().contains(GOOD_NUMBER), "{done}");
}

fn sound_cards_pass(store: &str) {
    for (persona, access) in [("good", ["--number", GOOD_NUMBER]), ("good-bac", ["--mrz", &zone("good-bac")])]
    {
        let inserted = insert(persona, &[]);
        settled(true);
        let started = Instant::now();
        let done = verify(&[&access[..], &["--trust", store]].concat()).exits(0);
        let report = done.json();
        assert_eq!(report["verdict"], "accept", "{done}");
        assert_eq!(report["simulated"], json!(["chip"]), "a card in the virtual reader is none: {done}");
        assert_eq!(check(&report, "chip.chip_authentication")["outcome"], "confirmed", "{done}");
        assert!(report["link"]["apdus"].as_u64().unwrap() <= 112, "{done}");
        println!(
            "{persona}: {} APDUs, {} ms on the link, {:?} in all",
            report["link"]["apdus"],
            report["link"]["ms"],
            started.elapsed()
        );
        drop(inserted);
        settled(false);
    }
}

fn defects_are_told(store: &str) {
    for (name, status, code) in [
        ("changed-dg2-byte", 3, "R1206"),
        ("cloned-without-key", 3, "R1101"),
        ("untrusted-csca", 4, "R1203"),
        ("another-persons-card", 3, "R1304"),
    ] {
        let number = persona::find(name).unwrap().access(now()).number.unwrap();
        let inserted = insert(name, &[]);
        settled(true);
        let done = verify(&["--number", &number, "--trust", store]).exits(status);
        let found = reasons(&done.json());
        assert!(found.iter().any(|(reason, _)| reason == code), "{name}: {found:?}");
        drop(inserted);
        settled(false);
    }
}

/// Through the service: what a reader says of a card, and what the card answers.
fn wrong_cards_are_named(store: &str) {
    for name in ["bank-card", "transit-card", "classic-card", "phone", "other-id-card", "deactivated-card"] {
        let foreign = foreign::find(name).unwrap();
        let inserted = Inserted::new(address(), foreign.card(7)).unwrap();
        settled(true);
        let done = verify(&["--number", GOOD_NUMBER, "--trust", store]).exits(1);
        let error = done.error("E1020");
        assert_eq!(error["reason"], foreign.reason, "{name}: {done}");
        assert_eq!(error["certainty"] == "surely", foreign.surely, "{name}: {done}");
        assert!(!done.all().contains(GOOD_NUMBER), "{done}");
        drop(inserted);
        settled(false);
    }
}

fn a_late_card_is_waited_for(store: &str) {
    let coming = thread::spawn(|| {
        thread::sleep(Duration::from_millis(1_500));
        insert("good", &[])
    });
    let started = Instant::now();
    let done = verify(&["--number", GOOD_NUMBER, "--trust", store, "--wait-s", "15"]).exits(0);
    assert!(started.elapsed() >= Duration::from_millis(1_400), "{done}");
    assert!(done.stderr.contains("Lay the card"), "who waits is told: {done}");
    drop(coming.join().unwrap());
    settled(false);
}

/// Torn out in the middle of DG2 and put back by itself: the reading goes on, and the report says so.
fn a_card_that_comes_back_is_read_on(store: &str) {
    let inserted = insert("good", &[Fault::TornAt { exchange: 60 }]);
    settled(true);
    let done = verify(&["--number", GOOD_NUMBER, "--trust", store]).exits(0);
    let report = done.json();
    assert!(done.stderr.contains("Put it back"), "who took it is told: {done}");
    let notes = &check(&report, "access.pace")["notes"];
    assert_eq!(notes, &json!(["R1041"]), "{done}");
    let interruptions = report["link"]["interruptions"].as_array().unwrap();
    assert!(!interruptions.is_empty() && interruptions.iter().all(|one| one["resumed"] == true), "{done}");
    assert_eq!(interruptions[0]["after_apdus"], 60, "{done}");
    assert!(report["link"]["apdus"].as_u64().unwrap() <= 112 + 11 * interruptions.len() as u64, "{done}");
    settled(true);
    drop(inserted);
    settled(false);
}

fn a_card_taken_away_is_noticed(folder: &Folder, store: &str) {
    let site = folder.join("impatient.toml");
    std::fs::write(&site, "inherits = \"base\"\n[read]\nwait_for_card_s = 0\n").unwrap();
    for exchange in [3, 12, 60] {
        let inserted = insert("good", &[Fault::TornAt { exchange }]);
        settled(true);
        let done = verify(&["--number", GOOD_NUMBER, "--trust", store, "--site", &site]);
        match done.status {
            Some(1) => {
                done.error("E1004");
            }
            Some(4) => {
                let report = done.json();
                let aborted =
                    report["checks"].as_array().unwrap().iter().any(|one| one["outcome"] == "aborted");
                assert!(aborted, "{exchange}: {done}");
            }
            _ => panic!("torn at {exchange}: {done}"),
        }
        // It comes back by itself; only then is it taken out for good.
        settled(true);
        drop(inserted);
        settled(false);
    }
}

fn a_reading_is_kept_and_proved_again(folder: &Folder, store: &str) {
    let out = folder.join("capture");
    let inserted = insert("good", &[]);
    settled(true);
    let words = ["read", "--reader", READER, "--number", GOOD_NUMBER, "--out", &out, "--json"];
    let read = idterm(&words).done().exits(0).json();
    assert_eq!(read["simulated"], json!(["chip"]), "{read}");
    drop(inserted);
    settled(false);
    let words = ["inspect", &out, "--number", GOOD_NUMBER, "--trust", store, "--json"];
    let report = idterm(&words).done().exits(0).json();
    assert_eq!(report["simulated"], json!(["chip"]), "{report}");
    assert_eq!(report["holder"]["number"], GOOD_NUMBER);
}

/// The keys of the very sessions of the program, which the chip here shares with it, are in nothing that it leaves.
fn no_secret_is_left_behind(folder: &Folder, store: &str) {
    for (persona, access, torn) in [
        ("good", ["--number", GOOD_NUMBER], false),
        ("good", ["--number", GOOD_NUMBER], true),
        ("good-bac", ["--mrz", &zone("good-bac")], false),
    ] {
        let kept = folder.join(&format!("kept-{persona}-{torn}"));
        let chip = chip(persona, if torn { &[Fault::TornAt { exchange: 50 }] } else { &[] });
        let memory = chip.memory();
        let inserted = Inserted::new(address(), chip).unwrap();
        settled(true);
        let words =
            [&["verify", "--reader", READER, "--json", "--trust", store, "--keep", &kept], &access[..]];
        let done = idterm(&words.concat()).env("RUST_LOG", "trace").done().exits(0);
        let keys = memory.known().iter().filter(|one| one.what.starts_with("authentication key of")).count();
        assert!(keys >= 2, "access and chip authentication: {keys}");
        assert_eq!(memory.found_in(done.all().as_bytes()), Vec::<String>::new(), "{done}");
        common::left::assert_clean_folder(&memory, kept.as_ref(), persona);
        settled(true);
        drop(inserted);
        settled(false);
    }
}

//! The promises of speed: counts of commands and modelled link times are the same on every machine.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::fs;
use std::path::Path;

use common::idterm;
use serde_json::Value;
use test_vectors::model::{FIGURES, Figures, MINIMUM_EXTENDED, MINIMUM_SHORT};

const RATES: [&str; 4] = ["106", "212", "424", "848"];

fn row<'a>(bench: &'a Value, name: &str) -> &'a Value {
    let rows = |key: &str| bench[key].as_array().unwrap().iter();
    rows("strategies")
        .chain(rows("minimum"))
        .find(|row| row["name"] == name)
        .unwrap_or_else(|| panic!("{name}"))
}

fn ms(row: &Value, of: &str, rate: &str) -> f64 {
    row[of][rate].as_f64().unwrap()
}

/// Within 3 % of the model's least, at all four bit rates.
fn assert_near_least(row: &Value, least: &Figures) {
    for (rate, least_us) in RATES.into_iter().zip(least.total_us) {
        let (ours_ms, least_ms) = (ms(row, "modelled_ms", rate), f64::from(least_us) / 1000.0);
        assert!(ours_ms <= least_ms * 1.03, "{} at {rate}: {ours_ms} ms, least {least_ms} ms", row["name"]);
    }
}

#[test]
fn a_full_read_takes_as_few_commands_and_as_little_time_as_promised() {
    let bench = idterm(&["bench", "--json"]).done().exits(0).json();
    let (short, unsigned, extended) =
        (row(&bench, "ours-short"), row(&bench, "ours-short-ca-only"), row(&bench, "ours-extended"));
    assert_eq!(short["apdus"], 109);
    // DG15 has seven bytes fewer than the model's: one block of the cipher.
    assert_eq!(short["air_bytes"], MINIMUM_SHORT.air_bytes - 16);
    assert_eq!(unsigned["apdus"], 107);
    assert_eq!(extended["apdus"], 21, "with EF.ATR/INFO");
    assert_near_least(short, &MINIMUM_SHORT);
    assert_near_least(unsigned, &MINIMUM_SHORT);
    assert_near_least(extended, &MINIMUM_EXTENDED);
    for ours in [short, unsigned, extended] {
        assert!(ms(ours, "proved_text_ms", "424") <= 1050.0, "{ours}");
    }
}

#[test]
fn the_peers_are_what_the_model_says_of_them() {
    let bench = idterm(&["bench", "--json"]).done().exits(0).json();
    for figures in
        FIGURES.iter().filter(|figures| !["min-short", "hybrid", "min-ext64k"].contains(&figures.name))
    {
        let peer = row(&bench, figures.name);
        assert_eq!(peer["apdus"], figures.apdus, "{}", figures.name);
        assert_eq!(peer["air_bytes"], figures.air_bytes, "{}", figures.name);
        for (at, rate) in RATES.into_iter().enumerate() {
            for (of, us) in [("modelled_ms", figures.total_us[at]), ("proved_text_ms", figures.text_us[at])] {
                let off_ms = (ms(peer, of, rate) - f64::from(us) / 1000.0).abs();
                assert!(off_ms < 0.6, "{} {of} at {rate}: {off_ms} ms off", figures.name);
            }
        }
    }
}

#[test]
fn the_page_is_what_the_program_prints() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/PERFORMANCE.md");
    let printed = idterm(&["bench", "--markdown"]).done().exits(0).stdout;
    assert!(
        fs::read_to_string(page).unwrap() == printed,
        "run `idterm bench --markdown > docs/PERFORMANCE.md`"
    );
}

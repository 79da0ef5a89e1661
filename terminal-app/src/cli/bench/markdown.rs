//! `docs/PERFORMANCE.md`, made from the rows. English, as all of `docs`.

use std::fmt::Write;

use test_vectors::model::{BIT_RATES, FIGURES, Figures, MINIMUM_EXTENDED, MINIMUM_SHORT};

use super::Row;

const RATES: [&str; 4] = ["106", "212", "424", "848"];

const HEAD: &str = "\
# How fast a card is read

Made by `idterm bench --markdown`; a test keeps this page equal to what it prints. Seconds are **modelled**: byte counts are exact for ISO/IEC 7816-4, 14443-4
and secure messaging, times are parameters (`reader-core/src/session/link_model.rs`). No time on this page was measured on a radio link.

Files, in bytes: EF.CardAccess 60, EF.SOD 2,000, DG1 95, DG2 18,000, DG13 1,000, DG14 400, DG15 100 (93 on the simulated card, whose key needs no more). PACE
with AES, chip and active authentication in every row unless it says otherwise. \"Text\" is the moment when EF.SOD, DG1 and DG13 are there: from then on the printed data can be proved and shown.

`ours` is the program itself against the simulated chip. The others are computed from what their sources do (`terminal-app/src/cli/bench/peers.rs`), with the
proofs of the chip added where a program leaves them out, so that like stands beside like.

";

/// The whole page.
pub(super) fn page(rows: &[Row], minimum: &[Row]) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| strategy | | APDUs | bytes on air | s at 106k | 212k | 424k | 848k | text at 424k |\n");
    page.push_str("|---|---|---:|---:|---:|---:|---:|---:|---:|\n");
    for row in rows.iter().chain(minimum) {
        let seconds: Vec<String> = RATES.iter().map(|rate| seconds(of(&row.modelled_ms, rate))).collect();
        let text = seconds_of_text(row);
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {text} |",
            row.name,
            row.how,
            row.apdus,
            row.air_bytes,
            seconds.join(" | ")
        );
    }
    page.push_str("\n`ours-short-ca-only` leaves active authentication out once chip authentication has succeeded. `ours-extended` reads EF.ATR/INFO, on a chip \
         that declares\nbuffers of 65,535 bytes, and is one command above `hybrid` of the model for it.\n\n## Beside the least that the model allows\n\n");
    page.push_str("| | APDUs | at 106k | 212k | 424k | 848k |\n|---|---:|---:|---:|---:|---:|\n");
    for (name, least) in [("ours-short", &MINIMUM_SHORT), ("ours-extended", &MINIMUM_EXTENDED)] {
        if let Some(row) = rows.iter().find(|row| row.name == name) {
            let _ = writeln!(
                page,
                "| {name} against {} | {} / {} | {} |",
                least.name,
                row.apdus,
                least.apdus,
                beyond(row, least).join(" | ")
            );
        }
    }
    let _ = writeln!(
        page,
        "\nThe least is what `link_model.py` prints for its {} strategies; `min-ext64k` uses extended commands without having asked whether the chip takes \
         them.\n\n## What a lost card costs\n\nAfter one loss the total grows by at most the access sequence and one part of a file: with PACE EF.CardAccess, five commands of PACE, \
         SELECT and two of\nchip authentication, and the interrupted command, so 10 in all; with BAC 7. `reader-core/tests/resume.rs` tears the card away at every exchange and counts.",
        FIGURES.len()
    );
    page
}

/// By how much the row exceeds the model's least, at each bit rate.
fn beyond(row: &Row, least: &Figures) -> Vec<String> {
    RATES
        .iter()
        .zip(least.total_us)
        .take(BIT_RATES.len())
        .map(|(rate, us)| {
            let tenths = (of(&row.modelled_ms, rate) * 1_000_000).div_euclid(u64::from(us).max(1));
            let over = i64::try_from(tenths).unwrap_or(i64::MAX) - 1_000;
            format!("{}{}.{} %", if over < 0 { "−" } else { "+" }, over.abs() / 10, over.abs() % 10)
        })
        .collect()
}

fn of(by_rate: &std::collections::BTreeMap<&'static str, u64>, rate: &str) -> u64 {
    by_rate.get(rate).copied().unwrap_or_default()
}

fn seconds_of_text(row: &Row) -> String {
    seconds(of(&row.proved_text_ms, "424"))
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

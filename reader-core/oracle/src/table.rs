//! Figures as a table.

use std::time::Duration;

/// One measurement.
pub struct Row {
    /// What was measured.
    pub what: String,
    /// CPU time here.
    pub ours: Duration,
    /// CPU time of OpenSSL.
    pub theirs: Duration,
}

/// Prints rows as Markdown: times, the ratio, and ours as a multiple of the reference computation.
pub fn print(title: &str, rows: &[Row], reference: Duration) {
    println!("\n### {title}\n");
    println!("| what | here, µs | OpenSSL, µs | ratio | here, × reference |");
    println!("|---|---:|---:|---:|---:|");
    for row in rows {
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        println!(
            "| {} | {:.1} | {:.1} | {:.2} | {:.5} |",
            row.what,
            micros(row.ours),
            micros(row.theirs),
            row.ours.as_secs_f64() / row.theirs.as_secs_f64(),
            row.ours.as_secs_f64() / reference.as_secs_f64()
        );
    }
}

//! The gates of `cargo xtask test`: each runs, whatever the others say, and a table ends it.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::needs::Scope;
use crate::pcscd;
use crate::shell::{self, Outcome};
use crate::{deny, house, setup};

type Gate = (&'static str, fn() -> Outcome);

/// Cheap ones first, so that a slip shows early.
const GATES: [Gate; 9] = [
    ("set-up", || setup::run(Scope::Test)),
    ("format", format),
    ("house", house::run),
    ("lint", lint),
    ("variants", variants),
    ("licences", deny::licences),
    ("advisories", deny::advisories),
    ("layering", layering),
    ("tests", tests),
];

/// Runs every gate and prints the table.
pub fn run_all() -> ExitCode {
    let mut rows: Vec<(&str, Outcome, Duration)> = Vec::new();
    for (name, gate) in GATES {
        eprintln!("\n== {name}");
        let started = Instant::now();
        let outcome = gate();
        if outcome.is_failure() {
            eprintln!("{name}: {outcome}");
        }
        rows.push((name, outcome, started.elapsed()));
    }
    println!();
    for (name, outcome, took) in &rows {
        println!("{name:<11}{:<9}{:>7.1} s  {}", outcome.word(), took.as_secs_f32(), outcome.note());
    }
    let total: Duration = rows.iter().map(|(_, _, took)| *took).sum();
    let failed = rows.iter().filter(|(_, outcome, _)| outcome.is_failure()).count();
    println!("{:<20}{:>7.1} s  {failed} of {} gates failed", "", total.as_secs_f32(), rows.len());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// rustfmt, over the workspaces of fuzz targets and comparison too.
pub fn format() -> Outcome {
    Outcome::all([
        shell::run(shell::cargo().args(["fmt", "--all", "--check"])),
        shell::run(shell::cargo().args(["fmt", "--manifest-path", "reader-core/fuzz/Cargo.toml", "--check"])),
        shell::run(shell::cargo().args([
            "fmt",
            "--manifest-path",
            "reader-core/oracle/Cargo.toml",
            "--check",
        ])),
    ])
}

/// Every warning of compiler and clippy is an error, in tests too.
pub fn lint() -> Outcome {
    let mut clippy = shell::cargo();
    clippy.args([
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--keep-going",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]);
    shell::run(&mut clippy)
}

/// What goes to the field has no simulator, and a server has no window: both must still build.
fn variants() -> Outcome {
    let check = |args: &[&str]| {
        let mut command = shell::cargo();
        command.args(["check", "--locked", "--quiet"]).args(args);
        shell::run(&mut command)
    };
    Outcome::all([
        check(&["--package", "terminal-app", "--no-default-features", "--features", "kiosk"]),
        check(&["--package", "terminal-app", "--no-default-features", "--features", "simulator"]),
        check(&["--package", "reader-core", "--no-default-features"]),
        lock_is_current("reader-core/fuzz/Cargo.toml"),
        lock_is_current("reader-core/oracle/Cargo.toml"),
    ])
}

/// The lock file of a package outside the workspace follows the crates of the workspace that it builds on.
fn lock_is_current(manifest: &str) -> Outcome {
    let mut command = shell::cargo();
    command.args(["update", "--workspace", "--locked", "--quiet", "--manifest-path", manifest]);
    shell::run(&mut command)
}

/// Who may import whom. By test name in the whole workspace, so that nothing is built twice.
pub fn layering() -> Outcome {
    shell::run(shell::cargo().args(["test", "--locked", "--quiet", "--workspace", "--test", "layering"]))
}

/// Every test, the fuzz corpora's replay among them, with PC/SC behind them where that can be.
fn tests() -> Outcome {
    let mut command = shell::cargo();
    command.args(["test", "--locked", "--workspace", "--no-fail-fast"]);
    match pcscd::ready() {
        Ok(service) => {
            service.tell(&mut command);
            let note = Outcome::Passed(format!("with {}", service.origin()));
            Outcome::all([shell::run(&mut command), note])
        }
        Err(why) => {
            eprintln!("tests: without PC/SC: {why}");
            let note = format!("without PC/SC: {why}");
            let without = if shell::strict() { Outcome::Failed(note) } else { Outcome::Skipped(note) };
            Outcome::all([shell::run(&mut command), without])
        }
    }
}

//! One entry for laptop and server: set-up of a bare machine, the demonstration, every gate, fuzzing.
//!
//! It depends on the standard library alone, so that it builds in seconds on a machine that has nothing yet.
#![allow(clippy::print_stdout, clippy::print_stderr)] // it talks to a person at a terminal

mod compare;
mod demo;
mod deny;
mod fhir;
mod fuzz;
mod gates;
mod house;
mod needs;
mod pcscd;
mod rust_source;
mod setup;
mod shell;

use std::process::ExitCode;

use needs::Scope;
use shell::Outcome;

const HELP: &str = "\
cargo xtask COMMAND

  demo [-- ARGS]   installs what the machine lacks, builds, and runs `idterm demo ARGS`
  test             the same set-up, then every gate; keeps going and ends with a table
  setup            only the set-up, for building, running and testing
  fuzz [--seconds N] [--list] [TARGET…]
                   fuzzes each parser for N seconds (default 60), from the committed seeds

  compare          signature checks beside OpenSSL, and opening a large store, as Markdown
  seeds            writes the fuzz seeds that come from the simulator's cards
  pcscd COMMAND…   runs COMMAND with the PC/SC service and its virtual reader up, as `test` does

Single gates of `test`:
  fmt              format
  lint             compiler and clippy warnings, all targets
  deny             licences, bans, sources, advisories
  layering         who may import whom inside reader-core
  house            file length, site words, machine paths, reason codes, language files

REQUIRE_SHARED=1   a test whose data is missing fails instead of being skipped
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let outcome = match args.first().map(String::as_str) {
        Some("demo") => return demo::run(rest),
        Some("test") => return gates::run_all(),
        Some("fuzz") => fuzz::run(rest),
        Some("compare") => compare::run(),
        Some("pcscd") => pcscd::around(rest),
        Some("seeds") => shell::run(shell::cargo().args([
            "run",
            "--quiet",
            "--package",
            "reader-core",
            "--example",
            "fuzz_seeds",
        ])),
        Some("setup") => setup::run(Scope::Test),
        Some("fmt") => gates::format(),
        Some("lint") => gates::lint(),
        Some("deny") => Outcome::all([deny::licences(), deny::advisories()]),
        Some("layering") => gates::layering(),
        Some("house") => house::run(),
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Some(other) => {
            eprintln!("xtask: no command `{other}`\n\n{HELP}");
            return ExitCode::from(2);
        }
        None => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    eprintln!("xtask: {outcome}");
    if outcome.is_failure() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

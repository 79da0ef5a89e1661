//! The demonstration: set-up, build, run.

use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::needs::Scope;
use crate::{setup, shell};

/// Builds `idterm` in the demo profile and runs `idterm demo`; its exit status is ours.
pub fn run(args: &[String]) -> ExitCode {
    let started = Instant::now();
    let ready = setup::run(Scope::Demo);
    if ready.is_failure() {
        // A machine may have what the probes do not see: the build itself is the judge.
        eprintln!("set-up: {}", ready.note());
    }
    let mut build = shell::cargo();
    build.args(["build", "--locked", "--profile", "demo", "--package", "terminal-app", "--bin", "idterm"]);
    let built = shell::run(&mut build);
    if built.is_failure() {
        eprintln!("demo: {}", built.note());
        return ExitCode::FAILURE;
    }
    eprintln!("demo: built in {:.0} s", started.elapsed().as_secs_f32());

    let program = shell::target_folder().join("demo").join(format!("idterm{}", std::env::consts::EXE_SUFFIX));
    // The first `--` only separates; what stands before it belongs to `idterm demo` too.
    let split = args.iter().position(|arg| arg == "--");
    let (before, after) = args.split_at(split.unwrap_or(args.len()));
    let mut demo = Command::new(program);
    demo.current_dir(shell::root()).arg("demo").args(before).args(after.iter().skip(1));
    eprintln!("  $ {}", shell::line(&demo));
    match demo.status() {
        Ok(status) => {
            status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => {
            eprintln!("demo: idterm could not be started: {error}");
            ExitCode::FAILURE
        }
    }
}

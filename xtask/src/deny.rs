//! Licences, sources, bans and advisories, judged by cargo-deny after `.ci/deny.toml`.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::shell::{self, Outcome};

/// The version that is installed where none is; any other that is there already will do.
const VERSION: &str = "0.20.2";

/// How long the advisory database may take to arrive.
const FETCH_LIMIT: Duration = Duration::from_secs(180);

/// Licences, bans and sources; needs no network once the crates are there.
pub fn licences() -> Outcome {
    let program = match program() {
        Ok(program) => program,
        Err(outcome) => return outcome,
    };
    let mut command = check(&program);
    command.args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"]);
    eprintln!("  $ {}", shell::line(&command));
    match shell::capture(&mut command) {
        Some((true, text)) => {
            let twice = text.matches("warning[duplicate]").count();
            Outcome::Passed(format!("{twice} crates in more than one version"))
        }
        Some((false, text)) => {
            eprintln!("{text}");
            Outcome::Failed("cargo-deny refuses something (above); see .ci/deny.toml".into())
        }
        None => Outcome::Failed("cargo-deny could not be started".into()),
    }
}

/// Known vulnerabilities; skipped where their database cannot be fetched.
pub fn advisories() -> Outcome {
    let program = match program() {
        Ok(program) => program,
        Err(outcome) => return outcome,
    };
    let log = shell::target_folder().join("xtask-advisories.log");
    let mut command = check(&program);
    command.args(["check", "advisories"]).env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
    eprintln!("  $ {}", shell::line(&command));
    let Ok((out, err)) = std::fs::File::create(&log).and_then(|file| Ok((file.try_clone()?, file))) else {
        return Outcome::Failed(format!("{} cannot be written", log.display()));
    };
    let Ok(child) = command.stdout(out).stderr(err).spawn() else {
        return Outcome::Failed("cargo-deny could not be started".into());
    };
    let success = finish(child, FETCH_LIMIT);
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    match success {
        Some(true) => Outcome::passed(),
        None => Outcome::Skipped("the advisory database did not arrive in time".into()),
        Some(false) if text.contains("failed to fetch advisory database") => {
            Outcome::Skipped("the advisory database (github.com/RustSec) is out of reach".into())
        }
        Some(false) => {
            eprintln!("{text}");
            Outcome::Failed("cargo-deny found advisories (above)".into())
        }
    }
}

fn check(program: &PathBuf) -> Command {
    let mut command = Command::new(program);
    command.current_dir(shell::root()).args(["--locked", "--config", ".ci/deny.toml"]);
    command
}

/// Waits at most `limit`; `None` when the child had to be ended.
fn finish(mut child: Child, limit: Duration) -> Option<bool> {
    let started = Instant::now();
    while started.elapsed() < limit {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) => std::thread::sleep(Duration::from_millis(100)),
            Err(_) => break,
        }
    }
    // It may have ended just now; either way it is gone afterwards.
    let _ = child.kill();
    let _ = child.wait();
    None
}

/// Finds cargo-deny, or builds it once into cargo's own program folder.
fn program() -> Result<PathBuf, Outcome> {
    let name = format!("cargo-deny{}", std::env::consts::EXE_SUFFIX);
    let installed = cargo_home().join("bin").join(&name);
    for candidate in [PathBuf::from(&name), installed.clone()] {
        if shell::succeeds(Command::new(&candidate).arg("--version")) {
            return Ok(candidate);
        }
    }
    eprintln!("set-up: building cargo-deny {VERSION} (once, about four minutes on two cores)");
    let mut install = shell::cargo();
    // Its own build folder: it must neither lock nor fill the project's.
    install
        .args(["install", "--quiet", "--locked", "--version", VERSION, "cargo-deny"])
        .env_remove("CARGO_TARGET_DIR");
    match shell::run(&mut install) {
        Outcome::Failed(why) => {
            Err(Outcome::Failed(format!("cargo-deny is missing and could not be built: {why}")))
        }
        _ => Ok(installed),
    }
}

fn cargo_home() -> PathBuf {
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        return home.into();
    }
    #[cfg(windows)]
    let home = std::env::var_os("USERPROFILE");
    #[cfg(not(windows))]
    let home = std::env::var_os("HOME");
    PathBuf::from(home.unwrap_or_default()).join(".cargo")
}

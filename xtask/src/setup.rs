//! Brings a machine that has only Rust and a package manager to where everything builds and every test runs.
//! Asks nothing; says what it installs and why; where it may not install, prints the exact command.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::fhir;
use crate::needs::{LINUX, Need, Scope};
use crate::shell::{self, Outcome};

/// Installs what is missing for the scope.
pub fn run(scope: Scope) -> Outcome {
    let mut parts = vec![system(scope)];
    if scope == Scope::Test {
        parts.push(components());
        parts.push(fhir::install());
    }
    Outcome::all(parts)
}

fn system(scope: Scope) -> Outcome {
    match std::env::consts::OS {
        "linux" => linux(scope),
        "macos" => apple(scope),
        "windows" => windows(),
        other => Outcome::Skipped(format!(
            "no set-up is known for {other}; needed: PC/SC headers and a C compiler"
        )),
    }
}

fn linux(scope: Scope) -> Outcome {
    let lacking: Vec<&Need> =
        LINUX.iter().filter(|need| need.scopes.contains(&scope) && !need.missing().is_empty()).collect();
    if lacking.is_empty() {
        return Outcome::passed();
    }
    eprintln!("set-up: this machine lacks");
    for need in &lacking {
        eprintln!("  {} ({})", need.missing().join(", "), need.why);
    }
    let result = if shell::on_path("apt-get") {
        apt(&packages(&lacking, |need| need.apt))
    } else {
        Outcome::Failed(by_hand(&lacking))
    };
    match result {
        Outcome::Passed(note) => {
            let still: Vec<String> = lacking.iter().flat_map(|need| need.missing()).collect();
            if still.is_empty() {
                Outcome::Passed(note)
            } else {
                Outcome::Failed(format!("{note}, but still missing: {}", still.join(", ")))
            }
        }
        other => other,
    }
}

fn packages(needs: &[&Need], of: fn(&Need) -> &'static [&'static str]) -> Vec<&'static str> {
    let mut names: Vec<&str> = needs.iter().flat_map(|need| of(need)).copied().collect();
    names.dedup();
    names
}

fn by_hand(needs: &[&Need]) -> String {
    let (command, names) = if shell::on_path("dnf") {
        ("sudo dnf install -y", packages(needs, |need| need.dnf))
    } else if shell::on_path("pacman") {
        ("sudo pacman -S --needed", packages(needs, |need| need.pacman))
    } else {
        ("sudo apt-get install -y", packages(needs, |need| need.apt))
    };
    format!("run `{command} {}` (or what your system calls these), then try again", names.join(" "))
}

/// Packages are installed only with rights that are there already; a password is never asked for.
fn apt(names: &[&'static str]) -> Outcome {
    let typed = format!("apt-get update && apt-get install -y --no-install-recommends {}", names.join(" "));
    if shell::as_root("true").is_none() {
        return Outcome::Failed(format!("not root and no passwordless sudo; run as root: {typed}"));
    }
    eprintln!("set-up: installing with apt-get: {}", names.join(" "));
    let mut fresh_lists = false;
    for attempt in 0..3_u64 {
        if attempt > 0 || !has_package_lists() {
            std::thread::sleep(Duration::from_secs(attempt.saturating_sub(1) * 10));
            fresh_lists = quiet_apt(&["update"]) || fresh_lists;
        }
        let mut args = vec!["install", "-y", "--no-install-recommends"];
        args.extend(names);
        if quiet_apt(&args) {
            return Outcome::Passed(format!("installed {}", names.join(" ")));
        }
    }
    let lists = if fresh_lists {
        ""
    } else {
        " (the package lists could not be fetched either: is there a network?)"
    };
    Outcome::Failed(format!("apt-get did not succeed{lists}; run by hand as root: {typed}"))
}

fn has_package_lists() -> bool {
    std::fs::read_dir("/var/lib/apt/lists").is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
    })
}

/// One apt-get call: no questions, patient with a lock, its talk shown only when it fails.
fn quiet_apt(args: &[&str]) -> bool {
    // `env` because sudo drops the environment.
    let Some(mut command) = shell::as_root("env") else { return false };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]);
    command.args(["-o", "Acquire::Retries=3", "-o", "Dpkg::Options::=--force-confdef"]);
    command.args(["-o", "Dpkg::Options::=--force-confold"]).args(args);
    match shell::capture(&mut command) {
        Some((true, _)) => true,
        Some((false, talk)) => {
            let tail: Vec<&str> = talk.lines().rev().take(8).collect();
            eprintln!("set-up: apt-get {} failed:", args.first().copied().unwrap_or_default());
            tail.iter().rev().for_each(|line| eprintln!("    {line}"));
            false
        }
        None => false,
    }
}

/// PC/SC is part of macOS; the compiler comes with the command line tools.
fn apple(scope: Scope) -> Outcome {
    if !shell::succeeds(Command::new("xcode-select").arg("-p")) {
        return Outcome::Failed("no C compiler; run `xcode-select --install`, then try again".into());
    }
    if scope == Scope::Test && !shell::on_path("openssl") {
        return Outcome::Failed("no openssl; run `brew install openssl`, then try again".into());
    }
    Outcome::Passed("the virtual reader is not installed here; its tests are skipped".into())
}

/// PC/SC is part of Windows; Rust's own installer demands the linker.
fn windows() -> Outcome {
    Outcome::Passed("the virtual reader is not installed here; its tests are skipped".into())
}

/// Formatter and linter, which a minimal toolchain lacks.
fn components() -> Outcome {
    let lacking: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(subcommand, _)| !shell::succeeds(shell::cargo().args([subcommand, "--version"])))
        .map(|(_, component)| component)
        .collect();
    if lacking.is_empty() {
        return Outcome::passed();
    }
    eprintln!("set-up: adding the Rust components {}", lacking.join(", "));
    let added =
        Command::new("rustup").args(["component", "add"]).args(&lacking).stdin(Stdio::null()).status();
    if added.is_ok_and(|status| status.success()) {
        return Outcome::Passed(format!("added {}", lacking.join(", ")));
    }
    Outcome::Failed(format!(
        "this toolchain lacks {0}, and `rustup component add {0}` did not succeed; install them with your toolchain",
        lacking.join(" ")
    ))
}

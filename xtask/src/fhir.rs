//! An independent FHIR server for the tests: fetched with npm at pinned versions, into the target folder.

use std::path::Path;
use std::process::Command;

use crate::shell::{self, Outcome};

/// Where its sources and pinned versions stand.
const SOURCES: &str = "terminal-app/tests/fhir/server";
const PINNED: &str = "package-lock.json";
/// Older ones cannot run it.
const OLDEST_NODE: u32 = 20;

/// Installs it unless these versions are there. Without Node or a network its tests are skipped.
pub fn install() -> Outcome {
    match try_install() {
        Ok(outcome) => outcome,
        Err(why) if shell::strict() => Outcome::Failed(why),
        Err(why) => Outcome::Skipped(format!("without the FHIR server: {why}")),
    }
}

fn try_install() -> Result<Outcome, String> {
    let sources = shell::root().join(SOURCES);
    let folder = shell::target_folder().join("fhir-server");
    let pinned = read(&sources.join(PINNED))?;
    // Written last: what was cut off in the middle is made anew.
    let stamp = folder.join("installed.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == pinned) {
        return Ok(Outcome::passed());
    }
    let node = node_version().ok_or("no Node here (install nodejs and npm)")?;
    if node < OLDEST_NODE {
        return Err(format!("Node {node} is too old; it needs {OLDEST_NODE} or newer"));
    }
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for name in ["package.json", PINNED, ".npmrc"] {
        let copy = folder.join(name);
        std::fs::write(&copy, read(&sources.join(name))?)
            .map_err(|error| format!("{}: {error}", copy.display()))?;
    }
    eprintln!("set-up: fetching the FHIR server of the tests with npm");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut command = Command::new(npm);
    command.args(["ci", "--ignore-scripts", "--no-progress"]).current_dir(&folder);
    match shell::capture(&mut command) {
        Some((true, _)) => {}
        Some((false, talk)) => {
            let said = talk.lines().find(|line| line.contains("error")).unwrap_or("it said nothing");
            return Err(format!("`npm ci` did not succeed ({}); is there a network?", said.trim()));
        }
        None => return Err("no npm here (install npm)".into()),
    }
    std::fs::write(&stamp, pinned).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(Outcome::Passed("installed the FHIR server of the tests".into()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The first number of `v20.20.2`.
fn node_version() -> Option<u32> {
    let (_, said) = shell::capture(Command::new("node").arg("--version"))?;
    said.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

//! Running other programs, and what came of it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What came of one gate or step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done, with a short note (may be empty).
    Passed(String),
    /// Could not be judged here, with the reason; not a failure.
    Skipped(String),
    /// Broken, with what and the remedy.
    Failed(String),
}

impl Outcome {
    /// Passed with nothing to add.
    pub fn passed() -> Self {
        Self::Passed(String::new())
    }

    /// Whether the whole run must fail.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// One word for the table.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed(_) => "passed",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "FAILED",
        }
    }

    /// The note beside the word.
    pub fn note(&self) -> &str {
        match self {
            Self::Passed(note) | Self::Skipped(note) | Self::Failed(note) => note,
        }
    }

    /// Several steps as one: the worst wins, and the notes are joined.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let parts: Vec<Self> = parts.into_iter().collect();
        let notes: Vec<&str> = parts.iter().map(Self::note).filter(|note| !note.is_empty()).collect();
        let note = notes.join("; ");
        if parts.iter().any(Self::is_failure) {
            Self::Failed(note)
        } else if parts.iter().any(|part| matches!(part, Self::Skipped(_))) {
            Self::Skipped(note)
        } else {
            Self::Passed(note)
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.note() {
            "" => f.write_str(self.word()),
            note => write!(f, "{}: {note}", self.word()),
        }
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    // Cargo sets it when it runs this program, which stays right where several clones share one target folder.
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    own.parent().map_or_else(|| own.clone(), Path::to_path_buf)
}

/// Cargo's target folder.
pub fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// The cargo that runs this program, started in the repository's root.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Whether the server's rules hold: nothing may be skipped for lack of data.
pub fn strict() -> bool {
    std::env::var_os("REQUIRE_SHARED").is_some_and(|value| value == "1")
}

/// Shows the command, runs it with its output in view, and says whether it succeeded.
pub fn run(command: &mut Command) -> Outcome {
    let shown = line(command);
    eprintln!("  $ {shown}");
    match command.status() {
        Ok(status) if status.success() => Outcome::passed(),
        Ok(status) => Outcome::Failed(format!("`{shown}` ended with {status}")),
        Err(error) => Outcome::Failed(format!("`{shown}` could not be started: {error}")),
    }
}

/// The command as a person would type it.
pub fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let mut words = vec![program.to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}

/// Standard output and error together, and whether the command succeeded; `None` when it cannot be started.
pub fn capture(command: &mut Command) -> Option<(bool, String)> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Some((output.status.success(), text))
}

/// Whether the command runs and succeeds, its output unseen.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// Whether a program of this name is on the search path.
pub fn on_path(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    // Daemons live where an ordinary user's path does not look.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.into_iter().any(|folder| folder.join(&name).is_file())
}

/// Whether this process is the superuser. Elsewhere than on Unix nothing here needs to be.
pub fn is_root() -> bool {
    capture(Command::new("id").arg("-u")).is_some_and(|(_, text)| text.trim() == "0")
}

/// A command that runs as the superuser without asking, if there is a way.
pub fn as_root(program: &str) -> Option<Command> {
    if is_root() {
        return Some(Command::new(program));
    }
    if succeeds(Command::new("sudo").args(["-n", "true"])) {
        let mut command = Command::new("sudo");
        command.args(["-n", program]);
        return Some(command);
    }
    None
}

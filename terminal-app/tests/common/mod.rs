//! Runs the real `idterm` and takes apart what it says.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test")]

pub mod document;
#[cfg(feature = "simulator")]
pub mod left;
#[cfg(all(feature = "simulator", target_os = "linux"))]
pub mod pcscd;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use test_vectors::persona;

/// The sound card's number, which is also the simulated gateway's key to an answer "in order".
pub const GOOD_NUMBER: &str = "090000001000";

/// One run of the program.
pub struct Run {
    command: Command,
    stdin: Option<String>,
    words: String,
}

/// `idterm` with these words. Language, trust store and site of this machine's user play no part.
pub fn idterm<S: AsRef<OsStr>>(words: &[S]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_idterm"));
    command.args(words);
    for variable in ["LC_ALL", "LC_MESSAGES", "IDTERM_TRUST", "IDTERM_PROFILES"] {
        command.env_remove(variable);
    }
    command.env("LANG", "en");
    // Whoever forgets --trust finds an empty store and not the operator's.
    command.env("XDG_DATA_HOME", std::env::temp_dir().join("idterm-test-no-such-data"));
    let words: Vec<_> = words.iter().map(|word| word.as_ref().to_string_lossy().into_owned()).collect();
    Run { command, stdin: None, words: words.join(" ") }
}

impl Run {
    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives it something on standard input.
    pub fn stdin(mut self, text: &str) -> Self {
        self.stdin = Some(text.to_owned());
        self
    }

    /// Runs it to its end.
    pub fn done(mut self) -> Done {
        self.command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child =
            self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("idterm starts");
        if let Some(text) = self.stdin {
            child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        }
        let Output { status, stdout, stderr } = child.wait_with_output().expect("idterm ends");
        let done = Done {
            words: self.words,
            status: status.code(),
            stdout: String::from_utf8(stdout).expect("stdout is text"),
            stderr: String::from_utf8(stderr).expect("stderr is text"),
        };
        assert!(!done.stderr.contains("panicked"), "{done}");
        done
    }
}

/// What a run said.
pub struct Done {
    pub words: String,
    /// `None`: ended by a signal.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { words, status, stdout, stderr } = self;
        write!(f, "idterm {words}\nstatus {status:?}\nstdout: {stdout}\nstderr: {stderr}")
    }
}

impl Done {
    /// Fails the test unless the exit status is this one.
    pub fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{self}");
        self
    }

    /// Stdout as one JSON document and nothing else.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("not one document: {error}\n{self}"))
    }

    /// The error document, checked for its shape; fails where the program did not fail so.
    pub fn error(&self, code: &str) -> Value {
        let document = self.json();
        let error = &document["error"];
        assert_eq!(error["code"], code, "{self}");
        for key in ["text", "remedy"] {
            assert!(error[key].as_str().is_some_and(|text| text.len() > 5), "{key}\n{self}");
        }
        let status = if code.starts_with("E2") { 2 } else { 1 };
        assert_eq!(self.status, Some(status), "{self}");
        assert_eq!(document.as_object().unwrap().len(), 1, "{self}");
        error.clone()
    }

    /// Everything it said.
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// The check of this identifier in a report.
pub fn check<'a>(report: &'a Value, id: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap_or_else(|| panic!("no checks: {report}"));
    checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no check {id}"))
}

/// Code and check of each reason.
pub fn reasons(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = report["reasons"].as_array().unwrap().iter();
    all.map(|reason| (text(&reason["code"]), text(&reason["check"]))).collect()
}

/// A folder of a test's own that goes when it is dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("idterm-{name}-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of something in it, as an argument.
    pub fn join(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file into it and gives its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The present moment, in seconds since 1970.
pub fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// The simulated authorities' certificates and revocation lists as files.
pub fn authority_files(folder: &Folder) -> Vec<String> {
    let anchors = persona::trust_anchors(now());
    let lists = persona::revocation_lists(now());
    let anchors = anchors.iter().enumerate().map(|(n, der)| folder.write(&format!("csca-{n}.cer"), der));
    let mut files: Vec<String> = anchors.collect();
    files.extend(lists.iter().enumerate().map(|(n, der)| folder.write(&format!("list-{n}.crl"), der)));
    files
}

/// A trust store with the simulated authorities, made with `idterm trust add`.
pub fn trust_store(folder: &Folder) -> String {
    let store = folder.join("trust");
    let files = authority_files(folder);
    let mut words = vec!["trust", "add", "--trust", &store, "--json"];
    words.extend(files.iter().map(String::as_str));
    let added = idterm(&words).done().exits(0).json();
    assert_eq!(added["added"], files.len(), "{added}");
    store
}

/// A persona's access as a machine-readable zone in one argument.
pub fn zone(name: &str) -> String {
    persona::find(name).unwrap().access(now()).mrz_lines.join("\n")
}

//! The audit log: what is done to it shows, and what happens to it does no harm.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a test")]

#[path = "../common/mod.rs"]
mod common;
mod interrupted;
mod program;
mod recorded;
mod tampered;

use std::path::{Path, PathBuf};

use common::Folder;
use jiff::Timestamp;
use serde::Serialize;
use terminal_app::audit::{AuditLog, Entry, Examined, Question, Source, Stamp, examine};

/// A record with nothing but a text.
#[derive(Serialize)]
struct Said<'a> {
    text: &'a str,
}

impl Entry for Said<'_> {
    const KIND: &'static str = "said";
}

/// 2026-01-31T08:00:00Z, and so many seconds.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_769_846_400 + seconds).unwrap()
}

/// A log in a folder of its own, of small files.
struct Kept {
    folder: Folder,
    log: AuditLog,
}

impl Kept {
    fn new(name: &str, file_bytes: u64) -> Self {
        let folder = Folder::new(name);
        let log = AuditLog::at(&folder.path().join("audit")).with_files_of(file_bytes);
        Self { folder, log }
    }

    /// With so many records said.
    fn of(name: &str, file_bytes: u64, count: i64) -> Self {
        let kept = Self::new(name, file_bytes);
        for second in 0..count {
            kept.say(&format!("số {second}"), second);
        }
        kept
    }

    fn say(&self, text: &str, second: i64) -> Stamp {
        self.log.append(&Said { text }, at(second)).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.log.path().join(name)
    }

    /// The files with records, in order.
    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.log.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
            .collect();
        files.sort();
        files
    }

    fn examined(&self) -> Examined {
        self.asked(&Question::default())
    }

    fn asked(&self, question: &Question) -> Examined {
        examine(&Source::Log(self.log.clone()), question, &mut |_, _| {}).unwrap()
    }
}

/// The word of the fault that was found, and the record that it names.
fn fault(examined: &Examined) -> (&'static str, Option<u64>) {
    examined.fault.as_ref().map_or(("intact", None), |fault| (fault.word(), fault.seq()))
}

/// The lines of a file, each with its line feed.
fn lines(path: &Path) -> Vec<Vec<u8>> {
    std::fs::read(path).unwrap().split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

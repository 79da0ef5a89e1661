//! An outbox in a folder of its own, and records to put into it.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use reader_core::policy::Verdict;
use terminal_app::connectors::{Field, PermittedFields, PersonFields, Record};
use terminal_app::entropy::SystemEntropy;
use terminal_app::outbox::{Entry, OutboxSettings, State, Store};
use terminal_app::transaction::{IdempotencyKey, Transaction};

use super::common::Folder;

/// The invented person's number and name, by which what is left of them is searched for.
pub const NUMBER: &str = "090000001860";
pub const NAME: &str = "ĐOÀN THỊ HỘP THƯ";

/// A moment in November 2026.
pub const NOW_MS: i64 = 1_795_000_000_000;

/// A record of a new verification.
pub fn record() -> Record {
    let person = PersonFields::default().with(Field::Number, NUMBER).with(Field::Name, NAME);
    Record {
        transaction: Transaction::new(&mut SystemEntropy).unwrap(),
        decided_at: "2026-11-18T08:00:00Z".to_owned(),
        site: "test".to_owned(),
        verdict: Verdict::Accept,
        reasons: Vec::new(),
        simulated: vec!["chip".to_owned()],
        person: PermittedFields::cut(&person, &[Field::Number, Field::Name]),
        facts: [("insurance.card_code".to_owned(), "GD4790900000019".to_owned())].into(),
    }
}

/// An outbox in a folder that goes with it.
pub struct Box {
    _folder: Folder,
    pub settings: OutboxSettings,
}

impl Box {
    pub fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let settings = OutboxSettings::at(&folder.path().join("outbox"));
        Self { _folder: folder, settings }
    }

    pub fn open(&self) -> Store {
        Store::open(&self.settings, NOW_MS).unwrap()
    }

    /// Accepts a new record for this recipient.
    pub fn put(&self, recipient: &str) -> IdempotencyKey {
        self.open().accept(&[(recipient, record())], NOW_MS).unwrap()[0].key
    }

    pub fn entry(&self, key: &IdempotencyKey) -> Entry {
        self.open().list().unwrap().into_iter().find(|entry| entry.key == *key).unwrap()
    }

    pub fn state(&self, key: &IdempotencyKey) -> State {
        self.entry(key).state
    }

    /// The database file.
    pub fn file(&self) -> std::path::PathBuf {
        self.settings.folder.join("outbox.sqlite")
    }

    /// The bytes of every file in the folder.
    pub fn bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(&self.settings.folder).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }
}

/// Whether `needle` stands in `hay`.
pub fn holds(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|part| part == needle)
}

/// Runs this test program again as a process of its own that does `what` with the outbox in `folder`; `around` is a shell's
/// preparation before it, such as a limit.
pub fn child(test: &str, folder: &Path, around: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{around} exec \"$0\" \"$@\"")]).arg(program);
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]);
    command.env("OUTBOX_CHILD", folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// The folder of the outbox that this process was started for; `None` where it is the test program itself.
pub fn child_settings() -> Option<OutboxSettings> {
    std::env::var_os("OUTBOX_CHILD").map(|folder| OutboxSettings::at(Path::new(&folder)))
}

//! What an operator does with the trust store, through the real program.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

#[path = "../common/mod.rs"]
mod common;
mod deviations;
mod directory;
mod policy;
mod refresh;
mod remove;
mod server;
mod transfer;
mod world;

use common::{Done, Folder, idterm};
use serde_json::Value;

/// A store in a folder of its own, and its policy.
struct Store {
    folder: Folder,
    store: String,
}

impl Store {
    fn new(name: &str, policy: &str) -> Self {
        let folder = Folder::new(name);
        let store = folder.join("store");
        let this = Self { folder, store };
        this.policy(policy);
        this
    }

    /// Replaces the policy.
    fn policy(&self, text: &str) {
        std::fs::create_dir_all(&self.store).unwrap();
        std::fs::write(format!("{}/policy.toml", self.store), text).unwrap();
    }

    /// `idterm trust …` on this store, with `--json`.
    fn trust(&self, words: &[&str]) -> Done {
        let fixed = ["trust", "--json", "--trust", &self.store];
        idterm(&[&fixed[..], words].concat()).done()
    }

    /// Writes these bytes and adds them.
    fn add(&self, name: &str, bytes: &[u8], words: &[&str]) -> Done {
        let file = self.folder.write(name, bytes);
        self.trust(&[&["add", &file], words].concat())
    }

    /// The certificates in the store.
    fn anchors(&self) -> Vec<Value> {
        let listed = self.trust(&["list"]).exits(0).json();
        listed["anchors"].as_array().unwrap().clone()
    }
}

/// SHA-256 in small hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    reader_core::pki::Fingerprint::of(bytes).to_string()
}

/// The codes of what was refused.
fn refused(done: &Done) -> Vec<String> {
    let document = done.json();
    document["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap().to_owned())
        .collect()
}

//! Record after record: whether each is the one that follows, and whether bytes that are none were left by an interruption.

use super::record::{self, LineFault, MAX_LINE_BYTES, Record, RecordHash};
use sha2::{Digest, Sha256};

/// The kind of record that tells what an interruption left.
pub(super) const RECOVERY: &str = "recovery";
/// Most bytes that interruptions can leave between two records.
pub(super) const MAX_TORN_BYTES: usize = 4 * MAX_LINE_BYTES;

/// What does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Bytes in the place of a record that are none, or whose hash is another.
    Changed,
    /// A whole record that is not the one that follows: some are missing, double, or in another order.
    Order,
}

/// How far a chain was followed.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// Number of the last record.
    pub seq: u64,
    /// Its hash.
    pub hash: RecordHash,
    /// Bytes since the last record that are none, each line with its line feed.
    torn: Vec<u8>,
}

impl Chain {
    /// A chain that goes on after this record.
    pub const fn after(seq: u64, hash: RecordHash) -> Self {
        Self { seq, hash, torn: Vec::new() }
    }

    /// Takes one line, without its line feed. `None`: it is no record, and what follows has to explain it.
    pub fn take(&mut self, line: &[u8]) -> Result<Option<Record>, Break> {
        match record::read(line) {
            Ok(record) if record.seq == self.seq + 1 && record.previous == self.hash => {
                if self.told_torn(&record) != self.torn_now() {
                    return Err(Break::Changed);
                }
                self.torn.clear();
                (self.seq, self.hash) = (record.seq, record.hash);
                Ok(Some(record))
            }
            Ok(_) if self.torn.is_empty() => Err(Break::Order),
            Ok(_) => Err(Break::Changed),
            Err(LineFault::Form | LineFault::Hash) => {
                self.torn.extend_from_slice(line);
                self.torn.push(b'\n');
                if self.torn.len() > MAX_TORN_BYTES { Err(Break::Changed) } else { Ok(None) }
            }
        }
    }

    /// Takes the bytes after the last line feed of a file: no record is whole without one.
    pub fn take_rest(&mut self, rest: &[u8]) -> Result<(), Break> {
        if !rest.is_empty() {
            self.torn.extend_from_slice(rest);
            self.torn.push(b'\n');
        }
        if self.torn.len() > MAX_TORN_BYTES { Err(Break::Changed) } else { Ok(()) }
    }

    /// Bytes since the last record that are none: how many and their SHA-256, without the last line feed.
    pub fn torn_now(&self) -> Option<(u64, String)> {
        let torn = self.torn.strip_suffix(b"\n")?;
        let digits = Sha256::digest(torn).iter().map(|byte| format!("{byte:02x}")).collect();
        Some((torn.len() as u64, digits))
    }

    fn told_torn(&self, record: &Record) -> Option<(u64, String)> {
        let told = &record.body["torn"];
        let found = (told["bytes"].as_u64(), told["sha256"].as_str());
        match found {
            (Some(bytes), Some(sha256)) if record.kind == RECOVERY => Some((bytes, sha256.to_owned())),
            _ => None,
        }
    }
}

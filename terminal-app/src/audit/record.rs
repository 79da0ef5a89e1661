//! One record as a line of bytes, and back.
//!
//! A line is `{"seq":N,"time":"…","kind":"…","body":{…},"previous":"…","hash":"…"}` and a line feed. Its last 75 bytes
//! before the line feed are `,"hash":"`, 64 lowercase hexadecimal digits, `"}`; the hash is SHA-256 over
//! `idterm.audit-record/1`, a line feed, and every byte of the line before those 75. `previous` is the hash of the record
//! before, so the hash covers it. Nothing is ever written anew to be checked: the bytes count as they stand.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Longest line, line feed included.
pub const MAX_LINE_BYTES: usize = 256 << 10;

const DOMAIN: &[u8] = b"idterm.audit-record/1\n";
const TAIL_HEAD: &[u8] = b",\"hash\":\"";
const TAIL_END: &[u8] = b"\"}";
const DIGITS: usize = 64;
const TAIL_BYTES: usize = TAIL_HEAD.len() + DIGITS + TAIL_END.len();

/// SHA-256 of a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordHash([u8; 32]);

impl RecordHash {
    /// What the first record names as the one before.
    pub const NONE: Self = Self([0; 32]);

    fn of(covered: &[u8]) -> Self {
        Self(Sha256::new().chain_update(DOMAIN).chain_update(covered).finalize().into())
    }
}

impl fmt::Display for RecordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RecordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<RecordHash> for String {
    fn from(hash: RecordHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for RecordHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != DIGITS || !text.bytes().all(lower) {
            return Err("not 64 lowercase hexadecimal digits");
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(pair).map_err(|_| "no text")?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| "no digits")?;
        }
        Ok(Self(hash))
    }
}

/// A record whose hash was found to be that of its bytes.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its number; the first is 1.
    pub seq: u64,
    /// When it was written, RFC 3339, UTC.
    pub time: String,
    /// What it is about: `verification`, `override`, …
    pub kind: String,
    /// What it says.
    pub body: Value,
    /// Hash of the record before.
    pub previous: RecordHash,
    /// Its own hash.
    pub hash: RecordHash,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    seq: u64,
    time: String,
    kind: String,
    body: Value,
    previous: RecordHash,
    hash: RecordHash,
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFault {
    /// It is too long, does not end as a record does, or is not made of a record's keys.
    Form,
    /// The hash is not that of the bytes.
    Hash,
}

/// Makes the line of a record, line feed included; `None` where it would be too long or the body cannot be written.
#[must_use]
pub fn write(
    seq: u64,
    time: &str,
    kind: &str,
    body: &impl Serialize,
    previous: RecordHash,
) -> Option<(Vec<u8>, RecordHash)> {
    let mut line = Vec::with_capacity(1024);
    line.extend_from_slice(
        format!("{{\"seq\":{seq},\"time\":\"{time}\",\"kind\":\"{kind}\",\"body\":").as_bytes(),
    );
    serde_json::to_writer(&mut line, body).ok()?;
    line.extend_from_slice(format!(",\"previous\":\"{previous}\"").as_bytes());
    let hash = RecordHash::of(&line);
    line.extend_from_slice(TAIL_HEAD);
    line.extend_from_slice(hash.to_string().as_bytes());
    line.extend_from_slice(TAIL_END);
    line.push(b'\n');
    (line.len() <= MAX_LINE_BYTES).then_some((line, hash))
}

/// Reads a line, without its line feed.
///
/// # Errors
/// It is no record, or its hash is another.
pub fn read(line: &[u8]) -> Result<Record, LineFault> {
    if line.len() >= MAX_LINE_BYTES {
        return Err(LineFault::Form);
    }
    let at = line.len().checked_sub(TAIL_BYTES).ok_or(LineFault::Form)?;
    let (covered, tail) = line.split_at(at);
    let digits = tail.strip_prefix(TAIL_HEAD).and_then(|rest| rest.strip_suffix(TAIL_END));
    let digits = digits.ok_or(LineFault::Form)?;
    let hash = RecordHash::of(covered);
    if hash.to_string().as_bytes() != digits {
        return Err(LineFault::Hash);
    }
    let written: Written = serde_json::from_slice(line).map_err(|_| LineFault::Form)?;
    let Written { seq, time, kind, body, previous, hash: said } = written;
    if said == hash { Ok(Record { seq, time, kind, body, previous, hash }) } else { Err(LineFault::Form) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let body = serde_json::json!({ "a": "\"}\n,\"hash\":\"", "b": [1, null] });
        let (line, hash) = write(7, "2026-01-31T08:00:00.000Z", "test", &body, RecordHash::NONE).unwrap();
        let text = line.strip_suffix(b"\n").unwrap();
        let record = read(text).unwrap();
        assert_eq!((record.seq, record.kind.as_str(), record.hash, record.body), (7, "test", hash, body));
        for at in 0..text.len() {
            for flip in [0x01, 0x20, 0x80] {
                let mut changed = text.to_vec();
                changed[at] ^= flip;
                assert!(read(&changed).is_err(), "{at}");
            }
            assert!(read(&text[..at]).is_err() && read(&text[at + 1..]).is_err(), "{at}");
        }
    }

    #[test]
    fn what_would_be_too_long_is_not_written() {
        let body = "x".repeat(MAX_LINE_BYTES);
        assert!(write(1, "", "test", &body, RecordHash::NONE).is_none());
        assert_eq!(read(&vec![b'x'; MAX_LINE_BYTES]).unwrap_err(), LineFault::Form);
    }
}

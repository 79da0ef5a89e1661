//! What the terminal signs of its log: the head beside it, checkpoints in it, the end of an export.
//!
//! A signed line is a JSON object whose last key is `signature`; the signature (ECDSA, P-256, SHA-256, DER in base64) covers
//! every byte before `,"signature":"`. The object's `schema` keeps one use from standing for another.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::record::RecordHash;
use crate::failure::Failure;
use crate::signing_key::{self, SigningKey};

pub(super) const HEAD_SCHEMA: &str = "idterm.audit-head/1";
pub(super) const EXPORT_SCHEMA: &str = "idterm.audit-export/1";
const SIGNATURE: &[u8] = b",\"signature\":\"";
const END: &[u8] = b"\"}\n";

/// How far the log goes, signed after each record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub(super) schema: String,
    /// Number of the last record.
    pub count: u64,
    /// Its hash.
    pub hash: RecordHash,
    /// When it was written, RFC 3339, UTC.
    pub time: String,
    /// Number of the file that it stands in.
    pub file: u32,
    /// Bytes of that file up to the record's end.
    pub bytes: u64,
    /// Number of the last checkpoint, 0 for none.
    pub checkpoint: u64,
    /// The terminal's key: SubjectPublicKeyInfo in base64.
    pub key: String,
}

/// The last line of an export: which records of the log it holds, and how far the log went then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extent {
    pub(super) schema: String,
    /// Number of the first record.
    pub first: u64,
    /// What the first record names as the one before.
    pub previous: RecordHash,
    /// Number of the last record.
    pub last: u64,
    /// Its hash.
    pub hash: RecordHash,
    /// Number of the last record of the log then.
    pub log_count: u64,
    /// Its hash.
    pub log_hash: RecordHash,
    /// When it was exported, RFC 3339, UTC.
    pub time: String,
    /// The terminal's key: SubjectPublicKeyInfo in base64.
    pub key: String,
}

/// What a checkpoint signs: the record before it.
#[derive(Serialize)]
struct Checkpoint<'a> {
    schema: &'static str,
    count: u64,
    hash: RecordHash,
    time: &'a str,
}

/// The message of a checkpoint.
fn checkpoint(count: u64, hash: RecordHash, time: &str) -> Vec<u8> {
    serde_json::to_vec(&Checkpoint { schema: "idterm.audit-checkpoint/1", count, hash, time })
        .unwrap_or_default()
}

/// Signature over the record before a checkpoint, base64.
pub(super) fn sign_checkpoint(
    key: &SigningKey,
    count: u64,
    hash: RecordHash,
    time: &str,
) -> Result<String, Failure> {
    Ok(STANDARD.encode(key.sign(&checkpoint(count, hash, time))?))
}

/// Whether a checkpoint's signature holds under the key in these bytes.
pub(super) fn checkpoint_holds(
    spki: &[u8],
    count: u64,
    hash: RecordHash,
    time: &str,
    signature: &str,
) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    signing_key::holds(spki, &checkpoint(count, hash, time), &signature) == Some(true)
}

/// A line with its signature.
pub(super) fn sign(key: &SigningKey, value: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.pop();
    let signature = STANDARD.encode(key.sign(&line)?);
    line.extend_from_slice(SIGNATURE);
    line.extend_from_slice(signature.as_bytes());
    line.extend_from_slice(END);
    Ok(line)
}

/// What a signed line says, if it is one and the signature holds under the key that `key_of` finds in it.
pub(super) fn open<T: DeserializeOwned>(line: &[u8], key_of: impl Fn(&T) -> &str) -> Option<T> {
    let at = line.windows(SIGNATURE.len()).rposition(|window| window == SIGNATURE)?;
    let (message, rest) = line.split_at(at);
    let signature = rest.strip_prefix(SIGNATURE)?.strip_suffix(END)?;
    let signature = STANDARD.decode(signature).ok()?;
    let value: T = serde_json::from_slice(&[message, b"}"].concat()).ok()?;
    let spki = STANDARD.decode(key_of(&value)).ok()?;
    (signing_key::holds(&spki, message, &signature) == Some(true)).then_some(value)
}

/// A key's bytes as they stand in signed lines.
pub(super) fn encoded(spki: &[u8]) -> String {
    STANDARD.encode(spki)
}

/// The bytes of a key that stands in a signed line.
pub(super) fn decoded(key: &str) -> Vec<u8> {
    STANDARD.decode(key).unwrap_or_default()
}

impl Head {
    /// Reads the file beside a log.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        open(line, |head: &Self| &head.key).filter(|head| head.schema == HEAD_SCHEMA)
    }
}

impl Extent {
    /// Reads the last line of an export.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        open(line, |extent: &Self| &extent.key).filter(|extent| extent.schema == EXPORT_SCHEMA)
    }
}

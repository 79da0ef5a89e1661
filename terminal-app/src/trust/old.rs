//! The form that stores had before: one file for each certificate or list, and an index that names them.
//!
//! It is only read. The next save writes the present form and takes these files away.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use reader_core::pki::{Fingerprint, Provenance, TrustBuilder, TrustSnapshot, VerifiedBy};
use reader_core::wire::date::Timestamp;
use serde::Deserialize;

use super::{TrustError, read_bounded};

/// What the index of such a store calls itself.
pub(super) const SCHEMA: &str = "idterm.trust/1";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    #[allow(dead_code, reason = "it was looked at before")]
    schema: String,
    anchors: Vec<AnchorEntry>,
    revocation_lists: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnchorEntry {
    sha256: String,
    source: String,
    imported_at_unix_s: i64,
    verified_by: String,
}

/// The store whose index is `text`. Its lists carried no signer and no source: they are checked once more, and come from
/// a store of that form.
pub(super) fn open(folder: &Path, index: &Path, text: &str) -> Result<TrustSnapshot, TrustError> {
    let unusable = |problem: String| TrustError::damaged(index, problem);
    let entries: Index = serde_json::from_str(text).map_err(|error| unusable(error.to_string()))?;
    let mut builder = TrustBuilder::new();
    for entry in entries.anchors {
        let der = object(folder, &entry.sha256)?;
        let verified_by = verified_by(&entry.verified_by)
            .ok_or_else(|| unusable(format!("verified_by {:?} is not understood", entry.verified_by)))?;
        let provenance =
            Provenance { source: entry.source, imported_at: Timestamp(entry.imported_at_unix_s) };
        builder
            .restore(&der, provenance, verified_by)
            .map_err(|error| unusable(format!("{}: {error}", entry.sha256)))?;
    }
    for sha256 in &entries.revocation_lists {
        let provenance = Provenance { source: SCHEMA.to_owned(), imported_at: written_at(folder, sha256) };
        let imported = builder.add_crl(&object(folder, sha256)?, &provenance);
        if let Some(refused) = imported.refused.first() {
            return Err(unusable(format!("revocation list {sha256}: {}", refused.detail)));
        }
    }
    Ok(builder.build())
}

fn object(folder: &Path, sha256: &str) -> Result<Vec<u8>, TrustError> {
    let path = folder.join(format!("{sha256}.der"));
    if Fingerprint::from_hex(sha256).is_none() {
        return Err(TrustError::damaged(&path, "its name is no SHA-256".to_owned()));
    }
    let bytes = read_bounded(&path)?;
    if Fingerprint::of(&bytes).to_string() == sha256 {
        Ok(bytes)
    } else {
        Err(TrustError::damaged(&path, "its SHA-256 is not its name".to_owned()))
    }
}

/// When the file was written, which is when the list was added.
fn written_at(folder: &Path, sha256: &str) -> Timestamp {
    let since = fs::metadata(folder.join(format!("{sha256}.der")))
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Timestamp(since.and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or_default())
}

fn verified_by(text: &str) -> Option<VerifiedBy> {
    match text {
        "self" => Some(VerifiedBy::SelfSigned),
        "pinned" => Some(VerifiedBy::Pinned),
        _ => {
            let (kind, id) = text.split_once(':')?;
            let id = Fingerprint::from_hex(id)?;
            match kind {
                "link" => Some(VerifiedBy::Link(id)),
                "list" => Some(VerifiedBy::List(id)),
                _ => None,
            }
        }
    }
}

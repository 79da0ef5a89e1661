//! Part of a log, or all of it, in one file that can be verified elsewhere.

use std::path::Path;

use jiff::Timestamp;

use super::error::AuditError;
use super::found::Examined;
use super::log::AuditLog;
use super::record::{Record, RecordHash};
use super::signed::{self, EXPORT_SCHEMA, Extent};
use super::verify::{Question, Source, examine};
use crate::private_file;

/// Which records: those from the first one at or after `from` to the last one before `until`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// No record before this moment.
    pub from: Option<Timestamp>,
    /// No record at or after this moment.
    pub until: Option<Timestamp>,
}

impl Span {
    /// Whether a record's time lies in it.
    #[must_use]
    pub fn holds(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= time) && self.until.is_none_or(|until| time < until)
    }
}

/// Writes the records of `span` to `out`, as they stand, with a signature over where they begin and end. Nothing is written
/// where the log is not intact, or has no record in the span: then `None`.
///
/// # Errors
/// The log cannot be read or the file not be written.
pub fn export(
    log: &AuditLog,
    span: Span,
    out: &Path,
    now: Timestamp,
) -> Result<(Examined, Option<Extent>), AuditError> {
    let mut records: Vec<(u64, RecordHash, RecordHash, bool, Vec<u8>)> = Vec::new();
    let examined =
        examine(&Source::Log(log.clone()), &Question::default(), &mut |record: &Record, bytes| {
            let inside = record.time.parse().is_ok_and(|time| span.holds(time));
            records.push((record.seq, record.previous, record.hash, inside, bytes.to_vec()));
        })?;
    let (Some(key), None) = (log.key()?, &examined.fault) else { return Ok((examined, None)) };
    // From the first to the last: a record between them whose clock was wrong belongs to the chain all the same.
    let from = records.iter().position(|(.., inside, _)| *inside);
    let to = records.iter().rposition(|(.., inside, _)| *inside);
    let (Some(from), Some(to)) = (from, to) else { return Ok((examined, None)) };
    let chosen = records.get(from..=to).unwrap_or_default();
    let (Some(first), Some(last), Some(end)) = (chosen.first(), chosen.last(), records.last()) else {
        return Ok((examined, None));
    };
    let extent = Extent {
        schema: EXPORT_SCHEMA.to_owned(),
        first: first.0,
        previous: first.1,
        last: last.0,
        hash: last.2,
        log_count: end.0,
        log_hash: end.2,
        time: format!("{now:.3}"),
        key: signed::encoded(key.spki()),
    };
    let mut bytes = Vec::new();
    for (.., record) in chosen {
        bytes.extend_from_slice(record);
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(&signed::sign(&key, &extent).map_err(|failure| AuditError::Key(failure.text))?);
    private_file::replace(out, &private_file::beside(out), &bytes).map_err(AuditError::disk(out))?;
    Ok((examined, Some(extent)))
}

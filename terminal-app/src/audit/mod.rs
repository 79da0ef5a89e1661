//! What this terminal did, in a log that shows when it was touched.
//!
//! Records are lines of JSON, each with the hash of the one before (`record`); beside them stands a head that the terminal's
//! key signs after each (`signed`). `docs/decisions/0018` says what that detects and what it does not.
//! Spec: BSI TR-03135-1 v2.5 §6, TR-03135-2 v2.5 §4.3.

mod chain;
pub mod entry;
mod error;
mod export;
mod found;
mod log;
mod pseudonym;
mod record;
mod recorder;
mod signed;
mod verify;

pub use chain::Break;
pub use error::AuditError;
pub use export::{Span, export};
pub use found::{Examined, Fault, Note};
pub use log::{AuditLog, Entry, Stamp};
pub use record::{MAX_LINE_BYTES, Record, RecordHash};
pub use recorder::{Begun, Recorder};
pub use signed::{Extent, Head};
pub use verify::{Pinned, Question, Source, earlier, examine};

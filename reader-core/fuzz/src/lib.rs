//! The functions behind the fuzz targets; `tests/corpora.rs` of reader-core replays the seeds through the same ones.
pub mod parsers;

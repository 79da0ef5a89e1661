//! The files of the chip as types. Spec: 9303-10.

pub mod file_id;

pub use file_id::{DataGroup, Directory, FileId};

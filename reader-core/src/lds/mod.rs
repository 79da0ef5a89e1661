//! The files of the chip as types. Spec: 9303-10.
//!
//! Each file turns bytes into meaning and judges nothing: whether a hash, a date or a digit is right is asked
//! elsewhere. What a file holds beyond the standard is kept, not refused, wherever that is safe.

pub mod atr_info;
pub mod biometric_template;
pub mod card_security;
pub mod com;
pub mod conformity;
pub mod country;
pub mod details;
pub mod dg1;
pub mod dg11;
pub mod dg12;
pub mod dg14;
pub mod dg15;
pub mod dg16;
pub mod displayed;
pub mod elements;
pub mod file_id;
pub mod finger;
pub mod iris;
mod iso39794;
pub mod mrz;
pub mod personal;
pub mod portrait;
pub mod qr;
pub mod security_infos;
pub mod sod;

pub use file_id::{DataGroup, Directory, FileId};

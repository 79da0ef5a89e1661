//! What hangs on the terminal beside the PC/SC reader.

pub mod pcsc;
pub mod place;
#[cfg(feature = "simulator")]
pub mod simulated;

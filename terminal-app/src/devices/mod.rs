//! What hangs on the terminal beside the PC/SC reader.

pub mod pcsc;
#[cfg(feature = "simulator")]
pub mod simulated;

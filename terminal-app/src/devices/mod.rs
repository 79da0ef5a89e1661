//! What hangs on the terminal beside the PC/SC reader.

pub mod pcsc;
pub mod place;
pub mod signals;
#[cfg(feature = "simulator")]
pub mod simulated;

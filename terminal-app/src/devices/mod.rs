//! What hangs on the terminal beside the PC/SC reader.

#[cfg(feature = "simulator")]
pub mod simulated;

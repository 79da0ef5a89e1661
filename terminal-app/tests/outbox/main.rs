//! The outbox: what was accepted is delivered, whatever happens to the program, the disk and the recipients.
#![cfg(all(feature = "simulator", unix))]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

#[path = "../common/mod.rs"]
mod common;
mod courier;
mod disk;
mod kill;
mod line;
mod store;
mod support;
mod webhook;

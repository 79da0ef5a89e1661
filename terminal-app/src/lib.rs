//! The terminal: command line, window, connectors and site policies over `reader-core`.

pub mod audit;
pub mod capture_folder;
pub mod cli;
pub mod config;
pub mod connectors;
#[cfg(feature = "simulator")]
pub mod demo;
pub mod devices;
pub mod entropy;
pub mod failure;
pub mod learnt;
pub mod outbox;
pub mod presentation;
mod private_file;
pub mod report;
pub mod signing_key;
pub mod staff;
pub mod terminal_key;
pub mod text;
pub mod transaction;
pub mod trust;
#[cfg(feature = "kiosk")]
pub mod ui;
pub mod worker;

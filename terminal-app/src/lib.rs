//! The terminal: command line, window, connectors and site policies over `reader-core`.

pub mod capture_folder;
pub mod config;
pub mod connectors;
pub mod failure;
pub mod report;
pub mod text;

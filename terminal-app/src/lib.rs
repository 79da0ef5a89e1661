//! The terminal: command line, window, connectors and site policies over `reader-core`.

pub mod capture_folder;
pub mod connectors;
pub mod text;

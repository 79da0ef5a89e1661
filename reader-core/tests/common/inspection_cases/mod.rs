//! The cases, unit by unit: each gives what both sites decided.

pub mod access;
pub mod active;
pub mod chip;
pub mod files;
pub mod pace;
pub mod terminal;

use test_vectors::inspection::{Seen, expected};

use crate::inspected::Setup;

/// One case with one run or several.
pub fn case(id: &str, setups: impl IntoIterator<Item = Setup>) -> Seen {
    let runs = setups.into_iter().map(|setup| setup.run(id)).collect();
    Seen::of_runs(expected(id), runs)
}

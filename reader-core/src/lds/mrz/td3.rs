//! The layouts of passport size: two lines of 44. Spec: 9303-4 §4.2.2; 9303-7 §4.2 for visas.

use super::layout::{Layout, OptionalData};

pub(super) const TD3: Layout = Layout {
    line_characters: 44,
    lines: 2,
    issuer: 2..5,
    number: 44..53,
    number_digit: 53,
    birth: 57..63,
    birth_digit: 63,
    sex: 64,
    expiry: 65..71,
    expiry_digit: 71,
    nationality: 54..57,
    optional: OptionalData { first: 72..86, second: None, digit: Some(86) },
    composite: Some((&[44..54, 57..64, 65..87], 87)),
    name: 5..44,
    long_numbers: false,
};

/// A visa has neither composite digit nor one of the optional data.
pub(super) const MRV_A: Layout =
    Layout { optional: OptionalData { first: 72..88, second: None, digit: None }, composite: None, ..TD3 };

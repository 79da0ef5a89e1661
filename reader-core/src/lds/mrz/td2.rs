//! The layouts of ID-2 size: two lines of 36. Spec: 9303-6 §4.2.2; 9303-7 §7.2 for visas.

use super::layout::{Layout, OptionalData};

pub(super) const TD2: Layout = Layout {
    line_characters: 36,
    lines: 2,
    issuer: 2..5,
    number: 36..45,
    number_digit: 45,
    birth: 49..55,
    birth_digit: 55,
    sex: 56,
    expiry: 57..63,
    expiry_digit: 63,
    nationality: 46..49,
    optional: OptionalData { first: 64..71, second: None, digit: None },
    composite: Some((&[36..46, 49..56, 57..71], 71)),
    name: 5..36,
    long_numbers: true,
};

/// A visa has no composite digit and uses the place for optional data.
pub(super) const MRV_B: Layout = Layout {
    optional: OptionalData { first: 64..72, second: None, digit: None },
    composite: None,
    long_numbers: false,
    ..TD2
};

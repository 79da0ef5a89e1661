//! The layout of cards of ID-1 size: three lines of 30. Spec: 9303-5 §4.2.2.

use super::layout::{Layout, OptionalData};

pub(super) const TD1: Layout = Layout {
    line_characters: 30,
    lines: 3,
    issuer: 2..5,
    number: 5..14,
    number_digit: 14,
    birth: 30..36,
    birth_digit: 36,
    sex: 37,
    expiry: 38..44,
    expiry_digit: 44,
    nationality: 45..48,
    optional: OptionalData { first: 15..30, second: Some(48..59), digit: None },
    composite: Some((&[5..30, 30..37, 38..45, 48..59], 59)),
    name: 60..90,
    long_numbers: true,
};

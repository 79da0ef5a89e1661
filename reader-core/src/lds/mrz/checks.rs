//! Every check digit of a zone, stated and computed.

use std::fmt;
use std::ops::Range;

use super::{Mrz, check_digit};

/// What a check digit covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckedField {
    /// The document number.
    DocumentNumber,
    /// The date of birth.
    BirthDate,
    /// The date of expiry.
    ExpiryDate,
    /// The optional data, on passports.
    OptionalData,
    /// Several fields together.
    Composite,
}

impl fmt::Display for CheckedField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DocumentNumber => "document number",
            Self::BirthDate => "date of birth",
            Self::ExpiryDate => "date of expiry",
            Self::OptionalData => "optional data",
            Self::Composite => "composite of the fields",
        })
    }
}

/// One check digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigitCheck {
    /// What it covers.
    pub field: CheckedField,
    /// The zone has the right digit, or a filler where the standard admits one.
    pub holds: bool,
}

impl Mrz {
    /// Every check digit that the format has, in the order of the zone's fields.
    #[must_use]
    pub fn checks(&self) -> Vec<DigitCheck> {
        let layout = self.layout();
        let simple = |field, range: &Range<usize>, at| DigitCheck {
            field,
            holds: self.digit_holds(self.at(range).bytes(), self.character(at)),
        };
        let number = match self.long_number() {
            Some((rest, digit)) => DigitCheck {
                field: CheckedField::DocumentNumber,
                holds: self.digit_holds(self.number_field().bytes().chain(rest.bytes()), digit),
            },
            None => simple(CheckedField::DocumentNumber, &layout.number, layout.number_digit),
        };
        let mut checks = vec![
            number,
            simple(CheckedField::BirthDate, &layout.birth, layout.birth_digit),
            simple(CheckedField::ExpiryDate, &layout.expiry, layout.expiry_digit),
        ];
        if let Some(at) = layout.optional.digit {
            let mut check = simple(CheckedField::OptionalData, &layout.optional.first, at);
            // Without optional data a filler may stand for zero. Spec: 9303-4 §4.2.2.2.
            let empty = self.at(&layout.optional.first).bytes().all(|character| character == b'<');
            check.holds |= empty && self.character(at) == '<';
            checks.push(check);
        }
        if let Some((ranges, at)) = layout.composite {
            let covered = ranges.iter().flat_map(|range| self.at(range).bytes());
            let holds = self.digit_holds(covered, self.character(at));
            checks.push(DigitCheck { field: CheckedField::Composite, holds });
        }
        checks
    }

    /// The fields whose check digit is wrong; none in a zone that was read right.
    pub fn faulty_fields(&self) -> impl Iterator<Item = CheckedField> {
        self.checks().into_iter().filter(|check| !check.holds).map(|check| check.field)
    }

    fn digit_holds(&self, covered: impl IntoIterator<Item = u8>, stated: char) -> bool {
        check_digit(covered).map(char::from) == Some(stated)
    }
}

//! Where each field of a format lies, counted in characters from the beginning of the zone without line ends.

use std::ops::Range;

pub(super) struct Layout {
    pub line_characters: usize,
    pub lines: usize,
    pub issuer: Range<usize>,
    pub number: Range<usize>,
    pub number_digit: usize,
    pub birth: Range<usize>,
    pub birth_digit: usize,
    pub sex: usize,
    pub expiry: Range<usize>,
    pub expiry_digit: usize,
    pub nationality: Range<usize>,
    pub optional: OptionalData,
    /// The ranges that the composite digit covers, and its place.
    pub composite: Option<(&'static [Range<usize>], usize)>,
    pub name: Range<usize>,
    /// Numbers of more than nine characters go on in the optional data.
    pub long_numbers: bool,
}

pub(super) struct OptionalData {
    pub first: Range<usize>,
    pub second: Option<Range<usize>>,
    pub digit: Option<usize>,
}

/// The formats of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Card of ID-1 size, three lines of 30.
    Td1,
    /// Card of ID-2 size, two lines of 36.
    Td2,
    /// Passport, two lines of 44.
    Td3,
    /// Visa of passport size, two lines of 44.
    MrvA,
    /// Visa of ID-2 size, two lines of 36.
    MrvB,
}

impl Format {
    pub(super) const fn layout(self) -> &'static Layout {
        match self {
            Self::Td1 => &super::td1::TD1,
            Self::Td2 => &super::td2::TD2,
            Self::Td3 => &super::td3::TD3,
            Self::MrvA => &super::td3::MRV_A,
            Self::MrvB => &super::td2::MRV_B,
        }
    }

    /// The format of a zone of so many characters, which visas share with others and are told by their first letter.
    pub(super) fn recognise(zone: &[u8]) -> Option<Self> {
        let visa = zone.first() == Some(&b'V');
        match (zone.len(), visa) {
            (90, _) => Some(Self::Td1),
            (72, false) => Some(Self::Td2),
            (72, true) => Some(Self::MrvB),
            (88, false) => Some(Self::Td3),
            (88, true) => Some(Self::MrvA),
            _ => None,
        }
    }

    /// Characters in a line.
    #[must_use]
    pub const fn line_characters(self) -> usize {
        self.layout().line_characters
    }

    /// Number of lines.
    #[must_use]
    pub const fn lines(self) -> usize {
        self.layout().lines
    }
}

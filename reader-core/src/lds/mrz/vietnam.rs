//! What Vietnam puts into the zone of its chip card beyond the standard.
//!
//! The document number is the last nine of the twelve digits with a check digit of its own, so the long-number rule
//! does not apply. The optional data begins with all twelve; its last place is a check digit over the places before
//! it. Read off public samples, not from a specification, so a zone that differs is not refused for it.

use super::{Format, Mrz, check_digit};
use crate::lds::personal::PersonalNumber;

/// The national part of a Vietnamese card's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VietnameseZone {
    /// The holder's number.
    pub number: PersonalNumber,
    /// The document number is the last nine digits of the number.
    pub document_number_agrees: bool,
    /// The digit in the last place of line 1 is right for places 16 to 29.
    pub own_digit_agrees: bool,
}

impl Mrz {
    /// The national part, if this is a Vietnamese TD1 zone whose optional data begins with twelve digits.
    #[must_use]
    pub fn vietnamese(&self) -> Option<VietnameseZone> {
        if self.format() != Format::Td1 || self.issuer() != "VNM" {
            return None;
        }
        let (optional, _) = self.optional_data();
        let number = PersonalNumber::parse(optional.get(..12)?)?;
        let (covered, stated) = optional.as_bytes().split_at_checked(14)?;
        Some(VietnameseZone {
            document_number_agrees: self.number_field() == number.document_number(),
            own_digit_agrees: stated.first().copied() == check_digit(covered.iter().copied()),
            number,
        })
    }

    /// The twelve-digit number of a Vietnamese card.
    #[must_use]
    pub fn vietnamese_number(&self) -> Option<PersonalNumber> {
        self.vietnamese().map(|zone| zone.number)
    }
}

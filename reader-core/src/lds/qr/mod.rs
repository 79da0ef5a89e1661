//! Two-dimensional codes: the one on the chip card, and the one on the old health insurance paper.
//!
//! Nothing of a code is signed. It opens the chip and fills a form; what it says counts only where the chip says the
//! same. Fields beyond those that are known stay as they are.

mod card;
mod insurance;

pub use card::{CardQr, DerivedAccess, DerivedExpiry};
pub use insurance::{InsuranceQr, InsuranceSex};

use super::mrz::PartialDate;
use super::personal::PersonalText;

/// Longest text taken; a code of the largest size holds fewer bytes.
pub const MAX_BYTES: usize = 4_096;
const MAX_FIELDS: usize = 64;

/// A code that is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Qr {
    /// Of a chip card, 2021 or later.
    Card(CardQr),
    /// Of a health insurance card on paper.
    Insurance(InsuranceQr),
}

/// Why a text is neither.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// Longer than any code.
    #[error("{bytes} bytes; no code of a card holds more than {MAX_BYTES}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Too few or too many fields between the strokes.
    #[error(
        "{fields} fields; a chip card's code has 7 or more and an insurance card's 8 or more: was it read whole?"
    )]
    Fields {
        /// How many there are.
        fields: usize,
    },
    /// A field that is not what its place requires.
    #[error("field {field} is no {expected}")]
    Field {
        /// Which, from 1.
        field: usize,
        /// What belongs there.
        expected: &'static str,
    },
}

impl Qr {
    /// Reads the text of a code. Twelve digits in the first field make it a chip card's.
    ///
    /// # Errors
    /// Too long, too few fields, or a field that is not what its place requires.
    pub fn parse(text: &str) -> Result<Self, QrError> {
        if text.len() > MAX_BYTES {
            return Err(QrError::TooLong { bytes: text.len() });
        }
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
        let fields: Vec<&str> = text.split('|').collect();
        if fields.len() > MAX_FIELDS {
            return Err(QrError::Fields { fields: fields.len() });
        }
        let first = fields.first().copied().unwrap_or_default();
        if first.len() == 12 && first.bytes().all(|byte| byte.is_ascii_digit()) {
            CardQr::read(&fields).map(Self::Card)
        } else {
            InsuranceQr::read(&fields).map(Self::Insurance)
        }
    }
}

/// `ddMMyyyy`, with or without strokes or dashes between; 00 is an unknown day or month, and a year may stand alone.
fn day_month_year(text: &str) -> Option<PartialDate> {
    let bytes = text.as_bytes();
    let separated =
        bytes.len() == 10 && matches!((bytes.get(2), bytes.get(5)), (Some(b'/' | b'-'), Some(b'/' | b'-')));
    let digits: String = match bytes.len() {
        4 => format!("0000{text}"),
        8 => text.to_owned(),
        10 if separated => [text.get(..2)?, text.get(3..5)?, text.get(6..)?].concat(),
        _ => return None,
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part =
        |from, to| digits.get(from..to).and_then(|part| part.parse::<u8>().ok()).filter(|part| *part != 0);
    let date = PartialDate { year: digits.get(4..)?.parse().ok(), month: part(2, 4), day: part(0, 2) };
    // With a part unknown, the known ones must still make a day with some other.
    date.latest().map(|_| date)
}

fn text(fields: &[&str], at: usize) -> PersonalText {
    PersonalText::new(fields.get(at).copied().unwrap_or_default().trim())
}

#[cfg(test)]
mod tests;

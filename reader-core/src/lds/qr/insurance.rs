//! The code on the health insurance card of paper: texts in hexadecimal UTF-8. Read off practice, not off a
//! specification, so that only the shape is required.

use super::{QrError, day_month_year, text};
use crate::lds::mrz::PartialDate;
use crate::lds::personal::PersonalText;

/// The holder's sex as the code has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsuranceSex {
    /// 1.
    Male,
    /// Another digit.
    Female,
    /// Nothing, or no digit.
    Unknown,
}

/// The fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsuranceQr {
    /// 1: number of the card.
    pub card: PersonalText,
    /// 2: name.
    pub name: PersonalText,
    /// 3: date of birth, perhaps only the year.
    pub birth: Option<PartialDate>,
    /// 4: sex.
    pub sex: InsuranceSex,
    /// 5: address.
    pub address: PersonalText,
    /// 6: code of the facility where the holder is registered.
    pub facility: PersonalText,
    /// 7: first day of validity.
    pub from: Option<PartialDate>,
    /// 8: last day of validity, where the card says one.
    pub to: Option<PartialDate>,
    /// Whatever follows, as it stands.
    pub rest: Vec<PersonalText>,
}

impl InsuranceQr {
    pub(super) fn read(fields: &[&str]) -> Result<Self, QrError> {
        let wrong = |field, expected| QrError::Field { field, expected };
        if fields.len() < 8 {
            return Err(QrError::Fields { fields: fields.len() });
        }
        let card = text(fields, 0);
        let plain = card.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain || !(10..=15).contains(&card.as_str().len()) {
            return Err(wrong(1, "number of an insurance card or twelve digits"));
        }
        let name = fields.get(1).and_then(|field| from_hex(field)).filter(|name| !name.is_empty());
        let address = fields.get(4).and_then(|field| from_hex(field));
        let date = |at: usize| fields.get(at).and_then(|field| day_month_year(field.trim()));
        Ok(Self {
            card,
            name: name.ok_or_else(|| wrong(2, "name in hexadecimal UTF-8"))?,
            birth: date(2),
            sex: match fields.get(3).map(|field| field.trim()) {
                Some("1") => InsuranceSex::Male,
                Some("0" | "2") => InsuranceSex::Female,
                _ => InsuranceSex::Unknown,
            },
            address: address.ok_or_else(|| wrong(5, "address in hexadecimal UTF-8"))?,
            facility: text(fields, 5),
            from: date(6),
            to: date(7),
            rest: (8..fields.len()).map(|at| text(fields, at)).collect(),
        })
    }
}

/// The text that hexadecimal digits hold.
fn from_hex(field: &str) -> Option<PersonalText> {
    let digits = field.trim().as_bytes();
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(value(*high)? << 4 | value(*low)?),
        _ => None,
    };
    let bytes = pairs.map(byte).collect::<Option<Vec<u8>>>()?;
    String::from_utf8(bytes).ok().map(PersonalText::new)
}

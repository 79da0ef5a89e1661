//! Machine readable zones: TD1, TD2, TD3 and visas. Spec: 9303-3 §4, 9303-4 to 9303-7.
//!
//! A zone that is read here has a known format, only the zone's characters, and dates of the right form. Whether its
//! check digits hold is reported digit by digit: a scanner asks again, a proof refutes.

mod check_digit;
mod checks;
mod date;
mod layout;
mod names;
mod td1;
mod td2;
mod td3;
mod vietnam;

use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

pub use check_digit::check_digit;
pub use checks::{CheckedField, DigitCheck};
pub use date::{ExpiryWindow, MrzDate, PartialDate};
pub use layout::Format;
pub use names::{Agreement, Name, to_zone_letters};
pub use vietnam::VietnameseZone;

use layout::Layout;

use super::personal::PersonalText;
use crate::wire::date::Date;

/// Why a text is no machine readable zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MrzError {
    /// Another length than any format has.
    #[error("{characters} characters; a zone has 90 (TD1), 72 (TD2) or 88 (TD3): is a line missing or cut?")]
    Length {
        /// Characters found, line ends left out.
        characters: usize,
    },
    /// The lines are of other lengths than the format's.
    #[error("line {line} has another length than the {expected} characters of this format")]
    Lines {
        /// The line, from 1.
        line: usize,
        /// Characters that it must have.
        expected: usize,
    },
    /// A character that no zone has.
    #[error("line {line}, place {place}: a zone has only A to Z, 0 to 9 and <")]
    Character {
        /// The line, from 1.
        line: usize,
        /// The place in it, from 1.
        place: usize,
    },
    /// A date that is neither digits nor unknown.
    #[error("the {field} is neither six digits of a date nor unknown parts written <<")]
    Date {
        /// Which one.
        field: CheckedField,
    },
}

/// The holder's sex as the zone has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// F.
    Female,
    /// M.
    Male,
    /// `<` or X: not specified.
    Unspecified,
    /// Another character.
    Other(char),
}

/// The end of a document's validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Through this day.
    On(Date),
    /// Without limit, as Vietnam writes 991231 for holders who need no new card. From practice, not from a standard.
    Unlimited,
    /// Parts are unknown, or there is no such day.
    Unknown(PartialDate),
}

/// A machine readable zone.
#[derive(Clone, PartialEq, Eq)]
pub struct Mrz {
    format: Format,
    /// Exactly the format's characters, ASCII.
    text: Zeroizing<String>,
}

impl Mrz {
    /// Reads typed or scanned text: with or without line ends and spaces around lines, in any case.
    ///
    /// # Errors
    /// No zone of a known format.
    pub fn parse(text: &str) -> Result<Self, MrzError> {
        let lines: Vec<&str> = text.split_whitespace().collect();
        let mut joined = Zeroizing::new(lines.concat());
        joined.make_ascii_uppercase();
        let zone = Self::parse_exact(joined.as_bytes())?;
        // Lines of the wrong lengths that happen to add up are a misread zone.
        let expected = zone.format.line_characters();
        match lines.iter().position(|line| line.len() != expected) {
            Some(line) if lines.len() > 1 => return Err(MrzError::Lines { line: line + 1, expected }),
            _ => {}
        }
        Ok(zone)
    }

    /// Reads the characters of a zone without line ends, as DG1 holds them.
    ///
    /// # Errors
    /// No zone of a known format.
    pub fn parse_exact(zone: &[u8]) -> Result<Self, MrzError> {
        let format = Format::recognise(zone).ok_or(MrzError::Length { characters: zone.len() })?;
        let width = format.line_characters();
        if let Some(at) = zone.iter().position(|c| !matches!(c, b'A'..=b'Z' | b'0'..=b'9' | b'<')) {
            return Err(MrzError::Character { line: at / width + 1, place: at % width + 1 });
        }
        let text: String = zone.iter().copied().map(char::from).collect();
        let mrz = Self { format, text: Zeroizing::new(text) };
        let layout = format.layout();
        for (field, range) in
            [(CheckedField::BirthDate, &layout.birth), (CheckedField::ExpiryDate, &layout.expiry)]
        {
            if MrzDate::parse(mrz.at(range).as_bytes()).is_none() {
                return Err(MrzError::Date { field });
            }
        }
        Ok(mrz)
    }

    /// The format.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// All characters without line ends.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let width = self.format.line_characters();
        (0..self.format.lines()).map(move |line| self.at(&(line * width..(line + 1) * width)))
    }

    /// Document code, one or two letters: `ID`, `P`, `PP`.
    #[must_use]
    pub fn document_code(&self) -> &str {
        trimmed(self.at(&(0..2)))
    }

    /// Issuing state or organisation, one to three letters: `VNM`, `D`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        trimmed(self.at(&self.layout().issuer))
    }

    /// Nationality, one to three letters.
    #[must_use]
    pub fn nationality(&self) -> &str {
        trimmed(self.at(&self.layout().nationality))
    }

    /// The document number without fillers, continued from the optional data where it is long.
    #[must_use]
    pub fn document_number(&self) -> PersonalText {
        match self.long_number() {
            Some((rest, _)) => PersonalText::new([self.number_field(), rest].concat()),
            None => PersonalText::new(trimmed(self.number_field())),
        }
    }

    /// Whether the document number has more than nine characters. Spec: 9303-5 §4.2.2 note j.
    #[must_use]
    pub fn has_long_number(&self) -> bool {
        self.long_number().is_some()
    }

    /// Date of birth; [`MrzDate::as_birth`] finds the century.
    #[must_use]
    pub fn birth(&self) -> MrzDate {
        self.date(&self.layout().birth)
    }

    /// Date of expiry; [`Self::expiry_on`] finds the century.
    #[must_use]
    pub fn expiry(&self) -> MrzDate {
        self.date(&self.layout().expiry)
    }

    /// The end of validity as seen on `today`, with the window that fits the issuer.
    #[must_use]
    pub fn expiry_on(&self, today: Date) -> Expiry {
        let vietnam = self.issuer() == "VNM";
        let date = self.expiry();
        if vietnam && date.characters() == b"991231" {
            return Expiry::Unlimited;
        }
        let window = if vietnam { ExpiryWindow::VIETNAM } else { ExpiryWindow::TR_03135 };
        let partial = date.as_expiry(today, window);
        partial.full().map_or(Expiry::Unknown(partial), Expiry::On)
    }

    /// Sex.
    #[must_use]
    pub fn sex(&self) -> Sex {
        match self.character(self.layout().sex) {
            'F' => Sex::Female,
            'M' => Sex::Male,
            '<' | 'X' => Sex::Unspecified,
            other => Sex::Other(other),
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> Name {
        Name::parse(self.at(&self.layout().name))
    }

    /// Optional data, fillers included; TD1 has a second field.
    #[must_use]
    pub fn optional_data(&self) -> (&str, Option<&str>) {
        let optional = &self.layout().optional;
        (self.at(&optional.first), optional.second.as_ref().map(|range| self.at(range)))
    }

    /// What BAC and PACE with the zone derive their key from: number, birth and expiry, each with its check digit.
    ///
    /// The digits are computed, not copied, so that the seed is right wherever the fields are. Spec: 9303-11 §4.3.2.
    #[must_use]
    pub fn access_information(&self) -> Zeroizing<String> {
        let layout = self.layout();
        let number = match self.long_number() {
            Some((rest, _)) => [self.number_field(), rest].concat(),
            None => self.number_field().to_owned(),
        };
        let number = Zeroizing::new(number);
        join_with_digits([&number, self.at(&layout.birth), self.at(&layout.expiry)])
    }

    const fn layout(&self) -> &'static Layout {
        self.format.layout()
    }

    fn at(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    fn character(&self, at: usize) -> char {
        self.text.as_bytes().get(at).copied().map_or('<', char::from)
    }

    fn date(&self, range: &Range<usize>) -> MrzDate {
        MrzDate::parse(self.at(range).as_bytes()).unwrap_or(MrzDate::UNKNOWN)
    }

    fn number_field(&self) -> &str {
        self.at(&self.layout().number)
    }

    /// The continuation of a long number and its check digit. The check digit's place holds `<`; the optional data
    /// begins with the rest, the digit over the whole and a filler.
    fn long_number(&self) -> Option<(&str, char)> {
        let layout = self.layout();
        let field = self.number_field();
        if !layout.long_numbers || self.character(layout.number_digit) != '<' || field.ends_with('<') {
            return None;
        }
        let (continuation, _) = self.at(&layout.optional.first).split_once('<')?;
        let digit = continuation.chars().next_back().filter(char::is_ascii_digit)?;
        let rest = continuation.get(..continuation.len() - 1).filter(|rest| !rest.is_empty())?;
        Some((rest, digit))
    }
}

impl fmt::Debug for Mrz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mrz({:?}, {})", self.format, self.issuer())
    }
}

/// The key seed text of separately given fields: the number is filled up to nine characters, dates are `YYMMDD`.
///
/// # Errors
/// A character that no zone has, an empty number, or a date that is not six characters.
pub fn access_information(
    document_number: &str,
    birth: &str,
    expiry: &str,
) -> Result<Zeroizing<String>, MrzError> {
    let number = Zeroizing::new(format!("{:<<9}", document_number.to_ascii_uppercase()));
    if let Some(at) = number.bytes().position(|c| !matches!(c, b'A'..=b'Z' | b'0'..=b'9' | b'<')) {
        return Err(MrzError::Character { line: 1, place: at + 1 });
    }
    if document_number.is_empty() {
        return Err(MrzError::Length { characters: 0 });
    }
    for (field, text) in [(CheckedField::BirthDate, birth), (CheckedField::ExpiryDate, expiry)] {
        MrzDate::parse(text.as_bytes()).ok_or(MrzError::Date { field })?;
    }
    Ok(join_with_digits([&number, birth, expiry]))
}

fn join_with_digits(fields: [&str; 3]) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(64));
    for field in fields {
        out.push_str(field);
        out.push(check_digit(field.bytes()).map_or('<', char::from));
    }
    out
}

fn trimmed(field: &str) -> &str {
    field.trim_end_matches('<')
}

#[cfg(test)]
mod tests;

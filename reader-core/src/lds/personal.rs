//! Personal data as types that do not print what they hold and wipe it when they go.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

/// A text about the holder: a name, an address. `Debug` tells its length only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PersonalText(Zeroizing<String>);

impl PersonalText {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// No characters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for PersonalText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} characters)", self.0.chars().count())
    }
}

/// The twelve digits by which Vietnam numbers a person.
///
/// Any twelve digits are one: the rule that gave province, century and year a place in them expired on 1 July 2024.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonalNumber([u8; 12]);

impl PersonalNumber {
    /// Takes exactly twelve ASCII digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: [u8; 12] = text.as_bytes().try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(Self(digits))
    }

    /// The twelve digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Digits only, by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The card access number of the chip card: the last six digits.
    #[must_use]
    pub fn can(&self) -> Zeroizing<String> {
        Zeroizing::new(self.tail(6).to_owned())
    }

    /// The document number of the chip card's machine readable zone: the last nine digits.
    #[must_use]
    pub fn document_number(&self) -> &str {
        self.tail(9)
    }

    fn tail(&self, digits: usize) -> &str {
        self.as_str().get(12 - digits..).unwrap_or_default()
    }
}

impl Drop for PersonalNumber {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for PersonalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "*********{}", self.tail(3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_twelve_digits_are_a_number() {
        let number = PersonalNumber::parse("090000000123").unwrap();
        assert_eq!((number.can().as_str(), number.document_number()), ("000123", "000000123"));
        assert_eq!(format!("{number:?}"), "*********123");
        for bad in ["09000000012", "0900000001234", "09000000012a", "", "٠٩٠٠٠٠"] {
            assert!(PersonalNumber::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn texts_do_not_print() {
        assert_eq!(format!("{:?}", PersonalText::new("Nguyễn Văn A")), "(12 characters)");
    }
}

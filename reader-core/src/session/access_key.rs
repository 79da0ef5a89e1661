//! What the holder presents to open the chip. Knowing it is never evidence of anything.

use crate::crypto::kdf::PacePassword;
use crate::crypto::secret::Secret;
use crate::lds::mrz::check_digit;

/// A password for access control; wiped when dropped, never printed.
#[derive(Clone)]
pub struct AccessKey {
    kind: Kind,
    /// The text as the key derivation takes it: ASCII.
    text: Secret,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Can,
    Mrz,
    Pin,
}

/// A text that cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessKeyError {
    /// Not digits.
    #[error("a card access number has 6 digits; this one has other characters or another length")]
    Can,
    /// Not a document number.
    #[error(
        "a document number has 1 to 24 letters, digits or <; this one has other characters or another length"
    )]
    DocumentNumber,
    /// Not six digits.
    #[error("dates are written YYMMDD, six digits (or < where unknown)")]
    Date,
    /// Not a PIN.
    #[error("a PIN has 4 to 16 digits; this one has other characters or another length")]
    Pin,
    /// Not the three fields with their check digits.
    #[error("the MRZ information has other characters than A-Z, 0-9 and <, or is shorter than 24 characters")]
    MrzInformation,
}

impl AccessKey {
    /// The card access number printed on the card: six digits. Spec: 9303-11 §4.4; 9303-3 §4.
    ///
    /// # Errors
    /// Other characters, or another length.
    pub fn can(digits: &str) -> Result<Self, AccessKeyError> {
        let fits = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(Self::new(Kind::Can, digits)) } else { Err(AccessKeyError::Can) }
    }

    /// Document number and dates as printed in the MRZ (dates `YYMMDD`). Numbers shorter than nine are filled up; longer
    /// ones (TD1) are taken whole. Check digits are worked out here. Spec: 9303-11 §4.3.2, §9.7.2; 9303-5 §4.2.4.
    ///
    /// # Errors
    /// Characters or lengths that an MRZ cannot have.
    pub fn mrz(document_number: &str, birth: &str, expiry: &str) -> Result<Self, AccessKeyError> {
        let number = document_number.trim_end_matches('<');
        if number.is_empty() || number.len() > 24 || !number.bytes().all(is_mrz) {
            return Err(AccessKeyError::DocumentNumber);
        }
        let date =
            |text: &str| text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'<');
        if !date(birth) || !date(expiry) {
            return Err(AccessKeyError::Date);
        }
        let mut text = zeroize::Zeroizing::new(String::with_capacity(48));
        let number = zeroize::Zeroizing::new(format!("{number:<<9}"));
        for field in [number.as_str(), birth, expiry] {
            text.push_str(field);
            // Every character was admitted above, so there is a digit.
            text.push(check_digit(field.bytes()).map_or('0', char::from));
        }
        Ok(Self::new(Kind::Mrz, &text))
    }

    /// The MRZ information itself: number, birth and expiry date, each followed by its check digit as printed.
    ///
    /// # Errors
    /// Characters that no MRZ has, or too few.
    pub fn mrz_information(text: &str) -> Result<Self, AccessKeyError> {
        let fits = (24..=40).contains(&text.len()) && text.bytes().all(is_mrz);
        if fits { Ok(Self::new(Kind::Mrz, text)) } else { Err(AccessKeyError::MrzInformation) }
    }

    /// The holder's secret PIN, 4 to 16 digits, as national identity cards have it; documents of ICAO have none. The chip
    /// counts wrong ones: see [`crate::capture::AccessFailure::PinSuspended`]. Spec: TR-03110-2 §2.4.1, §3.3.
    ///
    /// # Errors
    /// Other characters, or another length.
    pub fn pin(digits: &str) -> Result<Self, AccessKeyError> {
        let fits = (4..=16).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(Self::new(Kind::Pin, digits)) } else { Err(AccessKeyError::Pin) }
    }

    /// A card access number, which BAC does not take.
    #[must_use]
    pub fn is_can(&self) -> bool {
        self.kind == Kind::Can
    }

    /// What an MRZ says, which BAC takes.
    #[must_use]
    pub fn is_mrz(&self) -> bool {
        self.kind == Kind::Mrz
    }

    /// A PIN, of which the chip takes three tries.
    #[must_use]
    pub fn is_pin(&self) -> bool {
        self.kind == Kind::Pin
    }

    fn new(kind: Kind, text: &str) -> Self {
        Self { kind, text: Secret::from_slice(text.as_bytes()) }
    }

    /// The constructors admit ASCII only, so this never yields the empty text.
    fn text(&self) -> &str {
        std::str::from_utf8(self.text.expose()).unwrap_or_default()
    }

    /// The password reference of MSE:Set AT (tag 83). Spec: 9303-11 §4.4.4.1.
    pub(super) const fn reference(&self) -> u8 {
        match self.kind {
            Kind::Mrz => 1,
            Kind::Can => 2,
            Kind::Pin => 3,
        }
    }

    pub(super) fn pace_password(&self) -> PacePassword<'_> {
        match self.kind {
            Kind::Mrz => PacePassword::Mrz(self.text()),
            Kind::Can => PacePassword::Can(self.text()),
            Kind::Pin => PacePassword::Pin(self.text()),
        }
    }

    /// The document number with its check digit, as terminal authentication signs it after BAC. Spec: 9303-11 §7.1.2.
    pub(super) fn number_with_check_digit(&self) -> Option<&str> {
        // Two dates with their check digits follow it.
        self.bac_information().and_then(|text| text.get(..text.len().checked_sub(14)?))
    }

    /// What BAC derives its keys from.
    pub(super) fn bac_information(&self) -> Option<&str> {
        (self.kind == Kind::Mrz).then(|| self.text())
    }
}

const fn is_mrz(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'<'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_the_information_of_the_published_examples() {
        let text = |number, birth, expiry| AccessKey::mrz(number, birth, expiry).unwrap().text().to_owned();
        assert_eq!(text("L898902C", "690806", "940623"), "L898902C<369080619406236");
        assert_eq!(text("T22000129", "640812", "101031"), "T22000129364081251010318");
        // A long TD1 number: 9303-11 appendix D.2.
        assert_eq!(text("D23145890734", "340712", "950712"), "D23145890734934071279507122");
    }

    #[test]
    fn the_number_stands_before_the_dates() {
        let key = AccessKey::mrz("T22000129", "640812", "101031").unwrap();
        assert_eq!(key.number_with_check_digit(), Some("T220001293"));
        let long = AccessKey::mrz("D23145890734", "340712", "950712").unwrap();
        assert_eq!(long.number_with_check_digit(), Some("D231458907349"));
        assert_eq!(AccessKey::can("123456").unwrap().number_with_check_digit(), None);
    }

    #[test]
    fn refuses_what_no_card_prints() {
        assert!(AccessKey::can("12345").is_err());
        assert!(AccessKey::can("12345a").is_err());
        assert!(AccessKey::can("१२३४५६").is_err());
        for pin in ["123", "12345a", "12345678901234567", "१२३४५६"] {
            assert_eq!(AccessKey::pin(pin).err(), Some(AccessKeyError::Pin));
        }
        assert!(AccessKey::mrz("", "690806", "940623").is_err());
        assert!(AccessKey::mrz("l898902c", "690806", "940623").is_err());
        assert!(AccessKey::mrz("L898902C", "69-0806", "940623").is_err());
        assert!(AccessKey::mrz("L898902C", "690806", "9406231").is_err());
    }
}

//! ASN.1 types on top of [`super::tlv`], as certificates, security objects and SecurityInfos write them.

use super::date::{Date, Timestamp};
use super::oid::Oid;
use super::tlv::{Reader, Tlv};
use super::{Malformed, Problem};

/// BOOLEAN.
pub const BOOLEAN: u32 = 0x01;
/// INTEGER.
pub const INTEGER: u32 = 0x02;
/// BIT STRING.
pub const BIT_STRING: u32 = 0x03;
/// OCTET STRING.
pub const OCTET_STRING: u32 = 0x04;
/// NULL.
pub const NULL: u32 = 0x05;
/// OBJECT IDENTIFIER.
pub const OBJECT_IDENTIFIER: u32 = 0x06;
/// UTF8String.
pub const UTF8_STRING: u32 = 0x0C;
/// PrintableString.
pub const PRINTABLE_STRING: u32 = 0x13;
/// UTCTime.
pub const UTC_TIME: u32 = 0x17;
/// GeneralizedTime.
pub const GENERALIZED_TIME: u32 = 0x18;
/// SEQUENCE.
pub const SEQUENCE: u32 = 0x30;
/// SET.
pub const SET: u32 = 0x31;

/// `AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlgorithmIdentifier<'a> {
    /// The algorithm.
    pub algorithm: Oid<'a>,
    /// Its parameters as they stand, if any.
    pub parameters: Option<Tlv<'a>>,
}

impl<'a> Reader<'a> {
    /// An OBJECT IDENTIFIER.
    ///
    /// # Errors
    /// Another type, or arcs that do not end.
    pub fn oid(&mut self) -> Result<Oid<'a>, Malformed> {
        let object = self.expect(OBJECT_IDENTIFIER)?;
        let fault = self.fault(Problem::Value("an object identifier that does not end"));
        Oid::from_content(object.value).ok_or(fault)
    }

    /// An INTEGER's content bytes, two's complement, as they stand.
    ///
    /// # Errors
    /// Another type, or no content.
    pub fn integer(&mut self) -> Result<&'a [u8], Malformed> {
        let object = self.expect(INTEGER)?;
        if object.value.is_empty() {
            Err(self.fault(Problem::Value("an integer without content")))
        } else {
            Ok(object.value)
        }
    }

    /// A non-negative INTEGER's magnitude, big-endian, without leading zeros (zero is one zero byte).
    ///
    /// # Errors
    /// Another type, no content, or negative.
    pub fn unsigned(&mut self) -> Result<&'a [u8], Malformed> {
        let content = self.integer()?;
        if content.first().is_some_and(|first| first & 0x80 != 0) {
            return Err(self.fault(Problem::Value("a negative integer")));
        }
        let skip = content.iter().position(|byte| *byte != 0).unwrap_or(content.len() - 1);
        Ok(content.get(skip..).unwrap_or_default())
    }

    /// A small non-negative INTEGER, such as a version.
    ///
    /// # Errors
    /// As [`Self::unsigned`], or more than 32 bits.
    pub fn small(&mut self) -> Result<u32, Malformed> {
        let magnitude = self.unsigned()?;
        if magnitude.len() > 4 {
            return Err(self.fault(Problem::Value("an integer of more than 32 bits")));
        }
        Ok(magnitude.iter().fold(0, |value, byte| (value << 8) | u32::from(*byte)))
    }

    /// A BIT STRING of whole bytes.
    ///
    /// # Errors
    /// Another type, or unused bits.
    pub fn bit_string(&mut self) -> Result<&'a [u8], Malformed> {
        let object = self.expect(BIT_STRING)?;
        match object.value.split_first() {
            Some((0, bits)) => Ok(bits),
            _ => Err(self.fault(Problem::Value("a bit string that is not whole bytes"))),
        }
    }

    /// An OCTET STRING's content.
    ///
    /// # Errors
    /// Another type.
    pub fn octet_string(&mut self) -> Result<&'a [u8], Malformed> {
        self.expect(OCTET_STRING).map(|object| object.value)
    }

    /// An AlgorithmIdentifier.
    ///
    /// # Errors
    /// Not the shape of one.
    pub fn algorithm(&mut self) -> Result<AlgorithmIdentifier<'a>, Malformed> {
        let mut inner = self.enter("AlgorithmIdentifier", SEQUENCE)?;
        let algorithm = inner.oid()?;
        let parameters = if inner.is_empty() { None } else { Some(inner.any()?) };
        inner.finish()?;
        Ok(AlgorithmIdentifier { algorithm, parameters })
    }

    /// A UTCTime or GeneralizedTime, in UTC.
    ///
    /// # Errors
    /// Another type, another zone, or no such instant.
    pub fn time(&mut self) -> Result<Timestamp, Malformed> {
        let object = self.any()?;
        let fault = self.fault(Problem::Value("a time that is neither UTCTime nor GeneralizedTime in UTC"));
        parse_time(object.tag, object.value).ok_or(fault)
    }
}

/// The instant that a UTCTime (years 1950 to 2049) or GeneralizedTime gives. Seconds are required by the profile of
/// RFC 5280 and left out by some signers; both are read.
fn parse_time(tag: u32, content: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match tag {
        UTC_TIME => {
            let short: u16 = text.get(..2)?.parse().ok()?;
            (if short < 50 { 2000 + short } else { 1900 + short }, text.get(2..)?)
        }
        GENERALIZED_TIME => (text.get(..4)?.parse().ok()?, text.get(4..)?),
        _ => return None,
    };
    let two = |at: usize| rest.get(at..at + 2).and_then(|digits| digits.parse::<u8>().ok());
    let date = Date::new(year, two(0)?, two(2)?)?;
    let (hour, minute) = (two(4)?, two(6)?);
    let second = if rest.len() == 8 { 0 } else { two(8)? };
    if hour > 23 || minute > 59 || second > 60 || !(rest.len() == 8 || rest.len() == 10) {
        return None;
    }
    Some(date.start().plus_s(i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tlv::Rules;

    #[test]
    fn reads_times() {
        let read = |tag: u8, text: &str| {
            let mut bytes = vec![tag, u8::try_from(text.len()).unwrap()];
            bytes.extend_from_slice(text.as_bytes());
            Reader::new("time", Rules::Der, &bytes).time().map(|time| time.to_string())
        };
        assert_eq!(read(0x17, "261121090507Z").unwrap(), "2026-11-21T09:05:07Z");
        assert_eq!(read(0x17, "500101000000Z").unwrap(), "1950-01-01T00:00:00Z");
        assert_eq!(read(0x18, "20991231235959Z").unwrap(), "2099-12-31T23:59:59Z");
        for bad in ["261121090507", "261321090507Z", "261121250507Z", "2611210905071Z", "Z", ""] {
            assert!(read(0x17, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn reads_integers() {
        let mut reader = Reader::new("test", Rules::Der, &[2, 2, 0, 0x80, 2, 1, 0xFF, 2, 1, 0]);
        assert_eq!(reader.unsigned().unwrap(), [0x80]);
        assert!(reader.unsigned().is_err());
        assert_eq!(reader.small().unwrap(), 0);
    }
}

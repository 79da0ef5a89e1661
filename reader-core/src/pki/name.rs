//! Distinguished names: as they stand, and in a form that compares equal across string types, letter case and spaces.
//!
//! Spec: RFC 5280 §7.1; 9303-12 §7.1.1 (country, SubjectAltName).

use std::fmt;

use crate::wire::der::{PRINTABLE_STRING, SEQUENCE, SET, UTF8_STRING};
use crate::wire::oid::Oid;
use crate::wire::tlv::{Reader, Rules, Tlv};
use crate::wire::{Malformed, Problem};

const MAX_ATTRIBUTES: usize = 64;
const BMP_STRING: u32 = 0x1E;
const T61_STRING: u32 = 0x14;

/// A distinguished name.
#[derive(Clone, PartialEq, Eq)]
pub struct Name {
    raw: Vec<u8>,
    attributes: Vec<NameAttribute>,
}

#[derive(Clone, PartialEq, Eq)]
struct NameAttribute {
    kind: Vec<u8>,
    label: Option<&'static str>,
    text: String,
    /// For comparison: lower case, spaces collapsed; the bytes in hexadecimal where the string type is not known.
    folded: String,
}

impl Name {
    /// Reads `Name ::= SEQUENCE OF SET OF SEQUENCE { type OBJECT IDENTIFIER, value ANY }`.
    ///
    /// # Errors
    /// Another shape, or more attributes than any name has.
    pub fn parse(raw: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new("Name", Rules::Ber, raw);
        let mut sequence = outer.enter("Name", SEQUENCE)?;
        outer.finish()?;
        let mut attributes = Vec::new();
        while !sequence.is_empty() {
            let mut set = sequence.enter("RelativeDistinguishedName", SET)?;
            while !set.is_empty() {
                if attributes.len() == MAX_ATTRIBUTES {
                    return Err(set.fault(Problem::TooMany { limit: MAX_ATTRIBUTES, of: "name attributes" }));
                }
                let mut pair = set.enter("AttributeTypeAndValue", SEQUENCE)?;
                let kind = pair.oid()?;
                let value = pair.any()?;
                pair.finish()?;
                let text = text(&value);
                attributes.push(NameAttribute {
                    kind: kind.content().to_vec(),
                    label: label(kind.content()),
                    folded: text.as_deref().map_or_else(|| hex(value.raw), fold),
                    text: text.unwrap_or_else(|| format!("#{}", hex(value.raw))),
                });
            }
        }
        Ok(Self { raw: raw.to_vec(), attributes })
    }

    /// The bytes as they stand.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Whether both say the same, whatever the string types, letter case and spaces.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.raw == other.raw || self.folded().eq(other.folded())
    }

    /// A key under which names that say the same are found.
    #[must_use]
    pub fn lookup_key(&self) -> Vec<u8> {
        let mut key = Vec::new();
        for (kind, folded) in self.folded() {
            key.extend_from_slice(kind);
            key.push(0);
            key.extend_from_slice(folded.as_bytes());
            key.push(0);
        }
        key
    }

    /// `countryName` in capitals. Two letters in nearly all names, three in a few.
    #[must_use]
    pub fn country(&self) -> Option<String> {
        self.value("C").map(str::to_uppercase)
    }

    /// `localityName` in capitals: the three-letter country code inside a SubjectAltName.
    #[must_use]
    pub fn locality(&self) -> Option<String> {
        self.value("L").map(str::to_uppercase)
    }

    /// `organizationName` in lower case, spaces collapsed.
    #[must_use]
    pub fn organisation(&self) -> Option<String> {
        self.value("O").map(fold)
    }

    fn value(&self, label: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|attribute| attribute.label == Some(label))?;
        Some(found.text.trim())
    }

    fn folded(&self) -> impl Iterator<Item = (&[u8], &str)> {
        self.attributes.iter().map(|attribute| (attribute.kind.as_slice(), attribute.folded.as_str()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, attribute) in self.attributes.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            match attribute.label {
                Some(label) => write!(f, "{separator}{label}={}", attribute.text)?,
                None => match Oid::from_content(&attribute.kind) {
                    Some(kind) => write!(f, "{separator}{kind}={}", attribute.text)?,
                    None => write!(f, "{separator}#{}={}", hex(&attribute.kind), attribute.text)?,
                },
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

fn label(kind: &[u8]) -> Option<&'static str> {
    match kind {
        [0x55, 0x04, 0x03] => Some("CN"),
        [0x55, 0x04, 0x05] => Some("serialNumber"),
        [0x55, 0x04, 0x06] => Some("C"),
        [0x55, 0x04, 0x07] => Some("L"),
        [0x55, 0x04, 0x08] => Some("ST"),
        [0x55, 0x04, 0x0A] => Some("O"),
        [0x55, 0x04, 0x0B] => Some("OU"),
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01] => Some("emailAddress"),
        _ => None,
    }
}

/// The text of a string, by its type. T61 is read as Latin-1, which is what issuers mean by it.
fn text(value: &Tlv<'_>) -> Option<String> {
    match value.tag {
        UTF8_STRING | PRINTABLE_STRING | 0x12 | 0x16 | 0x1A => {
            std::str::from_utf8(value.value).ok().map(str::to_owned)
        }
        T61_STRING => Some(value.value.iter().map(|byte| char::from(*byte)).collect()),
        BMP_STRING => {
            let units = value.value.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0xFFFD,
            });
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Bytes in lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tlv::encode;

    fn name(parts: &[(u8, u32, &[u8])]) -> Name {
        let sets: Vec<u8> = parts
            .iter()
            .flat_map(|(kind, tag, value)| {
                let pair = [&[6, 3, 0x55, 4, *kind][..], &encode(*tag, value)].concat();
                encode(SET, &encode(SEQUENCE, &pair))
            })
            .collect();
        Name::parse(&encode(SEQUENCE, &sets)).unwrap()
    }

    #[test]
    fn compares_across_types_case_and_spaces() {
        let printable = name(&[(6, 0x13, b"vn"), (3, 0x13, b"CSCA  Test ")]);
        let utf8 = name(&[(6, 0x13, b"VN"), (3, 0x0C, b"Csca Test")]);
        let bmp = name(&[(6, 0x13, b"VN"), (3, 0x1E, b"\0C\0s\0c\0a\0 \0T\0e\0s\0t")]);
        assert!(printable.raw() != utf8.raw());
        assert!(printable.says_the_same(&utf8) && utf8.says_the_same(&bmp));
        assert_eq!(printable.lookup_key(), bmp.lookup_key());
        assert_eq!(printable.country().as_deref(), Some("VN"));
        assert_eq!(utf8.to_string(), "C=VN, CN=Csca Test");
        let other_order = name(&[(3, 0x0C, b"Csca Test"), (6, 0x13, b"VN")]);
        assert!(!utf8.says_the_same(&other_order));
    }
}

//! EF.COM: which groups the chip says it has. Unsigned, so nothing may rest on it. Spec: 9303-10 §4.6.1.

use super::DataGroup;
use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

const MAX_TAGS: usize = 64;

/// The content of EF.COM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Com {
    /// Version of the logical data structure, four digits `aabb`: version and update level.
    pub lds_version: String,
    /// Version of Unicode, six digits `aabbcc`: major, minor, release.
    pub unicode_version: String,
    /// The groups listed, in the order of the list, repeats included.
    pub groups: Vec<DataGroup>,
    /// Listed tags that are no data group's.
    pub unknown_tags: Vec<u8>,
    /// Bytes in the file after the object.
    pub trailing_bytes: usize,
}

impl Com {
    /// Reads the file.
    ///
    /// # Errors
    /// Not `60` with versions (`5F01`, `5F36`) and tag list (`5C`), or more tags than any chip has.
    pub fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new("EF.COM", Rules::Ber, file);
        let mut reader = outer.enter("EF.COM", 0x60)?;
        let mut text = |tag, bytes| {
            let value = reader.expect(tag)?.value;
            let digits = value.len() == bytes && value.iter().all(u8::is_ascii_digit);
            let text = std::str::from_utf8(value).ok().filter(|_| digits);
            text.map(str::to_owned)
                .ok_or_else(|| reader.fault(Problem::Value("a version that is not digits")))
        };
        let lds_version = text(0x5F01, 4)?;
        let unicode_version = text(0x5F36, 6)?;
        let tags = reader.expect(0x5C)?.value;
        if tags.len() > MAX_TAGS {
            return Err(reader.fault(Problem::TooMany { limit: MAX_TAGS, of: "listed tags" }));
        }
        let group = |tag: &u8| DataGroup::from_tag(u32::from(*tag));
        Ok(Self {
            lds_version,
            unicode_version,
            groups: tags.iter().filter_map(group).collect(),
            unknown_tags: tags.iter().copied().filter(|tag| group(tag).is_none()).collect(),
            trailing_bytes: outer.rest().len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_order_of_the_vietnamese_card() {
        let file = b"\x60\x18\x5F\x01\x040107\x5F\x36\x06040000\x5C\x06\x61\x75\x63\x6D\x6F\x6E";
        let com = Com::parse(file).unwrap();
        assert_eq!((com.lds_version.as_str(), com.unicode_version.as_str()), ("0107", "040000"));
        let numbers: Vec<u8> = com.groups.iter().map(|group| group.number()).collect();
        assert_eq!((numbers, com.trailing_bytes), (vec![1, 2, 3, 13, 15, 14], 0));
    }

    #[test]
    fn refuses_other_shapes_and_keeps_unknown_tags() {
        assert!(Com::parse(b"").is_err());
        assert!(Com::parse(b"\x60\x07\x5F\x01\x0401x7").is_err());
        let odd = b"\x60\x14\x5F\x01\x040107\x5F\x36\x06040000\x5C\x02\x61\x99\x00";
        let com = Com::parse(odd).unwrap();
        assert_eq!((com.unknown_tags, com.trailing_bytes), (vec![0x99], 1));
    }
}

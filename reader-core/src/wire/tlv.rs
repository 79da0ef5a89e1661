//! BER-TLV data objects as chips and certificates write them, read without copying.
//!
//! Definite lengths only: a chip file with an indefinite length is refused here, and signed structures that use it
//! are normalised before they come here. Nothing recurses; who opens a constructed object asks for its [`Reader`].
//! Spec: ISO/IEC 7816-4 §5.2 as quoted in 9303-10 §3; X.690 §8.1, §10.1.

use super::{Malformed, Problem};

/// A tag with its class and constructed bits, as its bytes read big-endian: `0x30`, `0x5F1F`, `0x7F49`.
pub type Tag = u32;

/// How strictly lengths are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Any definite length form. Chips do write `81 05`.
    Ber,
    /// The shortest form only.
    Der,
}

/// One data object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Its tag.
    pub tag: Tag,
    /// Its value.
    pub value: &'a [u8],
    /// Tag, length and value as received: what hashes and signatures are taken over.
    pub raw: &'a [u8],
    /// Offset of `raw` from the beginning of the outermost structure.
    pub offset: usize,
}

impl<'a> Tlv<'a> {
    /// Offset of the value from the beginning of the outermost structure.
    #[must_use]
    pub const fn value_offset(&self) -> usize {
        self.offset + self.raw.len() - self.value.len()
    }

    /// The constructed bit.
    #[must_use]
    pub fn is_constructed(&self) -> bool {
        self.raw.first().is_some_and(|first| first & 0x20 != 0)
    }
}

/// Reads data objects one after the other.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    what: &'static str,
    rules: Rules,
    bytes: &'a [u8],
    at: usize,
    base: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte; `what` names the structure in errors.
    #[must_use]
    pub const fn new(what: &'static str, rules: Rules, bytes: &'a [u8]) -> Self {
        Self { what, rules, bytes, at: 0, base: 0 }
    }

    /// A reader of the objects inside `object`, named `what`, keeping offsets of the outermost structure.
    #[must_use]
    pub const fn inside(&self, what: &'static str, object: &Tlv<'a>) -> Self {
        Self { what, rules: self.rules, bytes: object.value, at: 0, base: object.value_offset() }
    }

    /// Nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    /// Bytes not yet read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The tag of the next object, without reading it.
    ///
    /// # Errors
    /// The bytes end, or the tag is longer than three bytes.
    pub fn peek_tag(&self) -> Result<Tag, Malformed> {
        let rest = self.rest();
        tag_length(rest).map(|length| tag_value(rest, length)).map_err(|problem| self.fault(problem))
    }

    /// The next object, whatever it is.
    ///
    /// # Errors
    /// Truncated, or a tag or length in a form that is not allowed.
    pub fn any(&mut self) -> Result<Tlv<'a>, Malformed> {
        let rest = self.rest();
        let tag_bytes = tag_length(rest).map_err(|problem| self.fault(problem))?;
        let after_tag = rest.get(tag_bytes..).unwrap_or_default();
        let (length_bytes, length) =
            read_length(after_tag, self.rules).map_err(|problem| self.fault(problem))?;
        let header = tag_bytes + length_bytes;
        let left = rest.len() - header;
        let end = header + length.min(left + 1);
        let truncated = self.fault(Problem::Truncated { needed: length, left });
        let raw = rest.get(..end).ok_or(truncated)?;
        let value = raw.get(header..).unwrap_or_default();
        let object = Tlv { tag: tag_value(rest, tag_bytes), value, raw, offset: self.base + self.at };
        self.at += end;
        Ok(object)
    }

    /// The next object, which must carry `tag`.
    ///
    /// # Errors
    /// As [`Self::any`], or another tag.
    pub fn expect(&mut self, tag: Tag) -> Result<Tlv<'a>, Malformed> {
        let found = self.peek_tag()?;
        if found == tag {
            self.any()
        } else {
            Err(self.fault(Problem::UnexpectedTag { expected: tag, found }))
        }
    }

    /// The next object if it carries `tag`, else nothing is read.
    ///
    /// # Errors
    /// As [`Self::any`]; an end is not an error.
    pub fn optional(&mut self, tag: Tag) -> Result<Option<Tlv<'a>>, Malformed> {
        if self.is_empty() || self.peek_tag()? != tag { Ok(None) } else { self.any().map(Some) }
    }

    /// The next object must carry `tag`; a reader of its inside.
    ///
    /// # Errors
    /// As [`Self::expect`].
    pub fn enter(&mut self, what: &'static str, tag: Tag) -> Result<Self, Malformed> {
        let object = self.expect(tag)?;
        Ok(self.inside(what, &object))
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Bytes are left over.
    pub fn finish(self) -> Result<(), Malformed> {
        match self.rest().len() {
            0 => Ok(()),
            bytes => Err(self.fault(Problem::Trailing { bytes })),
        }
    }

    /// A fault at the present offset.
    #[must_use]
    pub const fn fault(&self, problem: Problem) -> Malformed {
        Malformed::new(self.what, self.base + self.at, problem)
    }
}

/// The one object that `bytes` consist of.
///
/// # Errors
/// Another tag, truncation, or bytes after its end.
pub fn single<'a>(what: &'static str, rules: Rules, tag: Tag, bytes: &'a [u8]) -> Result<Tlv<'a>, Malformed> {
    let mut reader = Reader::new(what, rules, bytes);
    let object = reader.expect(tag)?;
    reader.finish()?;
    Ok(object)
}

/// Total size of the data object that begins with `head`, as far as `head` tells: how much of a file to read.
///
/// # Errors
/// `head` is too short to tell, or no tag and length.
pub fn announced_size(what: &'static str, head: &[u8]) -> Result<usize, Malformed> {
    let fault = |problem| Malformed::new(what, 0, problem);
    let tag_bytes = tag_length(head).map_err(fault)?;
    let (length_bytes, length) =
        read_length(head.get(tag_bytes..).unwrap_or_default(), Rules::Ber).map_err(fault)?;
    Ok(tag_bytes + length_bytes + length)
}

/// Writes one data object with the shortest length.
#[must_use]
pub fn encode(tag: Tag, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 8);
    let tag_bytes = tag.to_be_bytes();
    let skip = tag_bytes.iter().position(|byte| *byte != 0).unwrap_or(3);
    encode_header(&mut out, tag_bytes.get(skip..).unwrap_or_default(), value.len());
    out.extend_from_slice(value);
    out
}

/// Writes a tag and the shortest length for it.
pub(super) fn encode_header(out: &mut Vec<u8>, tag: &[u8], length: usize) {
    out.extend_from_slice(tag);
    encode_length(out, length);
}

fn encode_length(out: &mut Vec<u8>, length: usize) {
    let bytes = length.to_be_bytes();
    let skip = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let significant = bytes.get(skip..).unwrap_or_default();
    if length >= 0x80 {
        out.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
    }
    out.extend_from_slice(significant);
}

fn tag_length(bytes: &[u8]) -> Result<usize, Problem> {
    let truncated = Problem::Truncated { needed: bytes.len() + 1, left: bytes.len() };
    let first = *bytes.first().ok_or_else(|| truncated.clone())?;
    if first & 0x1F != 0x1F {
        return Ok(1);
    }
    for (index, byte) in bytes.iter().enumerate().skip(1).take(2) {
        if byte & 0x80 == 0 {
            return Ok(index + 1);
        }
    }
    Err(if bytes.len() < 3 { truncated } else { Problem::Form("a tag of more than three bytes") })
}

fn tag_value(bytes: &[u8], length: usize) -> Tag {
    bytes.iter().take(length).fold(0, |tag, byte| (tag << 8) | Tag::from(*byte))
}

/// Size of the length field and the length it gives. At most four bytes of length: no chip file or list is larger.
fn read_length(bytes: &[u8], rules: Rules) -> Result<(usize, usize), Problem> {
    let first = *bytes.first().ok_or(Problem::Truncated { needed: 1, left: 0 })?;
    if first < 0x80 {
        return Ok((1, usize::from(first)));
    }
    if first == 0x80 {
        return Err(Problem::Form("an indefinite length"));
    }
    let count = usize::from(first & 0x7F);
    if count > 4 {
        return Err(Problem::Form("a length of more than four bytes"));
    }
    let field = bytes.get(1..=count).ok_or(Problem::Truncated { needed: count, left: bytes.len() - 1 })?;
    let length = field.iter().fold(0_u32, |length, byte| (length << 8) | u32::from(*byte));
    if rules == Rules::Der && (length < 0x80 || field.first() == Some(&0)) {
        return Err(Problem::Form("a length that is not in its shortest form"));
    }
    let length =
        usize::try_from(length).map_err(|_| Problem::Form("a length beyond this machine's memory"))?;
    Ok((1 + count, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_long_tags_and_lengths_and_keeps_offsets() {
        let bytes = [0x7F, 0x49, 0x81, 0x04, 0x5F, 0x1F, 0x01, 0xAA];
        let mut outer = Reader::new("test", Rules::Ber, &bytes);
        let mut inner = outer.enter("inner", 0x7F49).unwrap();
        let object = inner.expect(0x5F1F).unwrap();
        assert_eq!((object.value, object.offset, object.value_offset()), (&[0xAA][..], 4, 7));
        inner.finish().unwrap();
        outer.finish().unwrap();
    }

    #[test]
    fn der_refuses_what_ber_admits() {
        let long_form = [0x04, 0x81, 0x01, 0x00];
        assert!(single("test", Rules::Ber, 4, &long_form).is_ok());
        assert!(single("test", Rules::Der, 4, &long_form).is_err());
    }

    #[test]
    fn refuses_indefinite_truncated_and_oversized() {
        for bytes in [
            &[0x30, 0x80, 0, 0][..],
            &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
            &[0x30, 0x05, 1],
            &[0x30],
            &[],
            &[0x1F, 0x81, 0x82, 0x83, 0x01],
        ] {
            assert!(Reader::new("test", Rules::Ber, bytes).any().is_err(), "{bytes:02X?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let value = vec![0x5A; length];
            let bytes = encode(0x5F2E, &value);
            let object = single("test", Rules::Der, 0x5F2E, &bytes).unwrap();
            assert_eq!(object.value, value);
            assert_eq!(announced_size("test", &bytes).unwrap(), bytes.len());
        }
    }
}

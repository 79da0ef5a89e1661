//! What the records of ISO/IEC 39794-4 and -5 share: one block of versions, one list of representations, and fields told
//! by their context tags. Unknown fields are skipped, as the standard lets records grow.

use crate::wire::der::SEQUENCE;
use crate::wire::tlv::{Reader, Rules, Tlv};
use crate::wire::{Malformed, Problem};

const MAX_REPRESENTATIONS: usize = 16;
/// Wraps the record inside a biometric data block of 9303-10.
const WRAPPER: u32 = 0xA1;

/// The bytes of a biometric data block begin like such a record whose application tag is `tag`.
pub(super) fn begins(tag: u32, block: &[u8]) -> bool {
    let mut reader = Reader::new("ISO 39794 record", Rules::Ber, block);
    let wrapped = matches!(reader.peek_tag(), Ok(WRAPPER));
    if wrapped {
        // A wrapper that runs past the end wraps nothing.
        let Ok(object) = reader.any() else { return false };
        reader = reader.inside("ISO 39794 record", &object);
    }
    reader.peek_tag().is_ok_and(|found| found == tag)
}

/// Each representation block of the record `tag { A0 versions, A1 { 30 … } }`, with its wrapper or without.
pub(super) fn representations<'a>(
    what: &'static str,
    tag: u32,
    block: &'a [u8],
) -> Result<Vec<Reader<'a>>, Malformed> {
    let mut outer = Reader::new(what, Rules::Ber, block);
    if outer.peek_tag()? == WRAPPER {
        outer = outer.enter(what, WRAPPER)?;
    }
    let mut record = outer.enter(what, tag)?;
    record.expect(0xA0)?;
    let mut list = record.enter(what, 0xA1)?;
    let mut found = Vec::new();
    while !list.is_empty() {
        if found.len() == MAX_REPRESENTATIONS {
            return Err(list.fault(Problem::TooMany { limit: MAX_REPRESENTATIONS, of: "representations" }));
        }
        found.push(list.enter(what, SEQUENCE)?);
    }
    Ok(found)
}

/// The first field with this tag, if there is one. Fields stand in ascending order, but nothing here depends on it.
pub(super) fn field<'a>(block: &Reader<'a>, tag: u32) -> Result<Option<Tlv<'a>>, Malformed> {
    let mut reader = block.clone();
    while !reader.is_empty() {
        let object = reader.any()?;
        if object.tag == tag {
            return Ok(Some(object));
        }
    }
    Ok(None)
}

/// A reader inside the field with this tag.
pub(super) fn inside<'a>(
    what: &'static str,
    block: &Reader<'a>,
    tag: u32,
) -> Result<Option<Reader<'a>>, Malformed> {
    Ok(field(block, tag)?.map(|object| block.inside(what, &object)))
}

/// A non-negative number of 16 bits in the field with this tag.
pub(super) fn number(block: &Reader<'_>, tag: u32) -> Result<Option<u16>, Malformed> {
    Ok(field(block, tag)?.and_then(|object| match object.value {
        [low] if *low < 0x80 => Some(u16::from(*low)),
        [high, low] if *high < 0x80 => Some(u16::from_be_bytes([*high, *low])),
        [0, high, low] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }))
}

/// A code of the first edition: `tag { 80 code }`. Codes of later editions stand elsewhere and are unknown here.
pub(super) fn code(block: &Reader<'_>, tag: u32) -> Result<Option<u16>, Malformed> {
    match inside("ISO 39794 code", block, tag)? {
        Some(choice) => number(&choice, 0x80),
        None => Ok(None),
    }
}

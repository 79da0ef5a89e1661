//! The nesting of biometric records that DG2, DG3 and DG4 share. Spec: 9303-10 §4.7.2.1; ISO/IEC 7816-11.
//!
//! `7F61 { 02 count, 7F60 { A1 header, 5F2E or 7F2E data } … }`. What the data are is told by their content.

use crate::wire::der::OBJECT_IDENTIFIER;
use crate::wire::tlv::{Reader, Rules, Tlv};
use crate::wire::{Malformed, Problem};

const MAX_TEMPLATES: usize = 16;
/// Issuer-defined content, such as the random number of a group without an instance.
const DISCRETIONARY: u32 = 0x53;

/// What the header of a template says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Tag 81: what kind of trait; 2 is a face, 8 a finger, 16 an iris.
    pub biometric_type: Option<u32>,
    /// Tag 82: which of several alike, such as which finger.
    pub subtype: Option<u8>,
    /// Tag 87: owner of the format; 0101 is ISO/IEC JTC 1/SC 37.
    pub format_owner: Option<u16>,
    /// Tag 88: type of the format, such as 0007 for ISO/IEC 19794-4.
    pub format_type: Option<u16>,
}

/// One biometric information template.
pub(super) struct Template<'a> {
    pub(super) header: Header,
    pub(super) block: Tlv<'a>,
}

/// The templates of a group.
pub(super) struct Templates<'a> {
    pub(super) declared_count: u32,
    pub(super) templates: Vec<Template<'a>>,
    pub(super) trailing_bytes: usize,
}

/// Reads a file that begins with `tag`.
pub(super) fn parse<'a>(what: &'static str, tag: u32, file: &'a [u8]) -> Result<Templates<'a>, Malformed> {
    let mut outer = Reader::new(what, Rules::Ber, file);
    let mut group = outer.enter(what, tag)?;
    let mut reader = group.enter(what, 0x7F61)?;
    let declared_count = reader.small()?;
    let mut templates = Vec::new();
    while !reader.is_empty() {
        if reader.optional(DISCRETIONARY)?.is_some() {
            continue;
        }
        if templates.len() == MAX_TEMPLATES {
            return Err(reader.fault(Problem::TooMany { limit: MAX_TEMPLATES, of: "templates" }));
        }
        templates.push(template(what, reader.enter(what, 0x7F60)?)?);
    }
    Ok(Templates { declared_count, templates, trailing_bytes: outer.rest().len() })
}

fn template<'a>(what: &'static str, mut template: Reader<'a>) -> Result<Template<'a>, Malformed> {
    let mut found = Header::default();
    // The standard leaves out the identifier of the tag allocation authority (06); ISO/IEC 7816-11 has it.
    template.optional(OBJECT_IDENTIFIER)?;
    // The header's tag runs from A1 to AF where templates are numbered.
    while matches!(template.peek_tag()?, 0xA0..=0xAF) {
        let object = template.any()?;
        let mut header = template.inside(what, &object);
        while !header.is_empty() {
            let element = header.any()?;
            let number = <[u8; 2]>::try_from(element.value).ok().map(u16::from_be_bytes);
            match (element.tag, element.value) {
                (0x81, kind @ ([_] | [_, _] | [_, _, _])) => {
                    found.biometric_type = Some(kind.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)));
                }
                (0x82, [subtype]) => found.subtype = Some(*subtype),
                (0x87, _) => found.format_owner = number,
                (0x88, _) => found.format_type = number,
                _ => {}
            }
        }
    }
    let block = template.any()?;
    if !matches!(block.tag, 0x5F2E | 0x7F2E) {
        return Err(template.fault(Problem::UnexpectedTag { expected: 0x5F2E, found: block.tag }));
    }
    Ok(Template { header: found, block })
}

//! DG5 and DG7: the portrait and the signature as printed, for display only. Spec: 9303-10 §4.7.5, §4.7.7.

use super::elements::PersonalImage;
use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

/// The standard counts from one to nine.
const MAX_IMAGES: usize = 16;

/// The content of DG5 or DG7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayedImages {
    /// How many images the file says it has; some files leave it out.
    pub declared_count: Option<u32>,
    /// The images that are there.
    pub images: Vec<PersonalImage>,
    /// Bytes in the file after the object.
    pub trailing_bytes: usize,
}

impl DisplayedImages {
    /// Reads DG5: displayed portraits.
    ///
    /// # Errors
    /// Not `65 { 02 count, 5F40 image … }`, an empty image, or more than 16.
    pub fn portraits(file: &[u8]) -> Result<Self, Malformed> {
        parse("DG5", 0x65, 0x5F40, file)
    }

    /// Reads DG7: displayed signatures or usual marks.
    ///
    /// # Errors
    /// Not `67 { 02 count, 5F43 image … }`, an empty image, or more than 16.
    pub fn signatures(file: &[u8]) -> Result<Self, Malformed> {
        parse("DG7", 0x67, 0x5F43, file)
    }
}

fn parse(what: &'static str, tag: u32, image: u32, file: &[u8]) -> Result<DisplayedImages, Malformed> {
    let mut outer = Reader::new(what, Rules::Ber, file);
    let mut group = outer.enter(what, tag)?;
    let declared_count = match group.peek_tag() {
        Ok(0x02) => Some(group.small()?),
        _ => None,
    };
    let mut images = Vec::new();
    while !group.is_empty() {
        if images.len() == MAX_IMAGES {
            return Err(group.fault(Problem::TooMany { limit: MAX_IMAGES, of: "images" }));
        }
        let object = group.expect(image)?;
        if object.value.is_empty() {
            return Err(group.fault(Problem::Truncated { needed: 1, left: 0 }));
        }
        images.push(PersonalImage::new(object.value));
    }
    Ok(DisplayedImages { declared_count, images, trailing_bytes: outer.rest().len() })
}

//! DG2: the portrait, out of its wrappers. Spec: 9303-10 §4.7.2; ISO/IEC 19794-5:2005 §5.
//!
//! Records after ISO/IEC 39794-5 are recognised and said to be such, but not yet read.

mod decode;
mod record;

pub use decode::{DecodeError, Limits, PixelFormat, Pixels, decode, decode_bytes};
pub use record::{DeclaredFormat, FaceImage, ImageFormat, parse_record};

use crate::wire::der::OBJECT_IDENTIFIER;
use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

const MAX_INSTANCES: usize = 16;

/// The content of DG2.
#[derive(Clone, PartialEq, Eq)]
pub struct Portraits {
    /// How many instances the file says it has.
    pub declared_count: u32,
    /// The instances that are there.
    pub instances: Vec<Instance>,
    /// Bytes in the file after the object.
    pub trailing_bytes: usize,
}

/// One biometric information template.
#[derive(Clone, PartialEq, Eq)]
pub struct Instance {
    /// Owner of the format (tag 87 of the header); 0101 is ISO/IEC JTC 1/SC 37.
    pub format_owner: Option<u16>,
    /// Type of the format (tag 88 of the header); 0008 is ISO/IEC 19794-5, 002A is ISO/IEC 39794-5.
    pub format_type: Option<u16>,
    /// The record, told by its content and not by the header.
    pub record: FaceRecord,
}

/// A biometric data block.
#[derive(Clone, PartialEq, Eq)]
pub enum FaceRecord {
    /// After ISO/IEC 19794-5:2005.
    Iso19794(Vec<FaceImage>),
    /// After ISO/IEC 39794-5, which is not read yet.
    Iso39794 {
        /// Its size.
        bytes: usize,
    },
    /// Neither.
    Unknown {
        /// Its size.
        bytes: usize,
    },
}

impl Portraits {
    /// Reads the file.
    ///
    /// # Errors
    /// Not `75 { 7F61 { 02 count, 7F60 { A1 header, 5F2E or 7F2E data } … } }`, or a record that begins as one of ISO
    /// 19794-5 and does not go on as one.
    pub fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new("DG2", Rules::Ber, file);
        let mut group = outer.enter("DG2", 0x75)?;
        let mut reader = group.enter("DG2 templates", 0x7F61)?;
        let declared_count = reader.small()?;
        let mut instances = Vec::new();
        while !reader.is_empty() {
            if instances.len() == MAX_INSTANCES {
                return Err(reader.fault(Problem::TooMany { limit: MAX_INSTANCES, of: "templates" }));
            }
            let template = reader.enter("DG2 template", 0x7F60)?;
            instances.push(Instance::parse(template)?);
        }
        Ok(Self { declared_count, instances, trailing_bytes: outer.rest().len() })
    }

    /// The first image of the first record that can be read: what a screen shows and a face is compared with.
    #[must_use]
    pub fn first_image(&self) -> Option<&FaceImage> {
        self.instances.iter().find_map(|instance| match &instance.record {
            FaceRecord::Iso19794(images) => images.first(),
            _ => None,
        })
    }
}

impl Instance {
    fn parse(mut template: Reader<'_>) -> Result<Self, Malformed> {
        let (mut format_owner, mut format_type) = (None, None);
        // The standard leaves out the identifier of the tag allocation authority (06); ISO/IEC 7816-11 has it.
        template.optional(OBJECT_IDENTIFIER)?;
        // The header's tag runs from A1 to AF where templates are numbered.
        while matches!(template.peek_tag()?, 0xA0..=0xAF) {
            let object = template.any()?;
            let mut header = template.inside("DG2 header", &object);
            while !header.is_empty() {
                let element = header.any()?;
                let number = <[u8; 2]>::try_from(element.value).ok().map(u16::from_be_bytes);
                match element.tag {
                    0x87 => format_owner = number,
                    0x88 => format_type = number,
                    _ => {}
                }
            }
        }
        let block = template.any()?;
        if !matches!(block.tag, 0x5F2E | 0x7F2E) {
            return Err(template.fault(Problem::UnexpectedTag { expected: 0x5F2E, found: block.tag }));
        }
        let bytes = block.value.len();
        let record = if block.value.starts_with(record::MAGIC) {
            FaceRecord::Iso19794(parse_record(block.value)?)
        } else if block.tag == 0x7F2E && block.value.first() == Some(&0xA1) {
            FaceRecord::Iso39794 { bytes }
        } else {
            FaceRecord::Unknown { bytes }
        };
        Ok(Self { format_owner, format_type, record })
    }
}

#[cfg(test)]
mod tests;

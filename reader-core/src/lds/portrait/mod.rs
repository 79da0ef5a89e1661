//! DG2: the portrait, out of its wrappers. Spec: 9303-10 §4.7.2; ISO/IEC 19794-5:2005 §5; ISO/IEC 39794-5:2019.

mod decode;
mod iso39794;
mod record;

pub use decode::{DecodeError, Limits, PixelFormat, Pixels, decode, decode_bytes};
pub use iso39794::parse_39794_record;
pub use record::{DeclaredFormat, FaceImage, ImageFormat, parse_record};

use super::biometric_template::Header;
use super::{biometric_template, iso39794 as newer};
use crate::wire::Malformed;
use crate::wire::tlv::Tlv;

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
    /// What the template says about its record; format type 0008 is ISO/IEC 19794-5, 002A is ISO/IEC 39794-5.
    pub header: Header,
    /// The record, told by its content and not by the header.
    pub record: FaceRecord,
}

/// A biometric data block.
#[derive(Clone, PartialEq, Eq)]
pub enum FaceRecord {
    /// After ISO/IEC 19794-5:2005.
    Iso19794(Vec<FaceImage>),
    /// After ISO/IEC 39794-5:2019; empty where it holds shapes in three dimensions alone.
    Iso39794(Vec<FaceImage>),
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
    /// Not `75 { 7F61 { 02 count, 7F60 { A1 header, 5F2E or 7F2E data } … } }`, or a record that begins as one of the
    /// two standards and does not go on as one.
    pub fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let found = biometric_template::parse("DG2", 0x75, file)?;
        Ok(Self {
            declared_count: found.declared_count,
            instances: found.templates.iter().map(Instance::new).collect::<Result<_, _>>()?,
            trailing_bytes: found.trailing_bytes,
        })
    }

    /// The first image of the first record that can be read: what a screen shows and a face is compared with.
    #[must_use]
    pub fn first_image(&self) -> Option<&FaceImage> {
        self.instances.iter().find_map(|instance| match &instance.record {
            FaceRecord::Iso19794(images) | FaceRecord::Iso39794(images) => images.first(),
            FaceRecord::Unknown { .. } => None,
        })
    }
}

impl Instance {
    fn new(template: &biometric_template::Template<'_>) -> Result<Self, Malformed> {
        Ok(Self { header: template.header, record: FaceRecord::parse(&template.block)? })
    }
}

impl FaceRecord {
    fn parse(block: &Tlv<'_>) -> Result<Self, Malformed> {
        Ok(if block.value.starts_with(record::MAGIC) {
            Self::Iso19794(parse_record(block.value)?)
        } else if newer::begins(iso39794::TAG, block.value) {
            Self::Iso39794(parse_39794_record(block.value)?)
        } else {
            Self::Unknown { bytes: block.value.len() }
        })
    }
}

#[cfg(test)]
mod tests;

//! DG3: images of fingers, out of their wrappers. Spec: 9303-10 §4.7.3; ISO/IEC 19794-4:2005; ISO/IEC 39794-4:2019.
//!
//! The images are kept as they are coded; nothing here decodes or compares them.

mod iso19794;
mod iso39794;
mod position;

use std::fmt;

use zeroize::Zeroizing;

pub use super::biometric_template::Header;
pub use iso19794::parse_record;
pub use iso39794::parse_39794_record;
pub use position::{Digit, FingerPosition, Hand};

use super::{biometric_template, iso39794 as newer};
use crate::wire::Malformed;
use crate::wire::tlv::Tlv;

/// The content of DG3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingers {
    /// How many instances the file says it has.
    pub declared_count: u32,
    /// The instances that are there.
    pub instances: Vec<Instance>,
    /// Bytes in the file after the object.
    pub trailing_bytes: usize,
}

/// One biometric information template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// What the template says about its record.
    pub header: Header,
    /// The record, told by its content and not by the header.
    pub record: FingerRecord,
}

/// A biometric data block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FingerRecord {
    /// After ISO/IEC 19794-4:2005.
    Iso19794(Vec<FingerImage>),
    /// After ISO/IEC 39794-4:2019.
    Iso39794(Vec<FingerImage>),
    /// Neither.
    Unknown {
        /// Its size.
        bytes: usize,
    },
}

/// How a record says that its image is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FingerCoding {
    /// Pixels, one after the other.
    Raw,
    /// Pixels packed to fewer bits than eight.
    RawPacked,
    /// A portable grey map with its header.
    Pgm,
    /// WSQ.
    Wsq,
    /// JPEG.
    Jpeg,
    /// JPEG 2000, lossy or lossless.
    Jpeg2000,
    /// PNG.
    Png,
    /// Another number, or none that could be read.
    Other(Option<u8>),
}

/// One image of a finger. Wiped when it goes; `Debug` tells its size only.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerImage {
    /// Which finger, as the record says.
    pub position: FingerPosition,
    /// How the finger was taken: the record's own number; 0 is plain on a live sensor in both standards.
    pub impression: Option<u8>,
    /// The coding that the record declares.
    pub coding: FingerCoding,
    /// Width that the record declares, in pixels. ISO/IEC 39794-4 leaves it to the image.
    pub declared_width: Option<u16>,
    /// Height that the record declares, in pixels.
    pub declared_height: Option<u16>,
    /// Bits per pixel that the record declares.
    pub declared_depth_bits: Option<u8>,
    /// Resolution across the image in pixels per inch, where the record states it in inches or centimetres.
    pub resolution_ppi: Option<u16>,
    /// Quality from 0 to 100 as the issuer judged it.
    pub quality: Option<u8>,
    /// The lengths in the record's headers are those of its bytes.
    pub lengths_agree: bool,
    data: Zeroizing<Vec<u8>>,
}

impl FingerImage {
    /// The image as it is coded.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

impl fmt::Debug for FingerImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FingerImage({:?}, {} bytes)", self.coding, self.data.len())
    }
}

impl Fingers {
    /// Reads the file.
    ///
    /// # Errors
    /// Not `63 { 7F61 { 02 count, 7F60 { A1 header, 5F2E or 7F2E data } … } }`, or a record that begins as one of the
    /// two standards and does not go on as one.
    pub fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let found = biometric_template::parse("DG3", 0x63, file)?;
        let read = |template: biometric_template::Template<'_>| {
            FingerRecord::parse(&template.block).map(|record| Instance { header: template.header, record })
        };
        Ok(Self {
            declared_count: found.declared_count,
            instances: found.templates.into_iter().map(read).collect::<Result<_, _>>()?,
            trailing_bytes: found.trailing_bytes,
        })
    }

    /// The file says that no finger was enrolled. That is not the same as a file that is missing or unreadable.
    /// Spec: 9303-10 §4.7.3.2.2.
    #[must_use]
    pub fn none_enrolled(&self) -> bool {
        self.declared_count == 0 && self.instances.is_empty()
    }

    /// Every image that could be read, in the order of the file, each with the finger it is of: as its record says, else
    /// as the header of its template does.
    pub fn images(&self) -> impl Iterator<Item = (FingerPosition, &FingerImage)> {
        self.instances.iter().flat_map(|instance| {
            let stated = FingerPosition::from_subtype(instance.header.subtype.unwrap_or(0));
            let images = match &instance.record {
                FingerRecord::Iso19794(images) | FingerRecord::Iso39794(images) => images.as_slice(),
                FingerRecord::Unknown { .. } => &[],
            };
            images.iter().map(move |image| {
                let position = image.position;
                (if position == FingerPosition::Unknown { stated } else { position }, image)
            })
        })
    }
}

impl Instance {
    /// Header and record name the same finger; `None` where either does not say.
    #[must_use]
    pub fn position_agrees(&self) -> Option<bool> {
        let stated = FingerPosition::from_subtype(self.header.subtype?);
        let (FingerRecord::Iso19794(images) | FingerRecord::Iso39794(images)) = &self.record else {
            return None;
        };
        let found = images.first()?.position;
        let known = stated != FingerPosition::Unknown && found != FingerPosition::Unknown;
        known.then(|| images.iter().all(|image| image.position == stated))
    }
}

impl FingerRecord {
    fn parse(block: &Tlv<'_>) -> Result<Self, Malformed> {
        Ok(if block.value.starts_with(iso19794::MAGIC) {
            Self::Iso19794(parse_record(block.value)?)
        } else if newer::begins(iso39794::TAG, block.value) {
            Self::Iso39794(parse_39794_record(block.value)?)
        } else {
            Self::Unknown { bytes: block.value.len() }
        })
    }
}

//! The face record of ISO/IEC 19794-5:2005: a header, then for each face an information block, feature points, image
//! information and the image.

use std::fmt;

use zeroize::Zeroizing;

use crate::wire::cursor::Cursor;
use crate::wire::{Malformed, Problem};

/// Format identifier and version.
pub(super) const MAGIC: &[u8] = b"FAC\0";
const VERSION: &[u8] = b"010\0";
const HEADER_BYTES: usize = 14;
const MAX_FACES: u16 = 16;
const FEATURE_POINT_BYTES: usize = 8;

/// What the record says about the coding of its image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclaredFormat {
    /// 0.
    Jpeg,
    /// 1.
    Jpeg2000,
    /// Another number.
    Other(u8),
    /// None, or none of the first edition of ISO/IEC 39794-5.
    Unstated,
}

/// What the image's own first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// A JPEG 2000 file (JP2).
    Jpeg2000File,
    /// A bare JPEG 2000 codestream.
    Jpeg2000Codestream,
}

impl ImageFormat {
    /// Tells the format by the first bytes.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"\0\0\0\x0CjP  \r\n\x87\n") {
            Some(Self::Jpeg2000File)
        } else if bytes.starts_with(&[0xFF, 0x4F, 0xFF, 0x51]) {
            Some(Self::Jpeg2000Codestream)
        } else {
            None
        }
    }
}

/// One image of a record.
#[derive(Clone, PartialEq, Eq)]
pub struct FaceImage {
    /// The record's own number for the kind of image; in ISO/IEC 19794-5: 0 basic, 1 full frontal, 2 token frontal.
    pub face_image_type: Option<u8>,
    /// The coding that the record declares. Chips err here; decoding goes by [`Self::format`].
    pub declared_format: DeclaredFormat,
    /// Width that the record declares, in pixels. Chips err here; ISO/IEC 39794-5 may leave it out.
    pub declared_width: Option<u16>,
    /// Height that the record declares, in pixels. Chips err here; ISO/IEC 39794-5 may leave it out.
    pub declared_height: Option<u16>,
    /// Number of feature points, which are not kept.
    pub feature_points: u16,
    /// The lengths in the record's headers are those of its bytes.
    pub lengths_agree: bool,
    pub(super) data: Zeroizing<Vec<u8>>,
}

impl FaceImage {
    /// The image as a file of its own.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The coding by the image's own bytes.
    #[must_use]
    pub fn format(&self) -> Option<ImageFormat> {
        ImageFormat::sniff(&self.data)
    }

    /// The record declares the coding that the image has.
    #[must_use]
    pub fn format_agrees(&self) -> bool {
        match self.declared_format {
            DeclaredFormat::Jpeg => self.format() == Some(ImageFormat::Jpeg),
            DeclaredFormat::Jpeg2000 => {
                matches!(self.format(), Some(ImageFormat::Jpeg2000File | ImageFormat::Jpeg2000Codestream))
            }
            DeclaredFormat::Other(_) | DeclaredFormat::Unstated => false,
        }
    }
}

impl fmt::Debug for FaceImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaceImage({:?}, {} bytes)", self.format(), self.data.len())
    }
}

/// Reads a record: the content of a biometric data block.
///
/// With a single face the image runs to the end of the record even where the lengths in the headers say otherwise;
/// with several faces the lengths must be right.
///
/// # Errors
/// Another format or version, truncated, no face or more than 16.
pub fn parse_record(record: &[u8]) -> Result<Vec<FaceImage>, Malformed> {
    let mut cursor = Cursor::new("ISO 19794-5 record", record);
    if cursor.take(MAGIC.len())? != MAGIC || cursor.take(VERSION.len())? != VERSION {
        return Err(Malformed::value("ISO 19794-5 record", "not format FAC in version 010"));
    }
    let record_bytes = usize::try_from(cursor.u32()?).unwrap_or(usize::MAX);
    let faces = cursor.u16()?;
    if faces == 0 {
        return Err(cursor.fault(Problem::Value("a record without a face")));
    }
    if faces > MAX_FACES {
        return Err(cursor.fault(Problem::TooMany { limit: usize::from(MAX_FACES), of: "faces" }));
    }
    if faces == 1 {
        let block = record.get(HEADER_BYTES..).unwrap_or_default();
        return Ok(vec![parse_face(block, record_bytes == record.len())?]);
    }
    let mut images = Vec::with_capacity(usize::from(faces));
    for _ in 0..faces {
        let announced = Cursor::new("ISO 19794-5 face", cursor.rest()).u32()?;
        let block = cursor.take(usize::try_from(announced).unwrap_or(usize::MAX))?;
        images.push(parse_face(block, record_bytes == record.len())?);
    }
    Ok(images)
}

fn parse_face(block: &[u8], record_length_agrees: bool) -> Result<FaceImage, Malformed> {
    let mut cursor = Cursor::new("ISO 19794-5 face", block);
    let block_bytes = usize::try_from(cursor.u32()?).unwrap_or(usize::MAX);
    let feature_points = cursor.u16()?;
    // Sex, eye and hair colour, properties, expression, pose angle and its uncertainty.
    cursor.take(14)?;
    cursor.take(usize::from(feature_points) * FEATURE_POINT_BYTES)?;
    let face_image_type = Some(cursor.u8()?);
    let declared_format = match cursor.u8()? {
        0 => DeclaredFormat::Jpeg,
        1 => DeclaredFormat::Jpeg2000,
        other => DeclaredFormat::Other(other),
    };
    let (declared_width, declared_height) = (Some(cursor.u16()?), Some(cursor.u16()?));
    // Colour space, source type, device type, quality.
    cursor.take(6)?;
    let data = cursor.rest();
    if data.is_empty() {
        return Err(cursor.fault(Problem::Truncated { needed: 1, left: 0 }));
    }
    Ok(FaceImage {
        face_image_type,
        declared_format,
        declared_width,
        declared_height,
        feature_points,
        lengths_agree: record_length_agrees && block_bytes == block.len(),
        data: Zeroizing::new(data.to_vec()),
    })
}

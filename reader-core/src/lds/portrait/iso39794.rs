//! The face record of ISO/IEC 39794-5:2019: the plain images in it, by the tags of its schema.

use zeroize::Zeroizing;

use super::record::{DeclaredFormat, FaceImage};
use crate::lds::iso39794::{code, field, inside, number, representations};
use crate::wire::tlv::Reader;
use crate::wire::{Malformed, Problem};

/// [APPLICATION 5], the face image data block.
pub(super) const TAG: u32 = 0x65;
const WHAT: &str = "ISO 39794-5 record";

/// Reads a record: the content of a biometric data block. Representations in three dimensions are passed over.
///
/// # Errors
/// Another structure, truncated, no representation or more than 16, or a plain image without bytes.
pub fn parse_39794_record(record: &[u8]) -> Result<Vec<FaceImage>, Malformed> {
    let representations = representations(WHAT, TAG, record)?;
    if representations.is_empty() {
        return Err(Malformed::value(WHAT, "a record without a face"));
    }
    let mut images = Vec::new();
    for block in &representations {
        images.extend(image(block)?);
    }
    Ok(images)
}

/// `A1 { A0 { A0 { 80 bytes, A1 about them } } }`: a representation, one of the first edition, in two dimensions.
fn image(block: &Reader<'_>) -> Result<Option<FaceImage>, Malformed> {
    let Some(choice) = inside(WHAT, block, 0xA1)? else {
        return Err(block.fault(Problem::Value("a representation without an image")));
    };
    let Some(base) = inside(WHAT, &choice, 0xA0)? else { return Ok(None) };
    let Some(plain) = inside(WHAT, &base, 0xA0)? else { return Ok(None) };
    let Some(data) = field(&plain, 0x80)?.filter(|data| !data.value.is_empty()) else {
        return Err(plain.fault(Problem::Value("an image without bytes")));
    };
    let about = inside(WHAT, &plain, 0xA1)?;
    let (mut declared_format, mut kind, mut size) = (DeclaredFormat::Unstated, None, None);
    if let Some(about) = &about {
        declared_format = match code(about, 0xA0)? {
            Some(2) => DeclaredFormat::Jpeg,
            // Lossy and lossless.
            Some(3 | 4) => DeclaredFormat::Jpeg2000,
            Some(other) => DeclaredFormat::Other(u8::try_from(other).unwrap_or(u8::MAX)),
            None => DeclaredFormat::Unstated,
        };
        kind = code(about, 0xA1)?.and_then(|kind| u8::try_from(kind).ok());
        size = inside(WHAT, about, 0xA7)?;
    }
    let side = |tag| size.as_ref().map_or(Ok(None), |size| number(size, tag));
    let landmarks = inside(WHAT, block, 0xA9)?;
    Ok(Some(FaceImage {
        face_image_type: kind,
        declared_format,
        declared_width: side(0x80)?,
        declared_height: side(0x81)?,
        feature_points: landmarks.map_or(Ok(0), count)?,
        // Every length is that of its bytes, or reading would have ended above.
        lengths_agree: true,
        data: Zeroizing::new(data.value.to_vec()),
    }))
}

fn count(mut list: Reader<'_>) -> Result<u16, Malformed> {
    let mut count = 0_u16;
    while !list.is_empty() {
        list.any()?;
        count = count.saturating_add(1);
    }
    Ok(count)
}

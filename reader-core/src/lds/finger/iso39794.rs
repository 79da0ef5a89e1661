//! The finger image record of ISO/IEC 39794-4:2019, by the tags of its schema.

use zeroize::Zeroizing;

use super::{FingerCoding, FingerImage, FingerPosition};
use crate::lds::iso39794::{code, field, representations};
use crate::wire::tlv::Reader;
use crate::wire::{Malformed, Problem};

/// [APPLICATION 4], the finger image data block.
pub(super) const TAG: u32 = 0x64;
const WHAT: &str = "ISO 39794-4 record";

/// Reads a record: the content of a biometric data block.
///
/// # Errors
/// Another structure, truncated, no representation or more than 16, or one without an image.
pub fn parse_39794_record(record: &[u8]) -> Result<Vec<FingerImage>, Malformed> {
    let representations = representations(WHAT, TAG, record)?;
    if representations.is_empty() {
        return Err(Malformed::value(WHAT, "a record without a finger"));
    }
    representations.iter().map(image).collect()
}

/// `A0 position, A1 impression, A2 coding, 83 image`; what follows is optional and left aside.
fn image(block: &Reader<'_>) -> Result<FingerImage, Malformed> {
    let byte = |tag| Ok(code(block, tag)?.and_then(|code| u8::try_from(code).ok()));
    let Some(data) = field(block, 0x83)?.filter(|data| !data.value.is_empty()) else {
        return Err(block.fault(Problem::Value("a representation without an image")));
    };
    Ok(FingerImage {
        position: byte(0xA0)?.map_or(FingerPosition::Unknown, FingerPosition::from_code),
        impression: byte(0xA1)?,
        coding: match byte(0xA2)? {
            Some(0) => FingerCoding::Pgm,
            Some(1) => FingerCoding::Wsq,
            Some(2 | 3) => FingerCoding::Jpeg2000,
            Some(4) => FingerCoding::Png,
            other => FingerCoding::Other(other),
        },
        declared_width: None,
        declared_height: None,
        declared_depth_bits: None,
        resolution_ppi: None,
        quality: None,
        lengths_agree: true,
        data: Zeroizing::new(data.value.to_vec()),
    })
}

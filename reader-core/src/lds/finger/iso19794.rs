//! The finger image record of ISO/IEC 19794-4:2005: a header of 32 bytes, then for each view a header of 14 bytes and the
//! image.

use zeroize::Zeroizing;

use super::{FingerCoding, FingerImage, FingerPosition};
use crate::wire::cursor::Cursor;
use crate::wire::{Malformed, Problem};

/// Format identifier.
pub(super) const MAGIC: &[u8] = b"FIR\0";
const VERSION: &[u8] = b"010\0";
const WHAT: &str = "ISO 19794-4 record";
const VIEW_HEADER_BYTES: usize = 14;
const MAX_VIEWS: usize = 32;

/// What the record's header says of all its images.
struct Common {
    coding: FingerCoding,
    depth_bits: u8,
    resolution_ppi: Option<u16>,
    length_agrees: bool,
}

/// Reads a record: the content of a biometric data block.
///
/// With a single image it runs to the end of the record even where the lengths in the headers say otherwise; with
/// several the lengths must be right.
///
/// # Errors
/// Another format or version, truncated, no image or more than 32.
pub fn parse_record(record: &[u8]) -> Result<Vec<FingerImage>, Malformed> {
    let mut cursor = Cursor::new(WHAT, record);
    if cursor.take(MAGIC.len())? != MAGIC || cursor.take(VERSION.len())? != VERSION {
        return Err(Malformed::value(WHAT, "not format FIR in version 010"));
    }
    // Six bytes of length.
    let length = (u64::from(cursor.u16()?) << 32) | u64::from(cursor.u32()?);
    // Capture device and acquisition level.
    cursor.take(4)?;
    let fingers = cursor.u8()?;
    let scale = cursor.u8()?;
    // Resolution of the scan; that of the image follows.
    cursor.take(4)?;
    let resolution = cursor.u16()?;
    cursor.take(2)?;
    let depth_bits = cursor.u8()?;
    let coding = match cursor.u8()? {
        0 => FingerCoding::Raw,
        1 => FingerCoding::RawPacked,
        2 => FingerCoding::Wsq,
        3 => FingerCoding::Jpeg,
        4 => FingerCoding::Jpeg2000,
        5 => FingerCoding::Png,
        other => FingerCoding::Other(Some(other)),
    };
    cursor.take(2)?;
    let common = Common {
        coding,
        depth_bits,
        resolution_ppi: ppi(scale, resolution),
        length_agrees: usize::try_from(length).is_ok_and(|length| length == record.len()),
    };
    if fingers == 0 {
        return Err(cursor.fault(Problem::Value("a record without a finger")));
    }
    views(cursor, fingers, &common)
}

fn views(mut cursor: Cursor<'_>, fingers: u8, common: &Common) -> Result<Vec<FingerImage>, Malformed> {
    let mut images = Vec::new();
    for finger in 0..fingers {
        let mut left = 1;
        let mut first = true;
        while left > 0 {
            if images.len() == MAX_VIEWS {
                return Err(cursor.fault(Problem::TooMany { limit: MAX_VIEWS, of: "images" }));
            }
            let mut header = Cursor::new(WHAT, cursor.rest());
            let announced = usize::try_from(header.u32()?).unwrap_or(usize::MAX);
            let position = FingerPosition::from_code(header.u8()?);
            let count = header.u8()?.max(1);
            if std::mem::take(&mut first) {
                left = count;
            }
            let alone = fingers == 1 && count == 1;
            let block = if alone { cursor.rest() } else { cursor.take(announced)? };
            images.push(view(block, position, common, announced)?);
            if alone {
                return Ok(images);
            }
            left -= 1;
        }
        if finger + 1 < fingers && cursor.rest().is_empty() {
            return Err(cursor.fault(Problem::Truncated { needed: VIEW_HEADER_BYTES, left: 0 }));
        }
    }
    Ok(images)
}

fn view(
    block: &[u8],
    position: FingerPosition,
    common: &Common,
    announced: usize,
) -> Result<FingerImage, Malformed> {
    let mut cursor = Cursor::new(WHAT, block);
    // Length, position, number of views and of this view were read before, or say nothing.
    cursor.take(7)?;
    let quality = cursor.u8()?;
    let impression = cursor.u8()?;
    let (width, height) = (cursor.u16()?, cursor.u16()?);
    cursor.take(1)?;
    let data = cursor.rest();
    if data.is_empty() {
        return Err(cursor.fault(Problem::Truncated { needed: 1, left: 0 }));
    }
    Ok(FingerImage {
        position,
        impression: Some(impression),
        coding: common.coding,
        declared_width: Some(width),
        declared_height: Some(height),
        declared_depth_bits: Some(common.depth_bits),
        resolution_ppi: common.resolution_ppi,
        quality: (quality <= 100).then_some(quality),
        lengths_agree: common.length_agrees && announced == block.len(),
        data: Zeroizing::new(data.to_vec()),
    })
}

/// Pixels per inch out of pixels per inch (1) or per centimetre (2).
fn ppi(scale: u8, resolution: u16) -> Option<u16> {
    match scale {
        1 => Some(resolution),
        2 => u16::try_from((u32::from(resolution) * 254 + 50) / 100).ok(),
        _ => None,
    }
}

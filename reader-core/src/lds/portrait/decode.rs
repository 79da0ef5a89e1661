//! Images to pixels, within limits that are checked on the header before anything is decoded.

use std::fmt;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::ImageDecoder;
use image::codecs::jpeg::JpegDecoder;
use zeroize::Zeroizing;

use super::record::{FaceImage, ImageFormat};
use crate::wire::Malformed;
use crate::wire::cursor;

/// How large an image may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels in a row or column.
    pub side_pixels: u32,
    /// Most pixels in all. JPEG 2000 takes some twenty bytes of memory for each while it is decoded.
    pub pixels: u64,
    /// Most tiles of a JPEG 2000 image.
    pub tiles: u64,
    /// Most bytes of the coded image.
    pub coded_bytes: usize,
}

impl Default for Limits {
    /// Several times what any document holds: 4096 pixels a side, 8 million in all, 4 MiB.
    fn default() -> Self {
        Self { side_pixels: 4_096, pixels: 8 << 20, tiles: 1_024, coded_bytes: 4 << 20 }
    }
}

/// How a pixel is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelFormat {
    /// One byte of brightness.
    Grey,
    /// Three bytes: red, green, blue.
    Rgb,
}

impl PixelFormat {
    /// Bytes in a pixel.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

/// A decoded image, rows from the top, without gaps. Wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels {
    width: u32,
    height: u32,
    format: PixelFormat,
    data: Zeroizing<Vec<u8>>,
}

impl Pixels {
    fn new(width: u32, height: u32, format: PixelFormat, data: Zeroizing<Vec<u8>>) -> Option<Self> {
        let pixels = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
        (pixels > 0 && pixels.checked_mul(format.bytes())? == data.len()).then_some(Self {
            width,
            height,
            format,
            data,
        })
    }

    /// Pixels in a row.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// How a pixel is stored.
    #[must_use]
    pub const fn format(&self) -> PixelFormat {
        self.format
    }

    /// All bytes.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The image with three bytes a pixel.
    #[must_use]
    pub fn to_rgb(&self) -> Zeroizing<Vec<u8>> {
        match self.format {
            PixelFormat::Rgb => self.data.clone(),
            PixelFormat::Grey => Zeroizing::new(self.data.iter().flat_map(|grey| [*grey; 3]).collect()),
        }
    }
}

impl fmt::Debug for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pixels({} x {} {:?})", self.width, self.height, self.format)
    }
}

/// Why an image could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are of no format that is read here.
    #[error("the portrait is neither JPEG nor JPEG 2000")]
    UnknownFormat,
    /// A header that cannot be read.
    #[error("the portrait's header: {0}")]
    Header(#[from] Malformed),
    /// Larger than the limits.
    #[error(
        "the portrait has {width} x {height} pixels in {tiles} tiles and {bytes} bytes, beyond the limits set"
    )]
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// Tiles; 1 in JPEG.
        tiles: u64,
        /// Coded bytes.
        bytes: usize,
    },
    /// Neither grey nor colour in three components.
    #[error("the portrait has {0} colour components; 1 and 3 are known")]
    Components(u16),
    /// The decoder refused the image, in its own words.
    #[error("the portrait's image data: {0}")]
    Image(String),
}

/// Decodes an image by what it is, not by what its record says.
///
/// The decoders are other people's code for a format written by anybody: a panic in one is an error here. Takes up to
/// seconds for an image at the limits; call it where it can be abandoned.
///
/// # Errors
/// Unknown format, beyond the limits, or not decodable.
pub fn decode(image: &FaceImage, limits: Limits) -> Result<Pixels, DecodeError> {
    decode_bytes(image.data(), limits)
}

/// The same for an image that stands by itself.
///
/// # Errors
/// As [`decode`].
pub fn decode_bytes(bytes: &[u8], limits: Limits) -> Result<Pixels, DecodeError> {
    let format = ImageFormat::sniff(bytes).ok_or(DecodeError::UnknownFormat)?;
    let decoded = catch_unwind(AssertUnwindSafe(|| match format {
        ImageFormat::Jpeg => decode_jpeg(bytes, limits),
        ImageFormat::Jpeg2000File | ImageFormat::Jpeg2000Codestream => decode_jpeg_2000(bytes, limits),
    }));
    decoded.unwrap_or_else(|_| Err(DecodeError::Image("the decoder broke down on it".to_owned())))
}

fn decode_jpeg(bytes: &[u8], limits: Limits) -> Result<Pixels, DecodeError> {
    let refuse = |error: image::ImageError| DecodeError::Image(error.to_string());
    limits.admit(0, 0, 1, bytes.len())?;
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(refuse)?;
    let (width, height) = decoder.dimensions();
    limits.admit(width, height, 1, bytes.len())?;
    let format = match decoder.color_type() {
        image::ColorType::L8 => PixelFormat::Grey,
        image::ColorType::Rgb8 => PixelFormat::Rgb,
        other => return Err(DecodeError::Components(u16::from(other.channel_count()))),
    };
    let size = usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX);
    if size > limits.decoded_bytes() {
        return Err(DecodeError::TooLarge { width, height, tiles: 1, bytes: bytes.len() });
    }
    let mut data = Zeroizing::new(vec![0; size]);
    decoder.read_image(&mut data).map_err(refuse)?;
    Pixels::new(width, height, format, data).ok_or_else(|| DecodeError::Image("an empty image".to_owned()))
}

fn decode_jpeg_2000(bytes: &[u8], limits: Limits) -> Result<Pixels, DecodeError> {
    use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};
    let refuse = |error: hayro_jpeg2000::DecodeError| DecodeError::Image(error.to_string());
    let size = CodestreamSize::find(bytes)?;
    limits.admit(size.width, size.height, size.tiles, bytes.len())?;
    if size.components == 0 || size.components > 4 {
        return Err(DecodeError::Components(size.components));
    }
    let image = Image::new(bytes, &DecodeSettings::default()).map_err(refuse)?;
    let (width, height) = (image.width(), image.height());
    limits.admit(width, height, size.tiles, bytes.len())?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(refuse)?;
    let channels = decoded.components().len();
    let interleaved = Zeroizing::new(decoded.data_u8());
    let colours = channels - usize::from(image.has_alpha()).min(channels);
    let format = match colours {
        1 => PixelFormat::Grey,
        3 => PixelFormat::Rgb,
        other => return Err(DecodeError::Components(u16::try_from(other).unwrap_or(u16::MAX))),
    };
    let data = if channels == colours {
        interleaved
    } else {
        // Transparency comes last and has no place in a portrait.
        let pixels = interleaved.chunks_exact(channels);
        Zeroizing::new(pixels.flat_map(|pixel| pixel.iter().take(colours)).copied().collect())
    };
    Pixels::new(width, height, format, data)
        .ok_or_else(|| DecodeError::Image("components of different sizes".to_owned()))
}

impl Limits {
    fn admit(self, width: u32, height: u32, tiles: u64, bytes: usize) -> Result<(), DecodeError> {
        let within = width <= self.side_pixels
            && height <= self.side_pixels
            && u64::from(width) * u64::from(height) <= self.pixels
            && tiles <= self.tiles
            && bytes <= self.coded_bytes;
        if within { Ok(()) } else { Err(DecodeError::TooLarge { width, height, tiles, bytes }) }
    }

    fn decoded_bytes(self) -> usize {
        usize::try_from(self.pixels).unwrap_or(usize::MAX).saturating_mul(PixelFormat::Rgb.bytes())
    }
}

/// What the SIZ segment says, read before the decoder sees the image. Spec: ISO/IEC 15444-1 §A.5.1.
struct CodestreamSize {
    width: u32,
    height: u32,
    tiles: u64,
    components: u16,
}

impl CodestreamSize {
    fn find(bytes: &[u8]) -> Result<Self, Malformed> {
        match ImageFormat::sniff(bytes) {
            Some(ImageFormat::Jpeg2000File) => Self::parse(codestream_of_file(bytes)?),
            _ => Self::parse(bytes),
        }
    }

    fn parse(codestream: &[u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "JPEG 2000 codestream";
        let mut cursor = cursor::Cursor::new(WHAT, codestream);
        if cursor.take(4)? != [0xFF, 0x4F, 0xFF, 0x51] {
            return Err(Malformed::value(WHAT, "does not begin with SOC and SIZ"));
        }
        // Length of the segment and capabilities.
        cursor.take(4)?;
        let mut pair = || Ok::<_, Malformed>((cursor.u32()?, cursor.u32()?));
        let ((right, bottom), (left, top)) = (pair()?, pair()?);
        let ((tile_width, tile_height), (tile_left, tile_top)) = (pair()?, pair()?);
        let components = cursor.u16()?;
        let difference = |far: u32, near: u32| {
            far.checked_sub(near).ok_or_else(|| Malformed::value(WHAT, "an image or tile of negative size"))
        };
        let tiles_along = |far, near, size: u32| {
            let span = difference(far, near)?;
            if size == 0 {
                return Err(Malformed::value(WHAT, "tiles without size"));
            }
            Ok(u64::from(span.div_ceil(size)))
        };
        let across = tiles_along(right, tile_left, tile_width)?;
        let down = tiles_along(bottom, tile_top, tile_height)?;
        Ok(Self {
            width: difference(right, left)?,
            height: difference(bottom, top)?,
            tiles: across.saturating_mul(down),
            components,
        })
    }
}

/// The contiguous codestream box of a JP2 file. Spec: ISO/IEC 15444-1 §I.4.
fn codestream_of_file(file: &[u8]) -> Result<&[u8], Malformed> {
    const MAX_BOXES: usize = 64;
    let mut cursor = cursor::Cursor::new("JP2 file", file);
    for _ in 0..MAX_BOXES {
        let (length, kind) = (cursor.u32()?, cursor.array::<4>()?);
        let content_bytes = match length {
            0 => cursor.rest().len(),
            1 => {
                let [high, low] = [cursor.u32()?, cursor.u32()?];
                let total = u64::from(high) << 32 | u64::from(low);
                usize::try_from(total).ok().and_then(|total| total.checked_sub(16)).unwrap_or(usize::MAX)
            }
            short => usize::try_from(short).unwrap_or(usize::MAX).checked_sub(8).unwrap_or(usize::MAX),
        };
        // A last box that announces more than there is still begins with the header wanted here.
        if kind == *b"jp2c" {
            return Ok(cursor.rest());
        }
        cursor.take(content_bytes)?;
    }
    Err(Malformed::value("JP2 file", "no codestream among its first boxes"))
}

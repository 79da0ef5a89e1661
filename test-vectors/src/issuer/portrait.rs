//! Draws a friendly face that nobody will mistake for a person's, and encodes it as JPEG.
//!
//! The face is made of ellipses in whole numbers, two by two samples per pixel: the same seed gives the same picture on
//! every machine.

use jpeg_encoder::{ColorType, Encoder};

use crate::num;

/// Width of every portrait, in pixels.
pub const WIDTH: u16 = 300;
/// Height of every portrait, in pixels.
pub const HEIGHT: u16 = 400;
const QUALITY: u8 = 88;
const COMMENT: &[u8] = b"Simulated portrait: drawn by a program, shows nobody. ";

/// What the holder's data say about the face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Look {
    /// Drawn with long hair, and recorded as female.
    pub female: bool,
    /// Drawn with grey hair.
    pub elderly: bool,
    /// Drawn with glasses.
    pub glasses: bool,
}

/// A finished picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portrait {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// The person's left eye, which is on the right of the picture: x and y in pixels.
    pub left_eye: [u16; 2],
    /// The person's right eye.
    pub right_eye: [u16; 2],
    /// Recorded as female.
    pub female: bool,
    /// The picture, JFIF.
    pub jpeg: Vec<u8>,
}

/// A picture that begins as one and shows nothing: for files that are to be short.
#[must_use]
pub fn cut_short(content: impl IntoIterator<Item = u8>) -> Portrait {
    let jpeg = [0xFF, 0xD8, 0xFF, 0xE0].into_iter().chain(content).collect();
    Portrait { width: 240, height: 320, left_eye: [140, 150], right_eye: [100, 150], female: false, jpeg }
}

impl Portrait {
    /// Gender as ISO/IEC 19794-5 codes it.
    #[must_use]
    pub fn gender_code(&self) -> u8 {
        if self.female { 2 } else { 1 }
    }

    /// The same picture with a comment of this many bytes behind the JFIF header, which has to come first; beyond the longest comment that a
    /// JPEG file can hold, nothing more is added.
    #[must_use]
    pub fn with_comment(&self, comment_bytes: usize) -> Self {
        let comment: Vec<u8> = COMMENT.iter().copied().cycle().take(comment_bytes.min(65_533)).collect();
        let length = u16::try_from(comment.len() + 2).unwrap_or(u16::MAX);
        // Start marker, header marker, the header's length with its header.
        let header_bytes = match self.jpeg.get(4..6) {
            Some([high, low]) => 4 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => self.jpeg.len(),
        };
        let (start, rest) = self.jpeg.split_at(header_bytes.min(self.jpeg.len()));
        let jpeg = [start, &[0xFF, 0xFE], &length.to_be_bytes(), &comment, rest].concat();
        Self { jpeg, ..self.clone() }
    }
}

type Colour = [i64; 3];

/// A filled figure, in half pixels.
enum Figure {
    /// Centre and radii.
    Ellipse(i64, i64, i64, i64),
    /// An ellipse, but only above this line.
    EllipseAbove(i64, i64, i64, i64, i64),
    /// Between two ellipses about one centre, below this line: radii outside and inside.
    Smile(i64, i64, [i64; 2], [i64; 2], i64),
    /// Between two ellipses about one centre.
    Ring(i64, i64, [i64; 2], [i64; 2]),
    /// Left, top, right, bottom.
    Rectangle(i64, i64, i64, i64),
}

fn in_ellipse(x: i64, y: i64, [cx, cy]: [i64; 2], [rx, ry]: [i64; 2]) -> bool {
    let (dx, dy) = (x - cx, y - cy);
    dx * dx * ry * ry + dy * dy * rx * rx <= rx * rx * ry * ry
}

impl Figure {
    fn covers(&self, x: i64, y: i64) -> bool {
        match *self {
            Figure::Ellipse(cx, cy, rx, ry) => in_ellipse(x, y, [cx, cy], [rx, ry]),
            Figure::EllipseAbove(cx, cy, rx, ry, line) => y < line && in_ellipse(x, y, [cx, cy], [rx, ry]),
            Figure::Smile(cx, cy, outside, inside, line) => {
                y > line && in_ellipse(x, y, [cx, cy], outside) && !in_ellipse(x, y, [cx, cy], inside)
            }
            Figure::Ring(cx, cy, outside, inside) => {
                in_ellipse(x, y, [cx, cy], outside) && !in_ellipse(x, y, [cx, cy], inside)
            }
            Figure::Rectangle(left, top, right, bottom) => {
                (left..right).contains(&x) && (top..bottom).contains(&y)
            }
        }
    }
}

const SKINS: [Colour; 4] = [[247, 213, 178], [236, 196, 158], [226, 180, 140], [214, 164, 124]];
const HAIRS: [Colour; 4] = [[34, 28, 30], [48, 36, 32], [62, 42, 30], [28, 30, 40]];
const SHIRTS: [Colour; 6] =
    [[58, 96, 150], [150, 66, 70], [72, 122, 92], [120, 90, 150], [200, 150, 60], [70, 80, 96]];
const GREY: Colour = [170, 170, 174];

fn darker(colour: Colour, percent: i64) -> Colour {
    colour.map(|part| part * (100 - percent) / 100)
}

struct Choice {
    skin: Colour,
    hair: Colour,
    shirt: Colour,
    /// Small differences of proportion, 0 to 15 each.
    wide: i64,
    tall: i64,
    smile: i64,
    brow: i64,
}

impl Choice {
    fn new(seed: &str, look: Look) -> Self {
        let dice = num::expand(&[b"portrait", seed.as_bytes()], 8);
        let roll = |index: usize| usize::from(dice.get(index).copied().unwrap_or(0));
        let small = |index: usize| i64::from(dice.get(index).copied().unwrap_or(0) % 16);
        let pick = |colours: &[Colour], index: usize| colours.get(roll(index) % colours.len()).copied();
        Self {
            skin: pick(&SKINS, 0).unwrap_or(GREY),
            hair: if look.elderly { GREY } else { pick(&HAIRS, 1).unwrap_or(GREY) },
            shirt: pick(&SHIRTS, 2).unwrap_or(GREY),
            wide: small(3),
            tall: small(4),
            smile: small(5),
            brow: small(6),
        }
    }
}

const EYE_Y: i64 = 372;
const EYE_DX: i64 = 74;
const CENTRE_X: i64 = 300;

/// The layers of a face, from back to front.
fn layers(choice: &Choice, look: Look) -> Vec<(Figure, Colour)> {
    use Figure::{Ellipse, EllipseAbove, Rectangle, Ring, Smile};
    let Choice { skin, hair, shirt, wide, tall, smile, brow } = *choice;
    let (x, face_rx, face_ry) = (CENTRE_X, 148 + wide, 186 + tall);
    let mut layers = Vec::new();
    if look.female {
        layers.push((Ellipse(x, 400, face_rx + 48, 280), hair));
    }
    layers.push((Ellipse(x, 850, 270, 210), shirt));
    layers.push((Ellipse(x, 668, 92, 54), darker(shirt, 18)));
    layers.push((Rectangle(x - 54, 500, x + 54, 660), darker(skin, 10)));
    layers.push((Ellipse(x, 660, 70, 36), darker(skin, 10)));
    for side in [-1, 1] {
        layers.push((Ellipse(x + side * (face_rx + 2), 396, 24, 40), darker(skin, 8)));
    }
    layers.push((Ellipse(x, 340, face_rx + 12, face_ry + 6), hair));
    layers.push((Ellipse(x, 384, face_rx, face_ry), skin));
    layers.push((EllipseAbove(x, 352, face_rx + 10, face_ry, 262 + brow), hair));
    for side in [-1, 1] {
        let eye_x = x + side * EYE_DX;
        layers.push((Ellipse(x + side * 92, 452, 30, 20), [238, 160, 140]));
        layers.push((EllipseAbove(eye_x, 344 - brow / 3, 38, 16, 344 - brow / 3), darker(hair, 10)));
        layers.push((Ellipse(eye_x, EYE_Y, 32, 22), [252, 252, 252]));
        layers.push((Ellipse(eye_x, EYE_Y, 19, 20), [92, 62, 40]));
        layers.push((Ellipse(eye_x, EYE_Y, 10, 11), [20, 16, 16]));
        layers.push((Ellipse(eye_x + 7, EYE_Y - 8, 5, 5), [255, 255, 255]));
        if look.glasses {
            layers.push((Ring(eye_x, EYE_Y, [56, 46], [50, 40]), [50, 54, 66]));
        }
    }
    if look.glasses {
        layers.push((Rectangle(x - 19, EYE_Y - 4, x + 19, EYE_Y + 2), [50, 54, 66]));
    }
    layers.push((Smile(x, 426, [20, 18], [14, 12], 430), darker(skin, 28)));
    layers.push((Smile(x, 466, [62, 44 + smile], [62, 30 + smile], 474), [176, 62, 66]));
    layers
}

/// Draws the face of a seed.
///
/// # Panics
/// Never: the picture has the size that is announced, and writing to memory does not fail.
#[must_use]
pub fn draw(seed: &str, look: Look) -> Portrait {
    let layers = layers(&Choice::new(seed, look), look);
    let mut pixels = Vec::with_capacity(usize::from(WIDTH) * usize::from(HEIGHT) * 3);
    for y in 0..i64::from(HEIGHT) {
        // A calm background, a little darker towards the ground.
        let backdrop = [226 - y / 16, 234 - y / 16, 244 - y / 20];
        for x in 0..i64::from(WIDTH) {
            let mut sum: Colour = [0; 3];
            for [dx, dy] in [[0, 0], [1, 0], [0, 1], [1, 1]] {
                let hit = layers.iter().rev().find(|(figure, _)| figure.covers(2 * x + dx, 2 * y + dy));
                let colour = hit.map_or(backdrop, |(_, colour)| *colour);
                for (total, part) in sum.iter_mut().zip(colour) {
                    *total += part;
                }
            }
            pixels.extend(sum.map(|total| (total / 4).clamp(0, 255).to_le_bytes()[0]));
        }
    }
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, QUALITY)
        .encode(&pixels, WIDTH, HEIGHT, ColorType::Rgb)
        .expect("a picture of the announced size encodes");
    let eye = |side: i64| {
        [(CENTRE_X + side * EYE_DX) / 2, EYE_Y / 2].map(|half| u16::try_from(half).unwrap_or_default())
    };
    Portrait { width: WIDTH, height: HEIGHT, left_eye: eye(1), right_eye: eye(-1), female: look.female, jpeg }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_is_repeatable_and_its_own() {
        let look = Look::default();
        assert_eq!(draw("one", look), draw("one", look));
        assert_ne!(draw("one", look).jpeg, draw("two", look).jpeg);
        assert_ne!(draw("one", look).jpeg, draw("one", Look { glasses: true, ..look }).jpeg);
    }

    #[test]
    fn a_face_leaves_room_in_a_data_group() {
        let look = Look { female: true, elderly: true, glasses: true };
        for seed in ["one", "two", "three", "four"] {
            let bytes = draw(seed, look).jpeg.len();
            assert!((6_000..17_500).contains(&bytes), "{bytes} bytes");
        }
    }

    #[test]
    fn a_comment_stands_behind_the_header() {
        let plain = draw("one", Look::default());
        let commented = plain.with_comment(10);
        assert_eq!(commented.jpeg[..12], *b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01");
        assert_eq!(commented.jpeg[20..24], [0xFF, 0xFE, 0, 12]);
        assert_eq!(commented.jpeg.len(), plain.jpeg.len() + 14);
        assert_eq!(commented.jpeg[34..], plain.jpeg[20..]);
    }
}

//! DG3 and DG4 of nobody: ridges and rings computed from a seed, in whole numbers, so that every machine draws the same.
//! Spec: 9303-10 §4.7.3, §4.7.4; ISO/IEC 19794-4:2005 §7; ISO/IEC 19794-6:2005 §6.

use super::der_out::join;
use super::groups::{Template, biometric_group};
use crate::num;

/// Width of a finger's picture in pixels, at 500 pixels per inch.
pub const FINGER_WIDTH: u16 = 96;
/// Height of a finger's picture in pixels.
pub const FINGER_HEIGHT: u16 = 128;
/// Width and height of an iris's picture in pixels.
pub const IRIS_SIDE: u16 = 64;
const RESOLUTION_PPI: u16 = 500;
/// What an empty sensor shows.
const WHITE: u8 = 255;

/// A finger of an invented holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Finger {
    /// As a record numbers it.
    code: u8,
    /// As a template's header names it: hand and finger.
    subtype: u8,
}

/// The two that a Vietnamese card has, as the standard's worked example numbers them.
const INDEX_FINGERS: [Finger; 2] = [Finger { code: 2, subtype: 0x09 }, Finger { code: 7, subtype: 0x0A }];

/// DG3: both index fingers, 8 bits a pixel, uncompressed.
#[must_use]
pub fn dg3(seed: &str) -> Vec<u8> {
    let instances = INDEX_FINGERS.map(|finger| {
        let template = Template { kind: 0x08, subtype: Some(finger.subtype), format_type: 0x0007 };
        (template, finger_record(finger.code, &ridges(seed, finger.code)))
    });
    biometric_group(3, &instances)
}

/// DG4: the right iris, 8 bits a pixel, uncompressed.
#[must_use]
pub fn dg4(seed: &str) -> Vec<u8> {
    let template = Template { kind: 0x10, subtype: Some(0x01), format_type: 0x0009 };
    biometric_group(4, &[(template, iris_record(&rings(seed)))])
}

/// A record with one view. Spec: ISO/IEC 19794-4:2005 tables 2 and 4.
fn finger_record(code: u8, pixels: &[u8]) -> Vec<u8> {
    let ppi = RESOLUTION_PPI.to_be_bytes();
    let view_bytes = 14 + pixels.len();
    let record_bytes = 32 + view_bytes;
    let header = [
        b"FIR\x00010\x00".as_slice(),
        &record_bytes.to_be_bytes()[size_of::<usize>() - 6..],
        &[0, 0],  // capture device unreported
        &[0, 31], // acquisition level 31: 500 pixels per inch, 8 bits
        &[1, 1],  // one finger; pixels per inch
        &[ppi, ppi].concat(),
        &[ppi, ppi].concat(),
        &[8, 0, 0, 0], // bits per pixel; uncompressed; reserved
    ];
    let view = [
        &view_bytes.to_be_bytes()[size_of::<usize>() - 4..],
        &[code, 1, 1], // one view, the first
        &[80, 0],      // quality; live-scan plain
        &FINGER_WIDTH.to_be_bytes(),
        &FINGER_HEIGHT.to_be_bytes(),
        &[0],
        pixels,
    ];
    join(&[join(&header), join(&view)])
}

/// Ridges about a core, nine pixels apart, bent by a seed, inside an oval.
fn ridges(seed: &str, code: u8) -> Vec<u8> {
    let chance = num::expand(&[b"simulated ridges", seed.as_bytes(), &[code]], 8);
    let pick = |at: usize, range: i64| i64::from(chance.get(at).copied().unwrap_or(0)) % range;
    let (width, height) = (i64::from(FINGER_WIDTH), i64::from(FINGER_HEIGHT));
    let (core_x, core_y) = (width / 2 - 6 + pick(0, 13), height / 2 - 16 + pick(1, 17));
    let (flat, slant, bend) = (3 + pick(2, 4), pick(3, 5) - 2, 1 + pick(4, 3));
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (dx, dy) = (x - core_x, y - core_y);
            let (ox, oy) = (2 * x - width, 2 * y - height);
            if ox * ox * height * height + oy * oy * width * width > width * width * height * height {
                pixels.push(WHITE);
                continue;
            }
            // Squared distance in sixteenths, flattened to an ellipse and sheared; its root is the phase.
            let sheared = 16 * dx + slant * dy * 2 + bend * dy * dy / 8;
            let squared = sheared * sheared + 256 * dy * dy * flat / 8;
            let phase = i64::try_from(squared.unsigned_abs().isqrt()).unwrap_or(0) % 144;
            // From valley to ridge and back within nine pixels.
            let grey = 40 + (phase - 72).abs() * 170 / 72;
            pixels.push(u8::try_from(grey).unwrap_or(WHITE));
        }
    }
    pixels
}

/// A record with one picture of one eye. Spec: ISO/IEC 19794-6:2005 tables 1 to 3.
fn iris_record(pixels: &[u8]) -> Vec<u8> {
    let side = IRIS_SIDE.to_be_bytes();
    let record_bytes = 45 + 3 + 11 + pixels.len();
    let header = [
        b"IIR\x00010\x00".as_slice(),
        &record_bytes.to_be_bytes()[size_of::<usize>() - 4..],
        &[0, 0],  // capture device unreported
        &[1],     // one eye
        &[0, 45], // length of this header
        &[0, 0],  // orientation, scan and occlusions undefined
        &[0, 0],  // diameter unknown
        &[0, 2],  // monochrome, uncompressed
        &side,
        &side,
        &[8, 0],  // bits; not transformed
        &[0; 16], // the device's own number
    ];
    let eye = [
        &[1, 0, 1],            // right eye, one picture
        [0, 1, 80].as_slice(), // the first, quality
        &[0, 0, 0, 0],         // rotation and its uncertainty
        &pixels.len().to_be_bytes()[size_of::<usize>() - 4..],
        pixels,
    ];
    join(&[join(&header), join(&eye)])
}

/// A pupil, rings about it, the white of the eye.
fn rings(seed: &str) -> Vec<u8> {
    let chance = num::expand(&[b"simulated rings", seed.as_bytes()], 64);
    let side = i64::from(IRIS_SIDE);
    let mut pixels = Vec::new();
    for y in 0..side {
        for x in 0..side {
            let (dx, dy) = (2 * x - side, 2 * y - side);
            let radius = (dx * dx + dy * dy).unsigned_abs().isqrt();
            let fibre = chance.get(usize::try_from(radius).unwrap_or(0)).copied().unwrap_or(0);
            pixels.push(match radius {
                0..20 => 10,
                20..50 => 60 + fibre / 3,
                _ => 230,
            });
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingers_differ_by_person_and_by_finger_and_come_out_the_same_again() {
        assert_eq!(ridges("a", 2), ridges("a", 2));
        assert_ne!(ridges("a", 2), ridges("a", 7));
        assert_ne!(ridges("a", 2), ridges("b", 2));
        for code in [2, 7] {
            let pixels = ridges("a", code);
            assert_eq!(pixels.len(), usize::from(FINGER_WIDTH) * usize::from(FINGER_HEIGHT));
            // Across the middle dark and light change often enough to be ridges.
            let width = usize::from(FINGER_WIDTH);
            let row: Vec<bool> =
                pixels.chunks(width).nth(90).unwrap().iter().map(|grey| *grey < 125).collect();
            let changes = row.windows(2).filter(|pair| pair[0] != pair[1]).count();
            assert!((8..60).contains(&changes), "{changes} changes");
        }
    }

    #[test]
    fn the_groups_are_framed_as_the_standards_say() {
        let file = dg3("a");
        let picture = usize::from(FINGER_WIDTH) * usize::from(FINGER_HEIGHT);
        assert_eq!(file[..2], [0x63, 0x82]);
        assert_eq!(usize::from(u16::from_be_bytes([file[2], file[3]])), file.len() - 4);
        let records: Vec<usize> =
            (0..file.len() - 8).filter(|at| file[*at..].starts_with(b"FIR\x00010\x00")).collect();
        assert_eq!(records.len(), 2);
        for (at, code) in records.into_iter().zip([2, 7]) {
            let length = file[at + 8..at + 14].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            assert_eq!(length, 32 + 14 + picture);
            assert_eq!(file[at + 36], code);
        }
        let file = dg4("a");
        assert_eq!(file[0], 0x76);
        assert!(file.windows(8).any(|window| window == b"IIR\x00010\x00"));
    }
}

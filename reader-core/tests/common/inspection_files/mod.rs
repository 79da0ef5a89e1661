//! Files otherwise than the standard has them, unit by unit.

pub mod biometric;
pub mod infos;
pub mod unsigned;
pub mod zone;

/// The file with another outer tag of one byte.
pub fn tagged(mut file: Vec<u8>, tag: u8) -> Vec<u8> {
    file[0] = tag;
    file
}

/// The file whose outer length says so many bytes more or fewer than there are.
pub fn resized(mut file: Vec<u8>, by: i16) -> Vec<u8> {
    let at = match file[1] {
        0x82 => 2..4,
        0x81 => 2..3,
        _ => 1..2,
    };
    let length = file[at.clone()].iter().fold(0i16, |sum, byte| sum << 8 | i16::from(*byte)) + by;
    let bytes = length.to_be_bytes();
    let width = at.len();
    file[at].copy_from_slice(&bytes[2 - width..]);
    file
}

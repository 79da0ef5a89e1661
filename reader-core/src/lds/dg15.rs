//! DG15: the key of active authentication. Spec: 9303-10 §4.7.15.

use crate::wire::Malformed;
use crate::wire::der::SEQUENCE;
use crate::wire::tlv::{Reader, Rules};

/// Reads the file: `6F` around a SubjectPublicKeyInfo, whose bytes are given back, tag and length included.
///
/// # Errors
/// Other objects, or bytes beside the key.
pub fn parse(file: &[u8]) -> Result<&[u8], Malformed> {
    let mut outer = Reader::new("DG15", Rules::Ber, file);
    let mut reader = outer.enter("DG15", 0x6F)?;
    let key = reader.expect(SEQUENCE)?;
    reader.finish()?;
    Ok(key.raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unwraps_the_key() {
        assert_eq!(parse(&[0x6F, 4, 0x30, 2, 5, 0]).unwrap(), [0x30, 2, 5, 0]);
        assert!(parse(&[0x6F, 5, 0x30, 2, 5, 0, 0]).is_err());
        assert!(parse(&[0x6F, 4, 0x30, 3, 5, 0]).is_err());
    }
}

//! DG14: the signed SecurityInfos. Spec: 9303-10 §4.7.14.

use super::security_infos::SecurityInfos;
use crate::wire::Malformed;
use crate::wire::tlv::{Reader, Rules};

/// Reads the file: `6E` around the set. `trailing_bytes` of the result counts what follows the set inside `6E`.
///
/// # Errors
/// Other objects; see [`SecurityInfos::parse`].
pub fn parse(file: &[u8]) -> Result<SecurityInfos, Malformed> {
    let object = Reader::new("DG14", Rules::Ber, file).expect(0x6E)?;
    SecurityInfos::parse(object.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unwraps_the_set() {
        let file = b"\x6E\x11\x31\x0F\x30\x0D\x06\x08\x04\x00\x7F\x00\x07\x02\x02\x02\x02\x01\x01";
        assert!(parse(file).unwrap().terminal_authentication().is_some());
        assert!(parse(&file[2..]).is_err());
    }
}

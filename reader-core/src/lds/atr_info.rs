//! EF.ATR/INFO: the sizes of commands and responses that the chip admits. Spec: 9303-10 §3.11.1; ISO/IEC 7816-4 §12.7.
//!
//! Commands stay short unless the chip says here (or in its answer to select) that it takes longer ones.

use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

const MAX_OBJECTS: usize = 64;

/// What the chip admits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AtrInfo {
    /// The capabilities (tag 47) include extended lengths.
    pub extended_lengths: bool,
    /// Most bytes of a whole command, by the extended length information (tag 7F66).
    pub command_bytes: Option<u32>,
    /// Most bytes of a whole response, its status word included, by the same.
    pub response_bytes: Option<u32>,
}

impl AtrInfo {
    /// Reads the file: data objects one after the other, in any order; unknown ones are passed over.
    ///
    /// # Errors
    /// Not data objects, or sizes that are no two integers.
    pub fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new("EF.ATR/INFO", Rules::Ber, file);
        let mut info = Self::default();
        // Files are padded with zeros, which are no data object.
        for count in 0.. {
            if reader.is_empty() || matches!(reader.peek_tag(), Ok(0 | 0xFF)) {
                break;
            }
            if count == MAX_OBJECTS {
                return Err(reader.fault(Problem::TooMany { limit: MAX_OBJECTS, of: "data objects" }));
            }
            let object = reader.any()?;
            match object.tag {
                // Third byte of the software functions: extended Lc and Le.
                0x47 => info.extended_lengths = object.value.get(2).is_some_and(|byte| byte & 0x40 != 0),
                0x7F66 => {
                    let mut sizes = reader.inside("extended length information", &object);
                    info.command_bytes = Some(sizes.small()?);
                    info.response_bytes = Some(sizes.small()?);
                    sizes.finish()?;
                }
                _ => {}
            }
        }
        Ok(info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_capabilities_and_sizes() {
        let file = b"\x43\x01\xB8\x47\x03\x84\x01\x60\x7F\x66\x08\x02\x02\x08\x00\x02\x02\x10\x00\x00\x00";
        let info = AtrInfo::parse(file).unwrap();
        assert!(info.extended_lengths);
        assert_eq!((info.command_bytes, info.response_bytes), (Some(2_048), Some(4_096)));
        let short = AtrInfo::parse(b"\x47\x03\x84\x01\x20").unwrap();
        assert_eq!(short, AtrInfo::default());
        assert_eq!(AtrInfo::parse(b"").unwrap(), AtrInfo::default());
    }

    #[test]
    fn refuses_what_is_no_size() {
        assert!(AtrInfo::parse(b"\x7F\x66\x04\x02\x02\x08\x00").is_err());
        assert!(AtrInfo::parse(b"\x7F\x66\x08\x02\x02\x88\x00\x02\x02\x10\x00").is_err());
        assert!(AtrInfo::parse(b"\x43\x05\xB8").is_err());
    }
}

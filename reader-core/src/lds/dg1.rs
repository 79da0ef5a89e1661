//! DG1: the machine readable zone. Spec: 9303-10 §4.7.1.

use super::mrz::{Mrz, MrzError};
use crate::wire::Malformed;
use crate::wire::tlv::{Reader, Rules};

/// The content of DG1.
#[derive(Clone, PartialEq, Eq)]
pub struct Dg1 {
    /// The zone.
    pub mrz: Mrz,
    /// Bytes in the file after the object.
    pub trailing_bytes: usize,
}

/// Why DG1 could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Dg1Error {
    /// The data objects are not as they should be.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The zone is not as it should be.
    #[error("DG1: {0}")]
    Mrz(#[from] MrzError),
}

impl Dg1 {
    /// Reads the file: `61 L 5F1F L` and 90, 72 or 88 characters without line ends.
    ///
    /// # Errors
    /// Other objects, or no machine readable zone in them. Wrong check digits are not an error.
    pub fn parse(file: &[u8]) -> Result<Self, Dg1Error> {
        let mut outer = Reader::new("DG1", Rules::Ber, file);
        let mut reader = outer.enter("DG1", 0x61)?;
        let zone = reader.expect(0x5F1F)?.value;
        reader.finish()?;
        Ok(Self { mrz: Mrz::parse_exact(zone)?, trailing_bytes: outer.rest().len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tlv::encode;

    #[test]
    fn reads_a_zone_and_nothing_else() {
        let zone =
            b"IDVNM0000001236090000000123<<39001011M3001019VNM<<<<<<<<<<<0NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<";
        let file = encode(0x61, &encode(0x5F1F, zone));
        assert_eq!(Dg1::parse(&file).unwrap().mrz.issuer(), "VNM");
        let mut lower = zone.to_vec();
        *lower.last_mut().unwrap() = b'a';
        assert!(matches!(Dg1::parse(&encode(0x61, &encode(0x5F1F, &lower))), Err(Dg1Error::Mrz(_))));
        assert!(matches!(Dg1::parse(&encode(0x61, zone)), Err(Dg1Error::Malformed(_))));
        assert!(Dg1::parse(&file[..80]).is_err());
    }
}

//! DG4: records of irises, kept as they are. Spec: 9303-10 §4.7.4; ISO/IEC 19794-6:2005.

use std::fmt;

use zeroize::Zeroizing;

use super::biometric_template::{self, Header};
use super::iso39794 as newer;
use crate::wire::Malformed;

/// Format identifier and version of ISO/IEC 19794-6:2005.
const MAGIC: &[u8] = b"IIR\x00010\0";
/// Headers of the record, of one eye and of one image.
const HEADERS_BYTES: usize = 45 + 3 + 11;
/// The data object of ISO/IEC 39794-6. Spec: 9303-10 §4.5.6, table 3.
const NEWER_TAG: u32 = 0x66;

/// The content of DG4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Irises {
    /// How many instances the file says it has.
    pub declared_count: u32,
    /// The instances that are there.
    pub instances: Vec<IrisInstance>,
    /// Bytes in the file after the object.
    pub trailing_bytes: usize,
}

/// One biometric information template. Wiped when it goes; `Debug` tells its size only.
#[derive(Clone, PartialEq, Eq)]
pub struct IrisInstance {
    /// What the template says about its record.
    pub header: Header,
    record: Zeroizing<Vec<u8>>,
}

impl Irises {
    /// Reads the file.
    ///
    /// # Errors
    /// Not `76 { 7F61 { 02 count, 7F60 { A1 header, 5F2E or 7F2E data } … } }`.
    pub fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let found = biometric_template::parse("DG4", 0x76, file)?;
        let keep = |template: biometric_template::Template<'_>| IrisInstance {
            header: template.header,
            record: Zeroizing::new(template.block.value.to_vec()),
        };
        Ok(Self {
            declared_count: found.declared_count,
            instances: found.templates.into_iter().map(keep).collect(),
            trailing_bytes: found.trailing_bytes,
        })
    }

    /// The file says that no iris was enrolled.
    #[must_use]
    pub fn none_enrolled(&self) -> bool {
        self.declared_count == 0 && self.instances.is_empty()
    }
}

impl IrisInstance {
    /// The record's bytes.
    #[must_use]
    pub fn record(&self) -> &[u8] {
        &self.record
    }

    /// The record begins as one of ISO/IEC 39794-6.
    #[must_use]
    pub fn is_iso39794(&self) -> bool {
        newer::begins(NEWER_TAG, &self.record)
    }

    /// A record of ISO/IEC 19794-6:2005 has the length that its header says, and room for an image; `None` for another.
    #[must_use]
    pub fn lengths_agree(&self) -> Option<bool> {
        if !self.is_iso19794() {
            return None;
        }
        let announced =
            self.record.get(8..12).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)?;
        Some(usize::try_from(announced) == Ok(self.record.len()) && self.record.len() > HEADERS_BYTES)
    }

    /// The record begins as one of ISO/IEC 19794-6:2005.
    #[must_use]
    pub fn is_iso19794(&self) -> bool {
        self.record.starts_with(MAGIC)
    }
}

impl fmt::Debug for IrisInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IrisInstance({:?}, {} bytes)", self.header, self.record.len())
    }
}

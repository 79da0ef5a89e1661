//! EF.SOD: the wrapper of the signed object and the hashes that it signs.
//!
//! The signature around the hashes is read by `pki`. Spec: 9303-10 §4.6.2.

use std::collections::BTreeMap;

use super::DataGroup;
use crate::wire::der::SEQUENCE;
use crate::wire::oid::Oid;
use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

/// The content type of the signed object, `id-icao-ldsSecurityObject`.
pub const LDS_SECURITY_OBJECT: &str = "2.23.136.1.1.1";

const MAX_HASH_BYTES: usize = 128;
const MAX_GROUPS: usize = 16;

/// The file as it lies on the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SodFile<'a> {
    /// The value of the `77` object: a ContentInfo, as received.
    pub content_info: &'a [u8],
    /// Bytes in the file after the `77` object. The standard has none; whether they are tolerated is a site's choice.
    pub trailing_bytes: usize,
}

impl<'a> SodFile<'a> {
    /// Unwraps the file.
    ///
    /// # Errors
    /// Not one `77` object that fits.
    pub fn parse(file: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new("EF.SOD", Rules::Ber, file);
        let object = reader.expect(0x77)?;
        Ok(Self { content_info: object.value, trailing_bytes: reader.rest().len() })
    }
}

/// The version of an LDSSecurityObject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LdsObjectVersion {
    /// 0: LDS 1.7, without version information.
    V0,
    /// 1: LDS 1.8, with version information.
    V1,
    /// Another number; whoever judges the object refuses it.
    Other(u32),
}

/// `ldsVersionInfo`: what EF.COM says, but signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdsVersionInfo {
    /// Version of the logical data structure, such as `0108`.
    pub lds_version: String,
    /// Version of Unicode, such as `040000`.
    pub unicode_version: String,
}

/// The hashes that an issuer signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdsSecurityObject {
    /// Its version.
    pub version: LdsObjectVersion,
    /// Version information; the standard has it exactly in version 1.
    pub version_info: Option<LdsVersionInfo>,
    hash_algorithm: Vec<u8>,
    hashes: BTreeMap<DataGroup, Vec<u8>>,
}

impl LdsSecurityObject {
    /// Reads the eContent of the signed object.
    ///
    /// ```text
    /// LDSSecurityObject ::= SEQUENCE { version INTEGER, hashAlgorithm AlgorithmIdentifier,
    ///     dataGroupHashValues SEQUENCE OF SEQUENCE { dataGroupNumber INTEGER, dataGroupHashValue OCTET STRING },
    ///     ldsVersionInfo SEQUENCE { ldsVersion PrintableString, unicodeVersion PrintableString } OPTIONAL }
    /// ```
    ///
    /// # Errors
    /// Another shape; a group number outside 1 to 16 or named twice; an empty hash or one longer than any hash.
    /// Whether a hash is as long as its algorithm demands is judged where the algorithm is known.
    pub fn parse(econtent: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new("LDSSecurityObject", Rules::Ber, econtent);
        let mut reader = outer.enter("LDSSecurityObject", SEQUENCE)?;
        outer.finish()?;
        let version = match reader.small()? {
            0 => LdsObjectVersion::V0,
            1 => LdsObjectVersion::V1,
            other => LdsObjectVersion::Other(other),
        };
        let hash_algorithm = reader.algorithm()?.algorithm.content().to_vec();
        let mut list = reader.enter("DataGroupHash", SEQUENCE)?;
        let mut hashes = BTreeMap::new();
        while !list.is_empty() {
            if hashes.len() == MAX_GROUPS {
                return Err(list.fault(Problem::TooMany { limit: MAX_GROUPS, of: "data group hashes" }));
            }
            let mut entry = list.enter("DataGroupHash", SEQUENCE)?;
            let number = entry.small()?;
            let group = u8::try_from(number).ok().and_then(DataGroup::from_number);
            let group =
                group.ok_or_else(|| entry.fault(Problem::Value("a data group number outside 1 to 16")))?;
            let hash = entry.octet_string()?;
            if hash.is_empty() || hash.len() > MAX_HASH_BYTES {
                return Err(entry.fault(Problem::Value("a hash that is empty or longer than any hash")));
            }
            entry.finish()?;
            if hashes.insert(group, hash.to_vec()).is_some() {
                return Err(list.fault(Problem::Value("a data group named twice")));
            }
        }
        let version_info = if reader.is_empty() { None } else { Some(LdsVersionInfo::parse(&mut reader)?) };
        reader.finish()?;
        Ok(Self { version, version_info, hash_algorithm, hashes })
    }

    /// The algorithm of all hashes.
    #[must_use]
    pub fn hash_algorithm(&self) -> Option<Oid<'_>> {
        Oid::from_content(&self.hash_algorithm)
    }

    /// The signed hash of `group`, if it has one.
    #[must_use]
    pub fn hash(&self, group: DataGroup) -> Option<&[u8]> {
        self.hashes.get(&group).map(Vec::as_slice)
    }

    /// All signed hashes by group number.
    pub fn hashes(&self) -> impl Iterator<Item = (DataGroup, &[u8])> {
        self.hashes.iter().map(|(group, hash)| (*group, hash.as_slice()))
    }
}

impl LdsVersionInfo {
    fn parse(outer: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut reader = outer.enter("LDSVersionInfo", SEQUENCE)?;
        let mut text = || {
            let object = reader.any()?;
            let fault = reader.fault(Problem::Value("a version that is not a short text"));
            let text = std::str::from_utf8(object.value).ok().filter(|text| text.len() <= 16);
            text.map(str::to_owned).ok_or(fault)
        };
        let info = Self { lds_version: text()?, unicode_version: text()? };
        reader.finish()?;
        Ok(info)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::tlv::encode;

    fn object(version: u8, groups: &[(u8, usize)], info: bool) -> Vec<u8> {
        let sha256 = [0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
        let list: Vec<u8> = groups
            .iter()
            .flat_map(|(number, bytes)| {
                encode(0x30, &[encode(2, &[*number]), encode(4, &vec![*number; *bytes])].concat())
            })
            .collect();
        let mut content = [encode(2, &[version]), encode(0x30, &sha256), encode(0x30, &list)].concat();
        if info {
            content.extend(encode(0x30, &[encode(0x13, b"0108"), encode(0x13, b"040000")].concat()));
        }
        encode(0x30, &content)
    }

    #[test]
    fn reads_both_versions() {
        let old = LdsSecurityObject::parse(&object(0, &[(1, 32), (2, 32)], false)).unwrap();
        assert_eq!((old.version, old.version_info.as_ref()), (LdsObjectVersion::V0, None));
        assert!(old.hash_algorithm().unwrap().is("2.16.840.1.101.3.4.2.1"));
        assert_eq!(old.hash(DataGroup::Dg2), Some(&[2; 32][..]));
        assert_eq!(old.hash(DataGroup::Dg3), None);
        let new = LdsSecurityObject::parse(&object(1, &[(1, 32), (14, 32)], true)).unwrap();
        assert_eq!(new.version, LdsObjectVersion::V1);
        assert_eq!(new.version_info.unwrap().lds_version, "0108");
    }

    #[test]
    fn refuses_repeats_strange_numbers_and_bad_lengths() {
        for groups in [&[(1, 32), (1, 32)][..], &[(0, 32)], &[(17, 32)], &[(1, 0)], &[(1, 129)]] {
            assert!(LdsSecurityObject::parse(&object(0, groups, false)).is_err(), "{groups:?}");
        }
        assert!(LdsSecurityObject::parse(&[object(0, &[(1, 32)], false), vec![0]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..120),
            at in 0_usize..90,
            byte in any::<u8>(),
        ) {
            let _ = SodFile::parse(&bytes);
            let mut damaged = object(1, &[(1, 20), (2, 20)], true);
            if let Some(place) = damaged.get_mut(at) { *place = byte; }
            let _ = LdsSecurityObject::parse(&damaged);
        }
    }

    #[test]
    fn counts_what_follows_the_file() {
        let file = SodFile::parse(&[0x77, 2, 0x30, 0, 0xAA]).unwrap();
        assert_eq!((file.content_info, file.trailing_bytes), (&[0x30, 0][..], 1));
        assert!(SodFile::parse(&[0x77, 3, 0x30, 0]).is_err());
        assert!(SodFile::parse(&[0x30, 0]).is_err());
    }
}

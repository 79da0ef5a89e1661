//! Which file is meant: the directory is part of the address. Spec: 9303-10 §3.6, §4.7.

use std::fmt;

/// The application identifier of the eMRTD application. Spec: 9303-10 §3.6.2.
pub const EMRTD_AID: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

/// The directory that file identifiers are relative to. 011C and 011D name two files each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Directory {
    /// The master file.
    MasterFile,
    /// The eMRTD application.
    Emrtd,
}

/// The address of an elementary file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// Its directory.
    pub directory: Directory,
    /// Its identifier in that directory.
    pub id: u16,
}

impl FileId {
    /// EF.CardAccess, readable before access control.
    pub const CARD_ACCESS: Self = Self { directory: Directory::MasterFile, id: 0x011C };
    /// EF.CardSecurity.
    pub const CARD_SECURITY: Self = Self { directory: Directory::MasterFile, id: 0x011D };
    /// EF.ATR/INFO.
    pub const ATR_INFO: Self = Self { directory: Directory::MasterFile, id: 0x2F01 };
    /// EF.COM.
    pub const COM: Self = Self { directory: Directory::Emrtd, id: 0x011E };
    /// EF.CVCA, the authorities that terminal authentication begins at. Not signed.
    pub const CVCA: Self = Self { directory: Directory::Emrtd, id: 0x011C };
    /// EF.SOD, the document security object.
    pub const SOD: Self = Self { directory: Directory::Emrtd, id: 0x011D };

    /// The file of a data group.
    #[must_use]
    pub const fn group(group: DataGroup) -> Self {
        Self { directory: Directory::Emrtd, id: 0x0100 + group.number() as u16 }
    }

    /// The data group in this file, if it is one.
    #[must_use]
    pub fn as_group(self) -> Option<DataGroup> {
        match self.id.to_be_bytes() {
            [0x01, number] if self.directory == Directory::Emrtd => DataGroup::from_number(number),
            _ => None,
        }
    }

    /// The short file identifier, where the file has one. Spec: 9303-10 table 31 and following.
    #[must_use]
    pub fn short(self) -> Option<u8> {
        match (self.directory, self.id.to_be_bytes()) {
            (_, [0x01, low]) if low <= 0x1E => Some(low),
            (Directory::MasterFile, [0x2F, 0x01]) => Some(0x01),
            (Directory::MasterFile, [0x2F, 0x00]) => Some(0x1E),
            _ => None,
        }
    }

    /// The tag that the file's content begins with, where the standard fixes one.
    #[must_use]
    pub fn content_tag(self) -> Option<u32> {
        if let Some(group) = self.as_group() {
            return Some(group.tag());
        }
        match self {
            Self::COM => Some(0x60),
            Self::SOD => Some(0x77),
            Self::CARD_ACCESS => Some(0x31),
            Self::CARD_SECURITY => Some(0x30),
            _ => None,
        }
    }

    /// The name of the file in a capture folder, without `.bin`: `EF.SOD`, `DG2`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::CARD_ACCESS => "EF.CardAccess".to_owned(),
            Self::CARD_SECURITY => "EF.CardSecurity".to_owned(),
            Self::ATR_INFO => "EF.ATR".to_owned(),
            Self::COM => "EF.COM".to_owned(),
            Self::SOD => "EF.SOD".to_owned(),
            Self::CVCA => "EF.CVCA".to_owned(),
            _ => match self.as_group() {
                Some(group) => group.to_string(),
                None => format!("EF.{:04X}", self.id),
            },
        }
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

macro_rules! data_groups {
    ($($name:ident = $number:literal, $tag:literal;)*) => {
        /// A data group of the eMRTD application. Spec: 9303-10 §4.7, table 36.
        #[allow(missing_docs, reason = "the variants are the standard's numbers")]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum DataGroup { $($name),* }

        impl DataGroup {
            /// All sixteen, by number.
            pub const ALL: [Self; 16] = [$(Self::$name),*];

            /// 1 to 16.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self { $(Self::$name => $number),* }
            }

            /// The tag of the file's one data object.
            #[must_use]
            pub const fn tag(self) -> u32 {
                match self { $(Self::$name => $tag),* }
            }
        }
    };
}

data_groups! {
    Dg1 = 1, 0x61; Dg2 = 2, 0x75; Dg3 = 3, 0x63; Dg4 = 4, 0x76;
    Dg5 = 5, 0x65; Dg6 = 6, 0x66; Dg7 = 7, 0x67; Dg8 = 8, 0x68;
    Dg9 = 9, 0x69; Dg10 = 10, 0x6A; Dg11 = 11, 0x6B; Dg12 = 12, 0x6C;
    Dg13 = 13, 0x6D; Dg14 = 14, 0x6E; Dg15 = 15, 0x6F; Dg16 = 16, 0x70;
}

impl DataGroup {
    /// The group with this number, 1 to 16.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.number() == number)
    }

    /// The group whose file begins with this tag, as EF.COM lists them.
    #[must_use]
    pub fn from_tag(tag: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.tag() == tag)
    }

    /// The group written `DG2`, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let digits = name.get(..2).filter(|prefix| prefix.eq_ignore_ascii_case("dg")).and(name.get(2..))?;
        Self::from_number(digits.parse().ok()?)
    }

    /// Readable only after Terminal Authentication on documents with extended access control.
    #[must_use]
    pub const fn is_sensitive(self) -> bool {
        matches!(self, Self::Dg3 | Self::Dg4)
    }
}

impl fmt::Display for DataGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DG{}", self.number())
    }
}

impl fmt::Debug for DataGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DG{}", self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_depend_on_the_directory() {
        assert_eq!(FileId::SOD.name(), "EF.SOD");
        assert_eq!(FileId::CARD_SECURITY.name(), "EF.CardSecurity");
        assert_eq!(FileId::group(DataGroup::Dg16).id, 0x0110);
        assert_eq!(FileId { directory: Directory::MasterFile, id: 0x0101 }.as_group(), None);
        assert_eq!(FileId::group(DataGroup::Dg2).short(), Some(2));
        assert_eq!(DataGroup::from_name("dg13"), Some(DataGroup::Dg13));
        assert_eq!(DataGroup::from_name("dg17"), None);
        assert_eq!(DataGroup::from_tag(0x75), Some(DataGroup::Dg2));
    }
}

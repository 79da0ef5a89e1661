//! Whether a file keeps the form that the standard gives it, beyond what is needed to read it.
//!
//! Readers of this folder take what they can use; here stands what a file does otherwise than Doc 9303 has it. What that
//! means for a document is judged elsewhere. Spec: 9303-10 §4; 9303-3 to 9303-5; 9303-11 §9.2.

mod biometric;
mod infos;
mod zone;

use super::atr_info::AtrInfo;
use super::com::Com;
use super::dg11::PersonalDetails;
use super::dg12::DocumentDetails;
use super::dg16::PersonsToNotify;
use super::displayed::DisplayedImages;
use super::{DataGroup, FileId, dg14, dg15};
use crate::wire::{Malformed, cvc};

/// What a file's content is beside its prescribed form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conformity {
    /// As prescribed, as far as it is looked at here.
    Keeps,
    /// It can be read, and departs in these points: English, without personal data.
    Departs(Vec<String>),
    /// It cannot be read, for this reason.
    Unreadable(String),
}

impl From<Vec<String>> for Conformity {
    fn from(departures: Vec<String>) -> Self {
        if departures.is_empty() { Self::Keeps } else { Self::Departs(departures) }
    }
}

/// Departures of a file that was read, or the reason why it could not be.
type Found = Result<Vec<String>, String>;

/// Looks at one file; `None` for a file whose form is not prescribed (DG13) or is proved elsewhere (EF.SOD, EF.CardSecurity).
#[must_use]
pub fn of(file: FileId, bytes: &[u8]) -> Option<Conformity> {
    let found = match file {
        FileId::COM => com(bytes),
        FileId::ATR_INFO => atr_info(bytes),
        FileId::CVCA => unreadable(cvc::authorities(bytes)).map(|_| Vec::new()),
        FileId::CARD_ACCESS | FileId::CARD_SECURITY | FileId::SOD => return None,
        _ => of_group(DataGroup::ALL.into_iter().find(|group| FileId::group(*group) == file)?, bytes)?,
    };
    Some(found.map_or_else(Conformity::Unreadable, Conformity::from))
}

fn of_group(group: DataGroup, bytes: &[u8]) -> Option<Found> {
    Some(match group {
        DataGroup::Dg1 => zone::departures(bytes),
        DataGroup::Dg2 => biometric::faces(bytes),
        DataGroup::Dg3 => biometric::fingers(bytes),
        DataGroup::Dg4 => biometric::irises(bytes),
        DataGroup::Dg5 => unreadable(DisplayedImages::portraits(bytes)).map(|_| Vec::new()),
        DataGroup::Dg7 => unreadable(DisplayedImages::signatures(bytes)).map(|_| Vec::new()),
        DataGroup::Dg11 => unreadable(PersonalDetails::parse(bytes)).map(|_| Vec::new()),
        DataGroup::Dg12 => unreadable(DocumentDetails::parse(bytes)).map(|_| Vec::new()),
        DataGroup::Dg14 => unreadable(dg14::parse(bytes)).map(|infos| infos::departures(&infos)),
        DataGroup::Dg15 => unreadable(dg15::parse(bytes)).map(|_| Vec::new()),
        DataGroup::Dg16 => unreadable(PersonsToNotify::parse(bytes)).map(|_| Vec::new()),
        _ => return None,
    })
}

fn unreadable<T>(parsed: Result<T, Malformed>) -> Result<T, String> {
    parsed.map_err(|error| error.to_string())
}

fn trailing(bytes: usize) -> Option<String> {
    (bytes > 0).then(|| format!("{bytes} bytes after the object"))
}

/// Spec: 9303-10 §4.6.1.1, §4.6.1.2.
fn com(bytes: &[u8]) -> Found {
    let com = unreadable(Com::parse(bytes))?;
    let mut found = Vec::new();
    if !matches!(com.lds_version.as_str(), "0107" | "0108") {
        found.push(format!("version {} of the logical data structure", com.lds_version));
    }
    if com.unicode_version != "040000" {
        found.push(format!("version {} of Unicode", com.unicode_version));
    }
    if !com.unknown_tags.is_empty() {
        found.push("a listed tag that is no data group's".to_owned());
    }
    found.extend(trailing(com.trailing_bytes));
    Ok(found)
}

/// Who declares extended lengths says how long. Spec: 9303-10 §3.11.1.
fn atr_info(bytes: &[u8]) -> Found {
    let info = unreadable(AtrInfo::parse(bytes))?;
    let unsaid = info.extended_lengths && info.command_bytes.is_none();
    Ok(unsaid.then(|| "extended lengths without their sizes (7F66)".to_owned()).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_the_list_and_sizes_of_the_chip_are_looked_at() {
        let sized = |lds: &str, unicode: &str| {
            let file = [
                b"\x60\x14\x5F\x01\x04",
                lds.as_bytes(),
                b"\x5F\x36\x06",
                unicode.as_bytes(),
                b"\x5C\x02\x61\x75",
            ];
            of(FileId::COM, &file.concat()[..]).unwrap()
        };
        assert_eq!(sized("0107", "040000"), Conformity::Keeps);
        assert_eq!(sized("0108", "040000"), Conformity::Keeps);
        assert!(matches!(sized("0300", "040000"), Conformity::Departs(points) if points.len() == 1));
        assert!(matches!(sized("0107", "050000"), Conformity::Departs(points) if points.len() == 1));
        let sizes = b"\x47\x03\x84\x01\x60\x7F\x66\x08\x02\x02\x08\x00\x02\x02\x10\x00";
        assert_eq!(of(FileId::ATR_INFO, sizes), Some(Conformity::Keeps));
        assert!(matches!(of(FileId::ATR_INFO, &sizes[..5]), Some(Conformity::Departs(_))));
        assert_eq!(of(FileId::SOD, b""), None);
    }
}

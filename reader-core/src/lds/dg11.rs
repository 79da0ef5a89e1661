//! DG11: additional personal details. Spec: 9303-10 §4.7.11.

use super::elements::{self, OtherElement, PersonalImage, date, extend, image, listing, names, put, text};
use super::mrz::PartialDate;
use super::personal::PersonalText;
use crate::wire::Malformed;

/// The content of DG11. `None` is an element that is not there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PersonalDetails {
    /// The tags that the file's own list announces (5C).
    pub listed: Vec<u32>,
    /// 5F0E: full name in national letters, as the MRZ orders it: `primary<<secondary`.
    pub name: Option<PersonalText>,
    /// 5F0F: other names.
    pub other_names: Vec<PersonalText>,
    /// 5F10: personal number.
    pub personal_number: Option<PersonalText>,
    /// 5F2B: full date of birth.
    pub birth: Option<PartialDate>,
    /// 5F11: place of birth, its parts separated by `<`.
    pub place_of_birth: Option<PersonalText>,
    /// 5F42: permanent address, its parts separated by `<`.
    pub address: Option<PersonalText>,
    /// 5F12: telephone.
    pub telephone: Option<PersonalText>,
    /// 5F13: profession.
    pub profession: Option<PersonalText>,
    /// 5F14: title.
    pub title: Option<PersonalText>,
    /// 5F15: personal summary.
    pub summary: Option<PersonalText>,
    /// 5F16: picture of the proof of citizenship.
    pub proof_of_citizenship: Option<PersonalImage>,
    /// 5F17: numbers of other valid documents, separated by `<`.
    pub other_documents: Option<PersonalText>,
    /// 5F18: custody information.
    pub custody: Option<PersonalText>,
    /// What has no place above.
    pub others: Vec<OtherElement>,
    /// Bytes in the file after the object.
    pub trailing_bytes: usize,
}

impl PersonalDetails {
    /// Reads the file: strictly in its outer shape, tolerantly in its elements.
    ///
    /// # Errors
    /// Not `6B { … }`, an element that runs past the end, or more of them than any document has.
    pub fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let mut found = Self::default();
        let group = ("DG11", 0x6B);
        let (others, trailing_bytes) =
            listing(group, file, &mut found.listed, |object, reader| match object.tag {
                // The other names stand in a template, and in some documents without one.
                0xA0 => {
                    let mut inside = reader.inside("DG11 other names", object);
                    extend(&mut found.other_names, names(&mut inside, 0x5F0F))
                }
                0x5F0F => extend(&mut found.other_names, text(object).map(|name| [name])),
                0x5F2B => put(&mut found.birth, date(object.value)),
                0x5F16 => put(&mut found.proof_of_citizenship, image(object)),
                0x5F0E => put(&mut found.name, text(object)),
                0x5F10 => put(&mut found.personal_number, text(object)),
                0x5F11 => put(&mut found.place_of_birth, text(object)),
                0x5F42 => put(&mut found.address, text(object)),
                0x5F12 => put(&mut found.telephone, text(object)),
                0x5F13 => put(&mut found.profession, text(object)),
                0x5F14 => put(&mut found.title, text(object)),
                0x5F15 => put(&mut found.summary, text(object)),
                0x5F17 => put(&mut found.other_documents, text(object)),
                0x5F18 => put(&mut found.custody, text(object)),
                _ => false,
            })?;
        Ok(Self { others, trailing_bytes, ..found })
    }

    /// The full name as it is spoken in the order of the MRZ, without fillers.
    #[must_use]
    pub fn full_name(&self) -> Option<PersonalText> {
        self.name.as_ref().map(|name| elements::parts(name, " ")).filter(|name| !name.is_empty())
    }
}

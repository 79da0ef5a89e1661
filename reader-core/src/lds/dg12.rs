//! DG12: additional document details, the date of issue among them. Spec: 9303-10 §4.7.12.

use super::elements::{
    OtherElement, PersonalImage, StatedTime, date, extend, image, listing, names, put, text, time,
};
use super::mrz::PartialDate;
use super::personal::PersonalText;
use crate::wire::Malformed;

/// The content of DG12. `None` is an element that is not there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DocumentDetails {
    /// The tags that the file's own list announces (5C).
    pub listed: Vec<u32>,
    /// 5F19: issuing authority.
    pub authority: Option<PersonalText>,
    /// 5F26: date of issue.
    pub issued: Option<PartialDate>,
    /// 5F1A: other persons.
    pub other_persons: Vec<PersonalText>,
    /// 5F1B: endorsements and observations.
    pub observations: Option<PersonalText>,
    /// 5F1C: tax and exit requirements.
    pub requirements: Option<PersonalText>,
    /// 5F1D: picture of the front.
    pub front: Option<PersonalImage>,
    /// 5F1E: picture of the rear.
    pub rear: Option<PersonalImage>,
    /// 5F55: when the document was personalized.
    pub personalized: Option<StatedTime>,
    /// 5F56: serial number of the personalization system.
    pub personalization_system: Option<PersonalText>,
    /// What has no place above.
    pub others: Vec<OtherElement>,
    /// Bytes in the file after the object.
    pub trailing_bytes: usize,
}

impl DocumentDetails {
    /// Reads the file: strictly in its outer shape, tolerantly in its elements.
    ///
    /// # Errors
    /// Not `6C { … }`, an element that runs past the end, or more of them than any document has.
    pub fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let mut found = Self::default();
        let group = ("DG12", 0x6C);
        let (others, trailing_bytes) =
            listing(group, file, &mut found.listed, |object, reader| match object.tag {
                0xA0 => {
                    let mut inside = reader.inside("DG12 other persons", object);
                    extend(&mut found.other_persons, names(&mut inside, 0x5F1A))
                }
                0x5F1A => extend(&mut found.other_persons, text(object).map(|name| [name])),
                0x5F26 => put(&mut found.issued, date(object.value)),
                0x5F1D => put(&mut found.front, image(object)),
                0x5F1E => put(&mut found.rear, image(object)),
                0x5F55 => put(&mut found.personalized, time(object.value)),
                0x5F19 => put(&mut found.authority, text(object)),
                0x5F1B => put(&mut found.observations, text(object)),
                0x5F1C => put(&mut found.requirements, text(object)),
                0x5F56 => put(&mut found.personalization_system, text(object)),
                _ => false,
            })?;
        Ok(Self { others, trailing_bytes, ..found })
    }
}

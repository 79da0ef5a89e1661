//! DG12: additional document details, the date of issue among them. Spec: 9303-10 §4.7.12.

use super::elements::{
    OtherElement, PersonalImage, StatedTime, date, each, image, names, put, tag_list, text, time,
};
use super::mrz::PartialDate;
use super::personal::PersonalText;
use crate::wire::Malformed;
use crate::wire::tlv::{Reader, Rules};

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
        let mut outer = Reader::new("DG12", Rules::Ber, file);
        let mut group = outer.enter("DG12", 0x6C)?;
        let mut found = Self::default();
        let mut others = Vec::new();
        each(&mut group, &mut others, |object, reader| match object.tag {
            0x5C => {
                found.listed.is_empty()
                    && tag_list(object).is_some_and(|tags| {
                        found.listed = tags;
                        true
                    })
            }
            0xA0 => names(&mut reader.inside("DG12 other persons", object), 0x5F1A).is_some_and(|names| {
                found.other_persons.extend(names);
                true
            }),
            0x5F1A => text(object).is_some_and(|name| {
                found.other_persons.push(name);
                true
            }),
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
        Ok(Self { others, trailing_bytes: outer.rest().len(), ..found })
    }
}

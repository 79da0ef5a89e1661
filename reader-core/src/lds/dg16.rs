//! DG16: whom to tell in an emergency. Spec: 9303-10 §4.7.16.

use super::elements::{OtherElement, date, each, extend, put, text};
use super::mrz::PartialDate;
use super::personal::PersonalText;
use crate::wire::Malformed;
use crate::wire::tlv::{Reader, Rules};

/// The content of DG16.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PersonsToNotify {
    /// How many the file says there are; some files leave it out.
    pub declared_count: Option<u32>,
    /// The persons, in the order of the file.
    pub persons: Vec<PersonToNotify>,
    /// What has no place above.
    pub others: Vec<OtherElement>,
    /// Bytes in the file after the object.
    pub trailing_bytes: usize,
}

/// One person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonToNotify {
    /// 5F50: the day on which this was recorded.
    pub recorded: Option<PartialDate>,
    /// 5F51: name, as the MRZ orders it: `primary<<secondary`.
    pub name: Option<PersonalText>,
    /// 5F52: telephone.
    pub telephone: Option<PersonalText>,
    /// 5F53: address.
    pub address: Option<PersonalText>,
    /// What has no place above.
    pub others: Vec<OtherElement>,
}

impl PersonsToNotify {
    /// Reads the file: strictly in its outer shape, tolerantly in its elements.
    ///
    /// # Errors
    /// Not `70 { 02 count, A1 { … }, A2 … }`, an element that runs past the end, or more of them than any document has.
    pub fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new("DG16", Rules::Ber, file);
        let mut group = outer.enter("DG16", 0x70)?;
        let declared_count = match group.peek_tag() {
            Ok(0x02) => Some(group.small()?),
            _ => None,
        };
        let (mut persons, mut others) = (Vec::new(), Vec::new());
        each(&mut group, &mut others, |object, reader| {
            let person = matches!(object.tag, 0xA0..=0xAF)
                .then(|| PersonToNotify::parse(reader.inside("DG16 person", object)).ok())
                .flatten();
            extend(&mut persons, person.map(|person| [person]))
        })?;
        Ok(Self { declared_count, persons, others, trailing_bytes: outer.rest().len() })
    }
}

impl PersonToNotify {
    fn parse(mut template: Reader<'_>) -> Result<Self, Malformed> {
        let mut found = Self::default();
        let mut others = Vec::new();
        each(&mut template, &mut others, |object, _| match object.tag {
            0x5F50 => put(&mut found.recorded, date(object.value)),
            0x5F51 => put(&mut found.name, text(object)),
            0x5F52 => put(&mut found.telephone, text(object)),
            0x5F53 => put(&mut found.address, text(object)),
            _ => false,
        })?;
        Ok(Self { others, ..found })
    }
}

//! DG13 as Vietnam writes it: the holder's details in full letters.
//!
//! The layout is not public for every card, so a file that differs is kept raw and never refused: a card is not worse
//! for it. Texts are UTF-8. The fields are told by their number, not by their place:
//!
//! ```text
//! 6D { 30 { 02 version, 06 1.0.10646.1.0.8, 31 { 30 { 02 n, value… } … } } }
//! ```

use zeroize::Zeroizing;

use super::personal::{PersonalNumber, PersonalText};
use crate::wire::date::Date;
use crate::wire::der::{OBJECT_IDENTIFIER, PRINTABLE_STRING, SEQUENCE, SET, UTF8_STRING};
use crate::wire::tlv::{Reader, Rules, Tlv};
use crate::wire::{Malformed, Problem};

const MAX_FIELDS: usize = 64;
const MAX_TEXT_BYTES: usize = 2_048;
const MAX_PARENTS: usize = 8;

/// The content of DG13.
#[derive(Clone, PartialEq, Eq)]
pub enum Details {
    /// As Vietnam writes it.
    Parsed(Box<NationalDetails>),
    /// Something else, which may be proved by its hash but not shown.
    Raw {
        /// The file.
        file: Zeroizing<Vec<u8>>,
        /// Why it could not be read.
        why: Malformed,
    },
}

/// A date, or what stands in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DetailDate {
    /// `dd/MM/yyyy` of a day that exists.
    Day(Date),
    /// Another text, such as one that says "without limit", or nothing.
    Text(PersonalText),
}

/// The fields. `None` is a field that is not there; an empty text is one that is there and empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NationalDetails {
    /// Version of the structure; 1 is known.
    pub version: u32,
    /// 1: the number, as it stands.
    pub number: Option<PersonalText>,
    /// 2: full name.
    pub name: Option<PersonalText>,
    /// 3: date of birth.
    pub birth: Option<DetailDate>,
    /// 4: sex, in Vietnamese words.
    pub sex: Option<PersonalText>,
    /// 5: nationality, in Vietnamese words.
    pub nationality: Option<PersonalText>,
    /// 6: ethnicity.
    pub ethnicity: Option<PersonalText>,
    /// 7: religion.
    pub religion: Option<PersonalText>,
    /// 8: place of origin.
    pub origin: Option<PersonalText>,
    /// 9: place of residence.
    pub residence: Option<PersonalText>,
    /// 10: identifying features.
    pub features: Option<PersonalText>,
    /// 11: date of issue.
    pub issued: Option<DetailDate>,
    /// 12: date of expiry.
    pub expiry: Option<DetailDate>,
    /// 13: father's name.
    pub father: Option<PersonalText>,
    /// 13: mother's name.
    pub mother: Option<PersonalText>,
    /// 14: spouse's name.
    pub spouse: Option<PersonalText>,
    /// 15: number of the former identity card.
    pub old_number: Option<PersonalText>,
    /// 16: sixteen hexadecimal characters whose meaning is not confirmed.
    pub field_16: Option<PersonalText>,
    /// Fields of other numbers, repeated ones, and those whose value is of an unexpected type: number and value raw.
    pub others: Vec<OtherField>,
}

/// A field that has no place of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct OtherField {
    /// Its number.
    pub number: u32,
    /// What follows the number, as it stands.
    pub value: Zeroizing<Vec<u8>>,
}

impl Details {
    /// Reads the file.
    #[must_use]
    pub fn parse(file: &[u8]) -> Self {
        match NationalDetails::parse(file) {
            Ok(details) => Self::Parsed(Box::new(details)),
            Err(why) => Self::Raw { file: Zeroizing::new(file.to_vec()), why },
        }
    }

    /// The fields, if they could be read.
    #[must_use]
    pub fn fields(&self) -> Option<&NationalDetails> {
        match self {
            Self::Parsed(details) => Some(details),
            Self::Raw { .. } => None,
        }
    }
}

impl DetailDate {
    fn new(text: PersonalText) -> Self {
        day_month_year(text.as_str()).map_or(Self::Text(text), Self::Day)
    }

    /// The day, if it is one.
    #[must_use]
    pub const fn day(&self) -> Option<Date> {
        match self {
            Self::Day(date) => Some(*date),
            Self::Text(_) => None,
        }
    }

    /// The text says that there is no limit. From practice, not from a specification.
    #[must_use]
    pub fn says_unlimited(&self) -> bool {
        match self {
            Self::Day(_) => false,
            Self::Text(text) => text.as_str().trim().to_lowercase() == "không thời hạn",
        }
    }
}

/// The day written `dd/MM/yyyy`.
fn day_month_year(text: &str) -> Option<Date> {
    let mut parts = text.trim().split('/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || !digits(day, 2) || !digits(month, 2) || !digits(year, 4) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

impl NationalDetails {
    /// Reads the file strictly in its outer shape and tolerantly in its fields.
    ///
    /// # Errors
    /// Another outer shape, or more fields than any card has.
    pub fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new("DG13", Rules::Ber, file);
        let mut group = outer.enter("DG13", 0x6D)?;
        let mut reader = group.enter("DG13", SEQUENCE)?;
        let version = reader.small()?;
        reader.expect(OBJECT_IDENTIFIER)?;
        let mut set = reader.enter("DG13 field", SET)?;
        let mut details = Self { version, ..Self::default() };
        let mut count = 0;
        while !set.is_empty() {
            count += 1;
            if count > MAX_FIELDS {
                return Err(set.fault(Problem::TooMany { limit: MAX_FIELDS, of: "fields" }));
            }
            let mut field = set.enter("DG13 field", SEQUENCE)?;
            let number = field.small()?;
            let rest = field.rest();
            if !details.take_field(number, field) {
                details.others.push(OtherField { number, value: Zeroizing::new(rest.to_vec()) });
            }
        }
        Ok(details)
    }

    /// The number, if field 1 holds one.
    #[must_use]
    pub fn personal_number(&self) -> Option<PersonalNumber> {
        PersonalNumber::parse(self.number.as_ref()?.as_str().trim())
    }

    /// Puts a value into its place; false if it has none, is a repetition, or is of an unexpected type.
    fn take_field(&mut self, number: u32, mut value: Reader<'_>) -> bool {
        if number == 13 {
            return self.take_parents(value);
        }
        if number == 14 {
            return self.take_spouse(value);
        }
        let Some(text) = one_text(&mut value) else { return false };
        let date_place = match number {
            3 => Some(&mut self.birth),
            11 => Some(&mut self.issued),
            12 => Some(&mut self.expiry),
            _ => None,
        };
        if let Some(place) = date_place {
            return put(place, DetailDate::new(text));
        }
        let place = match number {
            1 => &mut self.number,
            2 => &mut self.name,
            4 => &mut self.sex,
            5 => &mut self.nationality,
            6 => &mut self.ethnicity,
            7 => &mut self.religion,
            8 => &mut self.origin,
            9 => &mut self.residence,
            10 => &mut self.features,
            15 => &mut self.old_number,
            16 => &mut self.field_16,
            _ => return false,
        };
        put(place, text)
    }

    /// Two sibling SEQUENCEs, or one holding both. An empty one counts, so that father and mother do not change places.
    fn take_parents(&mut self, mut value: Reader<'_>) -> bool {
        let Some(objects) = all_objects(&mut value) else { return false };
        let names = match objects.as_slice() {
            [both] if both.tag == SEQUENCE => {
                let Some(inside) = all_objects(&mut value.inside("parents", both)) else { return false };
                inside.iter().map(|object| name_in(&value, object)).collect::<Option<Vec<_>>>()
            }
            several => several.iter().map(|object| name_in(&value, object)).collect(),
        };
        let Some(names) = names else { return false };
        if names.len() > 2 || self.father.is_some() || self.mother.is_some() {
            return false;
        }
        let mut names = names.into_iter();
        self.father = names.next();
        self.mother = names.next();
        true
    }

    /// `30 { name }`; nothing at all for the unmarried.
    fn take_spouse(&mut self, mut value: Reader<'_>) -> bool {
        if value.is_empty() {
            return true;
        }
        let Some(objects) = all_objects(&mut value) else { return false };
        let [object] = objects.as_slice() else { return false };
        match name_in(&value, object) {
            Some(name) => put(&mut self.spouse, name),
            None => false,
        }
    }
}

fn put<T>(place: &mut Option<T>, value: T) -> bool {
    if place.is_some() {
        return false;
    }
    *place = Some(value);
    true
}

fn text_of(object: &Tlv<'_>) -> Option<PersonalText> {
    let is_text =
        matches!(object.tag, UTF8_STRING | PRINTABLE_STRING) && object.value.len() <= MAX_TEXT_BYTES;
    let text = std::str::from_utf8(object.value).ok().filter(|_| is_text)?;
    Some(PersonalText::new(text))
}

/// The single text of a plain field; an absent value is an empty text.
fn one_text(value: &mut Reader<'_>) -> Option<PersonalText> {
    if value.is_empty() {
        return Some(PersonalText::default());
    }
    let text = text_of(&value.any().ok()?)?;
    value.is_empty().then_some(text)
}

/// A name: a text, or a SEQUENCE around one or none.
fn name_in(value: &Reader<'_>, object: &Tlv<'_>) -> Option<PersonalText> {
    if object.tag == SEQUENCE { one_text(&mut value.inside("name", object)) } else { text_of(object) }
}

fn all_objects<'a>(reader: &mut Reader<'a>) -> Option<Vec<Tlv<'a>>> {
    let mut objects = Vec::new();
    while !reader.is_empty() {
        if objects.len() == MAX_PARENTS {
            return None;
        }
        objects.push(reader.any().ok()?);
    }
    Some(objects)
}

#[cfg(test)]
mod tests;

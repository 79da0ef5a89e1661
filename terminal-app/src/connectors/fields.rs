//! What a service may see of a person.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

use reader_core::evidence::Holder;
use zeroize::Zeroize;

/// A field of a person that a service may be allowed to see. The list is closed: what no known service has a use for, such
/// as religion or family, cannot be sent by any site file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Field {
    /// The personal number: 12 digits in Vietnam.
    Number,
    /// The full name.
    Name,
    /// The date of birth.
    BirthDate,
    /// The sex: `M`, `F` or `X`.
    Sex,
    /// The nationality, three letters.
    Nationality,
    /// The number of the document.
    DocumentNumber,
    /// The document's day of issue.
    IssueDate,
    /// The document's day of expiry.
    ExpiryDate,
    /// The residence.
    Residence,
    /// The place of origin.
    Origin,
    /// The ethnicity, which the record of a medical check-in asks for.
    Ethnicity,
    /// The number of the older nine-digit card.
    OldNumber,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 12] = [
        Self::Number,
        Self::Name,
        Self::BirthDate,
        Self::Sex,
        Self::Nationality,
        Self::DocumentNumber,
        Self::IssueDate,
        Self::ExpiryDate,
        Self::Residence,
        Self::Origin,
        Self::Ethnicity,
        Self::OldNumber,
    ];

    /// Its name in site files and documents, such as `birth_date`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Name => "name",
            Self::BirthDate => "birth_date",
            Self::Sex => "sex",
            Self::Nationality => "nationality",
            Self::DocumentNumber => "document_number",
            Self::IssueDate => "issue_date",
            Self::ExpiryDate => "expiry_date",
            Self::Residence => "residence",
            Self::Origin => "origin",
            Self::Ethnicity => "ethnicity",
            Self::OldNumber => "old_number",
        }
    }

    /// The field of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

/// A date of birth as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum BirthDate {
    /// Day, month and year.
    Full {
        /// Year, such as 1990.
        year: u16,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// Month and year.
    Month {
        /// Year, such as 1990.
        year: u16,
        /// 1 to 12.
        month: u8,
    },
    /// The year alone.
    Year(u16),
}

impl BirthDate {
    /// Reads dd/MM/yyyy, MM/yyyy, yyyy, or yyyy-MM-dd with `XX` for what is not known. `None`: another form, or no
    /// such day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |part: &str, len: usize| {
            (part.len() == len && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse::<u16>().ok())
                .flatten()
        };
        let small = |part: &str| number(part, 2).and_then(|n| u8::try_from(n).ok());
        let by_slash: Vec<&str> = text.trim().split('/').collect();
        let by_dash: Vec<&str> = text.trim().split('-').collect();
        let date = match (by_slash.as_slice(), by_dash.as_slice()) {
            (_, &[y, "XX", "XX"]) => Self::Year(number(y, 4)?),
            (_, &[y, m, "XX"]) => Self::Month { year: number(y, 4)?, month: small(m)? },
            (&[d, m, y], _) | (_, &[y, m, d]) => {
                Self::Full { year: number(y, 4)?, month: small(m)?, day: small(d)? }
            }
            (&[m, y], _) => Self::Month { year: number(y, 4)?, month: small(m)? },
            (&[y], _) => Self::Year(number(y, 4)?),
            _ => return None,
        };
        date.exists().then_some(date)
    }

    fn exists(self) -> bool {
        match self {
            Self::Full { year, month, day } => {
                let (Ok(y), Ok(m), Ok(d)) = (i16::try_from(year), i8::try_from(month), i8::try_from(day))
                else {
                    return false;
                };
                year > 0 && jiff::civil::Date::new(y, m, d).is_ok()
            }
            Self::Month { year, month } => year > 0 && (1..=12).contains(&month),
            Self::Year(year) => year > 0,
        }
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate(…)")
    }
}

/// The fields of a person that were proved, before they are cut to a purpose. Wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PersonFields(Values);

impl PersonFields {
    /// With this field too.
    #[must_use]
    pub fn with(mut self, field: Field, value: impl Into<String>) -> Self {
        self.0.insert(field, value.into());
        self
    }
}

impl From<&Holder> for PersonFields {
    fn from(holder: &Holder) -> Self {
        let detail = |name: &str| holder.details.get(name).cloned();
        let all = [
            (Field::Number, Some(holder.number.clone())),
            (Field::Name, Some(holder.name.clone())),
            (Field::BirthDate, holder.birth_date.clone()),
            (Field::Sex, holder.sex.clone()),
            (Field::Nationality, holder.nationality.clone()),
            (Field::DocumentNumber, Some(holder.document_number.clone())),
            (Field::IssueDate, detail("issued")),
            (Field::ExpiryDate, holder.expiry_date.clone()),
            (Field::Residence, detail("residence")),
            (Field::Origin, detail("origin")),
            (Field::Ethnicity, detail("ethnicity")),
            (Field::OldNumber, detail("old_number")),
        ];
        let known = all.into_iter().filter_map(|(field, value)| Some((field, value?)));
        known.fold(Self::default(), |person, (field, value)| person.with(field, value))
    }
}

impl fmt::Debug for PersonFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonFields(…)")
    }
}

/// The fields of a person that one service may see for one purpose. Wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(transparent)]
pub struct PermittedFields(Values);

impl PermittedFields {
    /// Keeps only what `permitted` lists; the rest is not copied.
    #[must_use]
    pub fn cut(person: &PersonFields, permitted: &[Field]) -> Self {
        let kept = person.0.iter().filter(|(field, _)| permitted.contains(field));
        Self(Values(kept.map(|(field, value)| (*field, value.clone())).collect()))
    }

    /// A field as the chip has it, where permitted and known.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        self.0.get(&field).map(String::as_str)
    }

    /// The 12-digit number, where permitted and known.
    #[must_use]
    pub fn number(&self) -> Option<&str> {
        self.get(Field::Number)
    }

    /// The full name, where permitted and known.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.get(Field::Name)
    }

    /// The date of birth, where permitted and known.
    #[must_use]
    pub fn birth_date(&self) -> Option<BirthDate> {
        self.get(Field::BirthDate).and_then(BirthDate::parse)
    }
}

impl fmt::Debug for PermittedFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PermittedFields(…)")
    }
}

/// Personal data by field, wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(transparent)]
struct Values(BTreeMap<Field, String>);

impl Deref for Values {
    type Target = BTreeMap<Field, String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Values {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn birth_dates_in_every_form() {
        assert_eq!(BirthDate::parse("05/06/1990"), Some(BirthDate::Full { year: 1990, month: 6, day: 5 }));
        assert_eq!(BirthDate::parse("1990-06-05"), Some(BirthDate::Full { year: 1990, month: 6, day: 5 }));
        assert_eq!(BirthDate::parse("06/1990"), Some(BirthDate::Month { year: 1990, month: 6 }));
        assert_eq!(BirthDate::parse("1990"), Some(BirthDate::Year(1990)));
        assert_eq!(BirthDate::parse("1990-06-XX"), Some(BirthDate::Month { year: 1990, month: 6 }));
        assert_eq!(BirthDate::parse("1990-XX-XX"), Some(BirthDate::Year(1990)));
        for bad in [
            "",
            "05061990",
            "31/02/1990",
            "5/6/1990",
            "13/1990",
            "0000",
            "1990/06/05",
            "+5/06/1990",
            "a/b/c",
            "1990-XX-05",
            "XXXX-XX-XX",
        ] {
            assert_eq!(BirthDate::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_not_permitted_is_not_there() {
        let person = PersonFields::default()
            .with(Field::Number, "090000000123")
            .with(Field::Name, "NGUYỄN VĂN A")
            .with(Field::Residence, "Số 1");
        let cut = PermittedFields::cut(&person, &[Field::Number, Field::BirthDate]);
        assert_eq!(cut.number(), Some("090000000123"));
        assert_eq!((cut.name(), cut.get(Field::Residence), cut.birth_date()), (None, None, None));
        assert!(!format!("{cut:?} {person:?}").contains("090000000123"));
    }

    #[test]
    fn a_field_has_one_name_everywhere() {
        for field in Field::ALL {
            assert_eq!(Field::from_name(field.name()), Some(field));
            assert_eq!(serde_json::to_value(field).unwrap(), field.name());
        }
    }
}

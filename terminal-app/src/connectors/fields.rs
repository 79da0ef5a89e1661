//! What a service may see of a person.

use std::fmt;

use reader_core::evidence::Holder;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A field of a person that a service may be allowed to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Field {
    /// The 12-digit number.
    Number,
    /// The full name.
    Name,
    /// The date of birth.
    BirthDate,
    /// The sex.
    Sex,
    /// The residence.
    Residence,
}

/// A date of birth as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
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

/// The fields of a person that were proved, before they are cut to a purpose.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct PersonFields {
    /// The 12-digit number.
    pub number: Option<String>,
    /// The full name, with diacritics where the chip gave them.
    pub name: Option<String>,
    /// The date of birth.
    pub birth_date: Option<BirthDate>,
    /// The sex as the chip words it.
    pub sex: Option<String>,
    /// The residence.
    pub residence: Option<String>,
}

impl From<&Holder> for PersonFields {
    fn from(holder: &Holder) -> Self {
        Self {
            number: Some(holder.number.clone()),
            name: Some(holder.name.clone()),
            birth_date: holder.birth_date.as_deref().and_then(BirthDate::parse),
            sex: holder.sex.clone(),
            residence: holder.details.get("residence").cloned(),
        }
    }
}

impl fmt::Debug for PersonFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonFields(…)")
    }
}

/// The fields of a person that one service may see for one purpose.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PermittedFields {
    fields: PersonFields,
}

impl PermittedFields {
    /// Keeps only what `permitted` lists; the rest is not copied.
    #[must_use]
    pub fn cut(person: &PersonFields, permitted: &[Field]) -> Self {
        fn keep<T: Clone>(value: &Option<T>, allowed: bool) -> Option<T> {
            if allowed { value.clone() } else { None }
        }
        let may = |field: Field| permitted.contains(&field);
        let fields = PersonFields {
            number: keep(&person.number, may(Field::Number)),
            name: keep(&person.name, may(Field::Name)),
            birth_date: keep(&person.birth_date, may(Field::BirthDate)),
            sex: keep(&person.sex, may(Field::Sex)),
            residence: keep(&person.residence, may(Field::Residence)),
        };
        Self { fields }
    }

    /// The 12-digit number, where permitted and known.
    #[must_use]
    pub fn number(&self) -> Option<&str> {
        self.fields.number.as_deref()
    }

    /// The full name, where permitted and known.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.fields.name.as_deref()
    }

    /// The date of birth, where permitted and known.
    #[must_use]
    pub fn birth_date(&self) -> Option<BirthDate> {
        self.fields.birth_date
    }

    /// The sex, where permitted and known.
    #[must_use]
    pub fn sex(&self) -> Option<&str> {
        self.fields.sex.as_deref()
    }

    /// The residence, where permitted and known.
    #[must_use]
    pub fn residence(&self) -> Option<&str> {
        self.fields.residence.as_deref()
    }
}

impl fmt::Debug for PermittedFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PermittedFields(…)")
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
        let mut person = PersonFields::default();
        person.number = Some("090000000123".into());
        person.name = Some("NGUYỄN VĂN A".into());
        person.residence = Some("Số 1".into());
        let cut = PermittedFields::cut(&person, &[Field::Number, Field::BirthDate]);
        assert_eq!(cut.number(), Some("090000000123"));
        assert_eq!((cut.name(), cut.residence(), cut.birth_date()), (None, None, None));
        assert!(!format!("{cut:?} {person:?}").contains("090000000123"));
    }
}

//! The code on the chip card: UTF-8, fields between strokes, dates `ddMMyyyy`.

use zeroize::Zeroizing;

use super::{QrError, day_month_year, text};
use crate::lds::mrz::{PartialDate, access_information};
use crate::lds::personal::{PersonalNumber, PersonalText};
use crate::wire::date::Date;

/// The fields. The first seven are those of 2021; the later ones of 2024 have no confirmed order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardQr {
    /// 1: the number.
    pub number: PersonalNumber,
    /// 2: number of the former identity card, nine digits where there is one.
    pub old_number: Option<PersonalText>,
    /// 3: full name.
    pub name: PersonalText,
    /// 4: date of birth.
    pub birth: PartialDate,
    /// 5: sex, in Vietnamese words.
    pub sex: PersonalText,
    /// 6: residence.
    pub residence: PersonalText,
    /// 7: date of issue; `None` if it is empty or no date.
    pub issued: Option<Date>,
    /// Whatever follows, as it stands.
    pub rest: Vec<PersonalText>,
}

/// An expiry that no code says but that follows from birth and issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DerivedExpiry {
    /// The holder's next age limit.
    On(Date),
    /// Past the last age limit.
    Unlimited,
}

impl DerivedExpiry {
    /// As the zone writes it. That "unlimited" is 991231 there is from practice, not from a specification.
    #[must_use]
    pub fn zone_characters(self) -> String {
        match self {
            Self::On(date) => format!("{:02}{:02}{:02}", date.year() % 100, date.month(), date.day()),
            Self::Unlimited => "991231".to_owned(),
        }
    }
}

/// What opens the chip, derived from what a code says. A guess that the chip confirms or refuses, never evidence.
#[derive(Clone, PartialEq, Eq)]
pub struct DerivedAccess {
    /// The card access number: the last six digits of the number.
    pub can: Zeroizing<String>,
    /// The seed of basic access control, where birth and issue are known.
    pub zone_information: Option<Zeroizing<String>>,
}

impl CardQr {
    pub(super) fn read(fields: &[&str]) -> Result<Self, QrError> {
        let wrong = |field, expected| QrError::Field { field, expected };
        if fields.len() < 7 {
            return Err(QrError::Fields { fields: fields.len() });
        }
        let number = fields.first().and_then(|digits| PersonalNumber::parse(digits));
        let birth = fields.get(3).and_then(|field| day_month_year(field.trim()));
        let name = text(fields, 2);
        if name.is_empty() {
            return Err(wrong(3, "name"));
        }
        Ok(Self {
            number: number.ok_or_else(|| wrong(1, "number of twelve digits"))?,
            old_number: Some(text(fields, 1)).filter(|old| !old.is_empty()),
            name,
            birth: birth.ok_or_else(|| wrong(4, "date of birth (ddMMyyyy)"))?,
            sex: text(fields, 4),
            residence: text(fields, 5),
            issued: fields.get(6).and_then(|field| day_month_year(field.trim())).and_then(PartialDate::full),
            rest: (7..fields.len()).map(|at| text(fields, at)).collect(),
        })
    }

    /// The expiry that follows from birth and issue: the birthday at 25 if issued before 23, at 40 if issued before 38,
    /// at 60 if issued before 58, else none. `None` where birth or issue is not known to the day.
    #[must_use]
    pub fn derived_expiry(&self) -> Option<DerivedExpiry> {
        let (birth, issued) = (self.birth.full()?, self.issued?);
        if issued < birth {
            return None;
        }
        for (issued_before, until) in [(23, 25), (38, 40), (58, 60)] {
            if issued < birth.years_later(issued_before)? {
                return birth.years_later(until).map(DerivedExpiry::On);
            }
        }
        Some(DerivedExpiry::Unlimited)
    }

    /// What opens the chip. PACE needs only the number; BAC needs the derived expiry too.
    #[must_use]
    pub fn derived_access(&self) -> DerivedAccess {
        let zone_information = self.birth.full().zip(self.derived_expiry()).and_then(|(birth, expiry)| {
            let birth = DerivedExpiry::On(birth).zone_characters();
            access_information(self.number.document_number(), &birth, &expiry.zone_characters()).ok()
        });
        DerivedAccess { can: self.number.can(), zone_information }
    }
}

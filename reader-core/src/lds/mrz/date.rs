//! Dates of six characters with a year of two digits, parts of which may be unknown. Spec: 9303-3 §4.8.

use crate::wire::date::Date;

/// How far ahead of today an expiry year may lie before it is taken for a year of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiryWindow {
    /// Years after this one, 0 to 99.
    pub years_ahead: u8,
}

impl ExpiryWindow {
    /// TR-03135-1's rule, fit for documents valid ten to fifteen years.
    pub const TR_03135: Self = Self { years_ahead: 15 };
    /// Vietnamese cards run to the holder's birthday at 25, 40 or 60: up to twenty-two years and some days.
    pub const VIETNAM: Self = Self { years_ahead: 25 };
}

/// `YYMMDD`; a part that is unknown is written `<<`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MrzDate {
    characters: [u8; 6],
}

/// A date of which parts may be unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialDate {
    /// The year, in full.
    pub year: Option<u16>,
    /// The month.
    pub month: Option<u8>,
    /// The day of the month.
    pub day: Option<u8>,
}

impl PartialDate {
    /// The day, if every part is known and there is such a day.
    #[must_use]
    pub fn full(self) -> Option<Date> {
        Date::new(self.year?, self.month?, self.day?)
    }

    /// The first day that this can mean.
    #[must_use]
    pub fn earliest(self) -> Option<Date> {
        Date::new(self.year?, self.month.unwrap_or(1), self.day.unwrap_or(1))
    }

    /// The last day that this can mean.
    #[must_use]
    pub fn latest(self) -> Option<Date> {
        let (year, month) = (self.year?, self.month.unwrap_or(12));
        match self.day {
            Some(day) => Date::new(year, month, day),
            None => (28..=31).rev().find_map(|day| Date::new(year, month, day)),
        }
    }
}

impl MrzDate {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { characters: *b"<<<<<<" };

    /// Reads six characters: three pairs of digits, or `<<` where a part is unknown. `None` for anything else.
    #[must_use]
    pub fn parse(characters: &[u8]) -> Option<Self> {
        let characters: [u8; 6] = characters.try_into().ok()?;
        let known = |pair: &[u8]| pair == b"<<" || pair.iter().all(u8::is_ascii_digit);
        let date = Self { characters };
        let in_range = date.month().is_none_or(|month| (1..=12).contains(&month))
            && date.day().is_none_or(|day| (1..=31).contains(&day));
        (characters.chunks(2).all(known) && in_range).then_some(date)
    }

    /// The two-digit year, if known.
    #[must_use]
    pub fn year(self) -> Option<u8> {
        self.pair(0)
    }

    /// The month, if known. Some issuers write 00 for unknown; it is read as such.
    #[must_use]
    pub fn month(self) -> Option<u8> {
        self.pair(2).filter(|month| *month != 0)
    }

    /// The day, if known. Some issuers write 00 for unknown; it is read as such.
    #[must_use]
    pub fn day(self) -> Option<u8> {
        self.pair(4).filter(|day| *day != 0)
    }

    /// The six characters.
    #[must_use]
    pub const fn characters(&self) -> &[u8; 6] {
        &self.characters
    }

    /// As a date of birth: the latest century in which it does not lie after `today`.
    #[must_use]
    pub fn as_birth(self, today: Date) -> PartialDate {
        let in_century = |short: u8, century: u16| self.in_year(century * 100 + u16::from(short));
        let year = self.year().and_then(|short| {
            let mut centuries = (0..=today.year() / 100).rev();
            centuries.find(|century| {
                let candidate = in_century(short, *century);
                candidate.earliest().is_some_and(|first| first <= today)
            })
        });
        match (year, self.year()) {
            (Some(century), Some(short)) => in_century(short, century),
            _ => PartialDate { year: None, month: self.month(), day: self.day() },
        }
    }

    /// As a date of expiry: years up to `window` ahead of `today` are future, all others past.
    #[must_use]
    pub fn as_expiry(self, today: Date, window: ExpiryWindow) -> PartialDate {
        let year = self.year().map(|short| {
            let last = today.year() + u16::from(window.years_ahead.min(99));
            // The latest year not after `last` that ends in these two digits.
            let back = (last % 100 + 100 - u16::from(short % 100)) % 100;
            last.saturating_sub(back)
        });
        PartialDate { year, month: self.month(), day: self.day() }
    }

    fn in_year(self, year: u16) -> PartialDate {
        PartialDate { year: Some(year), month: self.month(), day: self.day() }
    }

    fn pair(self, at: usize) -> Option<u8> {
        let digits = self.characters.get(at..at + 2)?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Date {
        Date::new(2026, 11, 21).unwrap()
    }

    fn date(text: &str) -> MrzDate {
        MrzDate::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn birth_lies_in_the_past() {
        let birth = |text| date(text).as_birth(today()).full().map(|date| date.to_string());
        for (text, expected) in [
            ("740812", "1974-08-12"),
            ("261121", "2026-11-21"),
            ("261122", "1926-11-22"),
            ("000229", "2000-02-29"),
            ("270101", "1927-01-01"),
        ] {
            assert_eq!(birth(text).as_deref(), Some(expected));
        }
        assert_eq!(birth("010229"), None);
    }

    #[test]
    fn expiry_follows_its_window() {
        let year = |text, window| date(text).as_expiry(today(), window).year;
        for (text, narrow, wide) in [
            ("260101", 2026, 2026),
            ("410101", 2041, 2041),
            ("420101", 1942, 2042),
            ("510101", 1951, 2051),
            ("520101", 1952, 1952),
            ("250101", 2025, 2025),
            ("940623", 1994, 1994),
        ] {
            assert_eq!(year(text, ExpiryWindow::TR_03135), Some(narrow), "{text}");
            assert_eq!(year(text, ExpiryWindow::VIETNAM), Some(wide), "{text}");
        }
    }

    #[test]
    fn parts_may_be_unknown() {
        let birth = date("8203<<").as_birth(today());
        assert_eq!(birth, PartialDate { year: Some(1982), month: Some(3), day: None });
        assert_eq!((birth.full(), birth.latest()), (None, Date::new(1982, 3, 31)));
        assert_eq!(date("<<<<<<").as_birth(today()), PartialDate { year: None, month: None, day: None });
        assert_eq!(date("82<<<<").as_birth(today()).latest(), Date::new(1982, 12, 31));
        for bad in ["8<0312", "821301", "820132", "82031", "82031X", "8203121", "+10101"] {
            assert!(MrzDate::parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}

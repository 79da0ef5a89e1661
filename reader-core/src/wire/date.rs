//! Calendar dates and instants, without a clock: the present is always an argument.

use std::fmt;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A day of the proleptic Gregorian calendar that exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

const SECONDS_PER_DAY: i64 = 86_400;

impl Date {
    /// A date from year (0 to 9999), month (1 to 12) and day; `None` where there is no such day.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        (year <= 9999 && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// The day that `YYYY-MM-DD` says.
    #[must_use]
    pub fn from_iso(text: &str) -> Option<Self> {
        let (year, rest) = text.split_once('-')?;
        let (month, day) = rest.split_once('-')?;
        let digits =
            |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    /// Year, 0 to 9999.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// Month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// Day of the month, 1 to 31.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }

    /// Midnight UTC at which this day begins.
    #[must_use]
    pub fn start(self) -> Timestamp {
        // Days from civil, counting years from March so that the leap day comes last.
        let (year, month, day) = (i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year - era * 400;
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Timestamp((era * 146_097 + day_of_era - 719_468) * SECONDS_PER_DAY)
    }

    /// The last second of this day, UTC.
    #[must_use]
    pub fn end(self) -> Timestamp {
        Timestamp(self.start().0 + SECONDS_PER_DAY - 1)
    }

    /// This day `years` later; 29 February becomes 28 February where there is none.
    #[must_use]
    pub fn years_later(self, years: u16) -> Option<Self> {
        let year = self.year.checked_add(years)?;
        Self::new(year, self.month, self.day)
            .or_else(|| Self::new(year, self.month, self.day.saturating_sub(1)))
    }
}

impl Timestamp {
    /// The UTC day of this instant; `None` outside the years 0 to 9999.
    #[must_use]
    pub fn date(self) -> Option<Date> {
        let days = self.0.div_euclid(SECONDS_PER_DAY) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Date::new(u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }

    /// The instant of a text such as `2026-11-21T10:00:00Z` or `2026-11-21 17:00:00.250+07:00`; fractions of a second are cut
    /// off, a leap second counts as the one before it. `None`: another form, no such moment, or no zone. Spec: RFC 3339
    /// §5.6.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let number = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse::<u16>().ok()).flatten()
        };
        let small = |digits: &str, most: u16| number(digits).filter(|value| *value <= most);
        let (day, rest) = (text.get(..10)?, text.get(10..)?);
        let (year, month, day) =
            match (day.get(..4)?, day.get(4..5)?, day.get(5..7)?, day.get(7..8)?, day.get(8..)?) {
                (year, "-", month, "-", day) => (number(year)?, small(month, 12)?, small(day, 31)?),
                _ => return None,
            };
        let day = Date::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
        let clock = rest.strip_prefix(['T', 't', ' '])?;
        let (time, zone) = (clock.get(..8)?, clock.get(8..)?);
        let (hour, minute, second) =
            match (time.get(..2)?, time.get(2..3)?, time.get(3..5)?, time.get(5..6)?, time.get(6..)?) {
                (hour, ":", minute, ":", second) => {
                    (small(hour, 23)?, small(minute, 59)?, small(second, 60)?.min(59))
                }
                _ => return None,
            };
        let zone = match zone.strip_prefix('.') {
            None => zone,
            Some(fraction) => {
                let zone = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
                if zone.len() == fraction.len() {
                    return None;
                }
                zone
            }
        };
        let offset_s = match (zone.get(..1)?, zone.get(1..)?) {
            ("Z" | "z", "") => 0,
            (sign @ ("+" | "-"), offset) => {
                let (hours, minutes) = offset
                    .split_once(':')
                    .filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2)?;
                let ahead_s = i64::from(small(hours, 23)?) * 3600 + i64::from(small(minutes, 59)?) * 60;
                if sign == "+" { ahead_s } else { -ahead_s }
            }
            _ => return None,
        };
        let of_day_s = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        Some(day.start().plus_s(of_day_s - offset_s))
    }

    /// This instant so many seconds later.
    #[must_use]
    pub const fn plus_s(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Date({self})")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0.rem_euclid(SECONDS_PER_DAY);
        match self.date() {
            Some(date) => {
                write!(f, "{date}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
            }
            None => write!(f, "{} s", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_they_are_written() {
        assert_eq!(Date::from_iso("2024-02-29"), Date::new(2024, 2, 29));
        for bad in ["", "2024", "2024-2-29", "2023-02-29", "+024-02-29", "2024-02-29Z", "2024-02-29-01"] {
            assert_eq!(Date::from_iso(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_and_seconds_agree() {
        for (year, month, day, seconds) in [
            (1970, 1, 1, 0),
            (2000, 2, 29, 951_782_400),
            (2026, 11, 21, 1_795_219_200),
            (1900, 3, 1, -2_203_891_200),
        ] {
            let date = Date::new(year, month, day).unwrap();
            assert_eq!(date.start(), Timestamp(seconds), "{date}");
            assert_eq!(Timestamp(seconds).date(), Some(date));
            assert_eq!(date.end().date(), Some(date));
        }
    }

    #[test]
    fn moments_are_read_with_their_zone() {
        for (text, seconds) in [
            ("2026-11-21T10:00:00Z", 1_795_255_200),
            ("2026-11-21T17:00:00+07:00", 1_795_255_200),
            ("2026-11-21 04:30:00.999-05:30", 1_795_255_200),
            ("1969-12-31t23:59:59z", -1),
            ("2016-12-31T23:59:60Z", 1_483_228_799),
        ] {
            assert_eq!(Timestamp::from_rfc3339(text), Some(Timestamp(seconds)), "{text}");
        }
        for bad in [
            "",
            "2026-11-21",
            "2026-11-21T10:00:00",
            "2026-11-31T10:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T10:60:00Z",
            "2026-11-21T10:00:61Z",
            "2026-11-21T10:00:00.Z",
            "2026-11-21T10:00:00Z ",
            "2026-11-21T10:00:00+7:00",
            "2026-11-21T10:00:00+0700",
            "2026-11-21T10:00:00+24:00",
            "+026-11-21T10:00:00Z",
            "21/11/2026T10:00:00Z",
            "2026-11-21đ10:00:00Z",
        ] {
            assert_eq!(Timestamp::from_rfc3339(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for (year, month, day) in
            [(2025, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 0, 1), (2024, 13, 1), (2024, 1, 0)]
        {
            assert_eq!(Date::new(year, month, day), None);
        }
        assert_eq!(Date::new(2024, 2, 29).unwrap().years_later(1), Date::new(2025, 2, 28));
    }
}

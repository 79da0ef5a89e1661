//! Dates of the proleptic Gregorian calendar, in UTC. Time is always an argument: nothing here asks a clock.

use super::der_out::tlv;

/// Seconds of a day.
pub const DAY_S: i64 = 86_400;

/// A calendar date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Year, such as 1996.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: i64,
    /// Day of the month, from 1.
    pub day: i64,
}

impl Date {
    /// A date that exists; the caller vouches for it.
    #[must_use]
    pub const fn new(year: i64, month: i64, day: i64) -> Self {
        Self { year, month, day }
    }

    /// The date on which this second falls.
    #[must_use]
    pub fn from_unix_s(unix_s: i64) -> Self {
        Self::from_days(unix_s.div_euclid(DAY_S))
    }

    // Both conversions count in eras of 400 years that begin on 1 March, so that a leap day is a year's last day.
    fn from_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Self { year, month, day }
    }

    /// Midnight of the date, in seconds since 1970.
    #[must_use]
    pub fn to_unix_s(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (self.month + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        (era * 146_097 + day_of_era - 719_468) * DAY_S
    }

    /// The date so many days later, or earlier.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self::from_unix_s(self.to_unix_s() + days * DAY_S)
    }

    /// The same day of another year; 29 February becomes 28 February.
    #[must_use]
    pub fn plus_years(self, years: i64) -> Self {
        let day = if self.month == 2 { self.day.min(28) } else { self.day };
        Self { year: self.year + years, month: self.month, day }
    }

    /// As in an MRZ: `yyMMdd`.
    #[must_use]
    pub fn mrz(self) -> String {
        format!("{:02}{:02}{:02}", self.year.rem_euclid(100), self.month, self.day)
    }

    /// As printed in Vietnam: `dd/MM/yyyy`.
    #[must_use]
    pub fn vietnamese(self) -> String {
        format!("{:02}/{:02}/{:04}", self.day, self.month, self.year)
    }

    /// As in a report: `yyyy-MM-dd`.
    #[must_use]
    pub fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn clock(unix_s: i64) -> String {
    let second = unix_s.rem_euclid(DAY_S);
    format!("{:02}{:02}{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// GeneralizedTime content, `yyyyMMddHHmmssZ`.
#[must_use]
pub fn generalized_text(unix_s: i64) -> String {
    let date = Date::from_unix_s(unix_s);
    format!("{:04}{:02}{:02}{}", date.year, date.month, date.day, clock(unix_s))
}

/// X.509 Time: UTCTime to 2049, GeneralizedTime from 2050. Spec: RFC 5280 §4.1.2.5.
#[must_use]
pub fn time(unix_s: i64) -> Vec<u8> {
    let date = Date::from_unix_s(unix_s);
    if (1950..2050).contains(&date.year) {
        tlv(&[0x17], format!("{}{}", date.mrz(), clock(unix_s)).as_bytes())
    } else {
        tlv(&[0x18], generalized_text(unix_s).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_seconds_have_known_dates() {
        assert_eq!(Date::from_unix_s(0), Date::new(1970, 1, 1));
        assert_eq!(Date::from_unix_s(951_782_400), Date::new(2000, 2, 29));
        assert_eq!(Date::new(2024, 7, 1).to_unix_s(), 1_719_792_000);
        assert_eq!(Date::from_unix_s(-1), Date::new(1969, 12, 31));
    }

    #[test]
    fn every_day_of_a_century_survives_the_way_there_and_back() {
        for days in -10_000..40_000 {
            assert_eq!(Date::from_days(days).to_unix_s(), days * DAY_S);
        }
    }

    #[test]
    fn times_change_their_form_in_2050() {
        assert_eq!(time(Date::new(2049, 12, 31).to_unix_s()), b"\x17\x0d491231000000Z");
        assert_eq!(time(Date::new(2050, 1, 1).to_unix_s()), b"\x18\x0f20500101000000Z");
    }
}

//! Billing months: calendar months in the organization's time zone.

use super::{ChargeError, TimeRange, Zone};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use jiff::civil;
use std::{fmt, ops::RangeInclusive, str::FromStr};

/// The supported years.
pub(super) const YEARS: RangeInclusive<i16> = 1970..=9998;

/// A calendar month: `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month of an instant in the zone.
    pub fn of(at: DateTime<Utc>, zone: &Zone) -> Self {
        let local = zone.local(at);
        Self { year: local.year(), month: local.month() }
    }

    /// The month after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year + 1, month: 1 },
            month => Self { year: self.year, month: month + 1 },
        }
    }

    /// The month before this one.
    #[must_use]
    pub const fn previous(self) -> Self {
        match self.month {
            1 => Self { year: self.year - 1, month: 12 },
            month => Self { year: self.year, month: month - 1 },
        }
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        let day = NaiveDate::from_ymd_opt(self.year.into(), self.month.unsigned_abs().into(), 1);
        // Every supported month has a first day.
        day.unwrap_or_default()
    }

    /// The instant of an hour on a day of the month in the zone; both must exist in every month.
    pub fn instant(self, day: i8, hour: i8, zone: &Zone) -> DateTime<Utc> {
        zone.instant(civil::date(self.year, self.month, day).at(hour, 0, 0, 0))
    }

    /// From the first instant of its first day to that of the next month. An hour longer or shorter if the clocks
    /// change in it.
    pub fn span(self, zone: &Zone) -> TimeRange {
        TimeRange { from: self.first_instant(zone), to: self.next().first_instant(zone) }
    }

    fn first_instant(self, zone: &Zone) -> DateTime<Utc> {
        zone.instant(civil::date(self.year, self.month, 1).at(0, 0, 0, 0))
    }

    /// For people: `November 2026`.
    pub(super) fn words(self) -> String {
        civil::date(self.year, self.month, 1).strftime("%B %Y").to_string()
    }
}

impl From<NaiveDate> for Month {
    /// The month of a day, or the nearest supported one.
    fn from(day: NaiveDate) -> Self {
        let year = i16::try_from(day.year()).unwrap_or(i16::MAX).clamp(*YEARS.start(), *YEARS.end());
        Self { year, month: i8::try_from(day.month()).unwrap_or(1) }
    }
}

impl FromStr for Month {
    type Err = ChargeError;

    fn from_str(text: &str) -> Result<Self, ChargeError> {
        let refused = || ChargeError::Month(text.into());
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let (year, month) = text.split_once('-').ok_or_else(refused)?;
        if (year.len(), month.len()) != (4, 2) || !digits(year) || !digits(month) {
            return Err(refused());
        }
        let (year, month) = (year.parse().map_err(|_| refused())?, month.parse().map_err(|_| refused())?);
        if YEARS.contains(&year) && (1..=12).contains(&month) {
            Ok(Self { year, month })
        } else {
            Err(refused())
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(month: &str, zone: &str) -> TimeRange {
        month.parse::<Month>().unwrap().span(&zone.parse().unwrap())
    }

    /// Month, zone, its first instant, and how its length differs from its days of 24 hours, in seconds.
    #[test]
    fn months_begin_and_end_by_the_clocks_of_the_zone() {
        for (month, zone, from, days, off) in [
            ("2026-11", "UTC", "2026-11-01T00:00:00Z", 30, 0),
            ("2026-11", "America/New_York", "2026-11-01T04:00:00Z", 30, 3600),
            ("2026-03", "America/New_York", "2026-03-01T05:00:00Z", 31, -3600),
            ("2024-02", "Asia/Kolkata", "2024-01-31T18:30:00Z", 29, 0),
            ("2026-04", "Australia/Lord_Howe", "2026-03-31T13:00:00Z", 30, 1800),
            ("2026-10", "Asia/Kathmandu", "2026-09-30T18:15:00Z", 31, 0),
            // The first of October 2017 began at one o'clock there: midnight was skipped.
            ("2017-10", "America/Asuncion", "2017-10-01T04:00:00Z", 31, -3600),
            // Samoa had no 30 December 2011.
            ("2011-12", "Pacific/Apia", "2011-12-01T10:00:00Z", 30, 0),
        ] {
            let span = span(month, zone);
            assert_eq!(span.from, from.parse::<DateTime<Utc>>().unwrap(), "{month} in {zone}");
            assert_eq!(span.seconds(), days * 86_400 + off, "{month} in {zone}");
        }
    }

    #[test]
    fn an_hour_of_a_month_is_shown_by_the_clocks_of_the_zone() {
        let new_york = "America/New_York".parse().unwrap();
        for (month, at) in [("2026-11", "2026-11-02T11:00:00Z"), ("2026-07", "2026-07-02T10:00:00Z")] {
            let month: Month = month.parse().unwrap();
            assert_eq!(month.instant(2, 6, &new_york), at.parse::<DateTime<Utc>>().unwrap());
        }
    }

    #[test]
    fn a_month_is_four_digits_and_two() {
        for bad in [
            "",
            "2026",
            "2026-1",
            "2026-13",
            "2026-00",
            "26-01",
            "2026-11-01",
            "+026-01",
            "1969-12",
            "9999-01",
        ] {
            assert_eq!(bad.parse::<Month>(), Err(ChargeError::Month(bad.into())));
        }
        assert_eq!("2026-11".parse::<Month>().unwrap().words(), "November 2026");
    }

    proptest! {
        #[test]
        fn the_month_before_the_next_is_the_same(year in 1971i16..=9997, month in 1i8..=12) {
            let month = Month { year, month };
            prop_assert_eq!(month.next().previous(), month);
        }

        #[test]
        fn a_month_is_read_as_it_is_shown(year in YEARS, month in 1i8..=12) {
            let month = Month { year, month };
            prop_assert_eq!(month.to_string().parse(), Ok(month));
            prop_assert_eq!(month.next().previous(), month);
            prop_assert_eq!(Month::from(month.first_day()), month);
        }
    }
}

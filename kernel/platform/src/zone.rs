//! Time zones of the IANA database, which is compiled in, so that all processes of a version agree on month boundaries,
//! regardless of their hosts.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use jiff::{Span, Timestamp, civil, tz::TimeZone};
use std::{fmt, str::FromStr};

/// A time zone, by its IANA name: `America/New_York`.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The local time at an instant.
    pub fn local(&self, at: DateTime<Utc>) -> civil::DateTime {
        let clamped = at.timestamp().clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        self.0.to_datetime(Timestamp::from_second(clamped).unwrap_or(Timestamp::MAX))
    }

    /// The instant of a local time: the first one if it is repeated; if it is skipped, that much later.
    pub fn instant(&self, local: civil::DateTime) -> DateTime<Utc> {
        // Fails only in the last days of the year 9999, which no history reaches.
        let at = self.0.to_ambiguous_timestamp(local).compatible().unwrap_or(Timestamp::MAX);
        DateTime::from_timestamp(at.as_second(), 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The local date at an instant.
    pub fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        let local = self.local(at).date();
        let [month, day] = [local.month(), local.day()].map(|it| u32::from(it.unsigned_abs()));
        NaiveDate::from_ymd_opt(local.year().into(), month, day).unwrap_or_default()
    }

    /// The last second of a local day.
    pub fn last_second(&self, day: NaiveDate) -> DateTime<Utc> {
        let next = day.succ_opt().unwrap_or(day);
        let year = i16::try_from(next.year()).unwrap_or(i16::MAX).min(9998);
        let [month, day] = [next.month(), next.day()].map(|it| i8::try_from(it).unwrap_or(1));
        self.instant(civil::date(year, month, day).at(0, 0, 0, 0)) - TimeDelta::seconds(1)
    }

    /// The time of day this many months later, or on the last day of a shorter month.
    pub fn months_later(&self, at: DateTime<Utc>, months: u16) -> DateTime<Utc> {
        self.instant(self.local(at).saturating_add(Span::new().months(i32::from(months))))
    }

    /// The start of the day this many days after that of an instant.
    pub fn days_later(&self, at: DateTime<Utc>, days: u16) -> DateTime<Utc> {
        let day = self.local(at).date().saturating_add(Span::new().days(i32::from(days)));
        self.instant(day.to_datetime(civil::Time::midnight()))
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        TimeZone::get(name).map(Self).map_err(|_| UnknownZone(name.into()))
    }
}

/// Not a time zone of the IANA database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownZone(String);

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a time zone such as America/New_York", self.0)
    }
}

impl std::error::Error for UnknownZone {}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn zones_go_by_their_iana_names() {
        for name in ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"] {
            assert_eq!(name.parse::<Zone>().unwrap().to_string(), name);
        }
        for name in ["", "EST5EDT4", "Mars/Olympus", "+02:00"] {
            assert_eq!(name.parse::<Zone>(), Err(UnknownZone(name.into())));
        }
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let new_york: Zone = "America/New_York".parse().unwrap();
        for (instant, day, ends) in [
            ("2026-11-01T03:59:59Z", "2026-10-31", "2026-11-01T03:59:59Z"),
            ("2026-11-01T04:00:00Z", "2026-11-01", "2026-11-02T04:59:59Z"),
            ("2027-01-01T04:00:00Z", "2026-12-31", "2027-01-01T04:59:59Z"),
        ] {
            let day: NaiveDate = day.parse().unwrap();
            assert_eq!((new_york.date(at(instant)), new_york.last_second(day)), (day, at(ends)));
        }
    }

    #[test]
    fn months_later_is_the_same_time_of_the_day_also_when_the_clocks_changed() {
        let new_york: Zone = "America/New_York".parse().unwrap();
        for (from, months, to) in [
            ("2026-10-15T12:00:00Z", 1, "2026-11-15T13:00:00Z"),
            ("2026-01-31T17:00:00Z", 1, "2026-02-28T17:00:00Z"),
            // 02:30 on 14 March 2027 is skipped there.
            ("2027-02-14T07:30:00Z", 1, "2027-03-14T07:30:00Z"),
            ("2026-05-05T00:00:00Z", 0, "2026-05-05T00:00:00Z"),
        ] {
            assert_eq!(new_york.months_later(at(from), months), at(to));
        }
    }

    #[test]
    fn days_begin_by_the_clocks_of_the_zone() {
        let new_york: Zone = "America/New_York".parse().unwrap();
        for (from, days, to) in [
            // 23:00 of the previous day there.
            ("2026-11-21T04:00:00Z", 0, "2026-11-20T05:00:00Z"),
            ("2026-11-21T05:00:00Z", 0, "2026-11-21T05:00:00Z"),
            ("2026-10-30T12:00:00Z", 7, "2026-11-06T05:00:00Z"),
            ("2026-12-30T12:00:00Z", 2, "2027-01-01T05:00:00Z"),
        ] {
            assert_eq!(new_york.days_later(at(from), days), at(to), "{from}");
        }
    }
}

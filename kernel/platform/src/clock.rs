//! An injectable clock, so that tests can move it, and the accepted range of times.

use chrono::{DateTime, NaiveDate, NaiveTime, SubsecRound, TimeDelta, Utc};
use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// The accepted range of times, in seconds since 1970: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, which RFC 3339 can
/// express, both databases store, and SQLite sorts.
const MOMENTS: RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// The format accepted by [`moment`], following `must be`.
pub const MOMENT: &str =
    "a date or date-time of the years 0001 to 9999, such as 2026-11-21T08:15:00Z or 2026-11-21";

/// Parses a time: RFC 3339, or a date, meaning its midnight in UTC. `None` for anything else, or outside the years 0001
/// to 9999 in UTC.
pub fn moment(text: &str) -> Option<DateTime<Utc>> {
    let time = text.parse().ok().or_else(|| Some(date(text)?.and_time(NaiveTime::MIN).and_utc()));
    time.filter(|at| is_moment(*at))
}

/// Parses a date of RFC 3339.
pub fn date(text: &str) -> Option<NaiveDate> {
    // The library accepts fewer digits.
    text.parse().ok().filter(|date: &NaiveDate| date.to_string() == text)
}

/// Whether a time is in the accepted range.
pub fn is_moment(at: DateTime<Utc>) -> bool {
    MOMENTS.contains(&at.timestamp())
}

/// A clock: the system's, plus an offset that tests move. Clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// The fixed time, if it does not run.
    standing: Option<DateTime<Utc>>,
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still until it is moved.
    pub fn standing(at: DateTime<Utc>) -> Self {
        Self { standing: Some(at), ..Self::default() }
    }

    /// The current time, in microseconds: the precision of both databases.
    pub fn now(&self) -> DateTime<Utc> {
        let offset = TimeDelta::milliseconds(self.offset_ms.load(Ordering::Relaxed));
        (self.standing.unwrap_or_else(Utc::now) + offset).trunc_subsecs(6)
    }

    /// Moves this clock and all its clones.
    pub fn advance(&self, by: TimeDelta) {
        self.offset_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn moments_have_bounds() {
        for good in [
            "0001-01-01T00:00:00Z",
            "0001-01-01T23:59:59+23:59",
            "1970-01-01T00:00:00.123456789Z",
            "9999-12-31T23:59:59.999999Z",
            "9999-12-31T23:59:59+01:00",
            "2026-11-21",
            "0001-01-01",
        ] {
            assert!(moment(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "soon",
            "2026-11-31",
            "2026-1-1",
            "0000-12-31",
            "+10000-01-01",
            "-262143-01-01T00:00:00Z",
            "+262142-12-31T23:59:59Z",
            "+262142-12-31T23:59:59-23:59",
            "+10000-01-01T00:00:00Z",
            "0000-12-31T23:59:59Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert_eq!(moment(bad), None, "{bad}");
        }
    }
}

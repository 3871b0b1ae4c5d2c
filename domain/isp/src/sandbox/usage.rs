//! Seeds usage and utilization of pools.

use super::{Seeding, scenario::Scenario};
use crate::{
    addresses,
    usage::{self, Day, Flow, Source},
};
use chrono::{NaiveTime, TimeDelta};
use platform::error::Result;

/// The number of days.
const DAYS: i64 = 60;

const GB: i64 = 1_000_000_000;

impl Seeding {
    /// Adds usage of current and past subscribers, and daily snapshots of the pools.
    pub(super) async fn seed_usage(&mut self) -> Result<()> {
        let today = self.now.date_naive();
        for back in (0..DAYS).rev() {
            let day = (today - TimeDelta::days(back)).and_time(NaiveTime::MIN).and_utc();
            self.at(day + TimeDelta::minutes(1));
            addresses::note(&self.work).await?;
        }
        self.at(self.now);
        let mut days = vec![];
        for number in 0..self.customers.len() {
            let ends = match Scenario::of(number) {
                Scenario::Active => 0,
                Scenario::Suspended => 11,
                Scenario::Cancelled => 26,
                _ => continue,
            };
            let customer = self.customers[number].id;
            let usual = self.rng.between(4, 40);
            for back in (ends..DAYS).rev() {
                let day = today - TimeDelta::days(back);
                let (download, upload) = self.flows(usual);
                days.push(self.day(Day {
                    customer,
                    day,
                    download,
                    upload,
                    sessions: 1,
                    session_seconds: 86_400,
                    outage_minutes: 0,
                }));
            }
        }
        usage::ingest(&self.work, Source::Import, &days).await
    }

    fn flows(&mut self, usual: i64) -> (Flow, Flow) {
        let bytes = usual * GB * self.rng.between(40, 180) / 100;
        let flow = |bytes, peak| Flow { bytes, peak_kbps: Some(peak), average_kbps: None };
        let peak = self.rng.between(60_000, 95_000);
        (flow(bytes, peak), flow(bytes / self.rng.between(6, 14), peak / 3))
    }

    /// Occasionally adds an outage to a day.
    fn day(&mut self, day: Day) -> Day {
        if self.rng.between(0, 40) > 0 {
            return day;
        }
        let minutes = self.rng.between(2, 45);
        Day {
            sessions: 2,
            session_seconds: day.session_seconds - 60 * minutes,
            outage_minutes: minutes,
            ..day
        }
    }
}

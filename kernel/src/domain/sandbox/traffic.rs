//! What customers have used of the network, and how full the pools were.

use super::{Seeding, lives::Life};
use crate::{
    domain::{
        addresses,
        usage::{self, Day, Flow, Source},
    },
    error::Result,
};
use chrono::{NaiveTime, TimeDelta};

/// For how many days it is known.
const DAYS: i64 = 60;

const GB: i64 = 1_000_000_000;

impl Seeding {
    /// The usage of whoever is or was connected, and a picture of the pools a day.
    pub(super) async fn use_network(&mut self) -> Result<()> {
        let today = self.now.date_naive();
        for back in (0..DAYS).rev() {
            let day = (today - TimeDelta::days(back)).and_time(NaiveTime::MIN).and_utc();
            self.at(day + TimeDelta::minutes(1));
            addresses::note(&self.work).await?;
        }
        self.at(self.now);
        let mut days = vec![];
        for number in 0..self.customers.len() {
            let ends = match Life::of(number) {
                Life::Active => 0,
                Life::Suspended => 11,
                Life::Cancelled => 26,
                _ => continue,
            };
            let customer = self.customers[number].id;
            let usual = self.dice.between(4, 40);
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
        let bytes = usual * GB * self.dice.between(40, 180) / 100;
        let flow = |bytes, peak| Flow { bytes, peak_kbps: Some(peak), average_kbps: None };
        let peak = self.dice.between(60_000, 95_000);
        (flow(bytes, peak), flow(bytes / self.dice.between(6, 14), peak / 3))
    }

    /// Now and then the service is away.
    fn day(&mut self, day: Day) -> Day {
        if self.dice.between(0, 40) > 0 {
            return day;
        }
        let minutes = self.dice.between(2, 45);
        Day {
            sessions: 2,
            session_seconds: day.session_seconds - 60 * minutes,
            outage_minutes: minutes,
            ..day
        }
    }
}

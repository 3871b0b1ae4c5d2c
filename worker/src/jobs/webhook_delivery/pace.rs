//! How fast deliveries may follow each other: an endpoint's own rate, and the slow start after a pause.

use chrono::{DateTime, Utc};
use kernel::config::Webhooks;
use std::time::Duration;
use tokio::time::Instant;

/// A slow start doubles its rate after each step.
const STEP: Duration = Duration::from_secs(10);
/// At so many a second the slow start is over.
const FULL: f64 = 20_000.0;
/// Waits shorter than this are not waited for: a timer is no finer.
const SLACK: Duration = Duration::from_millis(2);

/// See the module.
#[derive(Debug)]
pub(super) struct Pace {
    /// The endpoint's own, a second.
    rate: Option<f64>,
    /// Of the first step of a slow start, a second.
    first: f64,
    started: Option<DateTime<Utc>>,
    /// From when on the next one may go.
    next: Option<Instant>,
}

impl Pace {
    pub(super) fn new(settings: &Webhooks, rate: Option<i32>, resumed: Option<DateTime<Utc>>) -> Self {
        let first = f64::from(u32::try_from(settings.resume_rate).unwrap_or(u32::MAX));
        Self { rate: rate.map(f64::from), first, started: resumed, next: None }
    }

    /// What is said of the endpoint has changed.
    pub(super) fn change(&mut self, rate: Option<i32>, resumed: Option<DateTime<Utc>>) {
        self.rate = rate.map(f64::from);
        self.started = self.started.max(resumed);
    }

    /// The endpoint is back: slowly again.
    pub(super) fn begin_slowly(&mut self, now: DateTime<Utc>) {
        self.started = Some(now);
    }

    /// How long to wait before the next one; none: not at all.
    pub(super) fn wait(&self) -> Option<Duration> {
        let wait = self.next?.saturating_duration_since(Instant::now());
        (wait > SLACK).then_some(wait)
    }

    /// One goes now.
    pub(super) fn took_one(&mut self, now: DateTime<Utc>) {
        self.next = self.rate_at(now).map(|rate| {
            let from = self.next.map_or_else(Instant::now, |next| next.max(Instant::now()));
            from + Duration::from_secs_f64(1.0 / rate)
        });
    }

    /// A second, at most; none: as many as there are.
    fn rate_at(&self, now: DateTime<Utc>) -> Option<f64> {
        let slow = self.started.map(|started| {
            let steps = (now - started).to_std().unwrap_or_default().as_secs() / STEP.as_secs();
            self.first * 2_f64.powi(i32::try_from(steps).unwrap_or(i32::MAX))
        });
        let slow = slow.filter(|rate| *rate < FULL);
        match (self.rate, slow) {
            (Some(rate), Some(slow)) => Some(rate.min(slow)),
            (rate, slow) => rate.or(slow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::config::Settings;

    fn pace(rate: Option<i32>, resumed: Option<DateTime<Utc>>) -> Pace {
        Pace::new(&Settings::default().webhooks, rate, resumed)
    }

    #[test]
    fn a_resume_doubles_every_ten_seconds_until_it_is_over() {
        let start = DateTime::UNIX_EPOCH;
        let pace = pace(None, Some(start));
        let at = |seconds| pace.rate_at(start + Duration::from_secs(seconds));
        assert_eq!([at(0), at(9), at(10), at(30)], [20.0, 20.0, 40.0, 160.0].map(Some));
        assert_eq!([at(100), at(1_000_000_000)], [None, None]);
    }

    #[test]
    fn the_endpoints_own_rate_stays() {
        let pace = pace(Some(50), Some(DateTime::UNIX_EPOCH));
        let at = |seconds| pace.rate_at(DateTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!([at(0), at(20), at(1000)], [20.0, 50.0, 50.0].map(Some));
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_no_rate_does_not_wait_and_what_has_one_does() {
        let now = DateTime::UNIX_EPOCH;
        let (mut free, mut bound) = (pace(None, None), pace(Some(10), None));
        for _ in 0..2 {
            free.took_one(now);
            bound.took_one(now);
        }
        assert_eq!((free.wait(), bound.wait()), (None, Some(Duration::from_millis(200))));
    }
}

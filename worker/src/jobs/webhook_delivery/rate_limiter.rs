//! Limits the rate of deliveries: an endpoint's own rate, and the slow start after a pause.

use chrono::{DateTime, Utc};
use platform::config::Webhooks;
use std::time::Duration;
use tokio::time::Instant;

/// A slow start doubles its rate after each step.
const STEP: Duration = Duration::from_secs(10);
/// The rate per second at which the slow start ends.
const MAX_RATE: f64 = 20_000.0;
/// Shorter waits are skipped: timers are no finer.
const SLACK: Duration = Duration::from_millis(2);

/// See the module.
#[derive(Debug)]
pub(super) struct RateLimiter {
    /// The endpoint's own rate per second.
    rate: Option<f64>,
    /// The rate per second of the first step of a slow start.
    first: f64,
    started: Option<DateTime<Utc>>,
    /// The earliest time of the next delivery.
    next: Option<Instant>,
}

impl RateLimiter {
    pub(super) fn new(settings: &Webhooks, rate: Option<i32>, resumed: Option<DateTime<Utc>>) -> Self {
        let first = f64::from(u32::try_from(settings.resume_rate).unwrap_or(u32::MAX));
        Self { rate: rate.map(f64::from), first, started: resumed, next: None }
    }

    /// Applies changes of the endpoint.
    pub(super) fn change(&mut self, rate: Option<i32>, resumed: Option<DateTime<Utc>>) {
        self.rate = rate.map(f64::from);
        self.started = self.started.max(resumed);
    }

    /// Starts slowly again after an outage of the endpoint.
    pub(super) fn restart_slowly(&mut self, now: DateTime<Utc>) {
        self.started = Some(now);
    }

    /// The time until the next delivery; `None` if it may be sent now.
    pub(super) fn wait(&self) -> Option<Duration> {
        let wait = self.next?.saturating_duration_since(Instant::now());
        (wait > SLACK).then_some(wait)
    }

    /// Records that a delivery is sent now.
    pub(super) fn record_send(&mut self, now: DateTime<Utc>) {
        self.next = self.rate_at(now).map(|rate| {
            let from = self.next.map_or_else(Instant::now, |next| next.max(Instant::now()));
            from + Duration::from_secs_f64(1.0 / rate)
        });
    }

    /// The maximum rate per second; `None` if unlimited.
    fn rate_at(&self, now: DateTime<Utc>) -> Option<f64> {
        let slow = self.started.map(|started| {
            let steps = (now - started).to_std().unwrap_or_default().as_secs() / STEP.as_secs();
            self.first * 2_f64.powi(i32::try_from(steps).unwrap_or(i32::MAX))
        });
        let slow = slow.filter(|rate| *rate < MAX_RATE);
        match (self.rate, slow) {
            (Some(rate), Some(slow)) => Some(rate.min(slow)),
            (rate, slow) => rate.or(slow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::config::Settings;

    fn rate_limiter(rate: Option<i32>, resumed: Option<DateTime<Utc>>) -> RateLimiter {
        RateLimiter::new(&Settings::default().webhooks, rate, resumed)
    }

    #[test]
    fn a_resume_doubles_every_ten_seconds_until_it_is_over() {
        let start = DateTime::UNIX_EPOCH;
        let rate_limiter = rate_limiter(None, Some(start));
        let at = |seconds| rate_limiter.rate_at(start + Duration::from_secs(seconds));
        assert_eq!([at(0), at(9), at(10), at(30)], [20.0, 20.0, 40.0, 160.0].map(Some));
        assert_eq!([at(100), at(1_000_000_000)], [None, None]);
    }

    #[test]
    fn the_endpoints_own_rate_stays() {
        let rate_limiter = rate_limiter(Some(50), Some(DateTime::UNIX_EPOCH));
        let at = |seconds| rate_limiter.rate_at(DateTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!([at(0), at(20), at(1000)], [20.0, 50.0, 50.0].map(Some));
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_no_rate_does_not_wait_and_what_has_one_does() {
        let now = DateTime::UNIX_EPOCH;
        let (mut free, mut bound) = (rate_limiter(None, None), rate_limiter(Some(10), None));
        for _ in 0..2 {
            free.record_send(now);
            bound.record_send(now);
        }
        assert_eq!((free.wait(), bound.wait()), (None, Some(Duration::from_millis(200))));
    }
}

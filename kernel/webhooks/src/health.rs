//! The health of an endpoint: circuit breaker and disabling.

use chrono::{DateTime, TimeDelta, Utc};
use entities::{endpoint_health, ids::EndpointId};
use platform::config::Webhooks;
use serde::Serialize;

/// The health of an endpoint, maintained by its session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// Failures since the last success.
    pub failures: i32,
    /// The time of the first of them.
    pub failing_since: Option<DateTime<Utc>>,
    /// Consecutive openings of the breaker.
    pub opened: i32,
    /// The end of the breaker's pause.
    pub closed_until: Option<DateTime<Utc>>,
    /// The end of the last attempt.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// Its state.
    pub last_succeeded: Option<bool>,
}

impl Health {
    /// The health of a new endpoint.
    pub const fn unknown(endpoint_id: EndpointId) -> Self {
        Self {
            endpoint_id,
            failures: 0,
            failing_since: None,
            opened: 0,
            closed_until: None,
            last_attempt_at: None,
            last_succeeded: None,
        }
    }

    /// Records a success: closes the breaker and resets the counters.
    pub fn succeeded(&mut self, now: DateTime<Utc>) {
        *self = Self {
            last_attempt_at: Some(now),
            last_succeeded: Some(true),
            ..Self::unknown(self.endpoint_id)
        };
    }

    /// Records a failure. Opens the breaker after enough consecutive failures, or after a failed trial attempt.
    pub fn failed(&mut self, now: DateTime<Utc>, settings: &Webhooks) {
        self.failures = self.failures.saturating_add(1);
        self.failing_since.get_or_insert(now);
        (self.last_attempt_at, self.last_succeeded) = (Some(now), Some(false));
        let enough = usize::try_from(self.failures).unwrap_or(0) >= settings.breaker_failures;
        if enough && !self.is_open(now) {
            let doubled = 1_u32.checked_shl(self.opened.unsigned_abs()).unwrap_or(u32::MAX);
            let pause = settings.breaker_pause.saturating_mul(doubled).min(settings.breaker_longest);
            self.opened = self.opened.saturating_add(1);
            self.closed_until = Some(now + TimeDelta::from_std(pause).unwrap_or(TimeDelta::MAX));
        }
    }

    /// Whether the breaker is open.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.closed_until.is_some_and(|until| now < until)
    }

    /// Whether the next attempt is a trial.
    pub const fn is_on_trial(&self) -> bool {
        self.opened > 0
    }

    /// Whether there were only failures for long enough, and enough of them, to disable the endpoint.
    pub fn is_hopeless(&self, now: DateTime<Utc>, settings: &Webhooks) -> bool {
        let enough = usize::try_from(self.failures).unwrap_or(0) >= settings.breaker_failures;
        enough && self.failing_since.is_some_and(|since| now - settings.disable_after >= since)
    }
}

impl From<endpoint_health::Model> for Health {
    fn from(row: endpoint_health::Model) -> Self {
        Self {
            endpoint_id: row.endpoint_id,
            failures: row.failures,
            failing_since: row.failing_since,
            opened: row.opened,
            closed_until: row.closed_until,
            last_attempt_at: row.last_attempt_at,
            last_succeeded: row.last_succeeded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::config::Settings;
    use proptest::prelude::*;
    use std::{sync::LazyLock, time::Duration};

    static WEBHOOKS: LazyLock<Webhooks> = LazyLock::new(|| Settings::default().webhooks);

    fn fails(health: &mut Health, times: usize, now: DateTime<Utc>) {
        (0..times).for_each(|_| health.failed(now, &WEBHOOKS));
    }

    #[test]
    fn the_breaker_opens_after_ten_failures_and_for_longer_each_time() {
        let (mut health, mut now) = (Health::unknown(EndpointId::new()), DateTime::UNIX_EPOCH);
        fails(&mut health, 9, now);
        assert!(!health.is_open(now));
        for seconds in [30, 60, 120, 240, 480, 900, 900] {
            fails(&mut health, 1, now);
            let until = now + Duration::from_secs(seconds);
            assert_eq!(health.closed_until, Some(until));
            // Attempts in flight when it opened change nothing.
            fails(&mut health, 9, now);
            assert_eq!(health.closed_until, Some(until));
            assert!(health.is_open(until - TimeDelta::microseconds(1)) && !health.is_open(until));
            now = until;
        }
        health.succeeded(now);
        assert!(!health.is_on_trial() && !health.is_open(now) && health.failing_since.is_none());
    }

    #[test]
    fn five_days_of_failures_are_hopeless_and_two_failures_are_not() {
        let (mut health, now) = (Health::unknown(EndpointId::new()), DateTime::UNIX_EPOCH);
        fails(&mut health, 9, now);
        let later = now + Duration::from_hours(120);
        assert!(!health.is_hopeless(later, &WEBHOOKS));
        fails(&mut health, 1, now);
        assert!(health.is_hopeless(later, &WEBHOOKS));
        assert!(!health.is_hopeless(later - TimeDelta::microseconds(1), &WEBHOOKS));
    }

    proptest! {
        #[test]
        fn it_is_hopeless_only_after_failures_alone(outcomes in prop::collection::vec((any::<bool>(), 1i64..40), 1..200)) {
            let (mut health, mut now, mut since) = (Health::unknown(EndpointId::new()), DateTime::UNIX_EPOCH, None);
            let mut failures = 0;
            for (success, hours) in outcomes {
                now += TimeDelta::hours(hours);
                if success {
                    health.succeeded(now);
                    (since, failures) = (None, 0);
                } else {
                    health.failed(now, &WEBHOOKS);
                    since.get_or_insert(now);
                    failures += 1;
                }
                let expected = since.is_some_and(|since| now - since >= TimeDelta::days(5)) && failures >= 10;
                prop_assert_eq!(health.is_hopeless(now, &WEBHOOKS), expected);
            }
        }
    }
}

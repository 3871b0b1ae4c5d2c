//! How deliveries to an endpoint have been going, and what follows: the breaker, and the end.

use crate::config::Webhooks;
use chrono::{DateTime, TimeDelta, Utc};
use entities::{endpoint_health, ids::EndpointId};
use serde::Serialize;

/// The health of one endpoint, kept by whoever holds its job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// Failures since the last success.
    pub failures: i32,
    /// When the first of them was.
    pub failing_since: Option<DateTime<Utc>>,
    /// How often in a row the breaker has opened.
    pub opened: i32,
    /// Until when nothing is sent.
    pub closed_until: Option<DateTime<Utc>>,
    /// When the last attempt ended.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// How.
    pub last_succeeded: Option<bool>,
}

impl Health {
    /// Of an endpoint that nothing has been sent to.
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

    /// Notes a success: the breaker is closed, and all is forgotten.
    pub fn succeeded(&mut self, now: DateTime<Utc>) {
        *self = Self {
            last_attempt_at: Some(now),
            last_succeeded: Some(true),
            ..Self::unknown(self.endpoint_id)
        };
    }

    /// Notes a failure. It opens the breaker when there have been enough in a row, or when the one attempt
    /// that was to try the endpoint again has failed.
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

    /// Whether nothing may be sent.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.closed_until.is_some_and(|until| now < until)
    }

    /// Whether one attempt has to show that the endpoint is back.
    pub const fn is_on_trial(&self) -> bool {
        self.opened > 0
    }

    /// Whether there has been nothing but failures for so long, and so many of them, that it is to be
    /// disabled.
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
    use crate::config::Settings;
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
            // Those that were under way when it opened change nothing.
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

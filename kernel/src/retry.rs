//! Waiting between tries: of jobs (a schedule with jitter) and of things that are away (backoff).
//!
//! The `backoff` crate, which has an unmaintained advisory, is used in this file only.

use backoff::{ExponentialBackoff, ExponentialBackoffBuilder, backoff::Backoff};
use std::{fmt::Display, time::Duration};
use tracing::{info, warn};

/// How far a job's delay is spread around its schedule, so that jobs that failed together do not come
/// back together.
const JITTER: f64 = 0.2;

/// The delay before the next attempt after `failures` charged ones (1 or more); none when the schedule
/// is used up. `random` is between 0 and 1.
pub fn next_delay(schedule: &[Duration], failures: u32, random: f64) -> Option<Duration> {
    let step = schedule.get(failures.checked_sub(1)? as usize)?;
    Some(step.mul_f64(1.0 - JITTER + 2.0 * JITTER * random))
}

/// A number between 0 and 1; good for jitter, not for secrets.
pub fn random() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}

/// A thing that may be away: waits longer and longer between tries, and logs once when it goes and once
/// when it is back.
pub struct Outage {
    what: &'static str,
    backoff: Option<ExponentialBackoff>,
}

impl Outage {
    /// `what` names the thing in the log.
    pub const fn new(what: &'static str) -> Self {
        Self { what, backoff: None }
    }

    /// Notes a success; logs if it was away.
    pub fn over(&mut self) {
        if self.backoff.take().is_some() {
            info!(what = self.what, "back again");
        }
    }

    /// Notes a failure and returns after the time to wait: 50 ms at first, at most 2 s.
    pub async fn wait(&mut self, error: &(impl Display + Sync)) {
        let what = self.what;
        let backoff = self.backoff.get_or_insert_with(|| {
            warn!(what, %error, "away; trying again until it is back");
            patient()
        });
        let pause = backoff.next_backoff().unwrap_or(Duration::from_secs(2));
        tokio::time::sleep(pause).await;
    }
}

fn patient() -> ExponentialBackoff {
    ExponentialBackoffBuilder::new()
        .with_initial_interval(Duration::from_millis(50))
        .with_max_interval(Duration::from_secs(2))
        .with_max_elapsed_time(None)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn delays_stay_within_a_fifth_of_the_schedule(
            seconds in prop::collection::vec(1u64..100_000, 0..12), failures in 0u32..20, random in 0.0..=1.0f64,
        ) {
            let schedule: Vec<_> = seconds.into_iter().map(Duration::from_secs).collect();
            match next_delay(&schedule, failures, random) {
                None => prop_assert!(failures == 0 || failures as usize > schedule.len()),
                Some(delay) => {
                    let step = schedule[failures as usize - 1];
                    prop_assert!(delay >= step.mul_f64(0.799) && delay <= step.mul_f64(1.201));
                }
            }
        }
    }
}

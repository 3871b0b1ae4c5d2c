//! Delays between tries: of jobs (a schedule with jitter) and during outages (backoff).
//!
//! The `backoff` crate, which has an unmaintained advisory, is used in this file only.

use crate::error::Error;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder, backoff::Backoff};
use std::{
    collections::BTreeSet,
    fmt::Display,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tracing::{info, warn};

/// The jitter of a job's delay, so that jobs that failed together are not retried together.
const JITTER: f64 = 0.2;

/// The delay before the next attempt after `failures` counted ones (1 or more); `None` if the schedule is exhausted.
/// `random` is between 0 and 1.
pub fn next_delay(schedule: &[Duration], failures: u32, random: f64) -> Option<Duration> {
    let step = schedule.get(failures.checked_sub(1)? as usize)?;
    Some(step.mul_f64(1.0 - JITTER + 2.0 * JITTER * random))
}

/// A number between 0 and 1; good for jitter, not for secrets.
pub fn random() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}

/// Current outages of the process: many tasks notice one, and one line is logged.
static AWAY: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Backoff of a task during outages: increasing delays between tries. The process logs an outage once, and its end
/// once.
#[derive(Default)]
pub struct OutageBackoff {
    noticed: Option<(&'static str, ExponentialBackoff)>,
}

impl OutageBackoff {
    /// Without an outage.
    pub const fn new() -> Self {
        Self { noticed: None }
    }

    /// Records a success.
    pub fn over(&mut self) {
        if let Some((what, _)) = self.noticed.take()
            && AWAY.lock().unwrap_or_else(PoisonError::into_inner).remove(what)
        {
            info!(what, "back again");
        }
    }

    /// Records a failure of a kernel operation and waits.
    pub async fn wait(&mut self, error: &Error) {
        let what = match error {
            Error::Unavailable { what, .. } => what.as_str(),
            _ => "operation",
        };
        self.wait_for(what, error).await;
    }

    /// Records an outage of `what` and waits: 50 ms at first, at most 2 s.
    pub async fn wait_for(&mut self, what: &'static str, error: &(impl Display + Sync)) {
        tokio::time::sleep(self.note(what, error)).await;
    }

    /// Records an outage of `what`; returns the delay.
    pub fn note(&mut self, what: &'static str, error: &impl Display) -> Duration {
        if self.noticed.as_ref().is_none_or(|(noticed, _)| *noticed != what) {
            self.over();
            if AWAY.lock().unwrap_or_else(PoisonError::into_inner).insert(what) {
                warn!(what, %error, "away; trying again until it is back");
            }
        }
        let (_, backoff) = self.noticed.get_or_insert_with(|| (what, patient()));
        backoff.next_backoff().unwrap_or(Duration::from_secs(2))
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

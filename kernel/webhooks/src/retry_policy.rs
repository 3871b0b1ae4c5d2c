//! Classifies attempts.

use chrono::{DateTime, Utc};
use platform::{
    outbound::{Answer, Failure},
    retry,
};
use std::time::Duration;

/// What happens to a delivery after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Delivered.
    Delivered,
    /// Retry after this delay.
    Retry(Duration),
    /// No attempt is left.
    GivenUp,
    /// The endpoint is permanently gone (410): no attempt, and no other delivery.
    Gone,
}

/// Classifies an attempt after this many delays of the schedule. `random` is between 0 and 1.
///
/// Only 2xx is a success. With 429 and 503 the receiver may request a longer delay (`Retry-After`), at most twice the
/// scheduled one.
pub fn classify(
    made: &Result<Answer, Failure>,
    retry: i32,
    schedule: &[Duration],
    random: f64,
    now: DateTime<Utc>,
) -> Disposition {
    match made {
        Ok(answer) if answer.is_success() => Disposition::Delivered,
        Ok(answer) if answer.status == 410 => Disposition::Gone,
        made => match retry::next_delay(schedule, retry.unsigned_abs() + 2, random) {
            None => Disposition::GivenUp,
            Some(delay) => Disposition::Retry(
                retry_after(made, now).map_or(delay, |retry_after| retry_after.clamp(delay, delay * 2)),
            ),
        },
    }
}

/// The delay requested by the receiver.
fn retry_after(made: &Result<Answer, Failure>, now: DateTime<Utc>) -> Option<Duration> {
    made.as_ref()
        .ok()
        .filter(|answer| matches!(answer.status, 429 | 503))
        .and_then(|answer| answer.pause(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::config::Settings;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static SCHEDULE: LazyLock<Vec<Duration>> = LazyLock::new(|| Settings::default().webhooks.schedule);

    #[allow(clippy::unnecessary_wraps, reason = "the type of an attempt's result")]
    fn answer(status: u16, retry_after: Option<&str>) -> Result<Answer, Failure> {
        let retry_after = retry_after.map(str::to_owned);
        Ok(Answer { status, retry_after, first: vec![], took: Duration::ZERO })
    }

    fn classified(made: &Result<Answer, Failure>, retry: i32) -> Disposition {
        classify(made, retry, &SCHEDULE, 0.5, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn ten_attempts_in_75_hours() {
        let pauses = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
        for (retry, seconds) in (0..).zip(pauses) {
            assert_eq!(
                classified(&answer(500, None), retry),
                Disposition::Retry(Duration::from_secs(seconds))
            );
        }
        assert_eq!(classified(&answer(500, None), 9), Disposition::GivenUp);
    }

    #[test]
    fn each_status_has_its_meaning() {
        for status in [200, 201, 204, 299] {
            assert_eq!(classified(&answer(status, None), 0), Disposition::Delivered);
        }
        assert_eq!(classified(&answer(410, None), 0), Disposition::Gone);
        for status in [100, 199, 300, 302, 400, 401, 404, 429, 500, 503] {
            assert_eq!(
                classified(&answer(status, None), 0),
                Disposition::Retry(Duration::from_secs(5)),
                "{status}"
            );
        }
        for failure in [Failure::Dns("no such name".into()), Failure::Connect("refused".into())] {
            assert_eq!(classified(&Err(failure), 0), Disposition::Retry(Duration::from_secs(5)));
        }
    }

    #[test]
    fn a_receiver_may_ask_for_twice_the_pause_and_no_more() {
        for (status, retry_after, seconds) in
            [(429, "7", 7), (503, "8", 8), (503, "1", 5), (429, "86400", 10), (500, "7", 5), (429, "soon", 5)]
        {
            let disposition = classified(&answer(status, Some(retry_after)), 0);
            assert_eq!(
                disposition,
                Disposition::Retry(Duration::from_secs(seconds)),
                "{status} {retry_after}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_pause_is_within_a_fifth_of_the_schedule(retry in 0i32..9, random in 0.0f64..=1.0) {
            let disposition = classify(&answer(500, None), retry, &SCHEDULE, random, DateTime::UNIX_EPOCH);
            let Disposition::Retry(pause) = disposition else { panic!("{disposition:?}") };
            let share = pause.as_secs_f64() / SCHEDULE[retry.unsigned_abs() as usize + 1].as_secs_f64();
            prop_assert!((0.79999..=1.20001).contains(&share), "{}", share);
        }
    }
}

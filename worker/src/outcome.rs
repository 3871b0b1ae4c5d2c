//! The outcome of an attempt, and its translation to what the ledger stores.

use chrono::{DateTime, Utc};
use engine::ledger::{Finish, JobLease};
use entities::job::JobState;
use platform::{
    Error,
    error::{REASON, shortened},
    metrics::JobOutcome,
    retry,
};
use serde_json::Value;
use std::time::Duration;

/// The outcome of a handler.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Done, with an optional result.
    Done(Option<Value>),
    /// Done, and recorded in the transaction of the effect.
    AlreadyCommitted,
    /// Stopped because of a cancellation.
    Cancelled,
    /// Failed; another attempt may succeed. Counts against the kind's schedule.
    Retry(String),
    /// A dependency is unavailable. Retried soon, without counting.
    RetryUncharged(String),
    /// Waits for an external answer, until this time at the latest, without a slot. The code that receives the answer
    /// wakes the job (`ledger::wake`).
    WaitUntil(DateTime<Utc>),
    /// Failed permanently.
    GiveUp(String),
    /// The worker shuts down first: the job is released.
    Released,
    /// The lease was lost; nothing is recorded.
    LeaseLost,
}

impl Outcome {
    /// Its name in traces.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Done(_) | Self::AlreadyCommitted => "done",
            Self::Cancelled => "cancelled",
            Self::Retry(_) => "retry",
            Self::RetryUncharged(_) => "later",
            Self::WaitUntil(_) => "waits",
            Self::GiveUp(_) => "given up",
            Self::Released => "released",
            Self::LeaseLost => "lost",
        }
    }

    /// Shortens the reason to the limit of ledger and log.
    pub(crate) fn bounded(self) -> Self {
        match self {
            Self::Retry(why) => Self::Retry(shortened(why, REASON)),
            Self::RetryUncharged(why) => Self::RetryUncharged(shortened(why, REASON)),
            Self::GiveUp(why) => Self::GiveUp(shortened(why, REASON)),
            other => other,
        }
    }

    /// Whether it is not a failure.
    pub(crate) const fn is_success(&self) -> bool {
        matches!(
            self,
            Self::Done(_) | Self::AlreadyCommitted | Self::WaitUntil(_) | Self::Cancelled | Self::Released
        )
    }
}

/// The result of a handler. Errors are outcomes too, so that `?` works.
pub(crate) type JobResult = Result<Outcome, Outcome>;

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        if error.is_transient() {
            Self::RetryUncharged(error.to_string())
        } else {
            Self::Retry(error.to_string())
        }
    }
}

impl From<sea_orm::DbErr> for Outcome {
    fn from(error: sea_orm::DbErr) -> Self {
        Error::from(error).into()
    }
}

/// Delay before a retry that does not count.
const SOON: Duration = Duration::from_secs(1);

/// The delays between the attempts of a kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule<'a> {
    /// As in the settings.
    pub pauses: &'a [Duration],
    /// Whether the last one is repeated without limit.
    pub is_endless: bool,
}

impl Schedule<'_> {
    /// The delay after another counted failure; `None` if the job has failed.
    fn next_delay(&self, failures: i32) -> Option<Duration> {
        let (all, next) = (u32::try_from(self.pauses.len()).unwrap_or(u32::MAX), failures.unsigned_abs() + 1);
        let next = if self.is_endless { next.min(all) } else { next };
        retry::next_delay(self.pauses, next, retry::random()).or(self.is_endless.then_some(SOON))
    }
}

/// A finished attempt.
#[derive(Debug)]
pub(crate) struct AttemptResult {
    /// The lease of the attempt.
    pub held: JobLease,
    /// Whether the job has a parent, which is updated too.
    pub is_child: bool,
    /// Counted failures before it.
    pub failures: i32,
    /// The outcome.
    pub outcome: Outcome,
}

impl AttemptResult {
    /// The change for the ledger; `None` if there is none, or the job is released instead.
    pub(crate) fn finish(&self, schedule: &Schedule<'_>, now: DateTime<Utc>) -> Option<Finish> {
        let finish = |state| Finish::new(self.held, state);
        let failed =
            |error: &String| Finish { charged: 1, error: Some(error.clone()), ..finish(JobState::Failed) };
        let again = |error: &String, delay, charged| Finish {
            run_at: Some(now + delay),
            charged,
            error: Some(error.clone()),
            ..finish(JobState::Retrying)
        };
        Some(match &self.outcome {
            Outcome::Done(result) => Finish { result: result.clone(), ..finish(JobState::Succeeded) },
            Outcome::Cancelled => finish(JobState::Cancelled),
            Outcome::GiveUp(error) => failed(error),
            Outcome::RetryUncharged(error) => again(error, SOON.mul_f64(0.5 + retry::random()), 0),
            Outcome::WaitUntil(until) => Finish { run_at: Some(*until), ..finish(JobState::Queued) },
            Outcome::Retry(error) => match schedule.next_delay(self.failures) {
                Some(delay) => again(error, delay, 1),
                None => failed(error),
            },
            Outcome::AlreadyCommitted | Outcome::Released | Outcome::LeaseLost => return None,
        })
    }

    /// The outcome for the metrics, once recorded. `written` is the job's new state in the ledger, `None` if the ledger
    /// rejected the change. `None` for released jobs, which are counted when released.
    pub(crate) const fn counts_as(&self, written: Option<JobState>) -> Option<JobOutcome> {
        Some(match (&self.outcome, written) {
            (Outcome::Released, _) => return None,
            (Outcome::AlreadyCommitted, _) | (_, Some(JobState::Succeeded)) => JobOutcome::Succeeded,
            (_, None) => JobOutcome::Lost,
            (_, Some(JobState::Cancelled)) => JobOutcome::Cancelled,
            (Outcome::RetryUncharged(_) | Outcome::WaitUntil(_), Some(_)) => JobOutcome::Postponed,
            (_, Some(JobState::Retrying)) => JobOutcome::Retried,
            (_, Some(_)) => JobOutcome::Failed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use entities::ids::JobId;

    fn attempt(failures: i32, outcome: Outcome) -> AttemptResult {
        AttemptResult {
            held: JobLease { id: JobId::new(), attempt: failures + 1 },
            is_child: false,
            failures,
            outcome,
        }
    }

    fn ended(failures: i32, outcome: Outcome) -> Option<Finish> {
        scheduled(failures, outcome, false)
    }

    fn scheduled(failures: i32, outcome: Outcome, is_endless: bool) -> Option<Finish> {
        let pauses = [Duration::from_secs(5), Duration::from_mins(5)];
        let schedule = Schedule { pauses: &pauses, is_endless };
        attempt(failures, outcome).finish(&schedule, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn an_attempt_counts_as_what_the_ledger_took_it_for() {
        let counts_as = |outcome, written| attempt(0, outcome).counts_as(written);
        let retry = || Outcome::Retry("no".into());
        assert_eq!(counts_as(retry(), Some(JobState::Retrying)), Some(JobOutcome::Retried));
        assert_eq!(counts_as(retry(), Some(JobState::Failed)), Some(JobOutcome::Failed));
        assert_eq!(
            counts_as(Outcome::RetryUncharged("away".into()), Some(JobState::Retrying)),
            Some(JobOutcome::Postponed)
        );
        let waits = Outcome::WaitUntil(DateTime::UNIX_EPOCH);
        assert_eq!(counts_as(waits, Some(JobState::Queued)), Some(JobOutcome::Postponed));
        assert_eq!(counts_as(Outcome::Done(None), Some(JobState::Succeeded)), Some(JobOutcome::Succeeded));
        assert_eq!(counts_as(Outcome::AlreadyCommitted, None), Some(JobOutcome::Succeeded));
        assert_eq!(counts_as(Outcome::Done(None), None), Some(JobOutcome::Lost));
        assert_eq!(counts_as(Outcome::Released, None), None);
    }

    #[test]
    fn failures_use_the_schedule_up_and_then_fail() {
        for (failures, seconds) in [(0, 5), (1, 300)] {
            let finish = ended(failures, Outcome::Retry("no".into())).unwrap();
            assert_eq!((finish.state, finish.charged), (JobState::Retrying, 1));
            let delay = finish.run_at.unwrap().timestamp();
            assert!((seconds * 4 / 5..=seconds * 6 / 5).contains(&delay), "{delay}");
        }
        assert_eq!(ended(2, Outcome::Retry("no".into())).unwrap().state, JobState::Failed);
    }

    #[test]
    fn an_endless_schedule_repeats_its_last_pause() {
        for failures in [1, 2, 100] {
            let finish = scheduled(failures, Outcome::Retry("panicked".into()), true).unwrap();
            assert_eq!(finish.state, JobState::Retrying);
            assert!((240..=360).contains(&finish.run_at.unwrap().timestamp()), "{finish:?}");
        }
    }

    #[test]
    fn an_outage_is_not_charged_however_often_it_happens() {
        let finish = ended(2, Outcome::RetryUncharged("away".into())).unwrap();
        assert_eq!((finish.state, finish.charged), (JobState::Retrying, 0));
    }

    #[test]
    fn who_waits_is_queued_until_then_without_a_charge() {
        let until = DateTime::UNIX_EPOCH + Duration::from_hours(72);
        let finish = ended(2, Outcome::WaitUntil(until)).unwrap();
        assert_eq!(
            (finish.state, finish.charged, finish.run_at, finish.error),
            (JobState::Queued, 0, Some(until), None)
        );
    }

    #[test]
    fn what_is_recorded_or_lost_is_not_written_again() {
        for outcome in [Outcome::AlreadyCommitted, Outcome::Released, Outcome::LeaseLost] {
            assert!(ended(0, outcome).is_none());
        }
    }
}

//! Metrics of jobs.

use super::declared::{JOB_DURATION, JOB_WAIT, JOBS_FINISHED, LEASE_LOSSES, RECONCILER_PUSHES};
use metrics::{Counter, Histogram, counter, histogram};
use std::time::Duration;

macro_rules! outcomes {
    ($($(#[$doc:meta])* $outcome:ident = $name:literal),+ $(,)?) => {
        /// The outcome of an attempt, for operators.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum JobOutcome {
            $($(#[$doc])* $outcome),+
        }

        impl JobOutcome {
            const ALL: &'static [Self] = &[$(Self::$outcome),+];

            const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$outcome => $name),+
                }
            }
        }
    };
}

outcomes! {
    /// Done.
    Succeeded = "succeeded",
    /// Failed permanently, or without retries left.
    Failed = "failed",
    /// Failed, and tried again later.
    Retried = "retried",
    /// A dependency was unavailable, or it waits for an external answer; retried without counting.
    Postponed = "postponed",
    /// Cancelled.
    Cancelled = "cancelled",
    /// Quarantined after too many crashes.
    Quarantined = "quarantined",
    /// Released by a stopping worker.
    Released = "released",
    /// Another worker has it; the outcome is void.
    Lost = "lost",
}

/// The metrics of a job kind, looked up once. They are registered when a worker starts, so that the first increment is
/// visible.
pub struct JobMetrics {
    wait: Histogram,
    duration: Histogram,
    ended: Vec<Counter>,
}

impl JobMetrics {
    /// The metrics of a kind.
    pub fn of(kind: &'static str) -> Self {
        let ended = |outcome: &JobOutcome| counter!(JOBS_FINISHED.name, "kind" => kind, "outcome" => outcome.as_str());
        Self {
            wait: histogram!(JOB_WAIT.name, "kind" => kind),
            duration: histogram!(JOB_DURATION.name, "kind" => kind),
            ended: JobOutcome::ALL.iter().map(ended).collect(),
        }
    }

    /// Records the start of an attempt, with its delay.
    pub fn started(&self, wait: Duration) {
        self.wait.record(wait);
    }

    /// Records the duration of an attempt.
    pub fn ran(&self, took: Duration) {
        self.duration.record(took);
    }

    /// Counts recorded outcomes of attempts.
    pub fn ended(&self, outcome: JobOutcome, attempts: usize) {
        self.ended[outcome as usize].increment(attempts as u64);
    }
}

/// Registers the reconciler's counters of all kinds at the start.
pub fn reconciling(kinds: impl Iterator<Item = &'static str>) {
    for kind in kinds {
        lease_lost(kind, 0);
        reconciler_pushed(kind, 0);
    }
}

/// Counts jobs of the kind with expired leases.
pub fn lease_lost(kind: &str, jobs: u64) {
    counter!(LEASE_LOSSES.name, "kind" => kind.to_owned()).increment(jobs);
}

/// Counts jobs of the kind that ended with their lease, quarantined or cancelled.
pub fn ended_with_lease(kind: &str, outcome: JobOutcome) {
    counter!(JOBS_FINISHED.name, "kind" => kind.to_owned(), "outcome" => outcome.as_str()).increment(1);
}

/// Counts jobs of the kind enqueued by the reconciler.
pub fn reconciler_pushed(kind: &'static str, jobs: u64) {
    counter!(RECONCILER_PUSHES.name, "kind" => kind).increment(jobs);
}

//! What is measured of jobs.

use super::declared::{JOB_DURATION, JOB_WAIT, JOBS_FINISHED, LEASE_LOSSES, RECONCILER_PUSHES};
use crate::jobs::JobKind;
use metrics::{Counter, Histogram, counter, histogram};
use std::time::Duration;

macro_rules! outcomes {
    ($($(#[$doc:meta])* $outcome:ident = $name:literal),+ $(,)?) => {
        /// How an attempt of a job ended, as an operator counts it.
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
    /// Given up: of no use, or no retry left.
    Failed = "failed",
    /// Failed, and tried again later.
    Retried = "retried",
    /// Something it needs was away, or is to come from outside; tried again, without a charge.
    Postponed = "postponed",
    /// Stopped because somebody asked for it.
    Cancelled = "cancelled",
    /// Took its worker down once too often.
    Quarantined = "quarantined",
    /// Given back by a worker that stopped.
    Released = "released",
    /// Another worker has it; what this one did is void.
    Lost = "lost",
}

/// The metrics of one kind of job, looked up once. Those of a kind that a worker runs are there from its
/// start, so that the first rise of a counter is seen as one.
pub struct JobMetrics {
    wait: Histogram,
    duration: Histogram,
    ended: Vec<Counter>,
}

impl JobMetrics {
    /// Those of the kind.
    pub fn of(kind: JobKind) -> Self {
        let kind = kind.as_str();
        let ended = |outcome: &JobOutcome| counter!(JOBS_FINISHED.name, "kind" => kind, "outcome" => outcome.as_str());
        Self {
            wait: histogram!(JOB_WAIT.name, "kind" => kind),
            duration: histogram!(JOB_DURATION.name, "kind" => kind),
            ended: JobOutcome::ALL.iter().map(ended).collect(),
        }
    }

    /// An attempt was started, so long after it was due.
    pub fn started(&self, wait: Duration) {
        self.wait.record(wait);
    }

    /// The handler of an attempt ended, or was stopped, after so long.
    pub fn ran(&self, took: Duration) {
        self.duration.record(took);
    }

    /// So many attempts ended in this way, and that is written.
    pub fn ended(&self, outcome: JobOutcome, attempts: usize) {
        self.ended[outcome as usize].increment(attempts as u64);
    }
}

/// The counters of what the reconciler does are there from the start, for all kinds.
pub fn reconciling() {
    for kind in JobKind::ALL {
        lease_lost(kind.as_str(), 0);
        reconciler_pushed(*kind, 0);
    }
}

/// So many jobs of the kind were taken back from workers that did not renew their leases.
pub fn lease_lost(kind: &str, jobs: u64) {
    counter!(LEASE_LOSSES.name, "kind" => kind.to_owned()).increment(jobs);
}

/// So many jobs of the kind were taken back for good, since it happened to them too often, or they were
/// being cancelled.
pub fn ended_with_lease(kind: &str, outcome: JobOutcome) {
    counter!(JOBS_FINISHED.name, "kind" => kind.to_owned(), "outcome" => outcome.as_str()).increment(1);
}

/// The reconciler brought so many jobs of the kind in.
pub fn reconciler_pushed(kind: JobKind, jobs: u64) {
    counter!(RECONCILER_PUSHES.name, "kind" => kind.as_str()).increment(jobs);
}

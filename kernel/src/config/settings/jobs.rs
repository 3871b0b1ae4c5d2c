//! How jobs run, and how long what they leave is kept.

use super::{DAY, GIB, MINUTE, MOMENT, SECOND, YEAR, ZERO};
use crate::config::{
    kinds::kinds,
    rules::{duration, list, size, whole},
};
use std::time::Duration;

sections! {
    /// Running jobs.
    pub struct Worker {
        /// The kinds this process runs; empty: all.
        pub kinds: Vec<String> = kinds,
        /// How long a job belongs to a worker that has stopped renewing it.
        pub lease: Duration = duration(SECOND..=10 * MINUTE),
        /// How long running jobs may go on when the process stops.
        pub drain: Duration = duration(ZERO..=60 * MINUTE),
        /// How often an idle queue is looked at when no wake-up came.
        pub poll: Duration = duration(MOMENT..=60 * MINUTE),
        /// A job whose lease expired this often is quarantined.
        pub lost_leases: usize = whole(1..=100),
        /// How long a cancelled handler may go on before it is stopped.
        pub cancel_grace: Duration = duration(ZERO..=10 * MINUTE),
    }

    /// Bringing jobs back to the queue that it has lost.
    pub struct Reconciler {
        /// How often the ledger is compared with the queue.
        pub interval: Duration = duration(MOMENT..=DAY),
        /// A job younger than this is left alone.
        pub grace: Duration = duration(ZERO..=DAY),
        /// How often all open jobs are compared.
        pub full_every: Duration = duration(MOMENT..=DAY),
    }

    /// Removing finished jobs.
    pub struct Retention {
        /// How long succeeded and cancelled jobs are kept.
        pub finished: Duration = duration(ZERO..=10 * YEAR),
        /// How long failed and quarantined jobs are kept.
        pub failed: Duration = duration(ZERO..=10 * YEAR),
        /// How long attempts to deliver events are kept.
        pub deliveries: Duration = duration(ZERO..=10 * YEAR),
        /// How long events are kept.
        pub events: Duration = duration(DAY..=100 * YEAR),
        /// How often expired rows are removed.
        pub interval: Duration = duration(MOMENT..=DAY),
        /// Rows removed in one statement.
        pub batch: usize = whole(1..=100_000),
    }

    /// Bulk operations.
    pub struct Bulk {
        /// How long the result and the row errors can be fetched.
        pub expires: Duration = duration(MOMENT..=YEAR),
        /// Rows of an uploaded file handed to one job.
        pub rows_per_chunk: usize = whole(1..=10_000),
        /// Bytes of JSON after which a job is handed no further row.
        pub chunk_bytes: u64 = size(GIB),
        /// Rows a JSON bulk job commits at once.
        pub rows_per_step: usize = whole(1..=100),
    }

    /// What differs from kind to kind.
    pub struct KindSettings {
        /// Jobs of the kind that one worker process runs at once.
        pub concurrency: usize = whole(1..=10_000),
        /// How long one attempt may take.
        pub timeout: Duration = duration(MOMENT..=7 * DAY),
        /// The pause before each retry; as many retries as pauses.
        pub retry: Vec<Duration> = list(duration(ZERO..=30 * DAY)),
    }
}

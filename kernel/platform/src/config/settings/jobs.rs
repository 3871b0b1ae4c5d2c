//! Settings of jobs and retention.

use super::{DAY, GIB, MINUTE, MOMENT, SECOND, YEAR, ZERO};
use crate::config::{
    layers::Layers,
    rules::{Field, duration, list, one_of, size, whole},
};
use std::time::Duration;

sections! {
    /// Running jobs.
    pub struct Worker {
        /// The kinds this process runs; empty: all.
        pub kinds: Vec<String> = kinds,
        /// How long a job belongs to a worker that has stopped renewing it.
        pub lease: Duration = duration(SECOND..=10 * MINUTE),
        /// How long a stopping process waits for running jobs.
        pub drain: Duration = duration(ZERO..=60 * MINUTE),
        /// Polling interval of an idle queue without a wake-up.
        pub poll: Duration = duration(MOMENT..=60 * MINUTE),
        /// Number of lost leases after which a job is quarantined.
        pub lost_leases: usize = whole(1..=100),
        /// How long a cancelled handler may continue before it is aborted.
        pub cancel_grace: Duration = duration(ZERO..=10 * MINUTE),
    }

    /// The reconciler.
    pub struct Reconciler {
        /// How often the ledger is compared with the queue.
        pub interval: Duration = duration(MOMENT..=DAY),
        /// Younger jobs are skipped.
        pub grace: Duration = duration(ZERO..=DAY),
        /// How often all open jobs are compared.
        pub full_every: Duration = duration(MOMENT..=DAY),
    }

    /// Retention.
    pub struct Retention {
        /// How long succeeded and cancelled jobs are kept.
        pub finished: Duration = duration(ZERO..=10 * YEAR),
        /// How long failed and quarantined jobs are kept.
        pub failed: Duration = duration(ZERO..=10 * YEAR),
        /// How long delivery attempts are kept.
        pub deliveries: Duration = duration(ZERO..=10 * YEAR),
        /// How long events are kept.
        pub events: Duration = duration(DAY..=100 * YEAR),
        /// How often expired rows are removed.
        pub interval: Duration = duration(MOMENT..=DAY),
        /// Rows removed per statement.
        pub batch: usize = whole(1..=100_000),
    }

    /// Bulk operations.
    pub struct Bulk {
        /// How long the result and the row errors can be fetched.
        pub expires: Duration = duration(MOMENT..=YEAR),
        /// Rows of an uploaded file per job.
        pub rows_per_chunk: usize = whole(1..=10_000),
        /// Bytes of JSON after which a job gets no further row.
        pub chunk_bytes: u64 = size(GIB),
        /// Rows that a JSON bulk job commits per transaction.
        pub rows_per_step: usize = whole(1..=100),
    }

    /// Settings per job kind.
    pub struct KindSettings {
        /// Concurrent jobs of the kind per worker process.
        pub concurrency: usize = whole(1..=10_000),
        /// Timeout of one attempt.
        pub timeout: Duration = duration(MOMENT..=7 * DAY),
        /// The delay before each retry; the number of delays is the number of retries.
        pub retry: Vec<Duration> = list(duration(ZERO..=30 * DAY)),
    }
}

/// A list of existing kinds: a typo would leave a worker idle silently.
fn kinds(layers: &mut Layers, path: &str) -> Option<Vec<String>> {
    let known = layers.names_below("jobs").into_iter().map(|kind| (kind.clone(), kind));
    list(one_of(known.collect())).read(layers, path)
}

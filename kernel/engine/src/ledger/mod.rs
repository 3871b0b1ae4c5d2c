//! The ledger: jobs as rows, from enqueue to the sweep. SQL is the truth; the transport only carries ids
//! that may be worth looking at.
//!
//! ```text
//! enqueue ──► queued ──start──► running ──finish──► succeeded | failed | cancelled
//!               ▲                 │  │ lease runs out (reconcile) ──► retrying, alone; at last quarantined
//!               ├── retrying ◄────┤  (finish: retry at)
//!               └── queued   ◄────┘  (finish: waits until; wake: what it waits for has come)
//! ```
//!
//! `attempt` is the fencing token: start raises it, and whatever a worker writes for a job afterwards
//! (finish, progress, renewal) is guarded by it. A worker that lost its lease can write nothing.
//!
//! A job that lost its lease is a *suspect* (`crashes` > 0): it may be what took the worker down, or have been beside
//! it. It is started alone, and what it then loses counts against it, until `crashes` reaches `worker.lost_leases`.
//! Progress and an attempt that ends, however it does, clear it. See `docs/decisions/0017-suspects-run-alone.md`.

mod cancel;
mod children;
mod clock_set_back;
mod enqueue;
mod expire;
mod finish;
mod lease;
mod progress;
mod reconcile;
mod reschedule;
mod retention;
mod retry_manually;
mod start;
mod wake;

pub use cancel::{CancelOutcome, announce_cancel, cancel};
pub use children::add_parts;
pub use clock_set_back::{clock_set_back, shorten_leases};
pub use enqueue::{Enqueued, NewJob, enqueue};
pub use enqueue::{FIELDS, insert, prepare};
pub use expire::expire_leases;
pub use finish::{Finish, Finished, finish};
pub use lease::{JobLease, Renewal, is_held, lock, release, renew};
pub use progress::{Progress, Rows, advance, advance_parent};
pub use reconcile::{Cursor, oldest_due, overdue, overdue_count};
pub use reschedule::{Reschedule, reschedule_earlier};
pub use retention::sweep;
pub use retry_manually::retry_manually;
pub use start::{Started, Suspect, Waiting, mark_not_alone, start, start_alone, waiting};
pub use wake::{is_open, wake};

use crate::transport::{QueueEntry, Transport, Wakeup, announce_wakeups};
use std::{collections::BTreeMap, time::Duration};

/// Maximum time to wait for a push.
const PUSH_PATIENCE: Duration = Duration::from_secs(1);

/// Records an operation on a job as an event of its organization (or of the platform), in the caller's transaction.
#[must_use = "push the tickets once the transaction is committed"]
#[derive(Debug, Default)]
pub struct PendingPush {
    ready: Vec<QueueEntry>,
    wakeups: Vec<Wakeup>,
}

impl PendingPush {
    /// Pushes them. An unavailable transport is not an error: the reconciler enqueues the jobs.
    pub async fn push(self, transport: &dyn Transport) {
        let mut queues = BTreeMap::<_, Vec<_>>::new();
        for queue_entry in self.ready {
            queues.entry(queue_entry.queue.clone()).or_default().push(queue_entry);
        }
        let push_all = async {
            for (queue, pushes) in queues {
                if let Err(error) = transport.push(&queue, &pushes).await {
                    tracing::debug!(queue, %error, "push failed; the reconciler will enqueue these jobs");
                }
            }
            announce_wakeups(transport, self.wakeups).await;
        };
        if tokio::time::timeout(PUSH_PATIENCE, push_all).await.is_err() {
            tracing::debug!("push took too long; the reconciler will enqueue the rest");
        }
    }

    /// Merges two sets.
    pub fn and(mut self, other: Self) -> Self {
        self.ready.extend(other.ready);
        self.wakeups.extend(other.wakeups);
        self
    }

    /// Adds a wake-up.
    pub fn wakeup(mut self, wakeups: impl IntoIterator<Item = impl Into<Wakeup>>) -> Self {
        self.wakeups.extend(wakeups.into_iter().map(Into::into));
        self
    }

    /// The number of jobs.
    pub const fn len(&self) -> usize {
        self.ready.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }
}

impl FromIterator<QueueEntry> for PendingPush {
    fn from_iter<I: IntoIterator<Item = QueueEntry>>(pushes: I) -> Self {
        Self { ready: pushes.into_iter().collect(), wakeups: vec![] }
    }
}

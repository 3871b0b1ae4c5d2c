//! The transport: hands job ids to workers, fast. It is a hint, never the truth: it may lose any id (the
//! reconciler brings it back) and may hand one out twice (the ledger starts it once).
//!
//! Within a priority, tenants take turns: each job is filed under its tenant's next turn (start-time fair
//! queueing), so a tenant with a million jobs waiting does not make another's single job wait.

mod local;
mod memory;
mod messages;
mod redis;
mod signals;

pub use local::listen;
pub use memory::Memory;
pub use redis::Redis;
pub use signals::{Signals, Wakeup};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entities::ids::{JobId, OrganizationId};
use platform::{config::Settings, error::Result};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// The priority of jobs of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Priority {
    /// High.
    High,
    /// Normal.
    #[default]
    Normal,
    /// Low.
    Low,
}

impl Priority {
    /// All, highest first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// The stored number.
    pub const fn number(self) -> i16 {
        match self {
            Self::High => 0,
            Self::Normal => 1,
            Self::Low => 2,
        }
    }

    /// The priority of a stored number, or the nearest one.
    pub const fn from_number(number: i16) -> Self {
        match number {
            ..=0 => Self::High,
            1 => Self::Normal,
            2.. => Self::Low,
        }
    }
}

/// A queue entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueEntry {
    /// The queue: the job's kind.
    pub queue: String,
    /// The job.
    pub id: JobId,
    /// The tenant, for fair queueing.
    pub tenant: Option<OrganizationId>,
    /// The priority.
    pub priority: Priority,
    /// The earliest time; `None`: now.
    pub due: Option<DateTime<Utc>>,
}

/// The result of a pop.
#[derive(Debug, Default)]
pub struct PopResult {
    /// Jobs to look up in the ledger, in order.
    pub ids: Vec<JobId>,
    /// Time until the next delayed job is due, if any.
    pub next_due: Option<Duration>,
}

/// The number of ids in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Ready.
    pub ready: u64,
    /// Delayed.
    pub delayed: u64,
}

/// Transports job ids to workers.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Adds entries to one queue, and wakes a worker. One already queued stays where it is, unless it was delayed and
    /// is due now.
    async fn push(&self, queue: &str, pushes: &[QueueEntry]) -> Result<u64>;

    /// Pops at most `max` ids. They are removed from the transport: if the worker dies, the reconciler enqueues them
    /// again.
    async fn pop(&self, queue: &str, max: usize) -> Result<PopResult>;

    /// How many ids the queue holds.
    async fn depth(&self, queue: &str) -> Result<Depth>;

    /// Notifies all workers that this running job was cancelled.
    async fn announce_cancel(&self, id: JobId) -> Result<()>;

    /// Sends a wake-up to all workers.
    async fn announce_wakeup(&self, wakeup: &Wakeup) -> Result<()>;

    /// The signals of this process: new queue entries, cancellations, wake-ups.
    fn signals(&self) -> &Signals;

    /// Describes the server for operators, with TLS or without.
    async fn status(&self) -> Result<String>;

    /// Whether it answers.
    async fn ping(&self) -> Result<()>;
}

/// The configured transport: Redis or in process.
pub fn open(settings: &Settings) -> Result<Arc<dyn Transport>> {
    if settings.redis.url.is_empty() {
        return Ok(Arc::new(Memory::default()));
    }
    Ok(Arc::new(Redis::open(&settings.redis)?))
}

/// The transport of a command alongside the platform: Redis or, if the platform's is in process, its socket.
pub fn open_beside(settings: &Settings) -> Result<Arc<dyn Transport>> {
    match local::socket(settings) {
        Some(socket) => Ok(Arc::new(local::Client::new(socket))),
        None => open(settings),
    }
}

/// A lost wake-up only causes a delay: the worker that has the job checks again anyway.
pub async fn announce_wakeups(
    transport: &dyn Transport,
    wakeups: impl IntoIterator<Item = Wakeup, IntoIter: Send>,
) {
    for wakeup in wakeups {
        if let Err(error) = transport.announce_wakeup(&wakeup).await {
            tracing::debug!(?wakeup, %error, "wakeup not announced; the worker checks again anyway");
        }
    }
}

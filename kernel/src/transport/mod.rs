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
pub use redis::{
    ALLOWED_URL, Address as RedisAddress, Connection as RedisConnection, Redis, Servers as RedisServers,
};
pub use signals::{Signals, Wakeup};

use crate::{config::Settings, error::Result};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entities::ids::{JobId, OrganizationId};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// In which order jobs of a kind are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Priority {
    /// Before all others.
    High,
    /// The usual.
    #[default]
    Normal,
    /// When nothing else is waiting.
    Low,
}

impl Priority {
    /// All, the first first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// The stored number.
    pub const fn number(self) -> i16 {
        match self {
            Self::High => 0,
            Self::Normal => 1,
            Self::Low => 2,
        }
    }

    /// The priority of a stored number; what is out of range counts as the nearest.
    pub const fn from_number(number: i16) -> Self {
        match number {
            ..=0 => Self::High,
            1 => Self::Normal,
            2.. => Self::Low,
        }
    }
}

/// A job id on its way to a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueEntry {
    /// Which queue: the job's kind.
    pub queue: String,
    /// The job.
    pub id: JobId,
    /// Whose turn it takes.
    pub tenant: Option<OrganizationId>,
    /// In which order.
    pub priority: Priority,
    /// Not before this time; none: now.
    pub due: Option<DateTime<Utc>>,
}

/// What a worker gets from a queue.
#[derive(Debug, Default)]
pub struct PopResult {
    /// Jobs to look up in the ledger, in order.
    pub ids: Vec<JobId>,
    /// How long until a delayed job becomes due, if one waits.
    pub next_due: Option<Duration>,
}

/// How many ids a queue holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Ready to be taken.
    pub ready: u64,
    /// Waiting for their time.
    pub delayed: u64,
}

/// A way for job ids from those who enqueue to those who work.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Files the queue entries, of one queue, and wakes a worker. One that is filed already stays where it is,
    /// unless it was delayed and is due now.
    /// Returns how many were new.
    async fn push(&self, queue: &str, pushes: &[QueueEntry]) -> Result<u64>;

    /// Takes at most `max` ids off the queue. They are gone from the transport: if the taker dies, the
    /// ledger's reconciler files them again.
    async fn pop(&self, queue: &str, max: usize) -> Result<PopResult>;

    /// How many ids the queue holds.
    async fn depth(&self, queue: &str) -> Result<Depth>;

    /// Tells all workers that somebody asked for this running job to stop.
    async fn announce_cancel(&self, id: JobId) -> Result<()>;

    /// Tells all workers that there is something new for whoever holds a job.
    async fn announce_wakeup(&self, wakeup: &Wakeup) -> Result<()>;

    /// What wakes this process: new queue entries, cancellations, wakeups.
    fn signals(&self) -> &Signals;

    /// What answers, for operators: which server, with TLS or without.
    async fn status(&self) -> Result<String>;

    /// Whether it answers.
    async fn ping(&self) -> Result<()>;
}

/// The transport that the settings name: Redis, or within this process.
pub fn open(settings: &Settings) -> Result<Arc<dyn Transport>> {
    if settings.redis.url.is_empty() {
        return Ok(Arc::new(Memory::default()));
    }
    Ok(Arc::new(Redis::open(&settings.redis)?))
}

/// The transport of a command that works beside the platform: Redis, or, where the platform's is within its process,
/// the socket that it listens at.
pub fn open_beside(settings: &Settings) -> Result<Arc<dyn Transport>> {
    match local::socket(settings) {
        Some(socket) => Ok(Arc::new(local::Client::new(socket))),
        None => open(settings),
    }
}

/// A wakeup that is lost costs only time: the worker that holds the job looks again anyway.
pub async fn announce_wakeups(
    transport: &dyn Transport,
    wakeups: impl IntoIterator<Item = Wakeup, IntoIter: Send>,
) {
    for wakeup in wakeups {
        if let Err(error) = transport.announce_wakeup(&wakeup).await {
            tracing::debug!(?wakeup, %error, "wakeup not announced; the holder of the job looks again anyway");
        }
    }
}

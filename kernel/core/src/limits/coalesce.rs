//! Combines concurrent requests into one round trip to Redis: requests that arrive during a round trip share the next
//! one. A request that arrives alone does not wait.
//!
//! This is not a [`Batcher`](platform::batcher::Batcher): a lone request asks Redis from its own task, which saves
//! switching to another task and back.

use super::{
    Quota, Taken,
    redis::{Counted, Redis},
};
use futures::future::join_all;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{runtime::Handle, sync::oneshot, time::timeout};

/// The result of counting a request.
type Outcome = Result<Taken, String>;

/// Waiting requests, those of a caller in order of arrival.
type Waiting = HashMap<(String, Quota), Vec<oneshot::Sender<Outcome>>>;

/// See the module.
pub(super) struct CoalescingLimiter {
    redis: Redis,
    patience: Duration,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    is_asking: bool,
    waiting: Waiting,
}

impl CoalescingLimiter {
    /// `patience` limits a round trip for waiting requests; the callers limit the total wait.
    pub(super) fn new(redis: Redis, patience: Duration) -> Arc<Self> {
        Arc::new(Self { redis, patience, queue: Mutex::default() })
    }

    /// Whether the request is admitted, and the counts including it.
    pub(super) async fn take(self: &Arc<Self>, caller: &str, quota: Quota) -> Outcome {
        match self.begin(caller, quota) {
            Ok(_turn) => self.ask(caller, quota, 1).await.map(|counted| counted.of(0)),
            Err(answer) => answer.await.map_err(|_| "shutting down")?,
        }
    }

    /// The turn to ask, if it is free; otherwise the future result.
    fn begin(self: &Arc<Self>, caller: &str, quota: Quota) -> Result<Turn, oneshot::Receiver<Outcome>> {
        let mut queue = self.queue();
        if !queue.is_asking {
            queue.is_asking = true;
            return Ok(Turn(self.clone()));
        }
        let (reply, answer) = oneshot::channel();
        queue.waiting.entry((caller.to_owned(), quota)).or_default().push(reply);
        Err(answer)
    }

    async fn ask(&self, caller: &str, quota: Quota, requests: usize) -> Result<Counted, String> {
        self.redis.take(caller, quota, requests).await.map_err(|error| error.to_string())
    }

    /// Requests are counted in order of arrival.
    async fn ask_for(&self, (caller, quota): (String, Quota), replies: Vec<oneshot::Sender<Outcome>>) {
        let asked = timeout(self.patience, self.ask(&caller, quota, replies.len())).await;
        let counted = asked.unwrap_or_else(|_| Err("no answer in time".into()));
        for (place, reply) in replies.into_iter().enumerate() {
            // A caller that disconnected is still counted.
            let _ = reply.send(counted.as_ref().map(|counted| counted.of(place)).map_err(Clone::clone));
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to ask. When it ends, with a result or because its caller disconnected, the waiting requests get the next
/// one.
struct Turn(Arc<CoalescingLimiter>);

impl Turn {
    /// One connection: requests sent together are pipelined.
    async fn ask_all(self, waiting: Waiting) {
        join_all(waiting.into_iter().map(|(caller, replies)| self.0.ask_for(caller, replies))).await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        let waiting = std::mem::take(&mut queue.waiting);
        queue.is_asking = !waiting.is_empty();
        drop(queue);
        // Without a runtime, nothing can be waiting.
        if !waiting.is_empty()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(Self(self.0.clone()).ask_all(waiting));
        }
    }
}

//! Many requests, one trip to Redis: those that come while one is being asked about wait for its answer, and go
//! together with the next. A request that comes alone waits for nobody.
//!
//! This is no [`Batcher`](platform::batcher::Batcher): a request that comes alone asks Redis from its own task, since each
//! request would pay for the way to another task and back.

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

/// How a request was counted, or why it was not.
type Outcome = Result<Taken, String>;

/// Requests that wait, those of a caller in the order in which they came.
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
    /// No trip of requests that have waited may take longer than `patience`; for how long a request waits in all is
    /// up to whoever makes it.
    pub(super) fn new(redis: Redis, patience: Duration) -> Arc<Self> {
        Arc::new(Self { redis, patience, queue: Mutex::default() })
    }

    /// Whether the request may go on, and the counts with it.
    pub(super) async fn take(self: &Arc<Self>, caller: &str, quota: Quota) -> Outcome {
        match self.begin(caller, quota) {
            Ok(_turn) => self.ask(caller, quota, 1).await.map(|counted| counted.of(0)),
            Err(answer) => answer.await.map_err(|_| "shutting down")?,
        }
    }

    /// The turn to ask, where nobody has it; else what will be answered.
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

    /// Requests count in the order in which they came.
    async fn ask_for(&self, (caller, quota): (String, Quota), replies: Vec<oneshot::Sender<Outcome>>) {
        let asked = timeout(self.patience, self.ask(&caller, quota, replies.len())).await;
        let counted = asked.unwrap_or_else(|_| Err("no answer in time".into()));
        for (place, reply) in replies.into_iter().enumerate() {
            // Who has gone away was counted all the same: his request had come.
            let _ = reply.send(counted.as_ref().map(|counted| counted.of(place)).map_err(Clone::clone));
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to ask. However it ends, with an answer or because its request has gone away, those who came meanwhile
/// have the next.
struct Turn(Arc<CoalescingLimiter>);

impl Turn {
    /// One connection: what is sent at once goes at once.
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
        // Without a runtime, nobody is left who could wait.
        if !waiting.is_empty()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(Self(self.0.clone()).ask_all(waiting));
        }
    }
}

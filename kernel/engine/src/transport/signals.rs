//! Signals to a process: a notification per queue, and a stream of cancellations and wake-ups.

use entities::ids::JobId;
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{Notify, broadcast};

/// A wake-up for a long-running job. The transport does not interpret it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wakeup {
    /// The kind of wake-up: `due`.
    pub topic: Cow<'static, str>,
    /// The subject, in the form of its topic.
    pub about: String,
}

/// Wakes the fetchers of a process, and passes on cancellations.
#[derive(Debug)]
pub struct Signals {
    queues: Mutex<HashMap<String, Arc<Notify>>>,
    cancels: broadcast::Sender<JobId>,
    wakeups: broadcast::Sender<Wakeup>,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            queues: Mutex::default(),
            cancels: broadcast::channel(1024).0,
            wakeups: broadcast::channel(1024).0,
        }
    }
}

impl Signals {
    /// Notified when the queue has something new.
    pub fn queue(&self, queue: &str) -> Arc<Notify> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.entry(queue.to_owned()).or_default().clone()
    }

    /// Cancelled running jobs. A lagging reader loses the oldest; lease renewal reports them too.
    pub fn cancels(&self) -> broadcast::Receiver<JobId> {
        self.cancels.subscribe()
    }

    /// Wake-ups. A lagging reader loses the oldest, and should then check everything.
    pub fn wakeups(&self) -> broadcast::Receiver<Wakeup> {
        self.wakeups.subscribe()
    }

    pub(super) fn wakeup(&self, wakeup: Wakeup) {
        // As for cancellations.
        let _ = self.wakeups.send(wakeup);
    }

    pub(super) fn wake(&self, queue: &str) {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = queues.get(queue) {
            notify.notify_one();
        }
    }

    pub(super) fn wake_all(&self) {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.values().for_each(|notify| notify.notify_one());
    }

    pub(super) fn cancel(&self, id: JobId) {
        // There is no reader in a process without workers.
        let _ = self.cancels.send(id);
    }
}

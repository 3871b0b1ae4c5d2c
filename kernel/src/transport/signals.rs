//! What wakes a process: per queue a notification, and a stream of cancellations.

use crate::domain::webhooks::Due;
use entities::ids::{EndpointId, JobId, OrganizationId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{Notify, broadcast};

/// Something new for whoever holds a job that goes on for as long as there is something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wakeup {
    /// Events of the organization wait for their fan-out.
    Queued(OrganizationId),
    /// Deliveries to the endpoint are due; perhaps this one alone, which has just been made.
    Due(EndpointId, Option<Due>),
    /// The endpoint itself has changed: its status, its secrets; and perhaps deliveries are due.
    Changed(EndpointId),
}

/// Wakes the fetchers of a process, and tells it of cancellations.
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

    /// Running jobs that somebody asked to stop. A reader that lags loses the oldest; the leases'
    /// renewal tells it too.
    pub fn cancels(&self) -> broadcast::Receiver<JobId> {
        self.cancels.subscribe()
    }

    /// What is new for those who hold such a job. A reader that lags loses the oldest; it
    /// should then look at all that it holds.
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
        // Nobody listens in a process without workers.
        let _ = self.cancels.send(id);
    }
}

//! Records the attempts of all endpoints of the process in batches.

use entities::ids::{DeliveryId, EndpointId};
use kernel::{
    Kernel, Result,
    domain::webhooks::{self, Attempt, Health},
    retry::OutageBackoff,
};
use std::{collections::HashMap, time::Duration};
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};

/// Maximum number of attempts per transaction.
const MAX_BATCH: usize = 500;
/// Maximum number of attempts waiting to be recorded; then senders wait.
const MAX_WAITING: usize = 2 * MAX_BATCH;

/// A batch of this size suggests that more are coming, which are worth waiting for.
const BUSY: usize = 4;
/// How long to wait for more.
const GATHER: Duration = Duration::from_millis(5);

/// A completed attempt, with the health of its endpoint.
pub(crate) struct CompletedAttempt {
    /// The attempt.
    pub attempt: Attempt,
    /// The endpoint's health after it.
    pub health: Health,
    /// Notified when it is recorded.
    pub written: mpsc::UnboundedSender<DeliveryId>,
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Recorder {
    inbox: mpsc::Sender<CompletedAttempt>,
}

impl Recorder {
    /// Starts the task, which ends when the last recorder is dropped and everything is recorded.
    pub(super) fn start(kernel: Kernel) -> (Self, JoinHandle<()>) {
        let (inbox, made) = mpsc::channel(MAX_WAITING);
        (Self { inbox }, tokio::spawn(write_all(kernel, made)))
    }

    /// Queues an attempt to be recorded. Waits if too many are queued.
    pub(crate) async fn write(&self, made: CompletedAttempt) {
        // The task ends only after the last recorder.
        let _ = self.inbox.send(made).await;
    }
}

/// During a database outage it waits and keeps everything: no completed attempt is forgotten.
async fn write_all(kernel: Kernel, mut inbox: mpsc::Receiver<CompletedAttempt>) {
    let (mut batch, mut outage) = (Vec::with_capacity(MAX_BATCH), OutageBackoff::new());
    while inbox.recv_many(&mut batch, MAX_BATCH).await > 0 {
        let mut health = HashMap::new();
        let (attempts, waiting): (Vec<_>, Vec<_>) = batch
            .drain(..)
            .map(|made: CompletedAttempt| {
                // The health of each endpoint after its last attempt.
                health.insert(made.health.endpoint_id, made.health);
                (made.attempt, made.written)
            })
            .unzip();
        let health = in_order(health);
        while let Err(error) = write(&kernel, &attempts, &health).await {
            outage.wait(&error).await;
        }
        outage.over();
        let busy = attempts.len() >= BUSY;
        for (attempt, written) in attempts.iter().zip(waiting) {
            // The session may have been aborted; then nobody waits.
            let _ = written.send(attempt.id);
        }
        if busy {
            sleep(GATHER).await;
        }
    }
}

/// A global order, to avoid deadlocks between processes.
fn in_order(health: HashMap<EndpointId, Health>) -> Vec<Health> {
    let mut health: Vec<_> = health.into_values().collect();
    health.sort_by_key(|health| health.endpoint_id);
    health
}

async fn write(kernel: &Kernel, attempts: &[Attempt], health: &[Health]) -> Result<()> {
    let written = webhooks::record(&kernel.db, attempts, health, kernel.clock.now()).await?;
    if written < attempts.len() {
        // Another worker made the same attempts after a lease was lost, or the endpoint was removed.
        tracing::info!(attempts = attempts.len() - written, "sent, but already recorded or no longer wanted");
    }
    Ok(())
}

//! The recorder: writes the attempts of all endpoints of the process, as many at a time as have come in.

use entities::ids::{DeliveryId, EndpointId};
use kernel::{
    Kernel, Result,
    domain::webhooks::{self, Attempt, Health},
    retry::OutageBackoff,
};
use std::{collections::HashMap, time::Duration};
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};

/// Attempts at most in one transaction.
const BATCH: usize = 500;
/// Attempts at most that wait to be written; whoever makes more waits.
const WAITING: usize = 2 * BATCH;

/// A transaction of so many is a sign that more are to come, and are worth waiting for.
const BUSY: usize = 4;
/// How long.
const GATHER: Duration = Duration::from_millis(5);

/// An attempt that was made, and how its endpoint is after it.
pub(crate) struct Made {
    /// The attempt.
    pub attempt: Attempt,
    /// The endpoint after it.
    pub health: Health,
    /// Who is told when it is written.
    pub written: mpsc::UnboundedSender<DeliveryId>,
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Recorder {
    inbox: mpsc::Sender<Made>,
}

impl Recorder {
    /// Starts the task that writes; it ends when the last recorder is dropped and everything is written.
    pub(super) fn start(kernel: Kernel) -> (Self, JoinHandle<()>) {
        let (inbox, made) = mpsc::channel(WAITING);
        (Self { inbox }, tokio::spawn(write_all(kernel, made)))
    }

    /// Has an attempt written. Waits while too many do.
    pub(crate) async fn write(&self, made: Made) {
        // The task ends only after the last recorder.
        let _ = self.inbox.send(made).await;
    }
}

/// While the database is away, waits, and keeps what it has: an attempt that was made is not forgotten.
async fn write_all(kernel: Kernel, mut inbox: mpsc::Receiver<Made>) {
    let (mut batch, mut outage) = (Vec::with_capacity(BATCH), OutageBackoff::new());
    while inbox.recv_many(&mut batch, BATCH).await > 0 {
        let mut health = HashMap::new();
        let (attempts, waiting): (Vec<_>, Vec<_>) = batch
            .drain(..)
            .map(|made: Made| {
                // Of each endpoint, how it is after the last of its attempts.
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
            // Whoever made it may have been stopped; then nobody waits.
            let _ = written.send(attempt.id);
        }
        if busy {
            sleep(GATHER).await;
        }
    }
}

/// One order for all processes, so that they do not wait for each other in a circle.
fn in_order(health: HashMap<EndpointId, Health>) -> Vec<Health> {
    let mut health: Vec<_> = health.into_values().collect();
    health.sort_by_key(|health| health.endpoint_id);
    health
}

async fn write(kernel: &Kernel, attempts: &[Attempt], health: &[Health]) -> Result<()> {
    let written = webhooks::record(&kernel.db, attempts, health, kernel.clock.now()).await?;
    if written < attempts.len() {
        // Whoever has the endpoint since a lease was lost has made the same attempts, or it was removed.
        tracing::info!(
            attempts = attempts.len() - written,
            "made, but written already or not wanted any more"
        );
    }
    Ok(())
}

//! Records the attempts of all endpoints of the process in batches.

use entities::ids::{DeliveryId, EndpointId};
use isp::vendors;
use kernel::Kernel;
use platform::{
    Result,
    batcher::{Batcher, Linger, Options},
    retry::OutageBackoff,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinHandle};
use webhooks::{Attempt, Health};

/// Transactions of up to 500 attempts; twice as many may wait. A transaction of four is a sign that more are to come,
/// and are worth waiting for.
const OPTIONS: Options = Options {
    size: 500,
    waiting: 1000,
    linger: Linger::AfterLarge { size: 4, time: Duration::from_millis(5) },
};

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
pub(crate) struct Recorder(Batcher<CompletedAttempt, ()>);

impl Recorder {
    /// Starts the task, which ends when the last recorder is dropped and everything is recorded.
    pub(super) fn start(kernel: Kernel) -> (Self, JoinHandle<()>) {
        let (batcher, task) = Batcher::start(OPTIONS, move |made| write_all(kernel.clone(), made));
        (Self(batcher), task)
    }

    /// Queues an attempt to be recorded. Waits if too many are queued.
    pub(crate) async fn write(&self, made: CompletedAttempt) {
        self.0.push(made).await;
    }
}

/// During a database outage it waits and keeps everything: no completed attempt is forgotten.
async fn write_all(kernel: Kernel, batch: Arc<[CompletedAttempt]>) -> Vec<Option<()>> {
    // The health of each endpoint after its last attempt.
    let health = batch.iter().map(|made| (made.health.endpoint_id, made.health.clone())).collect();
    let (health, mut outage) = (in_order(health), OutageBackoff::new());
    while let Err(error) = write(&kernel, &batch, &health).await {
        outage.wait(&error).await;
    }
    outage.over();
    for made in &*batch {
        // The session may have been aborted; then nobody waits.
        let _ = made.written.send(made.attempt.id);
    }
    vec![]
}

/// A global order, to avoid deadlocks between processes.
fn in_order(health: HashMap<EndpointId, Health>) -> Vec<Health> {
    let mut health: Vec<_> = health.into_values().collect();
    health.sort_by_key(|health| health.endpoint_id);
    health
}

async fn write(kernel: &Kernel, batch: &[CompletedAttempt], health: &[Health]) -> Result<()> {
    let written = webhooks::record(
        &kernel.db,
        batch.iter().map(|made| &made.attempt),
        health,
        &vendors::KeepEnded,
        kernel.clock.now(),
    )
    .await?;
    if written < batch.len() {
        // Another worker made the same attempts after a lease was lost, or the endpoint was removed.
        tracing::info!(attempts = batch.len() - written, "sent, but already recorded or no longer wanted");
    }
    Ok(())
}

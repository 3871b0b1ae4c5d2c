//! One lane a kind: an apalis worker on our backend.

use crate::{
    backend::{Assignment, Hand, Isolation, Lane, LedgerBackend},
    context::Shared,
    runner,
};
use apalis::layers::WorkerBuilderExt;
use apalis_core::{task::Task, worker::builder::WorkerBuilder};
use kernel::{Kernel, jobs::Kind, metrics::JobMetrics};
use std::{convert::Infallible, sync::Arc};
use tokio_util::sync::CancellationToken;
use tower::service_fn;

/// Works on jobs of one kind until shutdown, and then until those in flight have ended or the time for
/// that is over.
pub(crate) async fn run(
    kernel: Kernel,
    kind: Kind,
    worker: String,
    shared: Shared,
    isolation: Arc<Isolation>,
    shutdown: CancellationToken,
) {
    let lane = lane(kernel, kind, worker, shared, isolation, shutdown.clone());
    let backend = LedgerBackend::start(lane.clone());
    let handler_lane = lane.clone();
    let handler = service_fn(move |task: Task<Assignment>| {
        let lane = handler_lane.clone();
        let (assignment, _) = task.take();
        async move { Ok::<_, Infallible>(runner::run(lane, assignment).await) }
    });
    let worker = WorkerBuilder::new(format!("{}/{kind}", lane.worker))
        .backend(backend)
        .concurrency(lane.settings.concurrency)
        .build(handler);
    let stop_stragglers = tokio::spawn(stop_after_drain(lane, shutdown.clone()));
    let signal = async move {
        shutdown.cancelled().await;
        Ok::<(), std::io::Error>(())
    };
    if let Err(error) = worker.run_until(signal).await {
        tracing::error!(%kind, %error, "the worker ended");
    }
    stop_stragglers.abort();
}

fn lane(
    kernel: Kernel,
    kind: Kind,
    worker: String,
    shared: Shared,
    isolation: Arc<Isolation>,
    shutdown: CancellationToken,
) -> Arc<Lane> {
    let settings = kernel.settings.jobs.get(kind.as_str()).cloned().unwrap_or_else(|| {
        unreachable!("switchyard.toml has a section for every kind; a test holds it to that")
    });
    let (hand, metrics) = (Hand::new(settings.concurrency), JobMetrics::of(kind));
    let lane = Lane { kernel, kind, settings, worker, hand, shared, metrics, isolation, shutdown };
    let lane = Arc::new(lane);
    lane.isolation.watch(&lane);
    lane
}

async fn stop_after_drain(lane: Arc<Lane>, shutdown: CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(lane.kernel.settings.worker.drain).await;
    lane.hand.stop_all();
}

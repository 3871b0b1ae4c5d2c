//! One worker per job kind: an apalis worker on our backend.

use crate::{
    backend::{self, Assignment, InFlightJobs, Isolation, LedgerBackend, QueueWorker},
    context::Shared,
};
use apalis::layers::WorkerBuilderExt;
use apalis_core::{task::Task, worker::builder::WorkerBuilder};
use engine::jobs::JobKind;
use kernel::Kernel;
use platform::metrics::JobMetrics;
use std::{convert::Infallible, sync::Arc};
use tokio_util::sync::CancellationToken;
use tower::service_fn;

/// Runs jobs of one kind until shutdown, and then until those in flight have ended or the drain time has passed.
pub(crate) async fn run(
    kernel: Kernel,
    kind: JobKind,
    worker: String,
    shared: Shared,
    isolation: Arc<Isolation>,
    shutdown: CancellationToken,
) {
    let queue_worker = queue_worker(kernel, kind, worker, shared, isolation, shutdown.clone());
    let backend = LedgerBackend::start(queue_worker.clone());
    let handler_queue = queue_worker.clone();
    let handler = service_fn(move |task: Task<Assignment>| {
        let queue_worker = handler_queue.clone();
        let (assignment, _) = task.take();
        async move { Ok::<_, Infallible>(backend::run(queue_worker, assignment).await) }
    });
    let worker = WorkerBuilder::new(format!("{}/{kind}", queue_worker.worker))
        .backend(backend)
        .concurrency(queue_worker.settings.concurrency)
        .build(handler);
    let stop_stragglers = tokio::spawn(stop_after_drain(queue_worker, shutdown.clone()));
    let signal = async move {
        shutdown.cancelled().await;
        Ok::<(), std::io::Error>(())
    };
    if let Err(error) = worker.run_until(signal).await {
        tracing::error!(%kind, %error, "the worker ended");
    }
    stop_stragglers.abort();
}

fn queue_worker(
    kernel: Kernel,
    kind: JobKind,
    worker: String,
    shared: Shared,
    isolation: Arc<Isolation>,
    shutdown: CancellationToken,
) -> Arc<QueueWorker> {
    let settings = kernel.settings.jobs.get(kind.as_str()).cloned().unwrap_or_else(|| {
        unreachable!("switchyard.toml has a section for every kind; a test holds it to that")
    });
    let (in_flight, metrics) = (InFlightJobs::new(settings.concurrency), JobMetrics::of(kind.as_str()));
    let queue_worker =
        QueueWorker { kernel, kind, settings, worker, in_flight, shared, metrics, isolation, shutdown };
    let queue_worker = Arc::new(queue_worker);
    queue_worker.isolation.watch(&queue_worker);
    queue_worker
}

async fn stop_after_drain(queue_worker: Arc<QueueWorker>, shutdown: CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(queue_worker.kernel.settings.worker.drain).await;
    queue_worker.in_flight.stop_all();
}

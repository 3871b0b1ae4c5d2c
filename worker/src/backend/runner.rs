//! Runs one attempt of one job, limited by the kind's timeout, cancellation and shutdown.

use super::{Assignment, QueueWorker};
use crate::{
    context::JobContext,
    jobs,
    outcome::{AttemptResult, Outcome},
};
use engine::ledger::{JobLease, Started};
use platform::{error::panic_text, trace};
use std::{sync::Arc, time::Instant};
use tokio::task::JoinError;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::{Instrument, Span, error_span};

/// Runs the handler in a separate task, so that a panic or a blocking call does not affect others. At a limit the task
/// is aborted at its next await; later writes are rejected by its fencing token.
pub(crate) async fn run(queue_worker: Arc<QueueWorker>, assignment: Assignment) -> AttemptResult {
    let Assignment { job, cancel, stop, draining } = assignment;
    let held = JobLease { id: job.id, attempt: job.attempt };
    let (is_child, failures) = (job.parent_id.is_some(), job.failures);
    if !queue_worker.in_flight.begin(held) {
        return AttemptResult { held, is_child, failures, outcome: stop_reason(&queue_worker) };
    }
    let (span, began) = (span(&queue_worker, &job), Instant::now());
    let context = JobContext {
        kernel: queue_worker.kernel.clone(),
        job,
        cancel: cancel.clone(),
        draining,
        shared: queue_worker.shared.clone(),
    };
    let handler =
        AbortOnDropHandle::new(tokio::spawn(jobs::run(queue_worker.kind, context).instrument(span.clone())));
    let outcome = tokio::select! {
        ended = handler => ended.unwrap_or_else(crashed),
        () = stop.cancelled() => stop_reason(&queue_worker),
        () = grace_over(&queue_worker, &cancel) => Outcome::Cancelled,
        () = tokio::time::sleep(queue_worker.settings.timeout) => timed_out(&queue_worker),
    };
    queue_worker.metrics.ran(began.elapsed());
    trace::ended(&span, "outcome", outcome.as_str(), outcome.is_success());
    let outcome = outcome.bounded();
    span.in_scope(|| log(&outcome));
    AttemptResult { held, is_child, failures, outcome }
}

/// The span of the attempt, in the log and in the trace of the request that enqueued the job.
fn span(queue_worker: &QueueWorker, job: &Started) -> Span {
    let span = error_span!(
        target: trace::TARGET, parent: None, "job",
        id = %job.id, kind = %queue_worker.kind, attempt = job.attempt, request_id = job.request_id,
    );
    trace::set_parent(&span, job.traceparent.as_deref());
    span
}

/// Why the job was taken from the handler.
fn stop_reason(queue_worker: &QueueWorker) -> Outcome {
    if queue_worker.shutdown.is_cancelled() || queue_worker.isolation.is_draining() {
        Outcome::Released
    } else {
        Outcome::LeaseLost
    }
}

/// Returns when `worker.cancel_grace` has passed since a cancellation.
async fn grace_over(queue_worker: &QueueWorker, cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(queue_worker.kernel.settings.worker.cancel_grace).await;
}

fn timed_out(queue_worker: &QueueWorker) -> Outcome {
    Outcome::Retry(format!("timed out after {:?}", queue_worker.settings.timeout))
}

fn crashed(error: JoinError) -> Outcome {
    let reason = match error.try_into_panic() {
        Ok(panic) => format!("panicked: {}", panic_text(&*panic)),
        Err(error) => error.to_string(),
    };
    Outcome::Retry(reason)
}

fn log(outcome: &Outcome) {
    match outcome {
        Outcome::Done(_) | Outcome::AlreadyCommitted => tracing::debug!("done"),
        Outcome::WaitUntil(until) => tracing::debug!(%until, "waits for an answer from outside"),
        Outcome::Retry(error) | Outcome::RetryUncharged(error) => {
            tracing::warn!(error, "failed; may be tried again");
        }
        Outcome::GiveUp(error) => tracing::error!(error, "given up"),
        Outcome::Cancelled => tracing::info!("cancelled"),
        Outcome::Released => tracing::info!("released"),
        Outcome::LeaseLost => tracing::warn!("lost the lease; another worker has the job"),
    }
}

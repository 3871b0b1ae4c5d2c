//! Runs one attempt of one job, and bounds it: by the kind's timeout, by cancellation, by shutdown.

use crate::{
    backend::{Assignment, QueueWorker},
    context::JobContext,
    jobs,
    outcome::{AttemptResult, Outcome},
};
use kernel::{
    error::panic_text,
    ledger::{JobLease, Started},
    trace,
};
use std::{sync::Arc, time::Instant};
use tokio::task::JoinError;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::{Instrument, Span, error_span};

/// Runs the handler in a task of its own, so that one that panics or blocks does not touch the others.
/// When the bound is reached the task is aborted at its next await; what it might still write is refused
/// by its fencing token.
pub(crate) async fn run(queue_worker: Arc<QueueWorker>, assignment: Assignment) -> AttemptResult {
    let Assignment { job, cancel, stop, draining } = assignment;
    let held = JobLease { id: job.id, attempt: job.attempt };
    let (is_part, failures) = (job.parent_id.is_some(), job.failures);
    if !queue_worker.in_flight.begin(held) {
        return AttemptResult { held, is_part, failures, outcome: let_go(&queue_worker) };
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
        () = stop.cancelled() => let_go(&queue_worker),
        () = grace_over(&queue_worker, &cancel) => Outcome::Cancelled,
        () = tokio::time::sleep(queue_worker.settings.timeout) => timed_out(&queue_worker),
    };
    queue_worker.metrics.ran(began.elapsed());
    trace::ended(&span, "outcome", outcome.as_str(), outcome.is_success());
    let outcome = outcome.bounded();
    span.in_scope(|| log(&outcome));
    AttemptResult { held, is_part, failures, outcome }
}

/// What this attempt does, in the log and in the trace of the request that began it.
fn span(queue_worker: &QueueWorker, job: &Started) -> Span {
    let span = error_span!(
        target: trace::TARGET, parent: None, "job",
        id = %job.id, kind = %queue_worker.kind, attempt = job.attempt, request_id = job.request_id,
    );
    trace::go_on(&span, job.traceparent.as_deref());
    span
}

/// Why the worker does not hold the job any more.
fn let_go(queue_worker: &QueueWorker) -> Outcome {
    if queue_worker.shutdown.is_cancelled() || queue_worker.isolation.is_draining() {
        Outcome::Released
    } else {
        Outcome::LeaseLost
    }
}

/// Returns when the job was asked to stop and has not within `worker.cancel_grace`.
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
        Outcome::Released => tracing::info!("given back"),
        Outcome::LeaseLost => tracing::warn!("lost the lease; another worker has the job"),
    }
}

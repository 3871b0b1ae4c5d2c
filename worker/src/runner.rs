//! Runs one attempt of one job, and bounds it: by the kind's timeout, by cancellation, by shutdown.

use crate::{
    backend::{Assignment, Lane},
    context::JobContext,
    jobs,
    outcome::{Ended, Outcome},
};
use kernel::{
    error::panic_text,
    ledger::{Held, Started},
    trace,
};
use std::{sync::Arc, time::Instant};
use tokio::task::JoinError;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::{Instrument, Span, error_span};

/// Runs the handler in a task of its own, so that one that panics or blocks does not touch the others.
/// When the bound is reached the task is aborted at its next await; what it might still write is refused
/// by its fencing token.
pub(crate) async fn run(lane: Arc<Lane>, assignment: Assignment) -> Ended {
    let Assignment { job, cancel, stop, draining } = assignment;
    let held = Held { id: job.id, attempt: job.attempt };
    let (is_part, failures) = (job.parent_id.is_some(), job.failures);
    if !lane.hand.begin(held) {
        return Ended { held, is_part, failures, outcome: let_go(&lane) };
    }
    let (span, began) = (span(&lane, &job), Instant::now());
    let context = JobContext {
        kernel: lane.kernel.clone(),
        job,
        cancel: cancel.clone(),
        draining,
        shared: lane.shared.clone(),
    };
    let handler =
        AbortOnDropHandle::new(tokio::spawn(jobs::run(lane.kind, context).instrument(span.clone())));
    let outcome = tokio::select! {
        ended = handler => ended.unwrap_or_else(crashed),
        () = stop.cancelled() => let_go(&lane),
        () = grace_over(&lane, &cancel) => Outcome::Cancelled,
        () = tokio::time::sleep(lane.settings.timeout) => timed_out(&lane),
    };
    lane.metrics.ran(began.elapsed());
    trace::ended(&span, "outcome", outcome.as_str(), outcome.is_well());
    let outcome = outcome.bounded();
    span.in_scope(|| log(&outcome));
    Ended { held, is_part, failures, outcome }
}

/// What this attempt does, in the log and in the trace of the request that began it.
fn span(lane: &Lane, job: &Started) -> Span {
    let span = error_span!(
        target: trace::TARGET, parent: None, "job",
        id = %job.id, kind = %lane.kind, attempt = job.attempt, request_id = job.request_id,
    );
    trace::go_on(&span, job.traceparent.as_deref());
    span
}

/// Why the worker does not hold the job any more.
fn let_go(lane: &Lane) -> Outcome {
    if lane.shutdown.is_cancelled() || lane.isolation.is_draining() {
        Outcome::Released
    } else {
        Outcome::Lost
    }
}

/// Returns when the job was asked to stop and has not within `worker.cancel_grace`.
async fn grace_over(lane: &Lane, cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(lane.kernel.settings.worker.cancel_grace).await;
}

fn timed_out(lane: &Lane) -> Outcome {
    Outcome::Retry(format!("timed out after {:?}", lane.settings.timeout))
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
        Outcome::Done(_) | Outcome::Recorded => tracing::debug!("done"),
        Outcome::Waits(until) => tracing::debug!(%until, "waits for an answer from outside"),
        Outcome::Retry(error) | Outcome::Later(error) => tracing::warn!(error, "failed; may be tried again"),
        Outcome::GiveUp(error) => tracing::error!(error, "given up"),
        Outcome::Cancelled => tracing::info!("cancelled"),
        Outcome::Released => tracing::info!("given back"),
        Outcome::Lost => tracing::warn!("lost the lease; another worker has the job"),
    }
}

//! The layer that passes outcomes from the handlers to the finisher.

use super::{Assignment, QueueWorker};
use crate::outcome::AttemptResult;
use apalis_core::task::Task;
use futures::{FutureExt, TryFutureExt, future::BoxFuture};
use std::{
    sync::Arc,
    task::{Context, Poll},
};
use tokio::sync::mpsc;
use tower::{Layer, Service};

/// See the module.
#[derive(Clone)]
pub(crate) struct AckLayer {
    queue_worker: Arc<QueueWorker>,
    outcomes: mpsc::WeakUnboundedSender<AttemptResult>,
}

impl AckLayer {
    /// The sender is weak: when the backend closes it, the finisher ends.
    pub(super) fn new(
        queue_worker: Arc<QueueWorker>,
        outcomes: &mpsc::UnboundedSender<AttemptResult>,
    ) -> Self {
        Self { queue_worker, outcomes: outcomes.downgrade() }
    }
}

impl<S> Layer<S> for AckLayer {
    type Service = Ack<S>;

    fn layer(&self, inner: S) -> Ack<S> {
        Ack { inner, layer: self.clone() }
    }
}

/// See the module.
#[derive(Clone)]
pub(crate) struct Ack<S> {
    inner: S,
    layer: AckLayer,
}

impl<S> Service<Task<Assignment>> for Ack<S>
where
    S: Service<Task<Assignment>, Response = AttemptResult>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = ();
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<(), S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, task: Task<Assignment>) -> Self::Future {
        let layer = self.layer.clone();
        self.inner.call(task).map_ok(move |ended| layer.pass_on(ended)).boxed()
    }
}

impl AckLayer {
    fn pass_on(&self, ended: AttemptResult) {
        self.queue_worker.in_flight.end(ended.held);
        // Only a closed backend, after its last job, has no receiver.
        if let Some(outcomes) = self.outcomes.upgrade() {
            let _ = outcomes.send(ended);
        }
    }
}

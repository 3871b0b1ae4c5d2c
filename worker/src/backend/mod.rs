//! The apalis `Backend`: jobs of one kind, from transport and ledger. `docs/decisions/0001-own-backend.md` says why it
//! is our own.
//!
//! Three tasks run next to the stream that apalis polls: `fetch` (pops ids, starts jobs, fills the inbox), `renew`
//! (leases and cancellations) and `finish` (outcomes, in batches). None of them ends with an error: while the database
//! or Redis is unavailable they retry.

mod ack;
mod fetch;
mod finish;
mod in_flight;
mod isolation;
mod renew;
mod runner;

pub(crate) use in_flight::InFlightJobs;
pub(crate) use isolation::Isolation;
pub(crate) use runner::run;

use crate::{context::Shared, outcome::AttemptResult};
use ack::AckLayer;
use apalis_core::{
    backend::{Backend, BackendConfig, finalize::Ephemeral},
    task::Task,
    worker::context::WorkerContext,
};
use engine::{jobs::JobKind, ledger::Started};
use futures::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use kernel::Kernel;
use platform::{config::KindSettings, metrics::JobMetrics};
use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// State shared by the tasks of one backend.
pub(crate) struct QueueWorker {
    /// The platform.
    pub kernel: Kernel,
    /// The kind of its jobs.
    pub kind: JobKind,
    /// The kind's settings.
    pub settings: KindSettings,
    /// The name of this start of the worker.
    pub worker: String,
    /// The jobs in flight.
    pub in_flight: InFlightJobs,
    /// State shared by the handlers of this process.
    pub shared: Shared,
    /// The metrics.
    pub metrics: JobMetrics,
    /// Runs suspects alone.
    pub isolation: Arc<Isolation>,
    /// Stops fetching.
    pub shutdown: CancellationToken,
}

/// A job to run, with its stop signals.
#[derive(Debug)]
pub(crate) struct Assignment {
    /// The job.
    pub job: Started,
    /// The job was cancelled.
    pub cancel: CancellationToken,
    /// The job must be aborted.
    pub stop: CancellationToken,
    /// The worker is about to stop or to run a suspect alone: handlers that can end early should.
    pub draining: CancellationToken,
}

/// See the module.
pub(crate) struct LedgerBackend {
    queue_worker: Arc<QueueWorker>,
    inbox: mpsc::UnboundedReceiver<Assignment>,
    outcomes: mpsc::UnboundedSender<AttemptResult>,
    /// The fetcher and the finisher, which end at the close.
    closers: Vec<JoinHandle<()>>,
    closing: Option<BoxFuture<'static, ()>>,
    _renewer: AbortOnDropHandle<()>,
}

impl LedgerBackend {
    /// Starts the tasks.
    pub(crate) fn start(queue_worker: Arc<QueueWorker>) -> Self {
        let (assignments, inbox) = mpsc::unbounded_channel();
        let (outcomes, ended) = mpsc::unbounded_channel();
        let fetcher = tokio::spawn(fetch::run(queue_worker.clone(), assignments));
        let finisher = tokio::spawn(finish::run(queue_worker.clone(), ended));
        let renewer = AbortOnDropHandle::new(tokio::spawn(renew::run(queue_worker.clone())));
        Self {
            queue_worker,
            inbox,
            outcomes,
            closers: vec![fetcher, finisher],
            closing: None,
            _renewer: renewer,
        }
    }

    /// Ends the finisher by dropping its last sender, and waits until everything is recorded and the fetcher has
    /// released jobs without a handler.
    fn close(&mut self) -> BoxFuture<'static, ()> {
        let (closed, _) = mpsc::unbounded_channel();
        self.outcomes = closed;
        // They fail only by a panic, which has been logged.
        join_all(std::mem::take(&mut self.closers)).map(drop).boxed()
    }
}

impl Backend for LedgerBackend {
    type Task = Task<Assignment>;
    type Error = Infallible;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Infallible>>> {
        let assignment = ready!(self.inbox.poll_recv(cx));
        Poll::Ready(assignment.map(|assignment| Ok(Task::new(assignment))))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        if self.closing.is_none() {
            self.closing = Some(self.close());
        }
        if let Some(closing) = &mut self.closing {
            ready!(closing.poll_unpin(cx));
        }
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for LedgerBackend {
    type Args = Assignment;
    type Id = String;
    type Kind = Ephemeral;
    type Config = KindSettings;
    type Layer = AckLayer;

    fn config(&self) -> &KindSettings {
        &self.queue_worker.settings
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> AckLayer {
        AckLayer::new(self.queue_worker.clone(), &self.outcomes)
    }
}

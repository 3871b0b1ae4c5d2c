//! The apalis `Backend`: jobs of one kind, from transport and ledger. Why it is our own is told in
//! `docs/decisions/0001-own-backend.md`.
//!
//! Three tasks stand beside the stream that apalis polls: `fetch` (pop ids, start them, fill the inbox),
//! `renew` (leases and cancellations) and `finish` (outcomes, in batches). None of them ever ends on an
//! error: while the database or Redis is away they wait and try again.

mod ack;
mod fetch;
mod finish;
mod in_flight;
mod isolation;
mod renew;

pub(crate) use in_flight::InFlightJobs;
pub(crate) use isolation::Isolation;

use crate::{context::Shared, outcome::AttemptResult};
use ack::AckLayer;
use apalis_core::{
    backend::{Backend, BackendConfig, finalize::Ephemeral},
    task::Task,
    worker::context::WorkerContext,
};
use futures::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use kernel::{Kernel, config::KindSettings, jobs::JobKind, ledger::Started, metrics::JobMetrics};
use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// What the tasks of one backend share.
pub(crate) struct QueueWorker {
    /// The platform.
    pub kernel: Kernel,
    /// Whose jobs these are.
    pub kind: JobKind,
    /// The kind's settings.
    pub settings: KindSettings,
    /// This start of this worker.
    pub worker: String,
    /// The jobs that it holds.
    pub in_flight: InFlightJobs,
    /// What the handlers of this process share.
    pub shared: Shared,
    /// What is measured of them.
    pub metrics: JobMetrics,
    /// What runs suspects alone.
    pub isolation: Arc<Isolation>,
    /// No further jobs are fetched.
    pub shutdown: CancellationToken,
}

/// A job to be run, with what stops it.
#[derive(Debug)]
pub(crate) struct Assignment {
    /// The job.
    pub job: Started,
    /// Somebody asked for the job to stop.
    pub cancel: CancellationToken,
    /// The worker must let go of it.
    pub stop: CancellationToken,
    /// The worker is about to stop, or to run a suspect alone: what can end early should.
    pub draining: CancellationToken,
}

/// See the module.
pub(crate) struct LedgerBackend {
    queue_worker: Arc<QueueWorker>,
    inbox: mpsc::UnboundedReceiver<Assignment>,
    outcomes: mpsc::UnboundedSender<AttemptResult>,
    /// The fetcher and the finisher: they end by themselves at the close.
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

    /// Ends the finisher by taking its last sender away, and waits until it has written everything, and
    /// the fetcher has given back what nobody took up.
    fn close(&mut self) -> BoxFuture<'static, ()> {
        let (closed, _) = mpsc::unbounded_channel();
        self.outcomes = closed;
        // They only fail by a panic, which has been logged.
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

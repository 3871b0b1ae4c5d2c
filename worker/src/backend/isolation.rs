//! Runs suspects alone. A job whose worker was lost may have crashed it, or have only run alongside the job that did.
//! If nothing else runs in the process, another loss tells which.
//!
//! A read-write lock: fetchers hold it shared, a turn of suspects exclusively. At the start of a turn, running jobs are
//! asked to end, as at a shutdown, and released if they do not. Then the suspects run one after another. A harmless
//! suspect takes no longer than usual, so hundreds take seconds. After a turn, normal jobs get as much time as it took.

use super::{QueueWorker, finish, runner};
use crate::outcome::Outcome;
use engine::ledger::{self, JobLease, Suspect};
use entities::ids::JobId;
use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    sync::{Notify, RwLock, RwLockReadGuard},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

/// A turn starts suspects for this fraction of a lease (a third: 5 s of 15). A suspect runs alone for as long the first
/// time, and twice as long after each further loss; then it continues alongside other jobs.
const TURN_FRACTION: u32 = 3;
/// Maximum number of doublings.
const DOUBLINGS: u32 = 8;
/// A suspect is asked to end after this time, because some jobs run as long as there is work.
const DRAIN_AFTER: Duration = Duration::from_millis(50);
/// How long to wait for jobs that were aborted.
const ABORT_TIMEOUT: Duration = Duration::from_secs(1);
/// How often to check whether the running jobs have ended.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// See the module. One per process.
pub(crate) struct Isolation {
    gate: RwLock<()>,
    state: Mutex<State>,
    wakeup: Notify,
    lease: Duration,
    shutdown: CancellationToken,
}

struct State {
    queue_workers: Vec<Weak<QueueWorker>>,
    waiting: VecDeque<(Arc<QueueWorker>, JobId)>,
    /// Queued or running suspects.
    known: HashSet<JobId>,
    /// Triggered when the running jobs should end early.
    draining: CancellationToken,
}

impl Isolation {
    /// For a process with leases of this duration.
    pub(crate) fn new(lease: Duration, shutdown: CancellationToken) -> Arc<Self> {
        let state = State {
            queue_workers: vec![],
            waiting: VecDeque::new(),
            known: HashSet::new(),
            draining: shutdown.child_token(),
        };
        let (gate, state, wakeup) = (RwLock::new(()), Mutex::new(state), Notify::new());
        Arc::new(Self { gate, state, wakeup, lease, shutdown })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a worker whose jobs end before a turn.
    pub(crate) fn watch(&self, queue_worker: &Arc<QueueWorker>) {
        self.state().queue_workers.push(Arc::downgrade(queue_worker));
    }

    /// Waits until normal jobs may be started. While the guard is held, no suspect runs.
    pub(super) async fn shared(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().await
    }

    /// Triggered when jobs started now should end early.
    pub(super) fn draining(&self) -> CancellationToken {
        self.state().draining.clone()
    }

    /// Whether running jobs should end.
    pub(crate) fn is_draining(&self) -> bool {
        self.state().draining.is_cancelled()
    }

    /// Queues suspects, except those already queued or running.
    pub(super) fn enqueue(&self, queue_worker: &Arc<QueueWorker>, ids: Vec<JobId>) {
        if ids.is_empty() {
            return;
        }
        let mut state = self.state();
        for id in ids {
            if state.known.insert(id) {
                state.waiting.push_back((queue_worker.clone(), id));
            }
        }
        drop(state);
        self.wakeup.notify_one();
    }

    fn next(&self) -> Option<(Arc<QueueWorker>, JobId)> {
        self.state().waiting.pop_front()
    }

    /// Runs until shutdown, and until a suspect running then has ended or was released.
    pub(crate) async fn run(self: Arc<Self>) {
        while self.shutdown.run_until_cancelled(self.wakeup.notified()).await.is_some() {
            while !self.shutdown.is_cancelled() && !self.state().waiting.is_empty() {
                let took = self.turn().await;
                self.shutdown.run_until_cancelled(sleep(took)).await;
            }
        }
        // They are due in the ledger; another worker finds them.
        self.state().waiting.clear();
    }

    /// Runs one turn of suspects; returns its duration.
    async fn turn(&self) -> Duration {
        let Some(gate) = self.shutdown.run_until_cancelled(self.gate.write()).await else {
            return Duration::ZERO;
        };
        let began = Instant::now();
        self.empty().await;
        let (alone, mut run) = (Instant::now(), 0);
        while alone.elapsed() < self.lease / TURN_FRACTION
            && !self.shutdown.is_cancelled()
            && let Some((queue_worker, id)) = self.next()
        {
            let outlasted = run_alone(&queue_worker, id).await;
            self.state().known.remove(&id);
            run += 1;
            if outlasted {
                break;
            }
        }
        debug!(run, took = ?began.elapsed(), "ran suspects alone");
        self.state().draining = self.shutdown.child_token();
        drop(gate);
        began.elapsed()
    }

    /// Waits for running jobs to end, at most `worker.drain`, and releases those that do not.
    async fn empty(&self) {
        let draining = self.draining();
        draining.cancel();
        let queue_workers: Vec<_> = self.state().queue_workers.iter().filter_map(Weak::upgrade).collect();
        let Some(first) = queue_workers.first() else { return };
        let at_rest = async || {
            while !queue_workers.iter().all(|queue_worker| queue_worker.in_flight.is_idle()) {
                sleep(POLL_INTERVAL).await;
            }
        };
        if timeout(first.kernel.settings.worker.drain, at_rest()).await.is_ok() {
            return;
        }
        for queue_worker in &queue_workers {
            queue_worker.in_flight.stop_all();
        }
        if timeout(ABORT_TIMEOUT, at_rest()).await.is_err() {
            info!("a job does not end; a suspect runs alongside it");
        }
    }
}

/// Runs a suspect; true if it continues alongside other jobs.
async fn run_alone(queue_worker: &Arc<QueueWorker>, id: JobId) -> bool {
    let Some(Suspect { job, lost_leases }) = start(queue_worker, id).await else { return false };
    let held = JobLease { id, attempt: job.attempt };
    let draining = queue_worker.shutdown.child_token();
    let assignment = queue_worker.in_flight.take_alone(job, draining.clone());
    let running = tokio::spawn({
        let queue_worker = queue_worker.clone();
        async move {
            let ended = runner::run(queue_worker.clone(), assignment).await;
            queue_worker.in_flight.end(held);
            let cleared = !matches!(ended.outcome, Outcome::Released | Outcome::LeaseLost);
            finish::write_all(&queue_worker, &[ended]).await;
            cleared
        }
    });
    let drain = async {
        sleep(DRAIN_AFTER).await;
        draining.cancel();
        std::future::pending::<()>().await;
    };
    let doublings = lost_leases.unsigned_abs().saturating_sub(1).min(DOUBLINGS);
    tokio::select! {
        ended = running => {
            if ended.unwrap_or(false) {
                debug!(%id, kind = %queue_worker.kind, "ran alone without crashing the worker");
            }
            false
        }
        () = drain => false,
        () = sleep(queue_worker.isolation.lease / TURN_FRACTION * 2_u32.pow(doublings)) => {
            // If this is not recorded, a lost lease still counts against the job.
            let (db, kind) = (queue_worker.kernel.db.writer(), queue_worker.kind);
            if let Err(error) = ledger::mark_not_alone(db, held).await {
                warn!(%id, %kind, %error, "runs alongside other jobs, unknown to the ledger");
            }
            true
        }
    }
}

/// Starts a suspect; `None` if it must not run any more or the database is unavailable (then the reconciler finds it).
async fn start(queue_worker: &QueueWorker, id: JobId) -> Option<Suspect> {
    let (kernel, lease) = (&queue_worker.kernel, queue_worker.kernel.settings.worker.lease);
    let now = kernel.clock.now();
    match ledger::start_alone(kernel.db.writer(), id, &queue_worker.worker, lease, now).await {
        Ok(started) => {
            if let Some(Suspect { job, .. }) = &started {
                queue_worker.metrics.started((now - job.run_at).to_std().unwrap_or_default());
            }
            started
        }
        Err(error) => {
            debug!(%id, %error, "not started alone; the reconciler will enqueue it");
            None
        }
    }
}

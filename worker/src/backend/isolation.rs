//! Runs suspects alone. A job whose worker was lost may have crashed it, or have only run beside the job that did. If
//! nothing else runs in the process, a further loss tells which.
//!
//! A read-write lock: fetchers hold it shared, a turn of suspects exclusively. At the start of a turn running jobs are
//! asked to end, as at a shutdown, and those that do not are released. Then the suspects run one after another. A
//! harmless suspect takes no longer than usual, so hundreds are through in seconds. After a turn, ordinary jobs get as
//! much time as it took.

use super::{Lane, finish};
use crate::{outcome::Outcome, runner};
use entities::ids::JobId;
use kernel::ledger::{self, Held, Suspect};
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

/// A turn starts suspects for this fraction of a lease (a third: 5 s of 15), and a suspect runs alone for as long the
/// first time, twice as long after each further loss. After that it goes on beside other jobs.
const TURN_FRACTION: u32 = 3;
/// How often that time is doubled at most.
const DOUBLINGS: u32 = 8;
/// A suspect is asked to end after this time: some jobs run for as long as there is work.
const DRAIN_AFTER: Duration = Duration::from_millis(50);
/// How long to wait for jobs that were aborted.
const ABORT_TIMEOUT: Duration = Duration::from_secs(1);
/// How often to check whether the running jobs have ended.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// See the module. One a process.
pub(crate) struct Isolation {
    gate: RwLock<()>,
    state: Mutex<State>,
    wakeup: Notify,
    lease: Duration,
    shutdown: CancellationToken,
}

struct State {
    lanes: Vec<Weak<Lane>>,
    waiting: VecDeque<(Arc<Lane>, JobId)>,
    /// Queued or running suspects.
    known: HashSet<JobId>,
    /// Triggered when the running jobs should end early.
    draining: CancellationToken,
}

impl Isolation {
    /// For a process whose leases are of this length.
    pub(crate) fn new(lease: Duration, shutdown: CancellationToken) -> Arc<Self> {
        let state = State {
            lanes: vec![],
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

    /// Includes the lane's jobs among those that end before a turn.
    pub(crate) fn watch(&self, lane: &Arc<Lane>) {
        self.state().lanes.push(Arc::downgrade(lane));
    }

    /// Waits until ordinary jobs may be started. While the guard is held, no suspect runs.
    pub(super) async fn shared(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().await
    }

    /// Triggered when jobs that are started now should end early.
    pub(super) fn draining(&self) -> CancellationToken {
        self.state().draining.clone()
    }

    /// Whether running jobs should end.
    pub(crate) fn is_draining(&self) -> bool {
        self.state().draining.is_cancelled()
    }

    /// Queues suspects; those that are queued or running already are ignored.
    pub(super) fn enqueue(&self, lane: &Arc<Lane>, ids: Vec<JobId>) {
        if ids.is_empty() {
            return;
        }
        let mut state = self.state();
        for id in ids {
            if state.known.insert(id) {
                state.waiting.push_back((lane.clone(), id));
            }
        }
        drop(state);
        self.wakeup.notify_one();
    }

    fn next(&self) -> Option<(Arc<Lane>, JobId)> {
        self.state().waiting.pop_front()
    }

    /// Runs until shutdown, and until a suspect that is running then has ended or was released.
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

    /// One turn of suspects; how long it took.
    async fn turn(&self) -> Duration {
        let Some(gate) = self.shutdown.run_until_cancelled(self.gate.write()).await else {
            return Duration::ZERO;
        };
        let began = Instant::now();
        self.empty().await;
        let (alone, mut run) = (Instant::now(), 0);
        while alone.elapsed() < self.lease / TURN_FRACTION
            && !self.shutdown.is_cancelled()
            && let Some((lane, id)) = self.next()
        {
            let outlasted = run_alone(&lane, id).await;
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
        let lanes: Vec<_> = self.state().lanes.iter().filter_map(Weak::upgrade).collect();
        let Some(first) = lanes.first() else { return };
        let at_rest = async || {
            while !lanes.iter().all(|lane| lane.hand.is_at_rest()) {
                sleep(POLL_INTERVAL).await;
            }
        };
        if timeout(first.kernel.settings.worker.drain, at_rest()).await.is_ok() {
            return;
        }
        for lane in &lanes {
            lane.hand.stop_all();
        }
        if timeout(ABORT_TIMEOUT, at_rest()).await.is_err() {
            info!("a job does not end; a suspect runs beside it");
        }
    }
}

/// Runs a suspect; true when it goes on beside the others.
async fn run_alone(lane: &Arc<Lane>, id: JobId) -> bool {
    let Some(Suspect { job, lost_leases }) = start(lane, id).await else { return false };
    let held = Held { id, attempt: job.attempt };
    let draining = lane.shutdown.child_token();
    let assignment = lane.hand.take_alone(job, draining.clone());
    let running = tokio::spawn({
        let lane = lane.clone();
        async move {
            let ended = runner::run(lane.clone(), assignment).await;
            lane.hand.end(held);
            let cleared = !matches!(ended.outcome, Outcome::Released | Outcome::Lost);
            finish::write_all(&lane, &[ended]).await;
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
                debug!(%id, kind = %lane.kind, "ran alone without crashing the worker");
            }
            false
        }
        () = drain => false,
        () = sleep(lane.isolation.lease / TURN_FRACTION * 2_u32.pow(doublings)) => {
            // If this is not written, a lost lease still counts against the job.
            let (db, kind) = (lane.kernel.db.writer(), lane.kind);
            if let Err(error) = ledger::mark_not_alone(db, held).await {
                warn!(%id, %kind, %error, "runs beside others, and the ledger does not know");
            }
            true
        }
    }
}

/// Starts it; `None` if it is not to be run any more, or the database is away (then the reconciler finds it).
async fn start(lane: &Lane, id: JobId) -> Option<Suspect> {
    let (kernel, lease) = (&lane.kernel, lane.kernel.settings.worker.lease);
    let now = kernel.clock.now();
    match ledger::start_alone(kernel.db.writer(), id, &lane.worker, lease, now).await {
        Ok(started) => {
            if let Some(Suspect { job, .. }) = &started {
                lane.metrics.started((now - job.run_at).to_std().unwrap_or_default());
            }
            started
        }
        Err(error) => {
            debug!(%id, %error, "not started alone; the reconciler will bring it in");
            None
        }
    }
}

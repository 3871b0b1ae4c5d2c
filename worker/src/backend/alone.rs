//! Runs suspects alone. A job whose worker was lost may be what took it down, or have been beside what did. As long
//! as nothing else runs in the process, a further loss says which.
//!
//! Fetchers share the gate, a turn of suspects has it to itself: what runs is asked to end, as at a shutdown, and what
//! does not is given back; then the suspects run, one after the other. One that is innocent takes as long as it always
//! does, so hundreds are through in seconds. After a turn the others have as long for themselves.

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

/// The part of a lease for which a turn begins further suspects, and for which a suspect is alone the first time: 5 s
/// of 15. It has twice as long after each further loss; then the others come back, and it goes on beside them.
const SHARE: u32 = 3;
/// Doubled so often at most.
const DOUBLINGS: u32 = 8;
/// A job that goes on for as long as there is something to do is asked to end after this long.
const LINGER: Duration = Duration::from_millis(50);
/// How long what is given back has for letting go.
const LETTING_GO: Duration = Duration::from_secs(1);
/// How often it is looked whether the others have ended.
const GLANCE: Duration = Duration::from_millis(2);

/// See the module. One a process.
pub(crate) struct Isolation {
    gate: RwLock<()>,
    state: Mutex<State>,
    came: Notify,
    lease: Duration,
    shutdown: CancellationToken,
}

struct State {
    lanes: Vec<Weak<Lane>>,
    waiting: VecDeque<(Arc<Lane>, JobId)>,
    /// Those that wait or run alone.
    known: HashSet<JobId>,
    /// Triggered when those that run now are to end early.
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
        let (gate, state, came) = (RwLock::new(()), Mutex::new(state), Notify::new());
        Arc::new(Self { gate, state, came, lease, shutdown })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lane's jobs are the others.
    pub(crate) fn watch(&self, lane: &Arc<Lane>) {
        self.state().lanes.push(Arc::downgrade(lane));
    }

    /// Returns when jobs may be started that run side by side; while what it returns is kept, no suspect runs.
    pub(super) async fn company(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().await
    }

    /// Triggered when those that are started now are to end early.
    pub(super) fn draining(&self) -> CancellationToken {
        self.state().draining.clone()
    }

    /// Whether those that run are to end, or are given back.
    pub(crate) fn is_draining(&self) -> bool {
        self.state().draining.is_cancelled()
    }

    /// These are to be run alone. Those that are here already are not taken twice.
    pub(super) fn suspect(&self, lane: &Arc<Lane>, ids: Vec<JobId>) {
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
        self.came.notify_one();
    }

    fn next(&self) -> Option<(Arc<Lane>, JobId)> {
        self.state().waiting.pop_front()
    }

    /// Runs until shutdown, and until the suspect that is running then has ended or was given back.
    pub(crate) async fn run(self: Arc<Self>) {
        while self.shutdown.run_until_cancelled(self.came.notified()).await.is_some() {
            while !self.shutdown.is_cancelled() && !self.state().waiting.is_empty() {
                let took = self.turn().await;
                self.shutdown.run_until_cancelled(sleep(took)).await;
            }
        }
        // They are due in the ledger; who is left will find them.
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
        while alone.elapsed() < self.lease / SHARE
            && !self.shutdown.is_cancelled()
            && let Some((lane, id)) = self.next()
        {
            let stays = run_alone(&lane, id).await;
            self.state().known.remove(&id);
            run += 1;
            if stays {
                break;
            }
        }
        debug!(run, took = ?began.elapsed(), "jobs whose workers were lost were run alone");
        self.state().draining = self.shutdown.child_token();
        drop(gate);
        began.elapsed()
    }

    /// Has what runs end, at most `worker.drain`, and gives back what does not.
    async fn empty(&self) {
        let draining = self.draining();
        draining.cancel();
        let lanes: Vec<_> = self.state().lanes.iter().filter_map(Weak::upgrade).collect();
        let Some(first) = lanes.first() else { return };
        let at_rest = async || {
            while !lanes.iter().all(|lane| lane.hand.is_at_rest()) {
                sleep(GLANCE).await;
            }
        };
        if timeout(first.kernel.settings.worker.drain, at_rest()).await.is_ok() {
            return;
        }
        for lane in &lanes {
            lane.hand.stop_all();
        }
        if timeout(LETTING_GO, at_rest()).await.is_err() {
            info!("a job does not let go; a suspect runs beside it");
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
    let hurry = async {
        sleep(LINGER).await;
        draining.cancel();
        std::future::pending::<()>().await;
    };
    let doublings = lost_leases.unsigned_abs().saturating_sub(1).min(DOUBLINGS);
    tokio::select! {
        ended = running => {
            if ended.unwrap_or(false) {
                debug!(%id, kind = %lane.kind, "was run alone, and took nothing down");
            }
            false
        }
        () = hurry => false,
        () = sleep(lane.isolation.lease / SHARE * 2_u32.pow(doublings)) => {
            // If this is not written, a loss counts against it all the same.
            let (db, kind) = (lane.kernel.db.writer(), lane.kind);
            if let Err(error) = ledger::in_company(db, held).await {
                warn!(%id, %kind, %error, "runs beside others, and the ledger does not know");
            }
            true
        }
    }
}

/// Starts it; none when it is not to be run any more, or the database is away: it will be found again.
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

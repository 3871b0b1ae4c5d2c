//! The reconciler: enqueues lost jobs again. Every worker process runs one; enqueuing an id that is already queued has
//! no effect.

mod clock_jumps;

use crate::KINDS;
use clock_jumps::{ClockJump, JumpDetector};
use engine::{
    jobs::JobKind,
    ledger::{self, Finished},
    transport::Depth,
};
use entities::job::JobState;
use kernel::Kernel;
use platform::{
    Result,
    db::clock,
    metrics::{self, JobOutcome},
    retry::OutageBackoff,
};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

/// Maximum number of jobs per page of overdue jobs.
const PAGE: u64 = 1000;
/// Maximum number of pages when nothing seems to be missing.
const ROUTINE_PAGES: usize = 10;

/// The maximum of `worker.lease`.
const LONGEST_LEASE: Duration = Duration::from_mins(10);

/// Runs until shutdown.
pub(crate) async fn run(kernel: Kernel, shutdown: CancellationToken) {
    metrics::reconciling(KINDS.iter().map(|kind| kind.as_str()));
    let jumps = JumpDetector::new(kernel.settings.worker.lease, kernel.settings.reconciler.interval);
    let mut reconciler = Reconciler { last_full: None, jumps, kernel };
    let mut outage = OutageBackoff::new();
    let rounds = async {
        loop {
            match reconciler.round().await {
                Ok(()) => outage.over(),
                Err(error) => outage.wait(&error).await,
            }
            // Jitter, so that processes do not query at the same moment.
            let interval = reconciler.kernel.settings.reconciler.interval;
            tokio::time::sleep(interval.mul_f64(0.8 + 0.4 * platform::retry::random())).await;
        }
    };
    shutdown.run_until_cancelled(rounds).await;
}

struct Reconciler {
    kernel: Kernel,
    /// When all kinds were last compared; `None` before the first round, in which a new embedded process enqueues all
    /// open jobs.
    last_full: Option<Instant>,
    jumps: JumpDetector,
}

impl Reconciler {
    async fn round(&mut self) -> Result<()> {
        if self.may_expire().await? {
            self.expire_leases().await?;
        }
        let full = self.last_full.is_none_or(|at| at.elapsed() >= self.kernel.settings.reconciler.full_every);
        for kind in KINDS {
            self.enqueue_overdue(*kind, full).await?;
        }
        if full {
            self.last_full = Some(Instant::now());
        }
        Ok(())
    }

    /// Checks the database's clock. After a jump, or a long pause of this process, no lease is expired until live
    /// workers have had time to renew theirs.
    async fn may_expire(&mut self) -> Result<bool> {
        let kernel = &self.kernel;
        let before = Instant::now();
        let jump = self.jumps.observe(before, clock::now(kernel.db.reader()).await?, Instant::now());
        if let Some(jump) = &jump {
            warn!(%jump, "leases are not expired until they could be renewed");
        }
        let (lease, now) = (kernel.settings.worker.lease, kernel.clock.now());
        if let Some(ClockJump::Back(by)) = jump {
            ledger::clock_set_back(kernel.db.writer(), by, lease, now).await?;
        }
        if self.last_full.is_none() {
            ledger::shorten_leases(kernel.db.writer(), LONGEST_LEASE, lease, now).await?;
        }
        Ok(self.jumps.may_expire_leases(Instant::now()))
    }

    async fn expire_leases(&self) -> Result<()> {
        let kernel = &self.kernel;
        let now = kernel.clock.now();
        let (worker, keep) = (&kernel.settings.worker, &kernel.settings.retention);
        let transaction = kernel.db.begin().await?;
        let (expired, pushes) = ledger::expire_leases(&transaction, worker, keep, KINDS, now).await?;
        transaction.commit().await?;
        expired.iter().for_each(log_expired);
        pushes.push(&*kernel.transport).await;
        Ok(())
    }

    /// If the ledger has more overdue jobs than the transport has ids, some are lost, and all are enqueued again. A
    /// full round also checks the oldest when the numbers agree, because they can agree by chance.
    async fn enqueue_overdue(&self, kind: JobKind, full: bool) -> Result<()> {
        let kernel = &self.kernel;
        // The transport first: jobs started in between only reduce the ledger's number.
        let depth = kernel.transport.depth(kind.as_str()).await?;
        let before = kernel.clock.now() - self.grace(depth);
        let overdue = ledger::overdue_count(kernel.db.reader(), kind, before).await?;
        let missing = overdue > depth.ready + self.in_transit(kind, depth);
        if overdue == 0 || !(missing || full) {
            return Ok(());
        }
        let mut cursor = None;
        for page in 1.. {
            let (pushes, next) = ledger::overdue(kernel.db.reader(), kind, before, cursor, PAGE).await?;
            let new = kernel.transport.push(kind.as_str(), &pushes).await?;
            metrics::reconciler_pushed(kind.as_str(), new);
            if new > 0 {
                debug!(%kind, new, "enqueued jobs that the transport did not have");
            }
            cursor = next;
            if cursor.is_none() || page >= ROUTINE_PAGES && !(missing && new > 0) {
                break;
            }
        }
        Ok(())
    }

    /// The push of a new job may still be in progress; it is overdue after the grace. A process that starts with an
    /// empty transport does not wait.
    fn grace(&self, depth: Depth) -> Duration {
        let empty = depth == Depth::default();
        if self.last_full.is_none() && empty { Duration::ZERO } else { self.kernel.settings.reconciler.grace }
    }

    /// How many ids may be between pop and start without being lost, while there is a backlog.
    fn in_transit(&self, kind: JobKind, depth: Depth) -> u64 {
        let slots = self.kernel.settings.jobs.get(kind.as_str()).map_or(0, |kind| kind.concurrency);
        if depth.ready == 0 { 0 } else { PAGE.max(4 * slots as u64) }
    }
}

/// Logs and counts an expired lease.
fn log_expired(job: &Finished) {
    let (id, kind, state) = (job.id, &job.kind, job.state.as_str());
    metrics::lease_lost(kind, 1);
    match job.state {
        JobState::Quarantined => metrics::ended_with_lease(kind, JobOutcome::Quarantined),
        JobState::Cancelled => metrics::ended_with_lease(kind, JobOutcome::Cancelled),
        _ => {}
    }
    if job.state.is_final() {
        error!(%id, kind, state, "the lease expired too often");
    } else {
        warn!(%id, kind, again = %job.run_at, "the lease expired; the job is run again, alone");
    }
}

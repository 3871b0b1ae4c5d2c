//! Long polling of jobs: one task per process queries all watched jobs, so that a thousand waiting requests cost one
//! statement every 200 ms, no connection, and nothing if there are none.

use entities::{
    ids::JobId,
    job::{self, JobState},
};
use futures::{Stream, stream};
use platform::Db;
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, prelude::DateTimeUtc,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// The polling interval.
const INTERVAL: Duration = Duration::from_millis(200);
/// The pause after a failed query.
const OUTAGE: Duration = Duration::from_secs(1);
/// Maximum number of ids per statement.
const BATCH: usize = 1000;

/// The changing columns of a job.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
struct Snapshot {
    id: JobId,
    state: JobState,
    total: Option<i64>,
    processed: i64,
    succeeded: i64,
    failed: i64,
    started_at: Option<DateTimeUtc>,
    finished_at: Option<DateTimeUtc>,
    expires_at: Option<DateTimeUtc>,
}

impl Snapshot {
    const COLUMNS: [job::Column; 9] = [
        job::Column::Id,
        job::Column::State,
        job::Column::Total,
        job::Column::Processed,
        job::Column::Succeeded,
        job::Column::Failed,
        job::Column::StartedAt,
        job::Column::FinishedAt,
        job::Column::ExpiresAt,
    ];

    fn of(job: &job::Model) -> Self {
        Self {
            id: job.id,
            state: job.state,
            total: job.total,
            processed: job.processed,
            succeeded: job.succeeded,
            failed: job.failed,
            started_at: job.started_at,
            finished_at: job.finished_at,
            expires_at: job.expires_at,
        }
    }

    fn apply(self, job: &mut job::Model) {
        job.state = self.state;
        job.total = self.total;
        job.processed = self.processed;
        job.succeeded = self.succeeded;
        job.failed = self.failed;
        job.started_at = self.started_at;
        job.finished_at = self.finished_at;
        job.expires_at = self.expires_at;
    }
}

/// The watched jobs, with the channels of their waiting requests.
type Watched = HashMap<JobId, watch::Sender<Option<Snapshot>>>;

#[derive(Default)]
struct Shared {
    watched: Mutex<Watched>,
    wanted: Notify,
}

impl Shared {
    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The jobs that requests wait for; the others are removed.
    fn awaited(&self) -> Vec<JobId> {
        let mut watched = self.watched();
        watched.retain(|_, sender| sender.receiver_count() > 0);
        watched.keys().copied().collect()
    }

    /// Notifies the waiting requests. A job that has ended or disappeared is no longer watched; later requests read it
    /// again.
    fn publish(&self, asked: &[JobId], found: Vec<Snapshot>) {
        let mut found: HashMap<_, _> = found.into_iter().map(|snapshot| (snapshot.id, snapshot)).collect();
        let mut watched = self.watched();
        for id in asked {
            let snapshot = found.remove(id);
            let over = snapshot.as_ref().is_none_or(|snapshot| snapshot.state.is_final());
            if let (Some(sender), Some(snapshot)) = (watched.get(id), snapshot) {
                publish(sender, snapshot);
            }
            if over {
                watched.remove(id);
            }
        }
    }
}

fn publish(sender: &watch::Sender<Option<Snapshot>>, snapshot: Snapshot) {
    sender.send_if_modified(|last| {
        let changed = last.as_ref() != Some(&snapshot);
        *last = Some(snapshot);
        changed
    });
}

/// Lets requests wait for jobs.
pub struct JobWatcher {
    shared: Arc<Shared>,
    shutdown: CancellationToken,
}

impl JobWatcher {
    /// Starts the polling task; it ends with `shutdown`. Must be called within a tokio runtime.
    pub fn start(db: Db, shutdown: CancellationToken) -> Self {
        let shared = Arc::<Shared>::default();
        let (asking, stop) = (ask(shared.clone(), db), shutdown.clone());
        tokio::spawn(async move { stop.run_until_cancelled(asking).await });
        Self { shared, shutdown }
    }

    fn watch(&self, id: JobId) -> Watch {
        let receiver = {
            let mut watched = self.shared.watched();
            watched.entry(id).or_insert_with(|| watch::channel(None).0).subscribe()
        };
        self.shared.wanted.notify_one();
        Watch { receiver, shutdown: self.shutdown.clone() }
    }

    /// Waits until the job has ended, `wait` is over, or the process stops; returns its last state. Keeps
    /// waiting while the database is unavailable.
    pub async fn until_ended(&self, mut job: job::Model, wait: Duration) -> job::Model {
        let mut watch = self.watch(job.id);
        let ended = async { while !job.state.is_final() && watch.next(&mut job).await {} };
        // The job shows whether it has ended or the time is up.
        let _ = tokio::time::timeout(wait, ended).await;
        job
    }

    /// The job as it stands, and again at each change until it has ended, is gone, or the process stops.
    pub fn changes(&self, job: job::Model) -> impl Stream<Item = job::Model> + Send + use<> {
        let watch = self.watch(job.id);
        stream::unfold((Some(job), true, watch), |(last, first, mut watch)| async move {
            let mut job = last?;
            if first || (!job.state.is_final() && watch.next(&mut job).await) {
                return Some((job.clone(), (Some(job), false, watch)));
            }
            None
        })
    }
}

/// One request's wait for one job.
struct Watch {
    receiver: watch::Receiver<Option<Snapshot>>,
    shutdown: CancellationToken,
}

impl Watch {
    /// Waits for the job's next change. False if there will be none.
    async fn next(&mut self, job: &mut job::Model) -> bool {
        while matches!(self.shutdown.run_until_cancelled(self.receiver.changed()).await, Some(Ok(()))) {
            let snapshot = self.receiver.borrow_and_update().clone();
            // The first snapshot is often what the request has read itself.
            if let Some(snapshot) = snapshot.filter(|snapshot| *snapshot != Snapshot::of(job)) {
                snapshot.apply(job);
                return true;
            }
        }
        false
    }
}

/// Polls all watched jobs while there are any; otherwise sleeps.
async fn ask(shared: Arc<Shared>, db: Db) {
    let mut away = false;
    loop {
        let ids = shared.awaited();
        if ids.is_empty() {
            shared.wanted.notified().await;
            continue;
        }
        tokio::time::sleep(INTERVAL).await;
        let looked = look(&shared, &db, &ids).await;
        log_change(&mut away, looked.as_ref().err());
        if away {
            tokio::time::sleep(OUTAGE).await;
        }
    }
}

async fn look(shared: &Shared, db: &Db, ids: &[JobId]) -> Result<(), DbErr> {
    for ids in ids.chunks(BATCH) {
        let query = job::Entity::find().select_only().columns(Snapshot::COLUMNS);
        let query = query.filter(job::Column::Id.is_in(ids.iter().copied()));
        shared.publish(ids, query.into_model::<Snapshot>().all(db.reader()).await?);
    }
    Ok(())
}

/// Logs once when the database becomes unavailable, and once when it is back.
fn log_change(away: &mut bool, error: Option<&DbErr>) {
    match error {
        Some(error) if !*away => tracing::warn!(%error, "cannot look at the watched jobs; trying again"),
        None if *away => tracing::info!("watched jobs are looked at again"),
        _ => {}
    }
    *away = error.is_some();
}

//! Group commit: jobs and events of concurrent callers without a transaction are enqueued in one commit. A commit costs
//! about as much for one row as for hundreds, so this makes single enqueues cheap.

use crate::events;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use engine::{
    ledger::{Enqueued, NewJob, PendingPush, enqueue},
    transport::Transport,
};
use entities::{event, ids::OrganizationId};
use platform::{
    Clock, Db,
    batcher::{Batcher, Full, Linger, Options},
    db::GenericPlanConnection,
    error::{Dependency, Error, Result},
};
use sea_orm::DbBackend;
use std::{
    collections::HashMap,
    slice,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Commits of up to 512 jobs. After a batch of several callers, a commit waits one millisecond for them to return. Up
/// to 8,192 callers may wait; more are rejected.
const OPTIONS: Options =
    Options { size: 512, waiting: 8192, linger: Linger::ForReturning(Duration::from_millis(1)) };
/// How long the single-event fast path is skipped after finding other events queued.
const MOMENT: TimeDelta = TimeDelta::milliseconds(50);

/// Publishes a single event without the outbox.
#[async_trait]
pub trait Publish: Send + Sync {
    /// Records the event with its deliveries. `None`, without effect, to leave it to the outbox.
    async fn publish(&self, db: &Db, event: &event::Model, now: DateTime<Utc>)
    -> Result<Option<PendingPush>>;
}

/// Leaves all events to the outbox.
pub struct Outbox;

#[async_trait]
impl Publish for Outbox {
    async fn publish(&self, _: &Db, _: &event::Model, _: DateTime<Utc>) -> Result<Option<PendingPush>> {
        Ok(None)
    }
}

struct Request {
    job: Option<NewJob>,
    events: Vec<event::Model>,
}

/// Enqueues single jobs durably. Cheap to clone.
#[derive(Clone)]
pub struct Enqueuer(Batcher<Request, Result<bool>>);

impl Enqueuer {
    /// Starts the committing task; it ends when the last clone is dropped.
    pub fn start(db: Db, transport: Arc<dyn Transport>, clock: Clock, publish: &'static dyn Publish) -> Self {
        let commits = Commits { db, transport, clock, publish, crowded: Arc::default() };
        let run = move |batch: Arc<[Request]>| {
            let commits = commits.clone();
            async move { commits.commit(&batch).await.into_iter().map(Some).collect() }
        };
        Self(Batcher::start(OPTIONS, run).0)
    }

    /// Returns when the job is committed: true, or false if an open job has its unique key. If the caller disconnects,
    /// the job is enqueued all the same.
    pub async fn enqueue(&self, job: NewJob) -> Result<bool> {
        self.enqueue_with(job, vec![]).await
    }

    /// Like [`Self::enqueue`], with events recorded in the same transaction. Not for jobs with a unique key, since the
    /// events are recorded even if the job is not enqueued.
    pub async fn enqueue_with(&self, job: NewJob, events: Vec<event::Model>) -> Result<bool> {
        self.write(Some(job), events).await
    }

    /// Records an event without a job.
    pub async fn record(&self, event: event::Model) -> Result<()> {
        self.write(None, vec![event]).await.map(drop)
    }

    async fn write(&self, job: Option<NewJob>, events: Vec<event::Model>) -> Result<bool> {
        let submitted = self.0.try_submit(Request { job, events }).await;
        let full = |Full| Error::unavailable(Dependency::Host, "too many jobs wait to be written");
        submitted.map_err(full)?.ok_or_else(|| Error::unavailable(Dependency::Host, "shutting down"))?
    }
}

/// What a commit needs. Cheap to clone.
#[derive(Clone)]
struct Commits {
    db: Db,
    transport: Arc<dyn Transport>,
    clock: Clock,
    publish: &'static dyn Publish,
    crowded: Arc<Mutex<Crowded>>,
}

impl Commits {
    /// One transaction. If it fails, the jobs are enqueued individually, so that one bad job does not fail the others.
    async fn commit(&self, batch: &[Request]) -> Vec<Result<bool>> {
        match self.write(batch).await {
            Ok(enqueued) => {
                let is_new = |job: &NewJob| !enqueued.duplicates.contains(&job.id);
                let new = batch.iter().map(|request| Ok(request.job.as_ref().is_none_or(is_new))).collect();
                let transport = self.transport.clone();
                tokio::spawn(async move { enqueued.pushes.push(&*transport).await });
                new
            }
            Err(Error::Internal(_)) if batch.len() > 1 => {
                let mut outcomes = Vec::with_capacity(batch.len());
                for request in batch {
                    outcomes.extend(Box::pin(self.commit(slice::from_ref(request))).await);
                }
                outcomes
            }
            Err(error) => {
                tracing::debug!(%error, "group commit failed; the callers were told");
                batch.iter().map(|_| Err(same(&error))).collect()
            }
        }
    }

    /// Jobs without events and, in PostgreSQL, events without jobs are one statement, without an explicit transaction.
    async fn write(&self, batch: &[Request]) -> Result<Enqueued> {
        let (db, now) = (&self.db, self.clock.now());
        let jobs = batch.iter().filter_map(|request| request.job.clone()).collect();
        let events: Vec<_> = batch.iter().flat_map(|request| request.events.iter().cloned()).collect();
        if events.is_empty() {
            return enqueue(db.generic_plans(), jobs, now).await;
        }
        if batch.iter().all(|request| request.job.is_none())
            && db.generic_plans().backend() == DbBackend::Postgres
        {
            return Ok(Enqueued { pushes: self.record(&events, now).await?, duplicates: vec![] });
        }
        let transaction = db.begin_generic_plans().await?;
        let mut enqueued = enqueue(&transaction, jobs, now).await?;
        enqueued.pushes = enqueued.pushes.and(events::record(&transaction, &events).await?);
        transaction.commit().await?;
        Ok(enqueued)
    }

    /// Events without jobs. The deliveries of a single one are created immediately.
    async fn record(&self, events: &[event::Model], now: DateTime<Utc>) -> Result<PendingPush> {
        if let [event] = events
            && !self.crowded().is(event.organization_id, now)
        {
            if let Some(pushes) = self.publish.publish(&self.db, event, now).await? {
                return Ok(pushes);
            }
            self.crowded().0.insert(event.organization_id, now);
        }
        events::record(self.db.generic_plans(), events).await
    }

    fn crowded(&self) -> MutexGuard<'_, Crowded> {
        self.crowded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Organizations with several events a moment ago: trying the single-event path again would cost a statement without
/// effect each time.
#[derive(Default)]
struct Crowded(HashMap<OrganizationId, DateTime<Utc>>);

impl Crowded {
    fn is(&mut self, organization: OrganizationId, now: DateTime<Utc>) -> bool {
        self.0.retain(|_, noted| (now - *noted).abs() < MOMENT);
        self.0.contains_key(&organization)
    }
}

/// The same result for each caller.
fn same(error: &Error) -> Error {
    match error {
        Error::Unavailable { what, cause } => Error::unavailable(*what, cause),
        other => Error::internal(other),
    }
}

//! Group commit: jobs and events that need no transaction of the caller's are enqueued many callers to a commit.
//! A commit costs the same for one row as for hundreds, so this is what makes single enqueues cheap.

use super::{Enqueued, NewJob, PendingPush, enqueue};
use crate::{
    Clock, Db,
    domain::webhooks,
    error::{Dependency, Error, Result},
    events,
    transport::Transport,
};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{event, ids::OrganizationId};
use sea_orm::{ConnectionTrait, DbBackend};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// Jobs at most in one commit.
const BATCH: usize = 512;
/// How long a commit waits for callers that were there a moment ago.
const PATIENCE: Duration = Duration::from_millis(1);
/// Callers at most that wait for a commit; further ones are told to come back.
const WAITING: usize = 8192;
/// For so long it is not tried again whether an organization's event is alone.
const MOMENT: TimeDelta = TimeDelta::milliseconds(50);

struct Request {
    job: Option<NewJob>,
    events: Vec<event::Model>,
    reply: oneshot::Sender<Result<bool>>,
}

/// Enqueues single jobs durably. Cheap to clone.
#[derive(Clone)]
pub struct Enqueuer {
    requests: mpsc::Sender<Request>,
}

impl Enqueuer {
    /// Starts the task that commits; it ends when the last clone is dropped.
    pub(crate) fn start(db: Db, transport: Arc<dyn Transport>, clock: Clock) -> Self {
        let (requests, inbox) = mpsc::channel(WAITING);
        tokio::spawn(commit_all(inbox, db, transport, clock));
        Self { requests }
    }

    /// Returns once the job is committed: true; or false when an open job has its unique key.
    /// A caller that goes away does not take its job back.
    pub async fn enqueue(&self, job: NewJob) -> Result<bool> {
        self.enqueue_with(job, vec![]).await
    }

    /// The same, with events that tell of it, recorded in the same transaction; not for jobs with a unique
    /// key, since the events are recorded also where the job is not enqueued.
    pub async fn enqueue_with(&self, job: NewJob, events: Vec<event::Model>) -> Result<bool> {
        self.write(Some(job), events).await
    }

    /// Records an event that no job goes with.
    pub async fn record(&self, event: event::Model) -> Result<()> {
        self.write(None, vec![event]).await.map(drop)
    }

    async fn write(&self, job: Option<NewJob>, events: Vec<event::Model>) -> Result<bool> {
        let (reply, answer) = oneshot::channel();
        self.requests
            .try_send(Request { job, events, reply })
            .map_err(|_| Error::unavailable(Dependency::Host, "too many jobs wait to be written"))?;
        answer.await.map_err(|_| Error::unavailable(Dependency::Host, "shutting down"))?
    }
}

async fn commit_all(mut inbox: mpsc::Receiver<Request>, db: Db, transport: Arc<dyn Transport>, clock: Clock) {
    let (mut batch, mut crowded, mut expected) = (Vec::with_capacity(BATCH), Crowded::default(), 0);
    while inbox.recv_many(&mut batch, BATCH).await > 0 {
        gather(&mut inbox, &mut batch, expected).await;
        let (size, together) = (batch.len(), std::mem::take(&mut batch));
        if let Err(error) = commit(&db, &transport, &clock, &mut crowded, together).await {
            tracing::debug!(%error, "group commit failed; the callers were told");
        }
        expected = BATCH.min(size + inbox.len());
    }
}

/// Waits a moment for callers that were there a commit ago: those who were in it, and those who came meanwhile, are
/// likely to come again. In two halves that take turns they would need two commits.
async fn gather(inbox: &mut mpsc::Receiver<Request>, batch: &mut Vec<Request>, expected: usize) {
    let all =
        async { while batch.len() < expected && inbox.recv_many(batch, BATCH - batch.len()).await > 0 {} };
    // Those who stay away are not waited for.
    let _ = timeout(PATIENCE, all).await;
}

/// One transaction. If it is refused, the jobs are tried one by one, so that one bad job does not fail its
/// neighbours.
async fn commit(
    db: &Db,
    transport: &Arc<dyn Transport>,
    clock: &Clock,
    crowded: &mut Crowded,
    batch: Vec<Request>,
) -> Result<()> {
    match write(db, clock, crowded, &batch).await {
        Ok(enqueued) => {
            for Request { job, reply, .. } in batch {
                let new = job.is_none_or(|job| !enqueued.duplicates.contains(&job.id));
                // The caller may have gone; its job is committed all the same.
                let _ = reply.send(Ok(new));
            }
            let transport = transport.clone();
            tokio::spawn(async move { enqueued.pushes.push(&*transport).await });
            Ok(())
        }
        Err(Error::Internal(_)) if batch.len() > 1 => {
            for request in batch {
                Box::pin(commit(db, transport, clock, crowded, vec![request])).await.ok();
            }
            Ok(())
        }
        Err(error) => {
            for Request { reply, .. } in batch {
                // As above.
                let _ = reply.send(Err(same(&error)));
            }
            Err(error)
        }
    }
}

/// Jobs without events, and in PostgreSQL events without jobs of their own, are one statement, which is a
/// transaction by itself.
async fn write(db: &Db, clock: &Clock, crowded: &mut Crowded, batch: &[Request]) -> Result<Enqueued> {
    let jobs = batch.iter().filter_map(|request| request.job.clone()).collect();
    let events: Vec<_> = batch.iter().flat_map(|request| request.events.iter().cloned()).collect();
    if events.is_empty() {
        return enqueue(db.prepared(), jobs, clock.now()).await;
    }
    if batch.iter().all(|request| request.job.is_none())
        && db.prepared().get_database_backend() == DbBackend::Postgres
    {
        return Ok(Enqueued { pushes: record(db, crowded, &events, clock.now()).await?, duplicates: vec![] });
    }
    let transaction = db.begin_prepared().await?;
    let mut enqueued = enqueue(&transaction, jobs, clock.now()).await?;
    enqueued.pushes = enqueued.pushes.and(events::record(&transaction, &events).await?);
    transaction.commit().await?;
    Ok(enqueued)
}

/// Events alone. Where there is one, its receivers wait for nothing else: its deliveries are made at once.
async fn record(
    db: &Db,
    crowded: &mut Crowded,
    events: &[event::Model],
    now: DateTime<Utc>,
) -> Result<PendingPush> {
    if let [event] = events
        && !crowded.is(event.organization_id, now)
    {
        if let Some(pushes) = webhooks::publish(db, event, now).await? {
            return Ok(pushes);
        }
        crowded.0.insert(event.organization_id, now);
    }
    events::record(db.prepared(), events).await
}

/// Organizations whose events were found not to be alone a moment ago: to try it again and again, while many come,
/// costs each time a statement that does nothing.
#[derive(Default)]
struct Crowded(HashMap<OrganizationId, DateTime<Utc>>);

impl Crowded {
    fn is(&mut self, organization: OrganizationId, now: DateTime<Utc>) -> bool {
        self.0.retain(|_, noted| (now - *noted).abs() < MOMENT);
        self.0.contains_key(&organization)
    }
}

/// The same outcome for each of the callers.
fn same(error: &Error) -> Error {
    match error {
        Error::Unavailable { what, cause } => Error::unavailable(*what, cause),
        other => Error::internal(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request { job: None, events: vec![], reply: oneshot::channel().0 }
    }

    #[tokio::test]
    async fn who_was_there_a_commit_ago_is_waited_for() {
        let (requests, mut inbox) = mpsc::channel(WAITING);
        let mut batch = vec![request()];
        // Polled after the other, which finds nobody at first.
        let late = async { requests.try_send(request()).unwrap() };
        tokio::join!(gather(&mut inbox, &mut batch, 2), late);
        assert_eq!(batch.len(), 2);
    }

    #[tokio::test]
    async fn who_stays_away_is_not() {
        let (requests, mut inbox) = mpsc::channel(WAITING);
        let mut batch = vec![request()];
        gather(&mut inbox, &mut batch, 3).await;
        assert_eq!(batch.len(), 1);
        // Nor is a further one taken by a commit that is complete.
        requests.try_send(request()).unwrap();
        gather(&mut inbox, &mut batch, 1).await;
        assert_eq!((batch.len(), inbox.len()), (1, 1));
    }
}

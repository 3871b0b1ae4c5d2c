//! Opens requests of concurrent callers in batches. This is a fast path for new installations without obstacles; all
//! other requests are opened individually by [`super::open`], which also returns the errors.

use super::{
    event_for,
    open::{CREATED, NewRequest, check_time, job_of, model, open},
};
use chrono::{DateTime, Utc};
use engine::{
    ledger::{self, NewJob, PendingPush},
    transport::Transport,
};
use entities::{
    event,
    ids::JobId,
    provisioning_request::{Model, RequestType},
};
use kernel::{Kernel, UnitOfWork, events};
use platform::{
    Clock, Db,
    batcher::{Batcher, Options},
    bulk::{self, SqlType},
    db::GenericPlanConnection,
    error::Result,
};
use sea_orm::{DbBackend, FromQueryResult};
use serde::Serialize;
use std::{collections::HashSet, sync::Arc};

/// Up to this many requests per transaction.
const OPTIONS: Options = Options::new(256);

/// A request to open, with its job and its event.
struct PendingOpen {
    request: Model,
    job: NewJob,
    created: event::Model,
}

/// Opens requests in batches. Cheap to clone.
#[derive(Clone)]
pub struct OpenBatcher(Batcher<PendingOpen, ()>);

impl OpenBatcher {
    /// Starts the writer task; it ends when the last clone is dropped.
    pub fn start(kernel: &Kernel) -> Self {
        let (db, transport, clock) = (kernel.db.clone(), kernel.transport.clone(), kernel.clock.clone());
        let round = move |all| write_all(db.clone(), transport.clone(), clock.clone(), all);
        Self(Batcher::start(OPTIONS, round).0)
    }

    /// Opens a request like [`super::open`]. If the unit of work is otherwise unused, the request may be committed when
    /// this returns, in a batch with others.
    pub async fn open(&self, work: &UnitOfWork, new: NewRequest) -> Result<Model> {
        check_time(new.scheduled, work.now())?;
        // Not for sandbox credentials: whether they may change the subscription has to be checked.
        if !work.actor.sandbox
            && work.is_untouched().await
            && let Some(opened) = self.submit(work, &new).await?
        {
            return Ok(opened);
        }
        open(work, new).await
    }

    /// Opens and commits a request in a batch; `None` if it has to be opened individually.
    async fn submit(&self, work: &UnitOfWork, new: &NewRequest) -> Result<Option<Model>> {
        if new.kind != RequestType::NewInstall {
            return Ok(None);
        }
        let (id, job) = job_of(work, new)?;
        let request = model(new.clone(), work.actor.organization, (id, job.id), work.now());
        let created = event_for(work, CREATED, &request)?;
        let opened = self.0.submit(PendingOpen { request: request.clone(), job, created }).await;
        Ok(opened.map(|()| request))
    }
}

async fn write_all(
    db: Db,
    transport: Arc<dyn Transport>,
    clock: Clock,
    all: Arc<[PendingOpen]>,
) -> Vec<Option<()>> {
    match write(&db, &all, clock.now()).await {
        Ok((opened, pushes)) => {
            tokio::spawn(async move { pushes.push(&*transport).await });
            all.iter().map(|opening| opened.contains(&opening.job.id).then_some(())).collect()
        }
        Err(error) => {
            tracing::warn!(%error, "requests could not be opened together; they are one by one");
            vec![]
        }
    }
}

/// The jobs of the opened requests, and their queue entries.
async fn write(db: &Db, all: &[PendingOpen], now: DateTime<Utc>) -> Result<(HashSet<JobId>, PendingPush)> {
    let mut jobs: Vec<_> = all.iter().map(|opening| opening.job.clone()).collect();
    let pushes = ledger::prepare(&mut jobs, now);
    let rows: Vec<_> =
        all.iter().map(|PendingOpen { request, job, .. }| Row { request, job_id: job.id }).collect();
    let transaction = db.begin_generic_plans().await?;
    let sql = insertion(transaction.backend());
    let statement = bulk::generic_plan_statement(transaction.backend(), &sql, FIELDS, &rows, [])?;
    let opened = transaction.find::<OpenedJob>(statement).await?;
    let opened: HashSet<_> = opened.into_iter().map(|row| row.id).collect();
    jobs.retain(|job| opened.contains(&job.id));
    ledger::insert(&transaction, &jobs).await?;
    let created = all.iter().filter(|opening| opened.contains(&opening.job.id));
    let created: Vec<_> = created.map(|opening| opening.created.clone()).collect();
    let fan_out = events::record(&transaction, &created).await?;
    transaction.commit().await?;
    let pushes: PendingPush = pushes.into_iter().filter(|ticket| opened.contains(&ticket.id)).collect();
    Ok((opened, pushes.and(fan_out)))
}

const FIELDS: &bulk::Fields = &[
    ("id", SqlType::Uuid),
    ("organization_id", SqlType::Uuid),
    ("customer_id", SqlType::Uuid),
    ("subscription_id", SqlType::Uuid),
    ("type", SqlType::Text),
    ("status", SqlType::Text),
    ("scheduled_at", SqlType::Time),
    ("notes", SqlType::Text),
    ("metadata", SqlType::Json),
    ("job_id", SqlType::Uuid),
    ("created_at", SqlType::Time),
    ("updated_at", SqlType::Time),
];

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    request: &'a Model,
    job_id: JobId,
}

#[derive(FromQueryResult)]
struct OpenedJob {
    id: JobId,
}

/// Inserts requests whose subscription belongs to the customer, is pending, and has no open request. A pending
/// subscription is not installed: the transaction that completes an installation also activates it. Locked subscriptions
/// and customers are skipped (the foreign key locks the customer too); the share lock rereads a row that has just
/// changed.
fn insertion(backend: DbBackend) -> String {
    let columns: Vec<_> = FIELDS.iter().map(|(name, _)| format!("r.{name}")).collect();
    let locking = bulk::locking(backend, "for share of s skip locked for key share of c skip locked");
    format!(
        "insert into provisioning_requests ({}) select {} from {{rows_by_key}}
         join subscriptions s on s.id = r.subscription_id and s.organization_id = r.organization_id
           and s.customer_id = r.customer_id
         join customers c on c.id = s.customer_id
         where s.status = 'PENDING' order by s.id {locking}
         on conflict do nothing returning job_id as id",
        bulk::names(FIELDS),
        columns.join(", ")
    )
}

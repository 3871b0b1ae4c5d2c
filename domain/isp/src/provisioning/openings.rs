//! Requests of many callers at once: the usual case, a new installation of a subscription that nothing is in the way
//! of, is written together with those of other callers. Whatever else is asked for is left out, and
//! [`super::open`] goes its own way, which also has the refusals.

use super::open::{NewRequest, check_time, job_of, model, open};
use chrono::{DateTime, Utc};
use engine::{
    ledger::{self, NewJob, PendingPush},
    transport::Transport,
};
use entities::{
    ids::JobId,
    provisioning_request::{Model, RequestType},
};
use kernel::{Kernel, UnitOfWork};
use platform::{
    Clock, Db,
    batcher::{Batcher, Options},
    db::{GenericPlanConnection, GenericPlanStatement},
    error::Result,
    rows::{self, Type},
};
use sea_orm::{DbBackend, FromQueryResult};
use serde::Serialize;
use std::{collections::HashSet, sync::Arc};

/// Requests in one transaction.
const OPTIONS: Options = Options::new(256);

/// A request that is to be opened, with its job.
struct Opening {
    request: Model,
    job: NewJob,
}

/// Opens requests together. Cheap to clone.
#[derive(Clone)]
pub struct Openings(Batcher<Opening, ()>);

impl Openings {
    /// Starts the task that writes; it ends when the last clone is dropped.
    pub fn start(kernel: &Kernel) -> Self {
        let (db, transport, clock) = (kernel.db.clone(), kernel.transport.clone(), kernel.clock.clone());
        let round = move |all| write_all(db.clone(), transport.clone(), clock.clone(), all);
        Self(Batcher::start(OPTIONS, round).0)
    }

    /// Opens a request as [`super::open`] does. Where nothing else is being changed it may be durable when this returns,
    /// together with those of other callers.
    pub async fn open(&self, work: &UnitOfWork, new: NewRequest) -> Result<Model> {
        check_time(new.scheduled, work.now())?;
        // What plays is not done with others: whether it does is asked of the subscription.
        if !work.actor.sandbox
            && work.is_untouched().await
            && let Some(opened) = self.together(work, &new).await?
        {
            return Ok(opened);
        }
        open(work, new).await
    }

    /// Opens a request, durably; none where that is to be done alone.
    async fn together(&self, work: &UnitOfWork, new: &NewRequest) -> Result<Option<Model>> {
        if new.kind != RequestType::NewInstall {
            return Ok(None);
        }
        let (id, job) = job_of(work, new)?;
        let request = model(new.clone(), work.actor.organization, (id, job.id), work.now());
        let opened = self.0.submit(Opening { request: request.clone(), job }).await;
        Ok(opened.map(|()| request))
    }
}

async fn write_all(
    db: Db,
    transport: Arc<dyn Transport>,
    clock: Clock,
    all: Arc<[Opening]>,
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

/// The jobs of those that were opened, and their tickets.
async fn write(db: &Db, all: &[Opening], now: DateTime<Utc>) -> Result<(HashSet<JobId>, PendingPush)> {
    let mut jobs: Vec<_> = all.iter().map(|opening| opening.job.clone()).collect();
    let pushes = ledger::prepare(&mut jobs, now);
    let rows: Vec<_> = all.iter().map(|Opening { request, job }| Row { request, job_id: job.id }).collect();
    let opened = match db.generic_plans().backend() {
        DbBackend::Postgres => at_once(db, &rows, &jobs).await?,
        _ => in_steps(db, &rows, jobs).await?,
    };
    let pushes = pushes.into_iter().filter(|ticket| opened.contains(&ticket.id)).collect();
    Ok((opened, pushes))
}

const FIELDS: &rows::Fields = &[
    ("id", Type::Uuid),
    ("organization_id", Type::Uuid),
    ("customer_id", Type::Uuid),
    ("subscription_id", Type::Uuid),
    ("type", Type::Text),
    ("status", Type::Text),
    ("scheduled_at", Type::Time),
    ("notes", Type::Text),
    ("metadata", Type::Json),
    ("job_id", Type::Uuid),
    ("created_at", Type::Time),
    ("updated_at", Type::Time),
];

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    request: &'a Model,
    job_id: JobId,
}

#[derive(FromQueryResult)]
struct Opened {
    id: JobId,
}

/// Inserts those whose subscription is the customer's, waits for its beginning, and has no open request. A subscription
/// that waits is not installed: an installation begins it in the transaction in which it ends. One that somebody is
/// changing is passed over, and one that was changed a moment ago is looked at as it is now: what is locked is read
/// again, and no change goes with a share of the row. So is one whose customer somebody is changing: the reference locks
/// the customer, too.
fn insertion(backend: DbBackend, rows: &str) -> String {
    let columns: Vec<_> = FIELDS.iter().map(|(name, _)| format!("r.{name}")).collect();
    let locking = rows::locking(backend, "for share of s skip locked for key share of c skip locked");
    format!(
        "insert into provisioning_requests ({}) select {} from {rows}
         join subscriptions s on s.id = r.subscription_id and s.organization_id = r.organization_id
           and s.customer_id = r.customer_id
         join customers c on c.id = s.customer_id
         where s.status = 'PENDING' order by s.id {locking}
         on conflict do nothing returning job_id as id",
        rows::names(FIELDS),
        columns.join(", ")
    )
}

/// PostgreSQL does it in one statement, which needs no transaction of its own.
async fn at_once(db: &Db, rows: &[Row<'_>], jobs: &[NewJob]) -> Result<HashSet<JobId>> {
    let backend = DbBackend::Postgres;
    let requests = insertion(backend, &rows::each_columns_at(FIELDS, 1));
    let columns = rows::names(ledger::FIELDS);
    // Behind the columns of the requests, and what says which of their fields are null.
    let jobs_in = rows::columns_at(ledger::FIELDS, FIELDS.len() + 2);
    let sql = format!(
        "with opened as ({requests})
         insert into jobs ({columns}) select {columns} from {jobs_in}
         where id = any(array(select id from opened)) returning id"
    );
    let values = rows::columns(FIELDS, &rows)?.into_iter().chain(rows::columns(ledger::FIELDS, &jobs)?);
    found(db.generic_plans(), GenericPlanStatement::new(backend, sql, values)).await
}

async fn in_steps(db: &Db, rows: &[Row<'_>], mut jobs: Vec<NewJob>) -> Result<HashSet<JobId>> {
    let transaction = db.begin_generic_plans().await?;
    let sql = insertion(transaction.backend(), "{each}");
    let statement = rows::generic_plan_statement(transaction.backend(), &sql, FIELDS, &rows, [])?;
    let opened = found(&transaction, statement).await?;
    jobs.retain(|job| opened.contains(&job.id));
    ledger::insert(&transaction, &jobs).await?;
    transaction.commit().await?;
    Ok(opened)
}

async fn found(db: &impl GenericPlanConnection, statement: GenericPlanStatement) -> Result<HashSet<JobId>> {
    let found = db.find::<Opened>(statement).await?;
    Ok(found.into_iter().map(|row| row.id).collect())
}

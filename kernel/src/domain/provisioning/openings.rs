//! Requests of many callers at once: the usual case, a new installation of a subscription that nothing is in the way
//! of, goes into one transaction with those of other callers. Whatever else is asked for is left out, and
//! [`super::open`] goes its own way, which also has the refusals.

use super::open::{NewRequest, model};
use crate::{
    Clock, Db,
    error::Result,
    events::Actor,
    ledger::{self, NewJob, Tickets},
    rounds::Rounds,
    rows::{self, Type},
    transport::Transport,
};
use chrono::{DateTime, Utc};
use entities::{
    ids::{JobId, ProvisioningId},
    provisioning_request::{Model, RequestType},
};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use std::{collections::HashSet, sync::Arc};

/// Requests at most in one transaction.
const SIZE: usize = 256;

/// A request that is to be opened, with its job.
struct Opening {
    request: Model,
    job: NewJob,
}

/// Opens requests together. Cheap to clone.
#[derive(Clone)]
pub struct Openings(Rounds<Opening, ()>);

impl Openings {
    /// Starts the task that writes; it ends when the last clone is dropped.
    pub(crate) fn start(db: Db, transport: Arc<dyn Transport>, clock: Clock) -> Self {
        let round = move |all| write_all(db.clone(), transport.clone(), clock.clone(), all);
        Self(Rounds::start(SIZE, round))
    }

    /// Opens a request, durably; none where that is to be done alone.
    pub(super) async fn open(
        &self,
        actor: &Actor,
        new: &NewRequest,
        (id, job): (ProvisioningId, &NewJob),
        now: DateTime<Utc>,
    ) -> Option<Model> {
        if new.kind != RequestType::NewInstall {
            return None;
        }
        let request = model(new.clone(), actor.organization, (id, job.id), now);
        self.0.ask(Opening { request: request.clone(), job: job.clone() }).await?;
        Some(request)
    }
}

async fn write_all(
    db: Db,
    transport: Arc<dyn Transport>,
    clock: Clock,
    all: Arc<[Opening]>,
) -> Vec<Option<()>> {
    match write(&db, &all, clock.now()).await {
        Ok((written, tickets)) => {
            tokio::spawn(async move { tickets.push(&*transport).await });
            all.iter().map(|opening| written.contains(&opening.request.id).then_some(())).collect()
        }
        Err(error) => {
            tracing::warn!(%error, "requests could not be opened together; they are one by one");
            vec![]
        }
    }
}

async fn write(db: &Db, all: &[Opening], now: DateTime<Utc>) -> Result<(HashSet<ProvisioningId>, Tickets)> {
    let transaction = db.begin_prepared().await?;
    let written = insert(&transaction, all).await?;
    let opened: Vec<_> = all.iter().filter(|opening| written.contains(&opening.request.id)).collect();
    // From here on no other request of the subscriptions is open, and so none ends.
    if opened.is_empty() || are_known(&transaction, &opened).await? {
        transaction.rollback().await?;
        return Ok((HashSet::new(), Tickets::default()));
    }
    let jobs = opened.iter().map(|opening| opening.job.clone()).collect();
    let enqueued = ledger::enqueue(&transaction, jobs, now).await?;
    transaction.commit().await?;
    Ok((written, enqueued.tickets))
}

/// Inserts those whose subscription is the customer's, can be installed, and has no open request. A subscription that
/// somebody is changing is passed over.
async fn insert(db: &impl ConnectionTrait, all: &[Opening]) -> Result<HashSet<ProvisioningId>> {
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
    let rows: Vec<_> = all.iter().map(|Opening { request, job }| Row { request, job_id: job.id }).collect();
    let columns: Vec<_> = FIELDS.iter().map(|(name, _)| format!("r.{name}")).collect();
    let locking = rows::locking(db.get_database_backend(), "for key share of s skip locked");
    let sql = format!(
        "insert into provisioning_requests ({{columns}}) select {} from {{each}}
         join subscriptions s on s.id = r.subscription_id and s.organization_id = r.organization_id
           and s.customer_id = r.customer_id
         where s.status <> 'CANCELLED' order by s.id {locking}
         on conflict do nothing returning id",
        columns.join(", ")
    );
    let written = db.query_all_raw(rows::statement(db, &sql, FIELDS, &rows, [])?).await?;
    Ok(written.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?)
}

/// Whether one of the subscriptions was installed before.
async fn are_known(db: &impl ConnectionTrait, opened: &[&Opening]) -> Result<bool> {
    let rows = rows::ids(opened.iter().map(|opening| opening.request.subscription_id.0));
    let sql = "select 1 from network_services where subscription_id {among} limit 1";
    Ok(db.query_one_raw(rows::statement(db, sql, rows::ID, &rows, [])?).await?.is_some())
}

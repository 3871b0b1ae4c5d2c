//! A single published event in PostgreSQL: the statement that records it also inserts its deliveries, so that a receiver
//! waits for one commit instead of two.

use super::{
    notify_pg,
    single_pg::{DELIVERED, FEW, MOST, NumberedDelivery, values},
};
use crate::{Wakeup, ensure_jobs, job};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use engine::{
    ledger::{self, PendingPush},
    transport::QueueEntry,
};
use entities::{
    endpoint::EndpointStatus,
    event,
    ids::{EndpointId, JobId, OrganizationId},
};
use kernel::{enqueuer::Publish, events};
use platform::{
    Db, bulk,
    db::{GenericPlanConnection, GenericPlanStatement},
    error::Result,
};
use sea_orm::DbBackend;
use serde::Deserialize;
use uuid::Uuid;

/// The placeholder for the endpoint in the template job.
const SOMEWHERE: EndpointId = EndpointId(Uuid::nil());

/// Records the event and fans it out. `None`, without effect, if other events of the organization are queued, the
/// breaker of an endpoint is open, there are more than [`MOST`] endpoints, or the database is not PostgreSQL.
///
/// Releasing an endpoint takes its row lock, so this insert sees whether a job already exists (unique key). If that job
/// is scheduled for later, and was inserted after this statement began, the sweeper moves it forward.
pub async fn publish(db: &Db, event: &event::Model, now: DateTime<Utc>) -> Result<Option<PendingPush>> {
    let organization = event.organization_id;
    if db.generic_plans().backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let mut jobs = [job(&(organization, SOMEWHERE, now))?];
    let pushes = ledger::prepare(&mut jobs, now);
    let ids: [_; MOST] = std::array::from_fn(|_| JobId::new());
    let event_in = events::insert_pg::values(std::slice::from_ref(event))?;
    let more = [bulk::json(&jobs)?, bulk::json(&ids)?, notify_pg::encode(event)?.into()];
    let values = values(organization, now)?.into_iter().chain(more).chain(event_in);
    let statement = GenericPlanStatement::new(DbBackend::Postgres, sql(), values);
    let Some(row) = db.generic_plans().rows(statement).await?.into_iter().next() else { return Ok(None) };
    let told = row.try_get::<Option<serde_json::Value>>("", "told")?;
    let told: Vec<Recipient> = told.map(serde_json::from_value).transpose()?.unwrap_or_default();
    let new_job =
        told.iter().filter_map(|it| it.new_job).flat_map(|id| pushes.iter().map(move |it| (id, it)));
    let new_job: PendingPush = new_job.map(|(id, ticket)| QueueEntry { id, ..ticket.clone() }).collect();
    let held = told.iter().filter(|it| it.held);
    let wakeups =
        held.map(|it| Wakeup::Due(it.endpoint.id, Some(it.endpoint.due((event.id, event.priority), now))));
    let sooner = ensure(db, organization, told.iter().filter(|it| it.is_put_off()), now).await?;
    Ok(Some(new_job.wakeup(wakeups).and(sooner)))
}

/// Publishes single events with their deliveries ([`publish`]).
pub struct DirectPublish;

#[async_trait]
impl Publish for DirectPublish {
    async fn publish(
        &self,
        db: &Db,
        event: &event::Model,
        now: DateTime<Utc>,
    ) -> Result<Option<PendingPush>> {
        publish(db, event, now).await
    }
}

/// Moves existing jobs that are scheduled for later forward.
async fn ensure(
    db: &Db,
    organization: OrganizationId,
    put_off: impl Iterator<Item = &Recipient>,
    now: DateTime<Utc>,
) -> Result<PendingPush> {
    let wanted: Vec<_> = put_off.map(|it| (organization, it.endpoint.id, now)).collect();
    if wanted.is_empty() {
        return Ok(PendingPush::default());
    }
    let transaction = db.begin().await?;
    let pushes = ensure_jobs(&transaction, &wanted, now).await?;
    transaction.commit().await?;
    Ok(pushes)
}

/// A delivery with the endpoint's job.
#[derive(Deserialize)]
struct Recipient {
    #[serde(flatten)]
    endpoint: NumberedDelivery,
    /// The job inserted for it.
    new_job: Option<JobId>,
    /// Whether a job of the endpoint is running.
    held: bool,
}

impl Recipient {
    fn is_put_off(&self) -> bool {
        self.endpoint.status == EndpointStatus::Active && self.new_job.is_none() && !self.held
    }
}

/// `$5` is the template job, `$6` the ids of the jobs, `$7` the event's part of the notification, `$8`… the event.
fn sql() -> String {
    let events = events::insert_pg::statement(8);
    let jobs = bulk::table_at(DbBackend::Postgres, ledger::FIELDS, 5, "j");
    let columns = bulk::names(ledger::FIELDS);
    let (somewhere, channel, most) = (SOMEWHERE.0, notify_pg::CHANNEL, notify_pg::MOST);
    let delivered = &*DELIVERED;
    let here = |name: &str| match name {
        "id" => "($6::json ->> moved.place)::uuid".into(),
        "payload" => format!("replace(j.payload::text, '{somewhere}', moved.id::text)::jsonb"),
        "unique_key" => "moved.unique_key".into(),
        name => format!("j.{name}"),
    };
    let here = ledger::FIELDS.iter().map(|(name, _)| here(name)).collect::<Vec<_>>().join(", ");
    format!(
        "with quiet as (
           select where {FEW} and not exists (select from event_queue where organization_id = $1)
             and not exists (select from endpoints p
               where p.organization_id = $1 and p.deleted_at is null and p.status <> 'disabled'
                 and (select h.closed_until from endpoint_health h where h.endpoint_id = p.id) > $3)),
         lone as ({events} where exists (select from quiet) returning *),{delivered},
         job as (select * from {jobs}),
         keyed as (
           select moved.*, replace(j.unique_key, '{somewhere}', moved.id::text) as unique_key
           from moved cross join job j),
         new_job as (
           insert into jobs ({columns}) select {here} from keyed moved cross join job j
           where moved.status = 'active'
           on conflict do nothing returning id, unique_key),
         told as (
           select keyed.*, new_job.id as new_job, exists (
             select from jobs where jobs.kind = 'webhook_delivery' and jobs.unique_key = keyed.unique_key
               and jobs.state = 'running') as held
           from keyed left join new_job on new_job.unique_key = keyed.unique_key),
         said as (
           select json_build_object('event', $7::json, 'told', json_agg(told))::text as words
           from told where held and $7 is not null having count(*) > 0)
         select (select json_agg(told) from told) as told,
           (select count(pg_notify('{channel}', words)) from said where octet_length(words) <= {most}) as said
         from lone"
    )
}

//! Fan-out of a single event in PostgreSQL: one statement numbers it and inserts its deliveries. When events arrive one
//! at a time, a round trip is a good part of the latency.

use super::EndpointBatch;
use crate::{PendingAttempt, contract::contract_info};
use chrono::{DateTime, Utc};
use entities::{
    endpoint::EndpointStatus,
    event,
    ids::{DeliveryId, EndpointId, EventId, OrganizationId},
};
use kernel::events;
use platform::{
    Db, bulk,
    db::{GenericPlanConnection, GenericPlanStatement},
    error::Result,
};
use sea_orm::{DbBackend, FromQueryResult, Value};
use serde::Deserialize;
use std::sync::LazyLock;

/// Maximum number of endpoints; with more, the single statement is not faster.
pub(super) const MOST: usize = 16;

/// CTEs that insert the deliveries of the row of `lone`, if any. `$1` is the organization, `$2` the ids of the
/// deliveries, `$3` the time, `$4` [`MOST`].
pub(super) static DELIVERED: LazyLock<String> =
    LazyLock::new(|| WANTED.replace("{domains}", &events::pairs_sql()));

const WANTED: &str = "
wanting as (
  select p.id, row_number() over (order by p.id)::int - 1 as place
  from endpoints p cross join lone
  where p.organization_id = $1 and p.deleted_at is null and p.status <> 'disabled'
    and jsonb_exists_any(p.types::jsonb, array[lone.type, '*'])
    and (lone.domain, p.contract) in {domains}),
moved as (
  update endpoints p set next_sequence = next_sequence + 1 from wanting
  where p.id = wanting.id and p.deleted_at is null and p.status <> 'disabled'
  returning p.id, p.contract, p.status, p.next_sequence - 1 as sequence, wanting.place,
    ($2::json ->> wanting.place)::uuid as delivery),
made as (
  insert into deliveries
    (id, endpoint_id, event_id, sequence, attempt, retry, priority, due_at, state, created_at)
  select moved.delivery, moved.id, lone.id, moved.sequence, 1, 0, lone.priority, $3, 'pending', $3
  from moved cross join lone)";

/// Whether the organization has [`MOST`] endpoints or fewer.
pub(super) const FEW: &str = "(select count(*) from endpoints
  where organization_id = $1 and deleted_at is null and status <> 'disabled') <= $4";

/// `$1` to `$4` of [`DELIVERED`].
pub(super) fn values(organization: OrganizationId, now: DateTime<Utc>) -> Result<[Value; 4]> {
    let ids: [_; MOST] = std::array::from_fn(|_| DeliveryId::new().0);
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    Ok([organization.into(), bulk::json(&ids)?, now.into(), most.into()])
}

/// Removes the only event from the queue and inserts its deliveries; `None` unless exactly one is queued. A concurrent
/// statement finds the event removed, and everything after that works on the removed row.
pub(super) async fn fan_out(
    db: &Db,
    organization: OrganizationId,
    now: DateTime<Utc>,
) -> Result<Option<(event::Model, Vec<EndpointBatch>)>> {
    let delivered = &*DELIVERED;
    let sql = format!(
        "with queued as (
           select event_id from event_queue where organization_id = $1 order by priority, event_id limit 2),
         taken as (
           delete from event_queue
           where event_id = any(array(select event_id from queued)) and (select count(*) from queued) = 1 and {FEW}
           returning event_id),
         lone as (select * from events where id = any(array(select event_id from taken))),{delivered}
         select lone.*, (select json_agg(moved) from moved) as told from lone"
    );
    let statement = GenericPlanStatement::new(DbBackend::Postgres, sql, values(organization, now)?);
    let Some(row) = db.generic_plans().rows(statement).await?.into_iter().next() else { return Ok(None) };
    let event = event::Model::from_query_result(&row, "")?;
    let told = row.try_get::<Option<serde_json::Value>>("", "told")?;
    let told: Vec<NumberedDelivery> = told.map(serde_json::from_value).transpose()?.unwrap_or_default();
    let told = told.into_iter().map(|it| it.into_batch(&event, now)).collect::<Result<_>>()?;
    Ok(Some((event, told)))
}

/// A delivery with its number: a row of `moved`.
#[derive(Debug, Deserialize)]
pub(super) struct NumberedDelivery {
    pub(super) id: EndpointId,
    pub(super) contract: String,
    pub(super) status: EndpointStatus,
    sequence: i64,
    delivery: DeliveryId,
}

impl NumberedDelivery {
    fn into_batch(self, event: &event::Model, now: DateTime<Utc>) -> Result<EndpointBatch> {
        let is_active = self.status == EndpointStatus::Active;
        let due = vec![self.due((event.id, event.priority), now)];
        Ok(EndpointBatch { id: self.id, is_active, contract: contract_info(&self.contract)?, due })
    }

    /// The first attempt.
    pub(super) fn due(&self, (event_id, priority): (EventId, i16), now: DateTime<Utc>) -> PendingAttempt {
        PendingAttempt {
            id: self.delivery,
            event_id,
            sequence: self.sequence,
            attempt: 1,
            retry: 0,
            priority,
            due_at: now,
        }
    }
}

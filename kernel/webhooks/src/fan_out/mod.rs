//! Fan-out: creates deliveries for queued events, numbered per endpoint without gaps.

mod batch;
mod batch_pg;
mod notify_pg;
mod publish_pg;
mod single_pg;

pub use notify_pg::{CommitNotification, listen_for_commits};
pub use publish_pg::{DirectPublish, publish};

use super::{PendingAttempt, contract::contract_info, ensure_jobs};
use chrono::{DateTime, Utc};
use engine::ledger::{self, PendingPush};
use entities::{
    endpoint::{self, EndpointStatus, Types},
    endpoint_health, event,
    ids::{DeliveryId, EndpointId, OrganizationId},
};
use kernel::{contracts::ContractInfo, events};
use platform::{Db, error::Result};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Deserialize;
use std::collections::HashMap;

/// Maximum number of events per transaction.
const BATCH: u64 = 500;

/// The result of a fan-out.
#[derive(Debug, Default)]
pub struct FannedOut {
    /// The jobs to push after the commit.
    pub pushes: PendingPush,
    /// The new deliveries, by endpoint.
    pub endpoints: Vec<EndpointBatch>,
    /// The events, in the order in which they were numbered.
    pub events: Vec<event::Model>,
    /// Whether there may be more in the queue.
    pub more: bool,
}

/// New deliveries to an endpoint.
#[derive(Debug)]
pub struct EndpointBatch {
    /// The endpoint.
    pub id: EndpointId,
    /// Whether the endpoint is active, so that they are sent now.
    pub is_active: bool,
    /// Its contract, which defines the format.
    pub contract: &'static ContractInfo,
    /// The first attempts, by number.
    pub due: Vec<PendingAttempt>,
}

/// The columns of an endpoint that the fan-out needs.
#[derive(Deserialize)]
struct EndpointFilter {
    id: EndpointId,
    contract: String,
    types: Types,
    status: EndpointStatus,
    next_sequence: i64,
}

impl From<&endpoint::Model> for EndpointFilter {
    fn from(record: &endpoint::Model) -> Self {
        Self {
            id: record.id,
            contract: record.contract.clone(),
            types: record.types.clone(),
            status: record.status,
            next_sequence: record.next_sequence,
        }
    }
}

/// Creates deliveries for the organization's queued events, in a new transaction. Endpoints for which `held` is false
/// (this process does not run their job) get a job. `expect_one` tries the single-event statement first: faster if one
/// event is queued, slower otherwise.
pub async fn fan_out(
    db: &Db,
    organization: OrganizationId,
    held: &(dyn Fn(EndpointId) -> bool + Sync),
    expect_one: bool,
    now: DateTime<Utc>,
) -> Result<FannedOut> {
    if let Some(done) = batch_pg::fan_out(db, organization, held, expect_one, now).await? {
        return Ok(done);
    }
    let transaction = db.begin_generic_plans().await?;
    let done = batch::fan_out(&transaction, organization, held, now).await?;
    transaction.commit().await?;
    Ok(done)
}

/// Fans out within the caller's transaction. The caller does not hold any of the endpoints.
pub(super) async fn fan_out_within(
    transaction: &impl ConnectionTrait,
    organization: OrganizationId,
    now: DateTime<Utc>,
) -> Result<FannedOut> {
    batch::fan_out(transaction, organization, &|_| false, now).await
}

/// Enqueues the next fan-out, in the transaction that ends the previous one.
pub async fn enqueue_next(
    transaction: &impl ConnectionTrait,
    organization: OrganizationId,
    now: DateTime<Utc>,
) -> Result<PendingPush> {
    let next = events::fan_out_job(organization)?;
    Ok(ledger::enqueue(transaction, vec![next], now).await?.pushes)
}

/// The numbered deliveries of those events that the endpoint subscribes to and whose domain its contract receives.
fn batch_for(
    endpoint: &EndpointFilter,
    events: &[event::Model],
    now: DateTime<Utc>,
) -> Result<EndpointBatch> {
    let wanted = events.iter().filter(|event| {
        endpoint.types.include(&event.kind) && events::receives(&endpoint.contract, event.domain)
    });
    let due = wanted.zip(endpoint.next_sequence..).map(|(event, sequence)| PendingAttempt {
        id: DeliveryId::new(),
        event_id: event.id,
        sequence,
        attempt: 1,
        retry: 0,
        priority: event.priority,
        due_at: now,
    });
    let is_active = endpoint.status == EndpointStatus::Active;
    Ok(EndpointBatch {
        id: endpoint.id,
        is_active,
        contract: contract_info(&endpoint.contract)?,
        due: due.collect(),
    })
}

/// Enqueues jobs for endpoints, not before the end of an open breaker's pause.
async fn ensure(
    transaction: &impl ConnectionTrait,
    organization: OrganizationId,
    endpoints: Vec<EndpointId>,
    now: DateTime<Utc>,
) -> Result<PendingPush> {
    if endpoints.is_empty() {
        return Ok(PendingPush::default());
    }
    let open = endpoint_health::Entity::find()
        .filter(endpoint_health::Column::EndpointId.is_in(endpoints.iter().copied()))
        .filter(endpoint_health::Column::ClosedUntil.gt(now));
    let open = open.all(transaction).await?;
    let until: HashMap<_, _> = open.iter().map(|row| (row.endpoint_id, row.closed_until)).collect();
    let at = |id| until.get(&id).copied().flatten().unwrap_or(now);
    let wanted: Vec<_> = endpoints.into_iter().map(|id| (organization, id, at(id))).collect();
    ensure_jobs(transaction, &wanted, now).await
}

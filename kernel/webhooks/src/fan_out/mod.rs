//! Fan-out: from queued events to deliveries, each endpoint's numbered without a gap.

mod batch;
mod batch_pg;
mod notify_pg;
mod publish_pg;
mod single_pg;

pub use notify_pg::{Committed, hear_commits};
pub use publish_pg::{DirectPublish, publish};

use super::{Due, contract::contract_info, ensure_jobs};
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

/// Events at most in one transaction.
const BATCH: u64 = 500;

/// What one fan-out did.
#[derive(Debug, Default)]
pub struct FannedOut {
    /// To be pushed after the commit.
    pub pushes: PendingPush,
    /// The endpoints that have something new.
    pub endpoints: Vec<Told>,
    /// The events, in the order in which they were numbered.
    pub events: Vec<event::Model>,
    /// Whether there may be more in the queue.
    pub more: bool,
}

/// An endpoint that has something new.
#[derive(Debug)]
pub struct Told {
    /// The endpoint.
    pub id: EndpointId,
    /// Whether they are made now.
    pub is_active: bool,
    /// Its contract, in whose format deliveries are made.
    pub contract: &'static ContractInfo,
    /// What is new, in the order of its numbers.
    pub due: Vec<Due>,
}

/// What the fan-out has to know of an endpoint.
#[derive(Deserialize)]
struct Wanting {
    id: EndpointId,
    contract: String,
    types: Types,
    status: EndpointStatus,
    next_sequence: i64,
}

impl From<&endpoint::Model> for Wanting {
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

/// Makes deliveries of what is queued of the organization, in a transaction of its own. `held` tells of which
/// endpoints this process holds the job: the others get one. `expect_one`: what is queued is one event, as far as can
/// be known; it is quicker then, and slower where there are others.
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

/// Enqueues the next fan-out, within the transaction that ends the one before.
pub async fn go_on(
    transaction: &impl ConnectionTrait,
    organization: OrganizationId,
    now: DateTime<Utc>,
) -> Result<PendingPush> {
    let next = events::fan_out_job(organization)?;
    Ok(ledger::enqueue(transaction, vec![next], now).await?.pushes)
}

/// What of the events is meant for the endpoint, numbered: of its types, and of a domain that its contract receives.
fn tell(endpoint: &Wanting, events: &[event::Model], now: DateTime<Utc>) -> Result<Told> {
    let wanted = events.iter().filter(|event| {
        endpoint.types.include(&event.kind) && events::receives(&endpoint.contract, event.domain)
    });
    let due = wanted.zip(endpoint.next_sequence..).map(|(event, sequence)| Due {
        id: DeliveryId::new(),
        event_id: event.id,
        sequence,
        attempt: 1,
        retry: 0,
        priority: event.priority,
        due_at: now,
    });
    let is_active = endpoint.status == EndpointStatus::Active;
    Ok(Told { id: endpoint.id, is_active, contract: contract_info(&endpoint.contract)?, due: due.collect() })
}

/// Jobs for those that nobody here holds; not before the time of an open breaker.
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

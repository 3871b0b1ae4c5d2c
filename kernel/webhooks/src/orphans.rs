//! Finds deliveries and events without an open job (cancelled or failed), or with one scheduled too late.

use super::{endpoint_session::next_due, ensure_jobs};
use chrono::{DateTime, Utc};
use engine::ledger::{self, PendingPush};
use entities::{
    endpoint,
    ids::{EndpointId, OrganizationId},
};
use kernel::events;
use platform::error::Result;
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, Statement};

/// Maximum number of endpoints and organizations per pass.
const ROUND: u64 = 1000;

#[derive(FromQueryResult)]
struct Waiting {
    id: EndpointId,
    organization_id: OrganizationId,
    /// The end of its breaker's pause.
    closed_until: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct Queued {
    organization_id: OrganizationId,
}

/// Enqueues jobs for active endpoints with waiting attempts, and for organizations with queued events, if none is open.
/// A job scheduled later than its attempts and breaker require is moved forward.
pub async fn find_orphans(transaction: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<PendingPush> {
    let mut wanted = vec![];
    for Waiting { id, organization_id, closed_until } in waiting(transaction).await? {
        let Some(endpoint) = endpoint::Entity::find_by_id(id).one(transaction).await? else { continue };
        if let Some(at) = next_due(transaction, &endpoint).await? {
            wanted.push((organization_id, id, closed_until.map_or(at, |until| at.max(until)).max(now)));
        }
    }
    let deliveries = ensure_jobs(transaction, &wanted, now).await?;
    let queued = queued(transaction).await?;
    let jobs = queued.iter().map(|it| events::fan_out_job(it.organization_id)).collect::<Result<_>>()?;
    Ok(deliveries.and(ledger::enqueue(transaction, jobs, now).await?.pushes))
}

async fn waiting(transaction: &impl ConnectionTrait) -> Result<Vec<Waiting>> {
    let sql = format!(
        "select e.id, e.organization_id, h.closed_until
         from endpoints e left join endpoint_health h on h.endpoint_id = e.id
         where e.deleted_at is null and e.status = 'active'
           and exists (select 1 from deliveries d where d.endpoint_id = e.id and d.sent_at is null)
         limit {ROUND}"
    );
    let statement = Statement::from_string(transaction.get_database_backend(), sql);
    Ok(Waiting::find_by_statement(statement).all(transaction).await?)
}

async fn queued(transaction: &impl ConnectionTrait) -> Result<Vec<Queued>> {
    let sql = format!(
        "select distinct q.organization_id from event_queue q
         where not exists (select 1 from jobs j where j.kind = 'webhook_fanout'
           and j.organization_id = q.organization_id and j.finished_at is null)
         limit {ROUND}"
    );
    let statement = Statement::from_string(transaction.get_database_backend(), sql);
    Ok(Queued::find_by_statement(statement).all(transaction).await?)
}

//! Events: recorded in the transaction of the change they tell of.

mod changes;
mod queue;
pub(crate) mod written;

pub use changes::masked;
pub(crate) use queue::fan_out_job;
pub use queue::is_quiet;

use crate::{
    error::Result,
    ledger::Tickets,
    rows::{self, Type},
};
use chrono::{DateTime, Utc};
use entities::{
    Document, event,
    ids::{EventId, JobId, OrganizationId},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use uuid::Uuid;

/// Who makes a change, and for whom: the first argument of every domain operation that writes.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The tenant.
    pub organization: OrganizationId,
    /// A key's id, a job's id, or `system`.
    pub name: String,
    /// Whether it is a sandbox credential: what it begins only plays.
    pub sandbox: bool,
    /// The request that began it, where there was one.
    pub request_id: Option<String>,
    /// From where the request came; none for what follows from it.
    pub address: Option<String>,
    /// What the request asked for: contract, method and path template; none for what follows from it.
    pub operation: Option<String>,
}

impl Actor {
    /// The platform, or the person at its command line.
    pub fn system(organization: OrganizationId) -> Self {
        Self {
            organization,
            name: "system".into(),
            sandbox: false,
            request_id: None,
            address: None,
            operation: None,
        }
    }

    /// The platform for itself: for changes that are no organization's.
    pub fn platform() -> Self {
        Self::system(OrganizationId(Uuid::nil()))
    }

    /// A job of the organization.
    pub fn job(organization: OrganizationId, id: JobId, request_id: Option<String>) -> Self {
        Self { name: id.to_string(), request_id, ..Self::system(organization) }
    }
}

/// An event of the actor about one object, which it tells as it is now.
pub fn event<T: Serialize>(
    actor: &Actor,
    kind: &str,
    (resource, id): (&str, Uuid),
    told: &T,
    at: DateTime<Utc>,
) -> Result<event::Model> {
    Ok(event::Model {
        id: EventId::new(),
        organization_id: actor.organization,
        kind: kind.into(),
        resource: resource.into(),
        resource_id: id,
        payload: Document::new(told)?,
        actor: actor.name.clone(),
        request_id: actor.request_id.clone(),
        changes: None,
        address: actor.address.clone(),
        operation: actor.operation.clone(),
        priority: Urgency::default().number(),
        created_at: at,
    })
}

/// The event of a change: [`event()`] of the object as it is now, with what of it has changed.
pub fn change<T: Serialize>(
    actor: &Actor,
    kind: &str,
    object: (&str, Uuid),
    (before, after): (&T, &T),
    at: DateTime<Utc>,
) -> Result<event::Model> {
    let (before, after) = (serde_json::to_value(before)?, serde_json::to_value(after)?);
    let changes = Some(changes::between(&before, &after));
    Ok(event::Model { changes, ..event(actor, kind, object, &changes::masked(after), at)? })
}

/// In which order events go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Urgency {
    /// Before all others.
    Critical,
    /// Before the usual.
    High,
    /// The usual.
    #[default]
    Medium,
    /// After all others.
    Low,
}

impl Urgency {
    /// The stored number.
    pub const fn number(self) -> i16 {
        match self {
            Self::Critical => 0,
            Self::High => 1,
            Self::Medium => 2,
            Self::Low => 3,
        }
    }
}

/// Appends events within the caller's transaction, and enqueues what makes them go out to the endpoints of
/// their organizations. Without an endpoint there is no job.
pub async fn record(transaction: &impl ConnectionTrait, events: &[event::Model]) -> Result<Tickets> {
    let Some(now) = events.iter().map(|event| event.created_at).max() else { return Ok(Tickets::default()) };
    queue::insert(transaction, events, now).await
}

/// Appends an event that is meant for one endpoint alone, which the caller sends it to.
pub(crate) async fn keep(transaction: &impl ConnectionTrait, event: &event::Model) -> Result<()> {
    queue::keep(transaction, std::slice::from_ref(event)).await
}

/// The events of these ids that are still kept, in no order.
pub async fn load(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = EventId>,
) -> Result<Vec<event::Model>> {
    #[derive(Serialize)]
    struct Row {
        id: EventId,
    }
    let rows: Vec<_> = ids.map(|id| Row { id }).collect();
    let sql = "select * from events where id {among}";
    let statement = rows::statement(db, sql, &[("id", Type::Uuid)], &rows, [])?;
    Ok(event::Model::find_by_statement(statement).all(db).await?)
}

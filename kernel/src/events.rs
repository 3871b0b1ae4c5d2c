//! Events: recorded in the transaction of the change they tell of.

use crate::{
    error::Result,
    rows::{self, Type},
};
use chrono::{DateTime, Utc};
use entities::{
    event,
    ids::{EventId, OrganizationId},
};
use sea_orm::ConnectionTrait;
use serde_json::Value;
use uuid::Uuid;

/// Who makes a change, and for whom: the first argument of every domain operation that writes.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The tenant.
    pub organization: OrganizationId,
    /// A key's id, a job's id, or `system`.
    pub name: String,
    /// The request that began it, where there was one.
    pub request_id: Option<String>,
}

/// An event of the actor about one object.
pub fn event(
    actor: &Actor,
    kind: &str,
    (resource, id): (&str, Uuid),
    payload: Value,
    at: DateTime<Utc>,
) -> event::Model {
    event::Model {
        id: EventId::new(),
        organization_id: actor.organization,
        kind: kind.into(),
        resource: resource.into(),
        resource_id: id,
        payload,
        actor: actor.name.clone(),
        request_id: actor.request_id.clone(),
        created_at: at,
    }
}

/// Appends events within the caller's transaction.
pub async fn record(transaction: &impl ConnectionTrait, events: &[event::Model]) -> Result<()> {
    const FIELDS: &rows::Fields = &[
        ("id", Type::Uuid),
        ("organization_id", Type::Uuid),
        ("type", Type::Text),
        ("resource", Type::Text),
        ("resource_id", Type::Uuid),
        ("payload", Type::Json),
        ("actor", Type::Text),
        ("request_id", Type::Text),
        ("created_at", Type::Time),
    ];
    if events.is_empty() {
        return Ok(());
    }
    let sql = "insert into events ({columns}) select {columns} from {rows}";
    transaction.execute_raw(rows::statement(transaction, sql, FIELDS, &events, [])?).await?;
    Ok(())
}

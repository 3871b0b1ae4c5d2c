//! How events are written in PostgreSQL: what they tell, which is the larger part of them, travels beside the rows.
//! Within them it would be read three times: to see that it is JSON, to find its end, and to be stored.

use super::queue::FIELDS;
use crate::{
    error::Result,
    rows::{self, Type},
};
use chrono::{DateTime, Utc};
use entities::{
    event::Model,
    ids::{EventId, OrganizationId},
};
use sea_orm::{DbBackend, Value};
use serde::Serialize;
use uuid::Uuid;

/// Stands between the payloads of several events. JSON has no such character.
const BETWEEN: &str = "\u{1e}";

/// The beginning of a statement that inserts events: its values from `$first` on, which are [`values`].
pub(crate) fn statement(first: u8) -> String {
    let plain: Vec<_> = FIELDS.iter().copied().filter(|(_, kind)| *kind != Type::Json).collect();
    let names: Vec<_> = plain.iter().map(|(name, _)| *name).collect();
    let (names, payloads, changes) = (names.join(", "), first + 1, first + 2);
    let rows = rows::table_at(DbBackend::Postgres, &plain, first, "");
    format!(
        "insert into events ({names}, payload, changes)
         select {names}, payload::jsonb, nullif(changes, '')::jsonb
         from rows from ({rows}, string_to_table(${payloads}, e'\\x1e'), string_to_table(${changes}, e'\\x1e'))
           as r ({names}, payload, changes)"
    )
}

/// What is written of an event beside what it tells.
#[derive(Serialize)]
struct Row<'a> {
    id: EventId,
    organization_id: OrganizationId,
    r#type: &'a str,
    resource: &'a str,
    resource_id: Uuid,
    actor: &'a str,
    request_id: Option<&'a str>,
    address: Option<&'a str>,
    operation: Option<&'a str>,
    priority: i16,
    created_at: DateTime<Utc>,
}

impl<'a> From<&'a Model> for Row<'a> {
    fn from(event: &'a Model) -> Self {
        Self {
            id: event.id,
            organization_id: event.organization_id,
            r#type: &event.kind,
            resource: &event.resource,
            resource_id: event.resource_id,
            actor: &event.actor,
            request_id: event.request_id.as_deref(),
            address: event.address.as_deref(),
            operation: event.operation.as_deref(),
            priority: event.priority,
            created_at: event.created_at,
        }
    }
}

/// The values of [`statement`].
pub(crate) fn values(events: &[Model]) -> Result<[Value; 3]> {
    let rows: Vec<_> = events.iter().map(Row::from).collect();
    let payloads: Vec<_> = events.iter().map(|event| event.payload.to_string()).collect();
    let text = |event: &Model| event.changes.as_ref().map(ToString::to_string).unwrap_or_default();
    let changes: Vec<_> = events.iter().map(text).collect();
    Ok([rows::json(&rows)?, payloads.join(BETWEEN).into(), changes.join(BETWEEN).into()])
}

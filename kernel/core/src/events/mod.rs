//! Events: recorded in the transaction of the change they describe.

mod changes;
mod domains;
pub mod insert_pg;
mod job;
mod kinds;
mod outbox;
pub mod payloads;

pub use domains::receives;
pub use domains::{domains_sql, pairs_sql};
pub use job::WebhookFanout;
pub use kinds::{Kind, PLATFORM, is_reserved};
pub use outbox::fan_out_job;
pub use outbox::{QUEUED, queued, try_close};

use chrono::{DateTime, Utc};
use engine::ledger::PendingPush;
use entities::{
    RawJson,
    event::{self, Domain},
    ids::{EventId, JobId, OrganizationId},
};
use platform::{
    bulk::{self, SqlType},
    db::GenericPlanConnection,
    error::Result,
};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use uuid::Uuid;

/// The columns of an event.
const FIELDS: &bulk::Fields = &[
    ("id", SqlType::Uuid),
    ("organization_id", SqlType::Uuid),
    ("type", SqlType::Text),
    ("domain", SqlType::Text),
    ("resource", SqlType::Text),
    ("resource_id", SqlType::Uuid),
    ("payload", SqlType::RawJson),
    ("actor", SqlType::Text),
    ("request_id", SqlType::Text),
    ("changes", SqlType::RawJson),
    ("address", SqlType::Text),
    ("operation", SqlType::Text),
    ("priority", SqlType::Int),
    ("created_at", SqlType::Time),
];

/// The actor of a change and its tenant: the first argument of every domain operation that writes.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The tenant.
    pub organization: OrganizationId,
    /// A key's id, a job's id, or `system`.
    pub name: String,
    /// Whether it is a sandbox credential.
    pub sandbox: bool,
    /// The id of the originating request, if any.
    pub request_id: Option<String>,
    /// The address of the request; `None` for its consequences.
    pub address: Option<String>,
    /// The operation of the request: contract, method and path template; `None` for its consequences.
    pub operation: Option<String>,
}

impl Actor {
    /// The platform, or its operator.
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

    /// The platform itself, for changes without an organization.
    pub fn platform() -> Self {
        Self::system(OrganizationId(Uuid::nil()))
    }

    /// A job of the organization.
    pub fn job(organization: OrganizationId, id: JobId, request_id: Option<String>) -> Self {
        Self { name: id.to_string(), request_id, ..Self::system(organization) }
    }
}

/// An event of the actor about one object, with its current state.
///
/// No recorded type serializes a secret (a hash, a sealed text or a key): nothing is masked later, and free-form data
/// of callers, such as metadata, is stored unchanged.
pub fn event<'a, T: Serialize>(
    actor: &Actor,
    kind: impl Into<Kind<'a>>,
    object: (&str, Uuid),
    payload: &T,
    at: DateTime<Utc>,
) -> Result<event::Model> {
    let kind = kind.into();
    debug_assert!(kind.is_declared(), "{kind:?} is not among the types of the platform's events");
    of_kind(actor, kind, object, payload, at)
}

/// A custom event of the organization, unchanged. The service provider's contracts publish them.
pub fn published<T: Serialize>(
    actor: &Actor,
    name: &str,
    object: (&str, Uuid),
    payload: &T,
    at: DateTime<Utc>,
) -> Result<event::Model> {
    of_kind(actor, Kind { domain: Domain::Isp, name }, object, payload, at)
}

fn of_kind<T: Serialize>(
    actor: &Actor,
    kind: Kind<'_>,
    (resource, id): (&str, Uuid),
    payload: &T,
    at: DateTime<Utc>,
) -> Result<event::Model> {
    Ok(event::Model {
        id: EventId::new(),
        organization_id: actor.organization,
        kind: kind.name.into(),
        domain: kind.domain,
        resource: resource.into(),
        resource_id: id,
        payload: RawJson::new(payload)?,
        actor: actor.name.clone(),
        request_id: actor.request_id.clone(),
        changes: None,
        address: actor.address.clone(),
        operation: actor.operation.clone(),
        priority: EventPriority::default().number(),
        created_at: at,
    })
}

/// The event of a change: [`event()`] with the current state and the differences.
pub fn change<'a, T: Serialize>(
    actor: &Actor,
    kind: impl Into<Kind<'a>>,
    object: (&str, Uuid),
    (before, after): (&T, &T),
    at: DateTime<Utc>,
) -> Result<event::Model> {
    let changes = Some(changes::diff(&serde_json::to_value(before)?, &serde_json::to_value(after)?));
    Ok(event::Model { changes, ..event(actor, kind, object, after, at)? })
}

/// The priority of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventPriority {
    /// Highest.
    Critical,
    /// High.
    High,
    /// Default.
    #[default]
    Medium,
    /// Low.
    Low,
}

impl EventPriority {
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
pub async fn record(
    transaction: &impl GenericPlanConnection,
    events: &[event::Model],
) -> Result<PendingPush> {
    let Some(now) = events.iter().map(|event| event.created_at).max() else {
        return Ok(PendingPush::default());
    };
    outbox::insert(transaction, events, now).await
}

/// Records events each addressed to one endpoint, to which the caller sends it.
pub async fn insert_only(transaction: &impl ConnectionTrait, events: &[&event::Model]) -> Result<()> {
    outbox::insert_only(transaction, events).await
}

/// The events with these ids that have not expired, in no order.
pub async fn load(
    db: &impl GenericPlanConnection,
    ids: impl Iterator<Item = EventId>,
) -> Result<Vec<event::Model>> {
    #[derive(Serialize)]
    struct Row {
        id: EventId,
    }
    let rows: Vec<_> = ids.map(|id| Row { id }).collect();
    let sql = "select * from events where id {in_ids}";
    let statement = bulk::generic_plan_statement(db.backend(), sql, &[("id", SqlType::Uuid)], &rows, [])?;
    Ok(db.find(statement).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    /// Any metadata, also with names that sound like secrets.
    fn metadata() -> impl Strategy<Value = Map<String, Value>> {
        let name = prop_oneof![
            "[a-z]{0,4}(secret|password|token|hash|private|credential|authorization|apiKey)[A-Za-z]{0,4}",
            ".{0,8}",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        let names = name.clone();
        let value = leaf.prop_recursive(3, 16, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(names.clone(), inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        });
        prop::collection::btree_map(name, value, 0..5).prop_map(|fields| fields.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_customers_write_comes_through_as_it_is(old in metadata(), new in metadata()) {
            let actor = Actor::platform();
            let about = ("customer", Uuid::nil());
            let [before, after] = [&old, &new].map(|metadata| json!({ "metadata": metadata, "name": "n" }));
            let created = event(&actor, "customer.created", about, &after, DateTime::UNIX_EPOCH).unwrap();
            let states = (&before, &after);
            let updated = change(&actor, "customer.updated", about, states, DateTime::UNIX_EPOCH).unwrap();
            prop_assert_eq!(created.payload.read::<Value>().unwrap(), after.clone());
            prop_assert_eq!(updated.payload.read::<Value>().unwrap(), after);
            let expected = if old == new {
                json!({})
            } else {
                json!({ "metadata": { "before": old, "after": new } })
            };
            prop_assert_eq!(updated.changes, Some(expected));
        }
    }

    #[test]
    #[should_panic(expected = "is not among the types of the platform's events")]
    fn a_type_that_is_not_declared_is_not_recorded() {
        let about = ("thing", Uuid::nil());
        drop(event(&Actor::platform(), "thing.created", about, &json!({}), DateTime::UNIX_EPOCH));
    }
}

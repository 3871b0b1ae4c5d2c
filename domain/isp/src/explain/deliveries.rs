//! Deliveries of events: their attempts and endpoints.

use super::{Part, part};
use entities::{
    delivery, endpoint, event,
    ids::{self, DeliveryId, EndpointId, EventId},
};
use kernel::contracts::{self, IdForm, WebhookNames};
use platform::error::Result;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;
use uuid::Uuid;

/// An attempt, completed or pending, with its target.
#[derive(Debug)]
pub struct Attempt {
    /// The attempt.
    pub record: delivery::Model,
    /// The webhook's URL; `None` if the webhook was removed.
    pub url: Option<String>,
}

/// A requested event.
#[derive(Debug)]
pub struct Event {
    /// The event; `None` if it has expired.
    pub record: Option<event::Model>,
    /// Its deliveries, by webhook.
    pub deliveries: Part<Attempt>,
}

/// A requested webhook.
#[derive(Debug)]
pub struct Webhook {
    /// The webhook.
    pub record: endpoint::Model,
    /// Its attempts, newest events first.
    pub deliveries: Part<Attempt>,
}

/// The event of an id (`evt_…`, or `whd_…` of one of its deliveries).
pub(super) async fn event(db: &DatabaseConnection, id: &str) -> Result<Option<Event>> {
    let id = match (id.parse::<EventId>(), by_any_prefix(id, |names| names.delivery)) {
        (Ok(event), _) => event,
        (_, Some(delivery)) => match delivery::Entity::find_by_id(DeliveryId(delivery)).one(db).await? {
            Some(found) => found.event_id,
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let record = event::Entity::find_by_id(id).one(db).await?;
    let deliveries = of_events(db, &[id]).await?;
    Ok((record.is_some() || !deliveries.first.is_empty()).then_some(Event { record, deliveries }))
}

/// The webhook with this id (`wh_…`, or a UUID).
pub(super) async fn webhook(db: &DatabaseConnection, id: &str) -> Result<Option<Webhook>> {
    let parsed = by_any_prefix(id, |names| names.endpoint).or_else(|| ids::uuid(id)).map(EndpointId);
    let Some(id) = parsed else { return Ok(None) };
    let Some(record) = endpoint::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let all = delivery::Entity::find().filter(delivery::Column::EndpointId.eq(id));
    let deliveries = with_urls(db, part(db, webhooks::in_order(all)).await?).await?;
    Ok(Some(Webhook { record, deliveries }))
}

/// The key in the form in which one of the contracts shows it.
fn by_any_prefix(id: &str, form: fn(&WebhookNames) -> IdForm) -> Option<Uuid> {
    contracts::ALL.iter().find_map(|contract| match form(&contract.webhooks) {
        IdForm::Prefixed(prefix) => ids::parse(id, prefix).ok(),
        IdForm::Uuid => None,
    })
}

/// All deliveries of these events.
pub(super) async fn of_events(db: &DatabaseConnection, events: &[EventId]) -> Result<Part<Attempt>> {
    let attempts = delivery::Entity::find()
        .filter(delivery::Column::EventId.is_in(events.iter().copied()))
        .order_by_asc(delivery::Column::EventId)
        .order_by_asc(delivery::Column::EndpointId)
        .order_by_asc(delivery::Column::Attempt);
    with_urls(db, part(db, attempts).await?).await
}

async fn with_urls(db: &DatabaseConnection, attempts: Part<delivery::Model>) -> Result<Part<Attempt>> {
    let endpoints = attempts.first.iter().map(|attempt| attempt.endpoint_id);
    let endpoints = endpoint::Entity::find().filter(endpoint::Column::Id.is_in(endpoints)).all(db).await?;
    let urls: HashMap<_, _> = endpoints.into_iter().map(|endpoint| (endpoint.id, endpoint.url)).collect();
    let first = attempts.first.into_iter();
    let first = first.map(|record| Attempt { url: urls.get(&record.endpoint_id).cloned(), record }).collect();
    Ok(Part { first, more: attempts.more })
}

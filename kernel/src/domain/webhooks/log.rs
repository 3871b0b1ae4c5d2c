//! The log of attempts, as an endpoint's owner reads it.

use crate::{Kernel, domain::customers::Page, error::Result, webhooks};
use entities::{
    delivery::{self, DeliveryState},
    endpoint, event,
    ids::EventId,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};
use serde_json::Value;
use std::collections::HashMap;

/// An attempt with what it tells.
#[derive(Debug)]
pub struct Entry {
    /// The attempt.
    pub attempt: delivery::Model,
    /// The event's type; empty once the event is not kept any more.
    pub kind: String,
    /// The body; an empty object once the event is not kept any more.
    pub body: Value,
}

/// A page of an endpoint's attempts, those of the newest events first. `page` counts from 1.
pub async fn attempts(
    kernel: &Kernel,
    endpoint: &endpoint::Model,
    state: Option<DeliveryState>,
    page: u64,
    limit: u64,
) -> Result<Page<Entry>> {
    let db = kernel.db.reader();
    let all = delivery::Entity::to(endpoint.id)
        .apply_if(state, |query, state| query.filter(delivery::Column::State.eq(state)));
    let found = Page::of(db, all, page, limit).await?;
    Ok(Page { items: with_bodies(kernel, endpoint, found.items).await?, total: found.total })
}

async fn with_bodies(
    kernel: &Kernel,
    endpoint: &endpoint::Model,
    attempts: Vec<delivery::Model>,
) -> Result<Vec<Entry>> {
    let ids = attempts.iter().map(|attempt| attempt.event_id);
    let events = event::Entity::find().filter(event::Column::Id.is_in(ids)).all(kernel.db.reader()).await?;
    let events: HashMap<EventId, _> = events.into_iter().map(|event| (event.id, event)).collect();
    let form = super::endpoints::form(&endpoint.contract)?;
    let entry = |attempt: delivery::Model| {
        let Some(event) = events.get(&attempt.event_id) else {
            return Ok(Entry { attempt, kind: String::new(), body: Value::Object(serde_json::Map::new()) });
        };
        let body = serde_json::from_slice(&form.body(&webhooks::Event::from(event))?)?;
        Ok(Entry { attempt, kind: event.kind.clone(), body })
    };
    attempts.into_iter().map(entry).collect()
}

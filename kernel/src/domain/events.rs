//! Events of an organization's own.

use crate::{
    Work,
    error::{Error, Fault, Result},
    events::{self, Urgency},
};
use entities::event;
use serde_json::Value;
use uuid::Uuid;

/// Characters of a type at most: it is sent in a header.
const LONGEST_TYPE: usize = 200;

/// Publishes an event of the organization's own. It is durable when this returns, unless it is a part of
/// something larger. `Invalid` for a type that is too long.
pub async fn publish(work: &Work, kind: &str, payload: Value, urgency: Urgency) -> Result<event::Model> {
    if kind.chars().nth(LONGEST_TYPE).is_some() {
        let message = format!("must have at most {LONGEST_TYPE} characters");
        return Err(Error::invalid(Fault::field("eventType", message)));
    }
    let about = ("published", Uuid::now_v7());
    let event = events::event(&work.actor, kind, about, &payload, work.now())?;
    let event = event::Model { priority: urgency.number(), ..event };
    work.publish(event.clone()).await?;
    Ok(event)
}

//! Events of an organization's own.

use crate::{
    UnitOfWork,
    error::{Error, Fault, Field, Result},
    events::{self, Urgency},
};
use entities::{RawJson, event};
use uuid::Uuid;

/// Characters of a type at most: it is sent in a header.
pub const LONGEST_TYPE: usize = 200;

/// Whether an organization may give its own events this type: `Err` says why not. The platform's own types are refused:
/// receivers take a signed `customer.created` for a customer of theirs.
pub fn check_type(kind: &str) -> Result<(), String> {
    if kind.chars().nth(LONGEST_TYPE).is_some() {
        return Err(format!("must have at most {LONGEST_TYPE} characters"));
    }
    if events::is_reserved(kind) {
        return Err(format!("{} is a type of the platform's own events; choose another", kind.trim()));
    }
    Ok(())
}

/// Publishes an event of the organization's own. It is durable when this returns, unless it is a part of
/// something larger. `Invalid`, with the field `event_type`, for a type that is too long or the platform's own.
pub async fn publish(
    work: &UnitOfWork,
    kind: &str,
    payload: RawJson,
    urgency: Urgency,
) -> Result<event::Model> {
    check_type(kind).map_err(|message| Error::invalid(Fault::field(Field::EventType, message)))?;
    let about = ("published", Uuid::now_v7());
    let event = events::published(&work.actor, kind, about, &payload, work.now())?;
    let event = event::Model { priority: urgency.number(), ..event };
    work.publish(event.clone()).await?;
    Ok(event)
}

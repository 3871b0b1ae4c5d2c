//! Custom events of organizations.

use crate::{
    UnitOfWork,
    events::{self, EventPriority},
};
use entities::{RawJson, event};
use platform::error::{Error, Fault, Field, Result};
use uuid::Uuid;

/// Maximum length of a type, which is sent in a header.
pub const LONGEST_TYPE: usize = 200;

/// Checks the type of a custom event; `Err` is the reason. The platform's own types are rejected, because receivers
/// trust a signed `customer.created`.
pub fn check_type(kind: &str) -> Result<(), String> {
    if kind.chars().nth(LONGEST_TYPE).is_some() {
        return Err(format!("must have at most {LONGEST_TYPE} characters"));
    }
    if events::is_reserved(kind) {
        return Err(format!("{} is a type of the platform's own events; choose another", kind.trim()));
    }
    Ok(())
}

/// Publishes a custom event of the organization. It is durable on return, unless part of a transaction. `Invalid`, with
/// the field `event_type`, for a type that is too long or reserved.
pub async fn publish(
    work: &UnitOfWork,
    kind: &str,
    payload: RawJson,
    priority: EventPriority,
) -> Result<event::Model> {
    check_type(kind).map_err(|message| Error::invalid(Fault::field(Field::EventType, message)))?;
    let about = ("published", Uuid::now_v7());
    let event = events::published(&work.actor, kind, about, &payload, work.now())?;
    let event = event::Model { priority: priority.number(), ..event };
    work.publish(event.clone()).await?;
    Ok(event)
}

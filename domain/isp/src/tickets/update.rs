//! Updates of tickets.

use super::{MISSING, RESOURCE};
use chrono::{DateTime, Utc};
use entities::{
    api_key::Texts,
    event,
    ids::TicketId,
    ticket::{self, TicketPriority, TicketStatus},
};
use kernel::{UnitOfWork, events};
use platform::{
    FieldUpdate,
    error::{Error, Field, Result},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel, QuerySelect, TryIntoModel};

/// Changes of a ticket; `None` and [`FieldUpdate::Keep`] leave a value unchanged.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The status.
    pub status: Option<TicketStatus>,
    /// The priority.
    pub priority: Option<TicketPriority>,
    /// The assignee.
    pub assigned_to: FieldUpdate<String>,
    /// The tags, which replace the existing ones.
    pub tags: Option<Vec<String>>,
}

/// Updates a ticket and records `ticket.updated` if anything changes, and `ticket.resolved` when it is resolved.
/// Concurrent updates wait for each other. `Conflict` for another status of a closed ticket.
pub async fn update(work: &UnitOfWork, id: TicketId, changes: Changes) -> Result<ticket::Model> {
    let transaction = work.transaction().await?;
    let found = ticket::Entity::one_of(work.actor.organization, id);
    let before = found.lock_exclusive().one(&transaction).await?.ok_or(MISSING)?;
    let status = changes.status.unwrap_or(before.status);
    if !may_become(before.status, status) {
        return Err(Error::Conflict { message: CLOSED.into(), field: Some(Field::Status) });
    }
    let row = apply(before.clone(), changes, work.now());
    let after = row.clone().try_into_model()?;
    if (ticket::Model { updated_at: before.updated_at, ..after }) == before {
        return Ok(before);
    }
    let after = row.update(&transaction).await?;
    work.record(events_for(work, &before, &after)?);
    Ok(after)
}

/// The error for reopening a closed ticket.
const CLOSED: &str = "The ticket is closed, and stays so; open another one";

/// All transitions are allowed except from closed.
const fn may_become(before: TicketStatus, after: TicketStatus) -> bool {
    !matches!(before, TicketStatus::Closed) || matches!(after, TicketStatus::Closed)
}

/// When a ticket was resolved. Closing keeps the value: it may have been closed unresolved.
fn resolved_at(ticket: &ticket::Model, after: TicketStatus, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match after {
        TicketStatus::Resolved => ticket.resolved_at.or(Some(now)),
        TicketStatus::Closed => ticket.resolved_at,
        TicketStatus::Open | TicketStatus::InProgress | TicketStatus::Waiting => None,
    }
}

fn apply(ticket: ticket::Model, changes: Changes, now: DateTime<Utc>) -> ticket::ActiveModel {
    let status = changes.status.unwrap_or(ticket.status);
    let resolved = resolved_at(&ticket, status, now);
    let mut row = ticket.into_active_model();
    row.status = Set(status);
    row.resolved_at = Set(resolved);
    if let Some(priority) = changes.priority {
        row.priority = Set(priority);
    }
    changes.assigned_to.apply(&mut row.assigned_to);
    if let Some(tags) = changes.tags {
        row.tags = Set(Texts(tags));
    }
    row.updated_at = Set(now);
    row
}

fn events_for(work: &UnitOfWork, before: &ticket::Model, after: &ticket::Model) -> Result<Vec<event::Model>> {
    let (object, at) = ((RESOURCE, after.id.0), after.updated_at);
    let mut events_for = vec![events::change(&work.actor, "ticket.updated", object, (before, after), at)?];
    let [was, is] = [before, after].map(|ticket| ticket.status == TicketStatus::Resolved);
    if is && !was {
        events_for.push(events::event(&work.actor, "ticket.resolved", object, after, at)?);
    }
    Ok(events_for)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn only_what_is_closed_stays_as_it_is() {
        for before in TicketStatus::iter() {
            for after in TicketStatus::iter() {
                let expected = before != TicketStatus::Closed || after == TicketStatus::Closed;
                assert_eq!(may_become(before, after), expected, "{before:?} to {after:?}");
            }
        }
    }
}

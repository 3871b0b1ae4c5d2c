//! What may change of a ticket, and when.

use super::{MISSING, RESOURCE};
use crate::{
    UnitOfWork,
    domain::FieldUpdate,
    error::{Error, Field, Result},
    events,
};
use chrono::{DateTime, Utc};
use entities::{
    api_key::Texts,
    event,
    ids::TicketId,
    ticket::{self, TicketPriority, TicketStatus},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel, QuerySelect, TryIntoModel};

/// Changes to a ticket; what is `None` or [`FieldUpdate::Keep`] stays.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Where it stands.
    pub status: Option<TicketStatus>,
    /// How much it matters.
    pub priority: Option<TicketPriority>,
    /// Who works on it.
    pub assigned_to: FieldUpdate<String>,
    /// The labels, in place of those that were there.
    pub tags: Option<Vec<String>>,
}

/// Changes a ticket and records `ticket.updated`, and `ticket.resolved` when it is resolved by that; nothing where it
/// is so already. Changes made at the same time wait for each other. `Conflict` for a closed ticket that is to be
/// anything else.
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
    work.record(told(work, &before, &after)?);
    Ok(after)
}

/// What is said to who wants to take up again what has ended for good.
const CLOSED: &str = "The ticket is closed, and stays so; open another one";

/// Work may go back and forth, and what was resolved may come up again. Closed is the end.
const fn may_become(before: TicketStatus, after: TicketStatus) -> bool {
    !matches!(before, TicketStatus::Closed) || matches!(after, TicketStatus::Closed)
}

/// Since when a ticket is resolved. One that is closed keeps what it had: it may have been closed unresolved.
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

fn told(work: &UnitOfWork, before: &ticket::Model, after: &ticket::Model) -> Result<Vec<event::Model>> {
    let (object, at) = ((RESOURCE, after.id.0), after.updated_at);
    let mut told = vec![events::change(&work.actor, "ticket.updated", object, (before, after), at)?];
    let [was, is] = [before, after].map(|ticket| ticket.status == TicketStatus::Resolved);
    if is && !was {
        told.push(events::event(&work.actor, "ticket.resolved", object, after, at)?);
    }
    Ok(told)
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

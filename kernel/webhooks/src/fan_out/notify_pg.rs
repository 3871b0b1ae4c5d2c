//! What PostgreSQL itself tells of a lone event, at its commit: the event, and its deliveries to endpoints that
//! somebody holds. Whoever holds one hears of it through Redis all the same, but later: when the process that recorded
//! the event has heard of the commit. What the event tells does not go through Redis.
//!
//! Nothing depends on it: a listener that is away, or a pooler that knows no `LISTEN`, makes deliveries later, no more.
//! It is for lone events only, since PostgreSQL has those who notify commit one after the other.

use super::{contract_info, single_pg::Numbered};
use crate::{Due, wire};
use chrono::{DateTime, Utc};
use entities::{
    RawJson, event,
    ids::{EndpointId, EventId},
};
use kernel::contracts::ContractInfo;
use platform::{
    Db,
    error::{Error, Result},
    retry::OutageBackoff,
};
use sea_orm::{DbErr, RuntimeErr, sqlx};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, postgres::PgListener};
use std::{borrow::Cow, convert::Infallible};

/// The channel, of one database.
pub(super) const CHANNEL: &str = "switchyard_committed";
/// Bytes of a message at most, by PostgreSQL's own limit.
pub(super) const MOST: usize = 7999;

/// An event that was committed with its deliveries.
#[derive(Debug, Deserialize)]
pub struct Committed {
    event: Said<'static>,
    told: Vec<Numbered>,
}

/// What is said of the event.
#[derive(Debug, Serialize, Deserialize)]
struct Said<'a> {
    id: EventId,
    kind: Cow<'a, str>,
    resource: Cow<'a, str>,
    payload: Cow<'a, RawJson>,
    priority: i16,
    at: DateTime<Utc>,
}

/// What is said of the event; none where it is too long to be.
pub(super) fn say(event: &event::Model) -> Result<Option<String>> {
    let said = Said {
        id: event.id,
        kind: Cow::Borrowed(&event.kind),
        resource: Cow::Borrowed(&event.resource),
        payload: Cow::Borrowed(&event.payload),
        priority: event.priority,
        at: event.created_at,
    };
    Ok(Some(serde_json::to_string(&said)?).filter(|said| said.len() < MOST))
}

impl Committed {
    /// The event.
    pub fn event(&self) -> wire::Event<'_> {
        let Said { id, kind, resource, payload, at, .. } = &self.event;
        wire::Event { id: *id, kind, resource, payload, at: *at }
    }

    /// Its deliveries, each with the contract in whose format it is made. They are due since the event was made.
    pub fn due(&self) -> impl Iterator<Item = Result<(EndpointId, &'static ContractInfo, Due)>> {
        let Said { id, priority, at, .. } = self.event;
        self.told.iter().map(move |it| Ok((it.id, contract_info(&it.contract)?, it.due((id, priority), at))))
    }
}

/// Hears of commits for as long as it is awaited. Where the database is another one, there is nothing to hear.
pub async fn hear_commits(db: &Db, heard: impl Fn(&Committed) + Send + Sync) {
    let Some(pool) = db.generic_plans().pool() else { return };
    let mut outage = OutageBackoff::new();
    loop {
        let Err(error) = hear(pool, &heard, &mut outage).await;
        outage.wait(&error).await;
    }
}

async fn hear(
    pool: &PgPool,
    heard: &(impl Fn(&Committed) + Sync),
    outage: &mut OutageBackoff,
) -> Result<Infallible> {
    let mut listener = PgListener::connect_with(pool).await.map_err(failed)?;
    listener.listen(CHANNEL).await.map_err(failed)?;
    outage.over();
    loop {
        let said = listener.recv().await.map_err(failed)?;
        match serde_json::from_str(said.payload()) {
            Ok(committed) => heard(&committed),
            Err(error) => tracing::debug!(%error, "said by a process of another version"),
        }
    }
}

fn failed(error: sqlx::Error) -> Error {
    DbErr::Conn(RuntimeErr::SqlxError(error.into())).into()
}

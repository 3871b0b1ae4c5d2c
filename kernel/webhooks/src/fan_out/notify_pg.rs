//! `NOTIFY` at the commit of a single event, with the event and its deliveries to held endpoints. Their holders are also
//! notified through Redis, without the payload, but only after the recording process has seen the commit.
//!
//! This is an optimization: without a listener, or with a pooler that does not support `LISTEN`, deliveries are only
//! later. It is limited to single events, since PostgreSQL serializes the commits of transactions that notify.

use super::{contract_info, single_pg::NumberedDelivery};
use crate::{PendingAttempt, wire};
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

/// The channel of the database.
pub(super) const CHANNEL: &str = "switchyard_committed";
/// Maximum size of a message in PostgreSQL, in bytes.
pub(super) const MOST: usize = 7999;

/// A committed event with its deliveries.
#[derive(Debug, Deserialize)]
pub struct CommitNotification {
    event: EventNotification<'static>,
    told: Vec<NumberedDelivery>,
}

/// The event in a message.
#[derive(Debug, Serialize, Deserialize)]
struct EventNotification<'a> {
    id: EventId,
    kind: Cow<'a, str>,
    resource: Cow<'a, str>,
    payload: Cow<'a, RawJson>,
    priority: i16,
    at: DateTime<Utc>,
}

/// The event's part of the message; `None` if it is too long.
pub(super) fn encode(event: &event::Model) -> Result<Option<String>> {
    let said = EventNotification {
        id: event.id,
        kind: Cow::Borrowed(&event.kind),
        resource: Cow::Borrowed(&event.resource),
        payload: Cow::Borrowed(&event.payload),
        priority: event.priority,
        at: event.created_at,
    };
    Ok(Some(serde_json::to_string(&said)?).filter(|said| said.len() < MOST))
}

impl CommitNotification {
    /// The event.
    pub fn event(&self) -> wire::Event<'_> {
        let EventNotification { id, kind, resource, payload, at, .. } = &self.event;
        wire::Event { id: *id, kind, resource, payload, at: *at }
    }

    /// Its deliveries, each with the contract that defines its format; due since the event's time.
    pub fn due(&self) -> impl Iterator<Item = Result<(EndpointId, &'static ContractInfo, PendingAttempt)>> {
        let EventNotification { id, priority, at, .. } = self.event;
        self.told.iter().map(move |it| Ok((it.id, contract_info(&it.contract)?, it.due((id, priority), at))))
    }
}

/// Listens for commits until dropped. Returns immediately if the database is not PostgreSQL.
pub async fn listen_for_commits(db: &Db, heard: impl Fn(&CommitNotification) + Send + Sync) {
    let Some(pool) = db.generic_plans().pool() else { return };
    let mut outage = OutageBackoff::new();
    loop {
        let Err(error) = listen(pool, &heard, &mut outage).await;
        outage.wait(&error).await;
    }
}

async fn listen(
    pool: &PgPool,
    heard: &(impl Fn(&CommitNotification) + Sync),
    outage: &mut OutageBackoff,
) -> Result<Infallible> {
    let mut listener = PgListener::connect_with(pool).await.map_err(failed)?;
    listener.listen(CHANNEL).await.map_err(failed)?;
    outage.over();
    loop {
        let said = listener.recv().await.map_err(failed)?;
        match serde_json::from_str(said.payload()) {
            Ok(committed) => heard(&committed),
            Err(error) => tracing::debug!(%error, "a notification by another version"),
        }
    }
}

fn failed(error: sqlx::Error) -> Error {
    DbErr::Conn(RuntimeErr::SqlxError(error.into())).into()
}

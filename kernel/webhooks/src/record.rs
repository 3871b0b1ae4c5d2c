//! Records the outcomes of attempts, for all endpoints of a process together.

use super::Health;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entities::{
    delivery::DeliveryState,
    ids::{DeliveryId, EndpointId, EventId},
};
use platform::{
    Db,
    bulk::{self, SqlType},
    db::{GenericPlanConnection, Transaction},
    error::Result,
    outbound::{Answer, Failure, HeaderMap},
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use std::collections::HashSet;

/// Maximum stored size of a response's body.
pub const KEPT_ANSWER: usize = 16 << 10;

/// A completed attempt.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    /// The attempt.
    pub id: DeliveryId,
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// The event.
    pub event_id: EventId,
    /// The event's number.
    pub sequence: i64,
    /// The attempt's number.
    pub attempt: i32,
    /// Number of scheduled delays before it.
    pub retry: i32,
    /// 0 (critical) to 3 (low).
    pub priority: i16,
    /// The state.
    pub state: DeliveryState,
    /// The start.
    pub sent_at: DateTime<Utc>,
    /// The duration.
    pub took_ms: i32,
    /// The answer's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<i32>,
    /// The class of the error, without a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_class: Option<&'static str>,
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The beginning of the response's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// The request headers without secrets: an object, as text for the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<Box<RawValue>>,
    /// The time of the next attempt.
    #[serde(skip)]
    pub next_at: Option<DateTime<Utc>>,
    /// Whether the endpoint belongs to a vendor's provisioner: then the vendor's attempt stores the final status.
    #[serde(skip)]
    pub is_watched: bool,
}

impl Attempt {
    /// Adds the result, as stored.
    #[must_use]
    pub fn with(self, made: std::result::Result<Answer, Failure>) -> Self {
        match made {
            Ok(answer) => self.answered(&answer),
            Err(failure) => {
                failure.log(self.endpoint_id);
                Self { error_class: Some(failure.class()), error: Some(failure.to_string()), ..self }
            }
        }
    }

    fn answered(self, answer: &Answer) -> Self {
        let error = (!answer.is_success()).then(|| format!("the receiver answered {}", answer.status));
        Self {
            http_status: Some(answer.status.into()),
            error_class: error.as_ref().map(|_| "status"),
            error,
            response: Some(text(&answer.first)),
            ..self
        }
    }
}

/// Text for the database: PostgreSQL does not store NUL.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}")
}

/// Headers to store: an object, without secrets.
pub fn shown_headers(headers: &HeaderMap) -> Result<Box<RawValue>> {
    struct Shown<'a>(&'a HeaderMap);
    impl Serialize for Shown<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(name, value)| {
                (name.as_str(), if value.is_sensitive() { "***" } else { value.to_str().unwrap_or("?") })
            }))
        }
    }
    Ok(to_raw_value(&Shown(headers))?)
}

/// The final status of a delivery.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Ended<'a> {
    /// The event.
    pub event_id: EventId,
    /// `success` or `failed`.
    pub state: DeliveryState,
    /// The error.
    pub error: Option<&'a str>,
}

/// Stores the final status of watched deliveries ([`Attempt::is_watched`]).
#[async_trait]
pub trait OnEnded: Send + Sync {
    /// Called in the transaction that writes the deliveries.
    async fn ended(&self, transaction: &Transaction, ended: &[Ended<'_>]) -> Result<()>;
}

#[derive(Serialize)]
struct Next {
    id: DeliveryId,
    endpoint_id: EndpointId,
    event_id: EventId,
    sequence: i64,
    attempt: i32,
    retry: i32,
    priority: i16,
    state: DeliveryState,
    due_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct Written {
    id: DeliveryId,
}

/// Records attempts, their retries, and the health of the endpoints, all or nothing. An attempt already recorded by
/// another worker is not changed and has no retry; neither does a duplicate, or one withdrawn meanwhile
/// ([`super::withdraw`]) unless it was delivered. One replaced by a manual retry while in flight ([`super::retry`]) is
/// recorded as it ended. Returns the number recorded.
///
/// Passes watched deliveries that have ended to `on_ended`, in the same transaction. Without retries and watched deliveries,
/// PostgreSQL does it in one statement, without a transaction.
pub async fn record(
    db: &Db,
    attempts: impl IntoIterator<Item = &Attempt>,
    health: &[Health],
    on_ended: &dyn OnEnded,
    now: DateTime<Utc>,
) -> Result<usize> {
    let mut seen = HashSet::new();
    let attempts: Vec<_> = attempts.into_iter().filter(|made| seen.insert(made.id)).collect();
    let backend = db.generic_plans().backend();
    let is_plain = |made: &&Attempt| made.next_at.is_none() && !made.is_watched;
    if backend == DbBackend::Postgres && attempts.iter().all(is_plain) {
        let health_rows = bulk::by_key_table_at(backend, HEALTH_FIELDS, 2, "h");
        let sql = format!("with health as ({}) {ATTEMPTS}", HEALTH.replace("{health}", &health_rows));
        let values = [bulk::json(&health)?];
        let statement = bulk::generic_plan_statement(backend, &sql, FIELDS, &attempts, values)?;
        return Ok(db.generic_plans().find::<Written>(statement).await?.len());
    }
    let transaction = db.begin().await?;
    let written = write(&transaction, &attempts).await?;
    let made: Vec<_> = attempts.into_iter().filter(|made| written.contains(&made.id)).collect();
    let next: Vec<_> = made.iter().filter_map(|made| follow(made)).collect();
    insert(&transaction, &next, now).await?;
    let ended: Vec<_> = made.iter().filter_map(|made| ended(made)).collect();
    if !ended.is_empty() {
        on_ended.ended(&transaction, &ended).await?;
    }
    write_health(&transaction, health).await?;
    transaction.commit().await?;
    Ok(written.len())
}

const FIELDS: &bulk::Fields = &[
    ("id", SqlType::Uuid),
    ("state", SqlType::Text),
    ("sent_at", SqlType::Time),
    ("took_ms", SqlType::Int),
    ("http_status", SqlType::Int),
    ("error_class", SqlType::Text),
    ("error", SqlType::Text),
    ("response", SqlType::Text),
    ("headers", SqlType::Json),
];

const ATTEMPTS: &str = "update deliveries set state = r.state, sent_at = r.sent_at, took_ms = r.took_ms,
    http_status = r.http_status, error_class = r.error_class, error = r.error, response = r.response,
    headers = r.headers
  from {rows_by_key} where deliveries.id = r.id and (deliveries.state = 'pending'
    or deliveries.error_class = 'replaced' or (deliveries.error_class = 'withdrawn' and r.state = 'success'))
  returning deliveries.id";

async fn write(transaction: &impl ConnectionTrait, attempts: &[&Attempt]) -> Result<HashSet<DeliveryId>> {
    let statement = bulk::statement(transaction, ATTEMPTS, FIELDS, &attempts, [])?;
    let written = Written::find_by_statement(statement).all(transaction).await?;
    Ok(written.into_iter().map(|row| row.id).collect())
}

/// The final status for the vendor's attempt, if there is no retry.
fn ended(made: &Attempt) -> Option<Ended<'_>> {
    let is_final = matches!(made.state, DeliveryState::Success | DeliveryState::Failed);
    let Attempt { event_id, state, .. } = *made;
    (made.is_watched && is_final).then_some(Ended { event_id, state, error: made.error.as_deref() })
}

fn follow(made: &Attempt) -> Option<Next> {
    Some(Next {
        id: DeliveryId::new(),
        endpoint_id: made.endpoint_id,
        event_id: made.event_id,
        sequence: made.sequence,
        attempt: made.attempt + 1,
        retry: made.retry + 1,
        priority: made.priority,
        state: DeliveryState::Pending,
        due_at: made.next_at?,
    })
}

/// An existing one was requested manually while this one was in flight.
async fn insert(transaction: &impl ConnectionTrait, next: &[Next], now: DateTime<Utc>) -> Result<()> {
    const FIELDS: &bulk::Fields = &[
        ("id", SqlType::Uuid),
        ("endpoint_id", SqlType::Uuid),
        ("event_id", SqlType::Uuid),
        ("sequence", SqlType::Int),
        ("attempt", SqlType::Int),
        ("retry", SqlType::Int),
        ("priority", SqlType::Int),
        ("state", SqlType::Text),
        ("due_at", SqlType::Time),
    ];
    if next.is_empty() {
        return Ok(());
    }
    let sql = "insert into deliveries ({columns}, created_at) select {columns}, $2 from {rows} where true
      on conflict do nothing";
    transaction.execute_raw(bulk::statement(transaction, sql, FIELDS, &next, [now.into()])?).await?;
    Ok(())
}

const HEALTH_FIELDS: &bulk::Fields = &[
    ("endpoint_id", SqlType::Uuid),
    ("failures", SqlType::Int),
    ("failing_since", SqlType::Time),
    ("opened", SqlType::Int),
    ("closed_until", SqlType::Time),
    ("last_attempt_at", SqlType::Time),
    ("last_succeeded", SqlType::Bool),
];

const HEALTH: &str = "update endpoint_health set failures = h.failures, failing_since = h.failing_since,
    opened = h.opened, closed_until = h.closed_until, last_attempt_at = h.last_attempt_at,
    last_succeeded = h.last_succeeded
  from {health} where endpoint_health.endpoint_id = h.endpoint_id";

async fn write_health(transaction: &impl ConnectionTrait, health: &[Health]) -> Result<()> {
    let sql = HEALTH.replace("{health}", "(select * from {rows_by_key}) as h");
    transaction.execute_raw(bulk::statement(transaction, &sql, HEALTH_FIELDS, &health, [])?).await?;
    Ok(())
}

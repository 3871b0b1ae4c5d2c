//! Reconciliation: the events of an endpoint, in a form for comparing with those received.

use chrono::{DateTime, Utc};
use entities::{endpoint, ids::EventId};
use kernel::{Kernel, events};
use platform::{
    error::{Error, Fault, Field, Result},
    hex::hex,
};
use sea_orm::{FromQueryResult, Statement};
use sha2::{Digest as _, Sha256};

/// The events of an endpoint in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Start (inclusive), by the time of the event.
    pub since: DateTime<Utc>,
    /// End (exclusive).
    pub until: DateTime<Utc>,
    /// The number of events.
    pub count: u64,
    /// SHA-256, in hexadecimal digits, of the events' ids (the `webhook-id` of their deliveries), sorted as text, each
    /// followed by a line feed.
    pub digest: String,
    /// Of these, delivered.
    pub delivered: u64,
    /// Of these, pending.
    pub pending: u64,
    /// Of these, failed.
    pub failed: u64,
    /// The lowest number among them.
    pub first_sequence: Option<i64>,
    /// The highest number among them.
    pub last_sequence: Option<i64>,
}

#[derive(FromQueryResult)]
struct Row {
    event_id: EventId,
    sequence: i64,
    delivered: i64,
    waiting: i64,
}

/// Rows per statement.
const PAGE: u64 = 10_000;

/// Summarizes the endpoint's events of a period. Events beyond `retention.events`, deliveries beyond
/// `retention.deliveries`, and tests are not counted. `Invalid` for a range that ends before it begins.
pub async fn reconcile(
    kernel: &Kernel,
    endpoint: &endpoint::Model,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Digest> {
    if until < since {
        return Err(Error::invalid(Fault::field(Field::Until, "must not be before since")));
    }
    let mut digest = Digest {
        since,
        until,
        count: 0,
        digest: String::new(),
        delivered: 0,
        pending: 0,
        failed: 0,
        first_sequence: None,
        last_sequence: None,
    };
    let (mut hash, mut after) = (Sha256::new(), EventId(uuid::Uuid::nil()));
    loop {
        let rows = page(kernel, endpoint, (since, until), after).await?;
        let Some(last) = rows.last() else { break };
        after = last.event_id;
        for row in &rows {
            add(&mut digest, &mut hash, row);
        }
    }
    digest.digest = hex(&hash.finalize());
    Ok(digest)
}

fn add(digest: &mut Digest, hash: &mut Sha256, row: &Row) {
    hash.update(row.event_id.to_string());
    hash.update("\n");
    digest.count += 1;
    let kind = match (row.delivered, row.waiting) {
        (1.., _) => &mut digest.delivered,
        (_, 1..) => &mut digest.pending,
        _ => &mut digest.failed,
    };
    *kind += 1;
    let first = digest.first_sequence.get_or_insert(row.sequence);
    *first = row.sequence.min(*first);
    let last = digest.last_sequence.get_or_insert(row.sequence);
    *last = row.sequence.max(*last);
}

/// Ids sort as their text does, in both databases.
async fn page(
    kernel: &Kernel,
    endpoint: &endpoint::Model,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    after: EventId,
) -> Result<Vec<Row>> {
    let domains = events::domains_sql(&endpoint.contract);
    let sql = format!(
        "select d.event_id, min(d.sequence) as sequence,
        cast(sum(case when d.state = 'success' then 1 else 0 end) as bigint) as delivered,
        cast(sum(case when d.sent_at is null then 1 else 0 end) as bigint) as waiting
      from deliveries d join events e on e.id = d.event_id
      where d.endpoint_id = $1 and d.sequence > 0 and d.event_id > $2 and e.created_at >= $3 and e.created_at < $4
        and e.domain in {domains}
      group by d.event_id order by d.event_id limit $5"
    );
    let db = kernel.db.reader();
    let values = [endpoint.id.into(), after.into(), since.into(), until.into(), PAGE.into()];
    Ok(Row::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values))
        .all(db)
        .await?)
}

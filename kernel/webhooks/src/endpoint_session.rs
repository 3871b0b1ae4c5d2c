//! Reads and releases an endpoint, for its session.

use super::{Health, contract::contract_info, endpoints::context, ensure_jobs};
use crate::wire::{LiveAt, MOST_SECRETS, Secret, SecretHeader, Secrets};
use chrono::{DateTime, Utc};
use engine::ledger::PendingPush;
use entities::{
    endpoint::{self, EndpointStatus},
    endpoint_health, endpoint_secret,
    ids::{DeliveryId, EndpointId, EventId},
};
use kernel::{Kernel, contracts::ContractInfo};
use platform::error::{Error, Result};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement,
};
use serde::{Deserialize, Serialize};

/// An endpoint with everything needed to call it.
#[derive(Debug)]
pub struct Target {
    /// The endpoint.
    pub record: endpoint::Model,
    /// Its contract, which defines the format.
    pub contract: &'static ContractInfo,
    /// The signing secrets.
    pub secrets: Secrets,
    /// The header with the shared secret, where the contract has one.
    pub secret_header: Option<SecretHeader>,
    /// The health.
    pub health: Health,
}

/// The endpoint; `None` if it was removed.
pub async fn target(kernel: &Kernel, id: EndpointId) -> Result<Option<Target>> {
    let db = kernel.db.reader();
    let record = endpoint::Entity::find_by_id(id).filter(endpoint::Column::DeletedAt.is_null());
    let Some(record) = record.one(db).await? else { return Ok(None) };
    let health = endpoint_health::Entity::find_by_id(id).one(db).await?;
    let secrets = secrets(kernel, id).await?;
    let secret_header = record.secret_header.as_deref().map(str::parse).transpose()?;
    Ok(Some(Target {
        contract: contract_info(&record.contract)?,
        health: health.map_or_else(|| Health::unknown(id), Health::from),
        record,
        secrets,
        secret_header,
    }))
}

async fn secrets(kernel: &Kernel, id: EndpointId) -> Result<Secrets> {
    let mut rows = endpoint_secret::Entity::of(id).all(kernel.db.reader()).await?;
    let live = LiveAt::new(rows.iter().map(|row| row.until), kernel.clock.now());
    rows.retain(|row| live.has(row.until));
    let open = |row: &endpoint_secret::Model| -> Result<_> {
        let text = kernel.vault.open(&context(id), &row.sealed)?;
        Ok((Secret::kept(String::from_utf8(text).map_err(Error::internal)?), row.until))
    };
    // A secret sealed with a lost key is skipped, if the newest can be opened.
    let open_older = |row| match open(row) {
        Ok(secret) => Ok(Some(secret)),
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            tracing::warn!(endpoint = %id, %error, "an older secret cannot be opened, and does not sign");
            Ok(None)
        }
    };
    let (newest, older) = rows.split_first().ok_or_else(|| Error::internal("an endpoint has no secret"))?;
    // Older endpoints may have more than the limit.
    let older = older.iter().take(MOST_SECRETS - 1).map(open_older).collect::<Result<Vec<_>>>()?;
    Ok(Secrets::new(open(newest)?, older.into_iter().flatten().collect()))
}

/// A pending attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromQueryResult)]
pub struct PendingAttempt {
    /// The attempt.
    pub id: DeliveryId,
    /// The event.
    pub event_id: EventId,
    /// The event's number among those meant for the endpoint.
    pub sequence: i64,
    /// The number of the attempt, from 1.
    pub attempt: i32,
    /// Number of scheduled delays before it.
    pub retry: i32,
    /// 0 (critical) to 3 (low).
    pub priority: i16,
    /// When it became due.
    pub due_at: DateTime<Utc>,
}

/// The due attempts, by priority and waiting time. For an ordered endpoint all waiting ones, by number, due or not.
pub async fn due(
    db: &impl ConnectionTrait,
    endpoint: &endpoint::Model,
    limit: u64,
    now: DateTime<Utc>,
) -> Result<Vec<PendingAttempt>> {
    const COLUMNS: &str = "id, event_id, sequence, attempt, retry, priority, due_at";
    let waiting = format!("select {COLUMNS} from deliveries where endpoint_id = $1 and sent_at is null");
    let sql = if endpoint.ordered {
        format!("{waiting} order by sequence, attempt limit $2")
    } else {
        // One index scan per priority: attempts that are not due are not scanned.
        let of = |priority| {
            format!(
                "select * from ({waiting} and priority = {priority} and due_at <= $3
                   order by due_at, sequence limit $2) as p{priority}"
            )
        };
        let all = (0..4).map(of).collect::<Vec<_>>().join(" union all ");
        format!("select {COLUMNS} from ({all}) as d order by priority, due_at, sequence limit $2")
    };
    let mut values = vec![endpoint.id.into(), limit.into()];
    values.extend((!endpoint.ordered).then(|| now.into()));
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(PendingAttempt::find_by_statement(statement).all(db).await?)
}

#[derive(FromQueryResult)]
struct NextDue {
    due_at: Option<DateTime<Utc>>,
}

/// When the next waiting attempt is due; `None` if there is none.
pub(super) async fn next_due(
    db: &impl ConnectionTrait,
    endpoint: &endpoint::Model,
) -> Result<Option<DateTime<Utc>>> {
    let sql = if endpoint.ordered {
        "select due_at from deliveries where endpoint_id = $1 and sent_at is null order by sequence limit 1"
    } else {
        "select min(due_at) as due_at from (
           select min(due_at) as due_at from deliveries
             where endpoint_id = $1 and sent_at is null and priority = 0
           union all select min(due_at) from deliveries
             where endpoint_id = $1 and sent_at is null and priority = 1
           union all select min(due_at) from deliveries
             where endpoint_id = $1 and sent_at is null and priority = 2
           union all select min(due_at) from deliveries
             where endpoint_id = $1 and sent_at is null and priority = 3) as d"
    };
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [endpoint.id.into()]);
    Ok(NextDue::find_by_statement(statement).one(db).await?.and_then(|row| row.due_at))
}

/// The first step of ending an endpoint's job: locks the endpoint, so that no fan-out comes in between. `None` if
/// nothing more is to be sent to it.
pub async fn lock_for_release(
    transaction: &impl ConnectionTrait,
    id: EndpointId,
) -> Result<Option<endpoint::Model>> {
    let locked = endpoint::Entity::find_by_id(id).lock_exclusive().one(transaction).await?;
    Ok(locked.filter(|it| it.deleted_at.is_none() && it.status == EndpointStatus::Active))
}

/// The last step, after the end of the job: enqueues the next one for when something is due, but not before
/// `not_before`.
pub async fn schedule_next(
    transaction: &impl ConnectionTrait,
    endpoint: &endpoint::Model,
    not_before: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<PendingPush> {
    let Some(due) = next_due(transaction, endpoint).await? else { return Ok(PendingPush::default()) };
    let at = not_before.map_or(due, |at| at.max(due)).max(now);
    ensure_jobs(transaction, &[(endpoint.organization_id, endpoint.id, at)], now).await
}

//! Finds due jobs that the transport has lost or never received.

use crate::{
    jobs::JobKind,
    transport::{Priority, QueueEntry},
};
use chrono::{DateTime, Utc};
use entities::ids::{JobId, OrganizationId};
use platform::{db::clock, error::Result};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

/// The number of jobs of the kind that were due before `before` and have not started.
pub async fn overdue_count(db: &impl ConnectionTrait, kind: JobKind, before: DateTime<Utc>) -> Result<u64> {
    let backend = db.get_database_backend();
    let (before, value) = clock::to_db_time(backend, 2, before);
    let sql = format!(
        "select count(*) as n from jobs
         where kind = $1 and lease_until is null and finished_at is null and run_at < {before}
           and open_children = 0"
    );
    let values = [kind.as_str().into(), value];
    let row = db.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.try_get("", "n"))?;
    Ok(count.unsigned_abs())
}

/// When the longest waiting job of the kind became due; `None` without one.
pub async fn oldest_due(
    db: &impl ConnectionTrait,
    kind: &str,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    let sql = "select run_at from jobs
      where kind = $1 and lease_until is null and finished_at is null and run_at <= $2
        and open_children = 0
      order by run_at limit 1";
    let values = [kind.into(), now.into()];
    let row =
        db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(row.map(|row| row.try_get("", "run_at")).transpose()?)
}

#[derive(FromQueryResult)]
struct Overdue {
    id: JobId,
    organization_id: Option<OrganizationId>,
    priority: i16,
    run_at: DateTime<Utc>,
}

/// The position in the list of overdue jobs: after this job, in order of `run_at`.
pub type Cursor = (DateTime<Utc>, JobId);

/// Overdue jobs of the kind after the cursor, oldest first, as queue entries, with the next cursor.
pub async fn overdue(
    db: &impl ConnectionTrait,
    kind: JobKind,
    before: DateTime<Utc>,
    after: Option<Cursor>,
    limit: u64,
) -> Result<(Vec<QueueEntry>, Option<Cursor>)> {
    let backend = db.get_database_backend();
    let (before, value) = clock::to_db_time(backend, 2, before);
    let sql = format!(
        "select id, organization_id, priority, run_at from jobs
         where kind = $1 and lease_until is null and finished_at is null and run_at < {before}
           and open_children = 0
           and (run_at, id) > ($3, $4)
         order by run_at, id limit $5"
    );
    let (at, id) = after.unwrap_or((DateTime::UNIX_EPOCH, JobId(uuid::Uuid::nil())));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = [kind.as_str().into(), value, at.into(), id.into(), limit.into()];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let rows = Overdue::find_by_statement(statement).all(db).await?;
    let cursor = rows.last().map(|row| (row.run_at, row.id));
    let queue_entry = |row: Overdue| QueueEntry {
        queue: kind.as_str().into(),
        id: row.id,
        tenant: row.organization_id,
        priority: Priority::from_number(row.priority),
        due: None,
    };
    Ok((rows.into_iter().map(queue_entry).collect(), cursor))
}

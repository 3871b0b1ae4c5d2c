//! Parents and children: a child that ends, in any state, decrements its parent's count, and the last one makes the
//! parent ready.

use super::{Finished, PendingPush};
use chrono::{DateTime, Utc};
use entities::ids::JobId;
use platform::{
    bulk::{self, SqlType},
    db::clock,
    error::Result,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Ended {
    id: JobId,
    parts: i64,
}

/// Decrements the counts of the parents of ended jobs; returns queue entries of parents that may run now.
pub(super) async fn ended(
    transaction: &impl ConnectionTrait,
    finished: &[Finished],
    now: DateTime<Utc>,
) -> Result<PendingPush> {
    let mut parts = BTreeMap::new();
    for parent in finished.iter().filter(|job| job.state.is_final()).filter_map(|job| job.parent_id) {
        *parts.entry(parent).or_insert(0) += 1;
    }
    if parts.is_empty() {
        return Ok(PendingPush::default());
    }
    let rows: Vec<_> = parts.into_iter().map(|(id, parts)| Ended { id, parts }).collect();
    let (present, value) = clock::to_db_time(transaction.get_database_backend(), 2, now);
    let sql = format!(
        "update jobs set open_children = open_children - r.parts, run_at = {present}
         from {{rows}} where jobs.id = r.id and jobs.state in ('queued', 'retrying')
         returning jobs.id, jobs.organization_id, jobs.parent_id, jobs.kind, jobs.priority, jobs.state, jobs.run_at,
           jobs.open_children"
    );
    let fields = &[("id", SqlType::Uuid), ("parts", SqlType::Int)];
    let statement = bulk::statement(transaction, &sql, fields, &rows, [value])?;
    let parents = transaction.query_all_raw(statement).await?;
    let mut ready = vec![];
    for row in parents {
        if row.try_get::<i32>("", "open_children")? == 0 {
            ready.extend(Finished::from_query_result(&row, "")?.queue_entry());
        }
    }
    Ok(ready.into_iter().collect())
}

/// Makes a waiting parent wait for more children.
pub async fn add_parts(transaction: &impl ConnectionTrait, parent: JobId, parts: i32) -> Result<()> {
    let sql = "update jobs set open_children = open_children + $2 where id = $1";
    let values = [parent.into(), parts.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    transaction.execute_raw(statement).await?;
    Ok(())
}

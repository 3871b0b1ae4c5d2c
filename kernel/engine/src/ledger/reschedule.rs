//! Moves waiting jobs forward.

use super::{Finished, PendingPush};
use crate::jobs::JobKind;
use chrono::{DateTime, Utc};
use platform::{
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;

/// The unique key of a job, and its new time.
#[derive(Debug, Clone, Serialize)]
pub struct Reschedule {
    pub(super) unique_key: String,
    pub(super) run_at: DateTime<Utc>,
}

/// Moves waiting jobs of the kind forward that are scheduled later.
pub async fn reschedule_earlier(
    transaction: &impl ConnectionTrait,
    kind: JobKind,
    wanted: &[Reschedule],
) -> Result<PendingPush> {
    let sql = "update jobs set run_at = r.run_at from {rows}
      where jobs.kind = $2 and jobs.unique_key = r.unique_key and jobs.state in ('queued', 'retrying')
        and jobs.run_at > r.run_at
      returning jobs.id, jobs.organization_id, jobs.parent_id, jobs.kind, jobs.priority, jobs.state, jobs.run_at";
    let fields = &[("unique_key", SqlType::Text), ("run_at", SqlType::Time)];
    let statement = bulk::statement(transaction, sql, fields, &wanted, [kind.as_str().into()])?;
    let moved = Finished::find_by_statement(statement).all(transaction).await?;
    Ok(moved.iter().filter_map(Finished::queue_entry).collect())
}

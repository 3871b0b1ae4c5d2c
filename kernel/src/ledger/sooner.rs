//! Sooner: a waiting job whose time has been moved forward.

use super::{Finished, Tickets};
use crate::{
    error::Result,
    jobs::Kind,
    rows::{self, Type},
};
use chrono::{DateTime, Utc};
use entities::ids::JobId;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde::Serialize;

/// The unique key of a job, and when it is wanted.
#[derive(Debug, Clone, Serialize)]
pub struct Sooner {
    pub(super) unique_key: String,
    pub(super) run_at: DateTime<Utc>,
}

/// Moves those of the kind's waiting jobs forward that are to run later than is wanted.
pub async fn bring_forward(
    transaction: &impl ConnectionTrait,
    kind: Kind,
    wanted: &[Sooner],
) -> Result<Tickets> {
    let sql = "update jobs set run_at = r.run_at from {rows}
      where jobs.kind = $2 and jobs.unique_key = r.unique_key and jobs.state in ('queued', 'retrying')
        and jobs.run_at > r.run_at
      returning jobs.id, jobs.organization_id, jobs.parent_id, jobs.kind, jobs.priority, jobs.state, jobs.run_at";
    let fields = &[("unique_key", Type::Text), ("run_at", Type::Time)];
    let statement = rows::statement(transaction, sql, fields, &wanted, [kind.as_str().into()])?;
    let moved = Finished::find_by_statement(statement).all(transaction).await?;
    Ok(moved.iter().filter_map(Finished::ticket).collect())
}

/// Moves one job forward that waits for a later time, to now. One that runs is not touched: it has to look again
/// before it begins to wait.
pub async fn wake(transaction: &impl ConnectionTrait, job: JobId, now: DateTime<Utc>) -> Result<Tickets> {
    let sql = "update jobs set run_at = $2 where id = $1 and state in ('queued', 'retrying') and run_at > $2
      returning id, organization_id, parent_id, kind, priority, state, run_at";
    let values = [job.into(), now.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    let moved = Finished::find_by_statement(statement).all(transaction).await?;
    Ok(moved.iter().filter_map(Finished::ticket).collect())
}

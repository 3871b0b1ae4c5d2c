//! Start: one statement for all that was fetched. Jobs that have ended, are running elsewhere or wait
//! for later fall out here, so a ticket that came twice or too early does no harm.

use super::{Finished, Tickets};
use crate::{error::Result, rows};
use chrono::{DateTime, Utc};
use entities::ids::{JobId, OrganizationId};
use sea_orm::{ConnectionTrait, FromQueryResult};
use std::{collections::HashMap, time::Duration};

/// A job that this worker has just started.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Started {
    /// The job.
    pub id: JobId,
    /// Whose it is.
    pub organization_id: Option<OrganizationId>,
    /// The job that it is a part of.
    pub parent_id: Option<JobId>,
    /// What the handler is given.
    pub payload: serde_json::Value,
    /// The fencing token of this start.
    pub attempt: i32,
    /// Charged failures so far.
    pub failures: i32,
    /// Units of work in all.
    pub total: Option<i64>,
    /// Units that earlier attempts have committed.
    pub processed: i64,
    /// Of these, done.
    pub succeeded: i64,
    /// Of these, refused.
    pub failed: i64,
    /// Since when it was to run.
    pub run_at: DateTime<Utc>,
    /// The request that began it.
    pub request_id: Option<String>,
    /// The trace that it goes on with.
    pub traceparent: Option<String>,
}

/// Starts those of `ids` that may run, in the order of `ids`.
pub async fn start(
    db: &impl ConnectionTrait,
    ids: &[JobId],
    worker: &str,
    lease: Duration,
    now: DateTime<Utc>,
) -> Result<Vec<Started>> {
    let sql = "update jobs set state = 'running', attempt = attempt + 1, worker = $2, lease_until = $3,
        woken_at = null, started_at = coalesce(started_at, $4)
      where id {among} and state in ('queued', 'retrying') and open_children = 0 and run_at <= $4
      returning id, organization_id, parent_id, payload, attempt, failures, total, processed, succeeded,
        failed, run_at, request_id, traceparent";
    let rows = rows::ids(ids.iter().map(|id| id.0));
    let more = [worker.into(), (now + lease).into(), now.into()];
    let statement = rows::statement(db, sql, rows::ID, &rows, more)?;
    let mut started = Started::find_by_statement(statement).all(db).await?;
    let places: HashMap<_, _> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    started.sort_by_key(|job| places.get(&job.id).copied());
    Ok(started)
}

/// Tickets for those of `ids` that wait: their time has not come (a ticket can come early, twice, or from
/// a clock ahead of this one), and they are to be filed again for when it does.
pub async fn early(db: &impl ConnectionTrait, ids: &[JobId]) -> Result<Tickets> {
    let sql = "select id, organization_id, parent_id, kind, priority, state, run_at from jobs
      where id {among} and state in ('queued', 'retrying') and open_children = 0";
    let rows = rows::ids(ids.iter().map(|id| id.0));
    let statement = rows::statement(db, sql, rows::ID, &rows, [])?;
    let waiting = Finished::find_by_statement(statement).all(db).await?;
    Ok(waiting.iter().filter_map(Finished::ticket).collect())
}

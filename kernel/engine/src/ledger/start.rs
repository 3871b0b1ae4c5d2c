//! Starts jobs: one statement for all fetched ids. Jobs that have ended, are running elsewhere or are not due are
//! skipped, so duplicate and early queue entries do no harm. Suspects (jobs whose worker was lost) are skipped too:
//! they are started individually, alone.

use super::{Finished, JobLease, PendingPush, lease};
use chrono::{DateTime, Utc};
use entities::ids::{JobId, OrganizationId};
use platform::{
    bulk,
    db::{GenericPlanConnection, GenericPlanStatement, clock},
    error::Result,
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult};
use std::{collections::HashMap, time::Duration};

/// A started job.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Started {
    /// The job.
    pub id: JobId,
    /// Whose it is.
    pub organization_id: Option<OrganizationId>,
    /// Its parent.
    pub parent_id: Option<JobId>,
    /// The payload.
    pub payload: serde_json::Value,
    /// The fencing token of this start.
    pub attempt: i32,
    /// Counted failures so far.
    pub failures: i32,
    /// Total units of work.
    pub total: Option<i64>,
    /// Units processed by earlier attempts.
    pub processed: i64,
    /// Of these, succeeded.
    pub succeeded: i64,
    /// Of these, failed.
    pub failed: i64,
    /// When it was due.
    pub run_at: DateTime<Utc>,
    /// The originating request.
    pub request_id: Option<String>,
    /// The trace to continue.
    pub traceparent: Option<String>,
}

/// A suspect started alone.
#[derive(Debug)]
pub struct Suspect {
    /// The job.
    pub job: Started,
    /// Total number of its lost workers.
    pub lost_leases: i32,
}

/// SQL: due by the database's clock (`{now}`), or at the enqueue, whatever that process's clock says.
const DUE: &str = "(run_at <= {now} or run_at <= created_at)";

/// Starts those of `ids` that may run, in the order of `ids`, except suspects.
pub async fn start(
    db: &impl GenericPlanConnection,
    ids: &[JobId],
    worker: &str,
    lease: Duration,
    now: DateTime<Utc>,
) -> Result<Vec<Started>> {
    let statement = statement(db.backend(), ids, &ORDINARY, (worker, lease), now)?;
    let mut started = db.find::<Started>(statement).await?;
    let places: HashMap<_, _> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    started.sort_by_key(|job| places.get(&job.id).copied());
    Ok(started)
}

/// Starts a suspect, if it may run; the caller ensures that nothing else runs in this process. Until
/// [`mark_not_alone`], a lost lease counts against the job.
pub async fn start_alone(
    db: &impl GenericPlanConnection,
    id: JobId,
    worker: &str,
    lease: Duration,
    now: DateTime<Utc>,
) -> Result<Option<Suspect>> {
    let statement = statement(db.backend(), &[id], &SUSPECT, (worker, lease), now)?;
    let Some(row) = db.rows(statement).await?.into_iter().next() else { return Ok(None) };
    let lost_leases = row.try_get("", "lost_leases")?;
    Ok(Some(Suspect { job: Started::from_query_result(&row, "")?, lost_leases }))
}

/// Records that a suspect continues alongside other jobs: then a lost lease does not count against it.
pub async fn mark_not_alone(db: &impl ConnectionTrait, held: JobLease) -> Result<()> {
    let sql = "update jobs set alone = false from {rows}
      where jobs.id = r.id and jobs.attempt = r.attempt and jobs.state = 'running'";
    db.execute_raw(bulk::statement(db, sql, lease::FIELDS, &[held], [])?).await?;
    Ok(())
}

/// How one class of jobs is started.
struct Class {
    /// Which jobs.
    condition: &'static str,
    /// Additional assignments.
    set: &'static str,
    /// Additional returned columns.
    returning: &'static str,
}

/// The hot path sets and returns nothing more.
const ORDINARY: Class = Class { condition: "crashes = 0", set: "", returning: "" };
const SUSPECT: Class = Class { condition: "crashes > 0", set: "alone = true, ", returning: ", lost_leases" };

fn statement(
    backend: DbBackend,
    ids: &[JobId],
    Class { condition, set, returning }: &Class,
    (worker, lease): (&str, Duration),
    now: DateTime<Utc>,
) -> Result<GenericPlanStatement> {
    let ((until, ends), (present, value)) =
        (clock::to_db_time(backend, 3, now + lease), clock::to_db_time(backend, 5, now));
    let sql = format!(
        "update jobs set state = 'running', attempt = attempt + 1, worker = $2, lease_until = {until},
           {set}woken_at = null, started_at = coalesce(started_at, $4)
         where id {{in_ids}} and state in ('queued', 'retrying') and open_children = 0 and {condition} and {due}
         returning id, organization_id, parent_id, payload, attempt, failures, total, processed, succeeded,
           failed, run_at, request_id, traceparent{returning}",
        due = DUE.replace("{now}", &present),
    );
    let rows = bulk::ids(ids.iter().map(|id| id.0));
    let values = [worker.into(), ends, now.into(), value];
    Ok(bulk::generic_plan_statement(backend, &sql, bulk::ID, &rows, values)?)
}

/// Jobs that were not started and may have to be.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Jobs that are not due, to be enqueued for their time: a queue entry can be early, duplicate, or from a clock
    /// ahead of this one.
    pub early: PendingPush,
    /// Due suspects.
    pub suspects: Vec<JobId>,
}

/// Those of `ids` that wait.
pub async fn waiting(db: &impl ConnectionTrait, ids: &[JobId], now: DateTime<Utc>) -> Result<Waiting> {
    let backend = db.get_database_backend();
    let (present, value) = clock::to_db_time(backend, 3, now);
    let sql = format!(
        "select id, organization_id, parent_id, kind, priority, state, {run_at} as run_at,
           case when crashes > 0 and {due} then 1 else 0 end as is_suspect
         from jobs where id {{in_ids}} and state in ('queued', 'retrying') and open_children = 0",
        run_at = clock::shift_from_db(backend, "run_at", &present, "$2"),
        due = DUE.replace("{now}", &present),
    );
    let rows = bulk::ids(ids.iter().map(|id| id.0));
    let statement = bulk::statement(db, &sql, bulk::ID, &rows, [now.into(), value])?;
    let (mut early, mut suspects) = (vec![], vec![]);
    for row in db.query_all_raw(statement).await? {
        let job = Finished::from_query_result(&row, "")?;
        match row.try_get::<i32>("", "is_suspect")? {
            0 => early.extend(job.queue_entry()),
            _ => suspects.push(job.id),
        }
    }
    Ok(Waiting { early: early.into_iter().collect(), suspects })
}

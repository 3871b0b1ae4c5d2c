//! Expired leases: the worker died, hung or lost the database, and the job is made ready again.

use super::{Finished, PendingPush, children};
use crate::jobs::JobKind;
use chrono::{DateTime, TimeDelta, Utc};
use platform::{
    config::{Retention, Worker},
    db::clock,
    error::Result,
    retry,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

/// The delay before a job that lost its lease runs again, in fifteenths of a lease, by the number of losses that count
/// against it (`crashes`). With leases of 15 s: 1 s, 4 s, 15 s, 1 min, 10 min, then 1 h each time.
const PAUSES: [u32; 6] = [1, 4, 15, 60, 600, 3600];

/// A loss is excused while other workers die too, until the job has lost this many times `worker.lost_leases` leases.
/// Without this bound, two poison jobs would excuse each other for ever.
const EXCUSED: i32 = 2;

/// How long lost workers are remembered.
const MEMORY: TimeDelta = TimeDelta::days(1);

/// The losses that count against a job, including the current one: the first always; further ones only if the job ran
/// alone and no other worker was lost since its previous loss.
const CRASHES: &str = "case when crashes = 0 then 1
    when not alone or (lost_leases + 1 < $5 and exists (select 1 from lost_workers w
      where w.worker <> jobs.worker and w.lost_at > jobs.lost_at)) then crashes
    else crashes + 1 end";

/// Handles expired leases: the job is ready again after a delay, to be run alone, or quarantined if
/// `worker.lost_leases` consecutive losses count against it. A kind that is [never
/// quarantined](Kind::is_never_quarantined) is always retried. Returns the jobs; run it in a transaction.
pub async fn expire_leases(
    transaction: &impl ConnectionTrait,
    worker: &Worker,
    keep: &Retention,
    kinds: &[JobKind],
    now: DateTime<Utc>,
) -> Result<(Vec<Finished>, PendingPush)> {
    let backend = transaction.get_database_backend();
    // One time for all rows: workers lost in the same pass do not excuse each other's jobs.
    let at = clock::now(transaction).await? + (now - Utc::now());
    // Before the jobs, which look for other lost workers.
    if note_workers(transaction, at).await? == 0 && !any(transaction, at).await? {
        return Ok((vec![], PendingPush::default()));
    }
    let statement = Statement::from_sql_and_values(backend, sql(kinds), values(worker, keep, now, at));
    let expired = Finished::find_by_statement(statement).all(transaction).await?;
    let again: PendingPush = expired.iter().filter_map(Finished::queue_entry).collect();
    let released = children::ended(transaction, &expired, now).await?;
    Ok((expired, again.and(released)))
}

/// The parameters of [`values`]: now, now by the database, the limit, the expiry of failed jobs, the bound of excuses,
/// and the ends of the delays.
fn sql(kinds: &[JobKind]) -> String {
    let last = 5 + PAUSES.len();
    let whens: Vec<_> = (6..last).map(|place| format!(" when {} then ${place}", place - 5)).collect();
    let whens = whens.concat();
    let kinds = kinds
        .iter()
        .filter(|kind| kind.is_never_quarantined())
        .map(|kind| format!("'{kind}'"))
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "update jobs set lost_leases = lost_leases + 1, crashes = {CRASHES}, alone = false, lost_at = $2,
           lease_until = null, run_at = case {CRASHES}{whens} else ${last} end,
           last_error = 'the lease ran out: worker ' || coalesce(worker, '?') || ' died, hung or lost the database',
           finished_at = case when {{over}} or cancel_requested_at is not null then $1 else null end,
           expires_at = case when {{over}} or cancel_requested_at is not null
             then coalesce(expires_at, $4) else expires_at end,
           state = case when cancel_requested_at is not null then 'cancelled'
             when {{over}} then 'quarantined' else 'retrying' end
         where state = 'running' and lease_until < $2
         returning id, organization_id, parent_id, kind, priority, state, run_at"
    )
    .replace("{over}", &format!("({CRASHES}) >= $3 and kind not in ({kinds})"))
}

fn values(worker: &Worker, keep: &Retention, now: DateTime<Utc>, at: DateTime<Utc>) -> Vec<Value> {
    let limit = i32::try_from(worker.lost_leases).unwrap_or(i32::MAX);
    let fifteenth = worker.lease.mul_f64((0.8 + 0.4 * retry::random()) / 15.0);
    let (kept, bound) = (now + keep.failed, limit.saturating_mul(EXCUSED));
    let fixed = [now.into(), at.into(), limit.into(), kept.into(), bound.into()];
    fixed.into_iter().chain(PAUSES.map(|pause| (at + fifteenth * pause).into())).collect()
}

/// Records lost workers, and deletes old records. Returns how many are new.
async fn note_workers(transaction: &impl ConnectionTrait, at: DateTime<Utc>) -> Result<u64> {
    let backend = transaction.get_database_backend();
    let sql = "insert into lost_workers (worker, lost_at)
      select distinct worker, $1 from jobs
      where state = 'running' and lease_until < $1 and worker is not null
      on conflict do nothing";
    let noted = Statement::from_sql_and_values(backend, sql, [at.into()]);
    let noted = transaction.execute_raw(noted).await?.rows_affected();
    if noted > 0 {
        let forgotten = "delete from lost_workers where lost_at < $1";
        let forgotten = Statement::from_sql_and_values(backend, forgotten, [(at - MEMORY).into()]);
        transaction.execute_raw(forgotten).await?;
    }
    Ok(noted)
}

/// Whether any lease of recorded workers has expired.
async fn any(transaction: &impl ConnectionTrait, at: DateTime<Utc>) -> Result<bool> {
    let sql = "select id from jobs where state = 'running' and lease_until < $1 limit 1";
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, [at.into()]);
    Ok(transaction.query_one_raw(statement).await?.is_some())
}

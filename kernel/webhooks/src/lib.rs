//! Webhooks: endpoints, deliveries of events, attempts, and replays.
//!
//! ```text
//! change ─► event, queue row, job webhook_fanout       one transaction
//! webhook_fanout ─► numbered deliveries                one transaction; locks the endpoints
//! webhook_delivery ─► attempts                         one open job per endpoint: exclusive access
//! ```
//!
//! A single published event gets its deliveries when it is recorded, if none is queued: see [`publish`].
//!
//! A delivery is a chain of rows, one per attempt. A session needs no SQL to start an attempt; its outcome is recorded
//! with those of all endpoints of the process ([`record`]). An attempt that was sent but not recorded is repeated, with
//! the same `webhook-id`.

mod contract;
mod deliver_to;
mod endpoint_session;
mod endpoints;
mod fan_out;
mod health;
mod job;
mod log;
mod orphans;
mod reconcile;
mod record;
mod replay;
mod retention;
mod retry_policy;
mod test;
mod wakeup;
pub mod wire;
mod withdraw;

pub use deliver_to::deliver_to_endpoint;
pub use endpoint_session::{PendingAttempt, Target, due, lock_for_release, schedule_next, target};
pub use endpoints::{
    Endpoint, EndpointChanges, LiveSecret, MadeEndpoint, MadeSecret, NewEndpoint, REPLACED, add_secret,
    backlog, disable, get, list, named, newest, pause, register, remove, replace, resume, revoke_secret,
    rotate, secrets, secrets_within, update,
};
pub use fan_out::{
    CommitNotification, DirectPublish, EndpointBatch, FannedOut, enqueue_next, fan_out, listen_for_commits,
    publish,
};
pub use health::Health;
pub use job::WebhookDelivery;
pub use log::{Entry, LogEntry, LogFilter, attempts, in_order, log, log_entry};
pub use orphans::find_orphans;
pub use reconcile::{Digest, reconcile};
pub use record::{Attempt, Ended, KEPT_ANSWER, OnEnded, record, shown_headers};
pub use replay::{
    ReplayFilter, ReplaySelection, ReplayState, Replayed, replay, replay_matching, retry, retry_by_id,
};
pub use retention::sweep;
pub use retry_policy::{Disposition, classify};
pub use test::{Test, Tested, test};
pub use wakeup::Wakeup;
pub use withdraw::{WITHDRAWN, withdraw};

use chrono::{DateTime, Utc};
use engine::{
    jobs::Job,
    ledger::{self, NewJob, PendingPush},
};
use entities::ids::{EndpointId, OrganizationId};
use platform::error::Result;
use sea_orm::ConnectionTrait;

/// Makes sure that each endpoint is processed at its time: enqueues its job, or moves an existing one forward. A
/// running job is not changed: it checks again before it ends.
async fn ensure_jobs(
    transaction: &impl ConnectionTrait,
    wanted: &[(OrganizationId, EndpointId, DateTime<Utc>)],
    now: DateTime<Utc>,
) -> Result<PendingPush> {
    let jobs = wanted.iter().map(job).collect::<Result<Vec<_>>>()?;
    let keys: Vec<_> = jobs.iter().filter_map(NewJob::sooner).collect();
    let enqueued = ledger::enqueue(transaction, jobs, now).await?;
    if enqueued.duplicates.is_empty() {
        return Ok(enqueued.pushes);
    }
    let sooner = ledger::reschedule_earlier(transaction, WebhookDelivery::KIND, &keys).await?;
    Ok(enqueued.pushes.and(sooner))
}

/// The job of an endpoint, for a time.
fn job((organization, endpoint, at): &(OrganizationId, EndpointId, DateTime<Utc>)) -> Result<NewJob> {
    let job = NewJob::new(Some(*organization), &WebhookDelivery { endpoint: *endpoint })?;
    // The plain UUID, which SQL can produce too.
    Ok(job.unique(&endpoint.0.to_string()).run_at(*at))
}

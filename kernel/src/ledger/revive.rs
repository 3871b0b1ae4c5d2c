//! Retry by hand: a job that was given up, quarantined or cancelled starts again, with a clean sheet.

use super::{Finished, Tickets};
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use entities::ids::JobId;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

/// Makes the job ready again. Its progress stays, so it goes on where it stopped; its parent, if it has
/// one, is not reopened.
pub async fn revive(db: &impl ConnectionTrait, id: JobId, now: DateTime<Utc>) -> Result<Tickets> {
    let sql = "update jobs set state = 'queued', failures = 0, lost_leases = 0, run_at = $2, finished_at = null,
        cancel_requested_at = null, open_children = 0
      where id = $1 and state in ('failed', 'cancelled', 'quarantined')
      returning id, organization_id, parent_id, kind, priority, state, run_at";
    let values = [id.into(), now.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let revived = Finished::find_by_statement(statement).one(db).await?;
    let job = revived.ok_or(Error::Conflict {
        message: "only a failed, cancelled or quarantined job can be retried".into(),
        field: None,
    })?;
    Ok(job.ticket().into_iter().collect())
}

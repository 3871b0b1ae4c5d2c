//! Finds open requests whose job has ended.

use super::{compensate::start_rollback, finish_rollback};
use engine::ledger;
use entities::{
    ids::{OrganizationId, ProvisioningId},
    job::JobState,
    provisioning_request::Entity,
};
use kernel::{Kernel, UnitOfWork, events::Actor};
use platform::error::Result;
use sea_orm::{ColumnTrait, FromQueryResult, QueryFilter, QuerySelect, Statement};

/// Maximum number of requests per pass.
const BATCH: i64 = 100;

#[derive(FromQueryResult)]
struct Orphan {
    id: ProvisioningId,
    organization_id: OrganizationId,
    job_id: entities::ids::JobId,
    last_error: Option<String>,
    state: Option<JobState>,
    request_id: Option<String>,
}

/// Handles open requests whose job has ended without them (quarantined, cancelled, or deleted), and returns their number.
/// They are rolled back by a new job, also if the ended job was a quarantined rollback. If a rollback failed or was
/// cancelled, the request fails and keeps its resources: the state of the network is unknown.
pub async fn find_orphans(kernel: &Kernel) -> Result<u64> {
    let sql = "select r.id, r.organization_id, r.job_id, j.last_error, j.state, j.request_id
      from provisioning_requests r left join jobs j on j.id = r.job_id
      where r.status in ('PENDING', 'IN_PROGRESS') and (j.id is null or j.finished_at is not null) limit $1";
    let db = kernel.db.reader();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [BATCH.into()]);
    let found = Orphan::find_by_statement(statement).all(db).await?;
    for orphan in &found {
        take_up(kernel, orphan).await?;
    }
    Ok(found.len() as u64)
}

async fn take_up(kernel: &Kernel, orphan: &Orphan) -> Result<()> {
    let request_id = orphan.request_id.clone();
    let actor = Actor { request_id, ..Actor::system(orphan.organization_id) };
    let work = UnitOfWork::new(kernel.clone(), actor);
    let still = Entity::one_of(orphan.organization_id, orphan.id)
        .filter(entities::provisioning_request::Column::JobId.eq(orphan.job_id))
        .lock_exclusive();
    let found = still.one(&work.transaction().await?).await?.filter(|request| request.status.is_open());
    let Some(request) = found else { return work.rollback().await };
    // The job may have been retried meanwhile.
    if ledger::is_open(&work.transaction().await?, orphan.job_id).await? {
        return work.rollback().await;
    }
    let why = orphan.last_error.as_deref().unwrap_or("its job ended");
    match request.undoing.as_deref() {
        None => start_rollback(&work, &request, why).await.map(drop)?,
        // A job of an earlier version: rollbacks are no longer quarantined.
        Some(given_up) if orphan.state == Some(JobState::Quarantined) => {
            start_rollback(&work, &request, given_up).await.map(drop)?;
        }
        Some(_) => finish_rollback(&work, &request, Some(why)).await?,
    }
    work.commit().await
}

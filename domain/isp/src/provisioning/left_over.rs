//! Requests that no job works on any more, although they have not ended.

use super::{back::turn_back, undone};
use engine::ledger;
use entities::{
    ids::{OrganizationId, ProvisioningId},
    job::JobState,
    provisioning_request::Entity,
};
use kernel::{Kernel, UnitOfWork, events::Actor};
use platform::error::Result;
use sea_orm::{ColumnTrait, FromQueryResult, QueryFilter, QuerySelect, Statement};

/// Requests at most that are looked at in one round.
const BATCH: i64 = 100;

#[derive(FromQueryResult)]
struct LeftOver {
    id: ProvisioningId,
    organization_id: OrganizationId,
    job_id: entities::ids::JobId,
    last_error: Option<String>,
    state: Option<JobState>,
    request_id: Option<String>,
}

/// Takes up open requests whose job has ended without them (its worker was lost too often, somebody cancelled it, it
/// was removed), and returns how many there were. One that went forward is undone by a new job, and so is one that was
/// being undone by a job that lost its workers. One whose undo has failed by itself, or was cancelled, fails, and keeps
/// what it has: nobody knows how the network is.
pub async fn find_left_over(kernel: &Kernel) -> Result<u64> {
    let sql = "select r.id, r.organization_id, r.job_id, j.last_error, j.state, j.request_id
      from provisioning_requests r left join jobs j on j.id = r.job_id
      where r.status in ('PENDING', 'IN_PROGRESS') and (j.id is null or j.finished_at is not null) limit $1";
    let db = kernel.db.reader();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [BATCH.into()]);
    let found = LeftOver::find_by_statement(statement).all(db).await?;
    for left_over in &found {
        take_up(kernel, left_over).await?;
    }
    Ok(found.len() as u64)
}

async fn take_up(kernel: &Kernel, left_over: &LeftOver) -> Result<()> {
    let request_id = left_over.request_id.clone();
    let actor = Actor { request_id, ..Actor::system(left_over.organization_id) };
    let work = UnitOfWork::new(kernel.clone(), actor);
    let still = Entity::one_of(left_over.organization_id, left_over.id)
        .filter(entities::provisioning_request::Column::JobId.eq(left_over.job_id))
        .lock_exclusive();
    let found = still.one(&work.transaction().await?).await?.filter(|request| request.status.is_open());
    let Some(request) = found else { return work.rollback().await };
    // Somebody may have retried the job meanwhile, who held the request.
    if ledger::is_open(&work.transaction().await?, left_over.job_id).await? {
        return work.rollback().await;
    }
    let why = left_over.last_error.as_deref().unwrap_or("its job ended");
    match request.undoing.as_deref() {
        None => turn_back(&work, &request, why).await.map(drop)?,
        // A job of the version before: an undo is not quarantined any more.
        Some(given_up) if left_over.state == Some(JobState::Quarantined) => {
            turn_back(&work, &request, given_up).await.map(drop)?;
        }
        Some(_) => undone(&work, &request, Some(why)).await?,
    }
    work.commit().await
}

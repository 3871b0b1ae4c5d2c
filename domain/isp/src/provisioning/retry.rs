//! Prepares manual retries of provisioning jobs.

use super::MISSING;
use crate::{
    payloads::{NetworkSync, Provisioning, ProvisioningUndo},
    vendors,
};
use engine::jobs::Job;
use entities::{
    ids::{ProvisioningId, SubscriptionId},
    job,
    provisioning_request::{self, Model as Request},
};
use kernel::UnitOfWork;
use platform::error::{Error, Result};
use sea_orm::{ActiveEnum, EntityTrait, QuerySelect};
use serde::Deserialize;

const SYNC: &str = NetworkSync::KIND.as_str();
const FORWARD: &str = Provisioning::KIND.as_str();
const BACK: &str = ProvisioningUndo::KIND.as_str();

/// Prepares the retry of a job that did not succeed: cancels the vendor orders that it still waits for, and detaches
/// failed ones, so that it creates new orders. `Conflict` if the job's request has ended, or belongs to another job; the
/// request stays locked, so that the sweeper skips it. Without effect for jobs of other kinds.
pub async fn prepare_retry(work: &UnitOfWork, job: &job::Model) -> Result<()> {
    let Some(subscription) = subscription_of(work, job).await? else { return Ok(()) };
    vendors::cancel_orders_of(work, job.id).await?;
    vendors::detach_failed(work, subscription, job.id).await
}

/// The subscription that the job provisions.
async fn subscription_of(work: &UnitOfWork, job: &job::Model) -> Result<Option<SubscriptionId>> {
    match job.kind.as_str() {
        SYNC => Ok(Some(NetworkSync::deserialize(&job.payload)?.subscription)),
        FORWARD | BACK => {
            let request = lock(work, Provisioning::deserialize(&job.payload)?.request).await?;
            ensure_worked_on_by(&request, job)?;
            Ok(Some(request.subscription_id))
        }
        _ => Ok(None),
    }
}

async fn lock(work: &UnitOfWork, id: ProvisioningId) -> Result<Request> {
    let found = provisioning_request::Entity::find_by_id(id).lock_exclusive();
    found.one(&work.transaction().await?).await?.ok_or(MISSING)
}

fn ensure_worked_on_by(request: &Request, job: &job::Model) -> Result<()> {
    let id = request.id;
    let message = if !request.status.is_open() {
        format!("the provisioning request {id} is {}; open another one", request.status.to_value())
    } else if request.job_id != job.id {
        format!(
            "the provisioning request {id} is being undone by {}; wait until it has failed, and open another one",
            request.job_id
        )
    } else {
        return Ok(());
    };
    Err(Error::Conflict { message, field: None })
}

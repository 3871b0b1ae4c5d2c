//! Attempts: each one is a notification to the vendor.

use crate::{Work, error::Result, jobs::ProvisionAttempt, ledger::NewJob};
use entities::{ids::VendorAttemptId, vendor_attempt, vendor_detail, vendor_request};
use sea_orm::{ActiveModelTrait, IntoActiveModel};

/// Writes an attempt, and enqueues the job that gives it to the vendor's webhook.
pub(super) async fn add(
    work: &Work,
    request: &vendor_request::Model,
    detail: &vendor_detail::Model,
    number: i32,
) -> Result<vendor_attempt::Model> {
    let attempt = vendor_attempt::Model {
        id: VendorAttemptId::new(),
        organization_id: request.organization_id,
        request_id: request.id,
        number,
        detail_id: detail.id,
        endpoint_id: None,
        event_id: None,
        created_at: work.now(),
    };
    attempt.clone().into_active_model().insert(&*work.transaction().await?).await?;
    work.enqueue(job(work, &attempt)?, vec![]).await?;
    Ok(attempt)
}

/// The job that gives an attempt to the vendor's webhook: one at most is open.
pub(super) fn job(work: &Work, attempt: &vendor_attempt::Model) -> Result<NewJob> {
    let job = NewJob::new(Some(attempt.organization_id), &ProvisionAttempt { attempt: attempt.id })?;
    Ok(job.unique(&attempt.id.to_string()).request_id(work.actor.request_id.clone()))
}

//! Passes attempts to the vendor's webhook.

use super::{CONTRACT, lock, outcome::has_ended, vendor_actor};
use entities::{
    endpoint::{self, EndpointStatus},
    ids::{EndpointId, EventId, VendorAttemptId, VendorProvisionerId},
    vendor_attempt, vendor_detail, vendor_provisioner, vendor_request,
};
use kernel::{
    UnitOfWork,
    events::{
        self,
        payloads::{ProvisionAttempt, ProvisionDetail, ProvisionRequest, VendorNotification},
    },
};
use platform::error::{Error, Result};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QuerySelect};

/// The event type of notifications.
const NOTIFIED: &str = "provision_attempt.created";

/// Passes an attempt to the latest webhook of its provisioner; the webhook engine calls it until it responds. Nothing
/// is done if the webhook is missing or inactive (registering one sends the waiting attempts to it), if the attempt was
/// already passed to one, or if its request is decided.
pub async fn deliver(work: &UnitOfWork, attempt: VendorAttemptId) -> Result<()> {
    let Some((request, attempt)) = hold(work, attempt).await? else { return Ok(()) };
    let transaction = work.transaction().await?;
    let detail = vendor_detail::Entity::find_by_id(attempt.detail_id).one(&transaction).await?;
    let detail = detail.ok_or_else(|| Error::internal("an attempt's details are missing"))?;
    while let Some(endpoint) = active_webhook(work, request.provisioner_id).await? {
        let payload = notification(&request, &detail, &attempt, endpoint);
        let (actor, object) =
            (vendor_actor(work, request.organization_id), ("provision_attempt", attempt.id.0));
        let event = events::event(&actor, NOTIFIED, object, &payload, work.now())?;
        // A webhook that is no longer active is not found again.
        if webhooks::deliver_to_endpoint(work, CONTRACT, endpoint, &event).await? {
            return keep(work, attempt.id, endpoint, event.id).await;
        }
    }
    Ok(())
}

/// The payload of an attempt that is passed to this webhook.
fn notification(
    request: &vendor_request::Model,
    detail: &vendor_detail::Model,
    attempt: &vendor_attempt::Model,
    endpoint_id: EndpointId,
) -> VendorNotification {
    let vendor_request::Model { id, kind, partner_id, subscription_id, quantity, created_at, .. } = *request;
    let body = request.body.clone();
    VendorNotification {
        version: VendorNotification::VERSION,
        sandbox: request.sandbox,
        request: ProvisionRequest { id, kind, partner_id, subscription_id, quantity, body, created_at },
        detail: ProvisionDetail {
            id: detail.id,
            details: detail.details.clone(),
            created_at: detail.created_at,
        },
        attempt: ProvisionAttempt { id: attempt.id, created_at: attempt.created_at },
        endpoint_id,
    }
}

/// The attempt and its request, both locked; `None` if it was already passed to a webhook or the request is decided.
/// The provisioner is locked first, shared with other deliveries; a registration of a webhook locks it exclusively, so
/// that exactly one of them passes the attempt to the new webhook.
async fn hold(
    work: &UnitOfWork,
    id: VendorAttemptId,
) -> Result<Option<(vendor_request::Model, vendor_attempt::Model)>> {
    let transaction = work.transaction().await?;
    let found = vendor_attempt::Entity::find_by_id(id).one(&transaction).await?;
    let Some(attempt) = found else { return Ok(None) };
    let request = vendor_request::Entity::find_by_id(attempt.request_id).one(&transaction).await?;
    let request = request.ok_or_else(|| Error::internal("an attempt's request is missing"))?;
    let provisioner = vendor_provisioner::Entity::find_by_id(request.provisioner_id).lock_shared();
    provisioner.one(&transaction).await?;
    let request = lock(work, request.id).await?;
    if has_ended(work, &request).await? {
        return Ok(None);
    }
    let locked = vendor_attempt::Entity::find_by_id(id).lock_exclusive();
    let attempt = locked.one(&work.transaction().await?).await?;
    Ok(attempt.filter(|it| it.endpoint_id.is_none()).map(|attempt| (request, attempt)))
}

async fn active_webhook(work: &UnitOfWork, provisioner: VendorProvisionerId) -> Result<Option<EndpointId>> {
    let latest = endpoint::Entity::latest_of_provisioner(provisioner).one(&work.transaction().await?).await?;
    Ok(latest.filter(|webhook| webhook.status == EndpointStatus::Active).map(|webhook| webhook.id))
}

async fn keep(
    work: &UnitOfWork,
    attempt: VendorAttemptId,
    endpoint: EndpointId,
    event: EventId,
) -> Result<()> {
    let row = vendor_attempt::ActiveModel {
        id: Set(attempt),
        endpoint_id: Set(Some(endpoint)),
        event_id: Set(Some(event)),
        ..Default::default()
    };
    row.update(&work.transaction().await?).await?;
    Ok(())
}

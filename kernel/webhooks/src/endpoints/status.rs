//! The status of endpoints: active, paused, disabled.

use super::{lock, record_event};
use crate::{Attempt, Wakeup, contract::contract_info, ensure_jobs};
use entities::{
    endpoint::{self, EndpointStatus},
    endpoint_health,
    ids::EndpointId,
};
use kernel::{
    UnitOfWork,
    notify::{Notice, notify},
};
use platform::error::{Error, Result};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

/// The reason for disabling a replaced endpoint.
pub const REPLACED: &str = "another webhook was registered";

/// Pauses an endpoint: deliveries in flight end, events are stored. A disabled one stays disabled.
pub async fn pause(work: &UnitOfWork, contract: &str, id: EndpointId) -> Result<endpoint::Model> {
    let before = lock(work, contract, id).await?;
    if before.status == EndpointStatus::Disabled {
        return Err(disabled(&before));
    }
    change(work, &before, ("webhook.paused", EndpointStatus::Paused, None)).await
}

/// Why nothing can be asked of an endpoint that is disabled.
pub(crate) fn disabled(endpoint: &endpoint::Model) -> Error {
    let message = match endpoint.replaced_at {
        Some(_) => "A newer webhook has replaced this one; nothing is sent to it any more",
        None => "The webhook is disabled; resume it first",
    };
    Error::Conflict { message: message.into(), field: None }
}

/// Resumes an endpoint, also a disabled one or one with an open breaker. The backlog is sent slowly at first.
/// `Conflict` if it was replaced.
pub async fn resume(work: &UnitOfWork, contract: &str, id: EndpointId) -> Result<endpoint::Model> {
    let before = lock(work, contract, id).await?;
    if before.replaced_at.is_some() {
        let message = format!("The webhook cannot be resumed: {REPLACED}");
        return Err(Error::Conflict { message, field: None });
    }
    let after = change(work, &before, ("webhook.resumed", EndpointStatus::Active, None)).await?;
    let transaction = work.transaction().await?;
    let row = endpoint_health::ActiveModel {
        endpoint_id: Set(id),
        failures: Set(0),
        failing_since: Set(None),
        opened: Set(0),
        closed_until: Set(None),
        ..Default::default()
    };
    endpoint_health::Entity::update_many()
        .set(row)
        .filter(endpoint_health::Column::EndpointId.eq(id))
        .exec(&transaction)
        .await?;
    let (organization, now) = (after.organization_id, work.now());
    let pushes = ensure_jobs(&transaction, &[(organization, id, now)], now).await?;
    work.enqueue_on_commit(pushes);
    Ok(after)
}

/// Disables an endpoint, records `webhook.disabled`, and notifies its organization by e-mail; false if it was not
/// active.
pub async fn disable(
    work: &UnitOfWork,
    contract: &str,
    id: EndpointId,
    reason: &str,
    last: &Attempt,
) -> Result<bool> {
    let before = lock(work, contract, id).await?;
    if before.status != EndpointStatus::Active {
        return Ok(false);
    }
    change(work, &before, ("webhook.disabled", EndpointStatus::Disabled, Some(reason.into()))).await?;
    let transaction = work.transaction().await?;
    let notice = notice(work, &before, reason, last)?;
    let told = notify(&transaction, &work.kernel, &work.actor, notice).await?;
    if let Some(pushes) = told {
        work.enqueue_on_commit(pushes);
    } else {
        tracing::info!(endpoint = %id, "disabled; the organization has no address to tell it to");
    }
    Ok(true)
}

/// Disables a replaced endpoint permanently, and records `webhook.disabled`.
pub async fn replace(work: &UnitOfWork, contract: &str, id: EndpointId) -> Result<()> {
    let before = lock(work, contract, id).await?;
    change(work, &before, ("webhook.disabled", EndpointStatus::Disabled, Some(REPLACED.into()))).await?;
    let row = endpoint::ActiveModel { id: Set(id), replaced_at: Set(Some(work.now())), ..Default::default() };
    row.update(&work.transaction().await?).await?;
    Ok(())
}

/// Sets the status of an endpoint; records an event of this kind if it changes. Resuming an active one resets its
/// failures.
async fn change(
    work: &UnitOfWork,
    before: &endpoint::Model,
    (kind, status, reason): (&str, EndpointStatus, Option<String>),
) -> Result<endpoint::Model> {
    let now = work.now();
    if before.status == status && status != EndpointStatus::Active {
        return Ok(before.clone());
    }
    let resumed_at = if status == EndpointStatus::Active { Some(now) } else { before.resumed_at };
    let after = endpoint::Model {
        status,
        status_reason: reason,
        status_at: now,
        resumed_at,
        updated_at: now,
        ..before.clone()
    };
    let row = endpoint::ActiveModel {
        id: Set(after.id),
        status: Set(after.status),
        status_reason: Set(after.status_reason.clone()),
        status_at: Set(after.status_at),
        resumed_at: Set(after.resumed_at),
        updated_at: Set(after.updated_at),
        ..Default::default()
    };
    row.update(&work.transaction().await?).await?;
    if before.status != status {
        record_event(work, kind, Some(before), &after).await?;
    }
    work.wake_on_commit(Wakeup::Changed(after.id));
    Ok(after)
}

/// The mail does not contain the event's data, which belongs to customers. It names the webhook as its contract does.
fn notice(work: &UnitOfWork, endpoint: &endpoint::Model, reason: &str, last: &Attempt) -> Result<Notice> {
    let names = &contract_info(&endpoint.contract)?.webhooks;
    let (id, url) = (names.endpoint.show(endpoint.id.0), &endpoint.url);
    let (event, attempt, at) = (last.event_id, last.attempt, last.sent_at.to_rfc3339());
    let error = last.error.as_deref().unwrap_or_default();
    let again = match (endpoint.provisioner_id, names.resume(endpoint.id)) {
        (Some(_), _) => "Orders wait until you register another webhook.".to_owned(),
        (None, Some(resume)) => format!(
            "Events that happen from now on are not kept for it. What waited is still there: resume the webhook \
({resume}) to have it sent."
        ),
        (None, None) => {
            "Events that happen from now on are not kept for it: register another webhook.".to_owned()
        }
    };
    Ok(Notice {
        about: format!("webhook-disabled-{id}-{}", work.now().timestamp()),
        subject: format!("Webhook {id} has been disabled"),
        text: format!(
            "Deliveries to your webhook have been stopped.

Webhook: {id}
URL:     {url}
Reason:  {reason}
Last:    event {event}, attempt {attempt}, {at}: {error}

{again}
"
        ),
    })
}

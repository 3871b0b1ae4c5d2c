//! Delivers an event addressed to one endpoint, without the fan-out.

use super::{Wakeup, endpoints::lock, ensure_jobs};
use entities::{
    delivery::{self, DeliveryState},
    endpoint::{self, EndpointStatus},
    event,
    ids::{DeliveryId, EndpointId},
};
use kernel::{UnitOfWork, events};
use platform::error::{Error, Result};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};

/// Delivers the event to the endpoint of the actor's organization, under the endpoint's next number; false, without
/// effect, if the endpoint is not active. The event is recorded here; its domain must be one that the contract
/// receives.
pub async fn deliver_to_endpoint(
    work: &UnitOfWork,
    contract: &str,
    id: EndpointId,
    event: &event::Model,
) -> Result<bool> {
    let endpoint = lock(work, contract, id).await?;
    if !events::receives(contract, event.domain) {
        return Err(Error::internal(format!("{contract} does not receive {:?}", event.domain)));
    }
    if endpoint.status != EndpointStatus::Active {
        return Ok(false);
    }
    let (transaction, now) = (work.transaction().await?, work.now());
    events::insert_only(&transaction, &[event]).await?;
    first(&endpoint, event, now).into_active_model().insert(&transaction).await?;
    let next = endpoint::ActiveModel {
        id: Set(id),
        next_sequence: Set(endpoint.next_sequence + 1),
        ..Default::default()
    };
    next.update(&transaction).await?;
    let pushes = ensure_jobs(&transaction, &[(endpoint.organization_id, id, now)], now).await?;
    work.enqueue_on_commit(pushes);
    work.wake_on_commit(Wakeup::Changed(id));
    Ok(true)
}

/// The first attempt.
fn first(
    endpoint: &endpoint::Model,
    event: &event::Model,
    now: chrono::DateTime<chrono::Utc>,
) -> delivery::Model {
    delivery::Model {
        id: DeliveryId::new(),
        endpoint_id: endpoint.id,
        event_id: event.id,
        sequence: endpoint.next_sequence,
        after_sequence: None,
        attempt: 1,
        retry: 0,
        priority: event.priority,
        state: DeliveryState::Pending,
        due_at: now,
        created_at: now,
        sent_at: None,
        took_ms: None,
        http_status: None,
        error_class: None,
        error: None,
        response: None,
        headers: None,
    }
}

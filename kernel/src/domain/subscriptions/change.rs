//! How a change is kept: as a row of its own, as the state that it leaves the subscription in, and as an event.

use super::{RESOURCE, history};
use crate::{Work, domain::charges::Change, error::Result, events};
use entities::{ids::SubscriptionChangeId, subscription, subscription_change};
use sea_orm::{ActiveModelTrait, IntoActiveModel};

/// Carries a change out now: adds it to the history, writes the subscription as it is after it, and records the
/// event. `Invalid` when the history does not allow it. The caller holds the subscription's lock.
pub(super) async fn change(
    work: &Work,
    (before, after): (&subscription::Model, subscription::Model),
    done: Change,
    event: &str,
) -> Result<subscription::Model> {
    let transaction = work.transaction().await?;
    let history = history(&*transaction, before.id).await?;
    history.with(done.clone()).map_err(|refused| refused.of("status"))?;
    let row = subscription_change::Model {
        id: SubscriptionChangeId::new(),
        organization_id: before.organization_id,
        subscription_id: before.id,
        effective_at: done.at,
        kind: serde_json::to_value(&done.kind)?,
        tier: (before.tier != after.tier).then_some(after.tier),
        applied_at: Some(work.now()),
    };
    row.into_active_model().insert(&*transaction).await?;
    after.clone().into_active_model().reset_all().update(&*transaction).await?;
    drop(transaction);
    let object = (RESOURCE, after.id.0);
    let event = events::change(&work.actor, event, object, (before, &after), after.updated_at)?;
    work.record(&[event]).await?;
    Ok(after)
}

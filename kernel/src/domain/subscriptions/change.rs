//! What a change leaves a subscription in, and how that is written and told.

use super::{RESOURCE, SubscriptionView};
use crate::{
    UnitOfWork,
    domain::{
        charges::{Kind, Zone, to_cents},
        organizations, plans, provisioning,
    },
    error::{Error, Field, Result},
    events::{self, Actor},
};
use entities::{
    event,
    ids::EventId,
    plan::{self, Tier},
    subscription::{self, SubscriptionStatus},
    subscription_change,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel, PaginatorTrait, QueryFilter, SqlErr};

/// What is said of a tier of which the customer has a subscription already.
const TAKEN: &str = "The customer has an open subscription of this tier already";

/// Has a change of an active subscription take effect on its row, and the network follow. `base` is the row with
/// what the change does not say.
pub(super) async fn take_effect(
    work: &UnitOfWork,
    before: &subscription::Model,
    base: subscription::Model,
    change: &subscription_change::Model,
) -> Result<subscription::Model> {
    let base = subscription::Model { updated_at: work.now(), ..base };
    let (after, event) = match serde_json::from_value(change.kind.clone())? {
        Kind::Changed { plan, .. } => {
            let tier = change.tier.unwrap_or(before.tier);
            let monthly_cents =
                to_cents(plan.price).ok_or_else(|| Error::internal("a price with less than cents"))?;
            let (way, plan) = compared(work, before, tier).await?;
            let by_plan = subscription::Model {
                provisioner: plan.provisioner,
                vendor_provisioner_id: plan.vendor_provisioner_id,
                ..base.clone()
            };
            // What plays stays with the simulator.
            let base = if base.sandbox { base } else { by_plan };
            (subscription::Model { tier, monthly_cents, ..base }, way)
        }
        Kind::Suspended => {
            (subscription::Model { status: SubscriptionStatus::Suspended, ..base }, "subscription.suspended")
        }
        Kind::Resumed => {
            let status = SubscriptionStatus::Active;
            (subscription::Model { status, resume_at: None, ..base }, "subscription.resumed")
        }
        Kind::Activated(_) | Kind::Ended => {
            return Err(Error::internal("a beginning or an end is not planned"));
        }
    };
    let after = write(work, before, after, event).await?;
    provisioning::follow(work, before, &after).await?;
    Ok(after)
}

/// Whether another tier is a better one, and its plan.
async fn compared(
    work: &UnitOfWork,
    before: &subscription::Model,
    tier: Tier,
) -> Result<(&'static str, plan::Model)> {
    let plans = plans::offered(&work.transaction().await?, before.organization_id).await?;
    let old = plans.iter().find(|plan| plan.tier == before.tier).ok_or(Error::NotFound("Plan"))?;
    let new = plans.iter().find(|plan| plan.tier == tier).ok_or(Error::NotFound("Plan"))?;
    let way = if new.rank < old.rank { "subscription.downgraded" } else { "subscription.upgraded" };
    Ok((way, new.clone()))
}

/// Writes a subscription as a change has left it, and records that: `subscription.updated` with what is different,
/// and after that the event of the change. One that is over is not updated any more, so that is all that is said.
pub(super) async fn write(
    work: &UnitOfWork,
    before: &subscription::Model,
    after: subscription::Model,
    event: &str,
) -> Result<subscription::Model> {
    let transaction = work.transaction().await?;
    let update = after.clone().into_active_model().reset_all().update(&transaction).await;
    update.map_err(|error| or_taken(error, Field::NewPlan))?;
    let zone = organizations::zone(&transaction, after.organization_id).await?;
    work.record(told(&work.actor, &zone, (before, &after), event)?);
    Ok(after)
}

/// What is recorded of a change: see [`write`].
pub(super) fn told(
    actor: &Actor,
    zone: &Zone,
    (before, after): (&subscription::Model, &subscription::Model),
    event: &str,
) -> Result<Vec<event::Model>> {
    let (object, at) = ((RESOURCE, after.id.0), after.updated_at);
    let [was, is] = [before, after].map(|row| SubscriptionView::new(row, zone, at));
    let told = events::change(actor, event, object, (&was, &is), at)?;
    if after.status == SubscriptionStatus::Cancelled {
        return Ok(vec![told]);
    }
    let updated = event::Model { id: EventId::new(), kind: "subscription.updated".into(), ..told.clone() };
    Ok(vec![updated, told])
}

/// Whether the customer has another open subscription of the tier.
pub(super) async fn is_taken(work: &UnitOfWork, row: &subscription::Model, tier: Tier) -> Result<bool> {
    let others = subscription::Entity::of(row.organization_id)
        .filter(subscription::Column::CustomerId.eq(row.customer_id))
        .filter(subscription::Column::Tier.eq(tier))
        .filter(subscription::Column::Status.ne(SubscriptionStatus::Cancelled))
        .filter(subscription::Column::Id.ne(row.id));
    Ok(others.count(&work.transaction().await?).await? > 0)
}

/// The refusal of a tier of which the customer has a subscription already.
pub(super) fn taken(field: Field) -> Error {
    Error::Conflict { message: TAKEN.into(), field: Some(field) }
}

/// What the database has said, or that the tier is taken.
pub(super) fn or_taken(error: sea_orm::DbErr, field: Field) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => taken(field),
        _ => error.into(),
    }
}

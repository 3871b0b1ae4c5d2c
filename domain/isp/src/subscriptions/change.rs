//! Applies changes to the rows of subscriptions, and records their events.

use super::{RESOURCE, Terms, network::Network, payload};
use crate::{
    charges::{Kind, to_cents},
    plans::Plans,
};
use entities::{
    event,
    ids::{CustomerId, EventId, OrganizationId, PlanId, SubscriptionId},
    network_service, plan,
    subscription::{self, SubscriptionStatus},
    subscription_change,
};
use kernel::{
    UnitOfWork,
    events::{self, Actor},
};
use platform::error::{Error, Field, Result};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect, QueryTrait, SqlErr,
    sea_query::{Expr, ExprTrait},
};
use std::cmp::Ordering;

const TAKEN: &str = "The customer has an open subscription of this plan already";

/// Applies a change of an active subscription to its row and to the network. `base` is the row with the values that are
/// not part of the change.
pub(super) async fn apply(
    work: &UnitOfWork,
    network: &dyn Network,
    before: &subscription::Model,
    base: subscription::Model,
    change: &subscription_change::Model,
) -> Result<subscription::Model> {
    let base = subscription::Model { updated_at: work.now(), ..base };
    let (after, event) = match serde_json::from_value(change.kind.clone())? {
        Kind::Changed { plan, .. } => {
            let plan_id = change.plan_id.unwrap_or(before.plan_id);
            let monthly_cents =
                to_cents(plan.price).ok_or_else(|| Error::internal("a price with less than cents"))?;
            let (way, plan) = compare_rank(work, before, plan_id).await?;
            let by_plan = subscription::Model {
                provisioner: plan.provisioner,
                vendor_provisioner_id: plan.vendor_provisioner_id,
                ..base.clone()
            };
            // A sandbox subscription keeps the simulator.
            let base = if base.sandbox { base } else { by_plan };
            (subscription::Model { plan_id, monthly_cents, ..base }, way)
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
    network.on_subscription_changed(work, before, &after).await?;
    Ok(after)
}

/// The event for a change to the plan (upgrade or downgrade), and the plan as sold.
async fn compare_rank(
    work: &UnitOfWork,
    before: &subscription::Model,
    plan_id: PlanId,
) -> Result<(&'static str, plan::Model)> {
    let plans = Plans::of(&work.transaction().await?, before.organization_id).await?;
    let way = match plans.compare(before.plan_id, plan_id)? {
        Ordering::Less => "subscription.downgraded",
        _ => "subscription.upgraded",
    };
    Ok((way, plans.current(plan_id)?.clone()))
}

/// Stores a changed subscription, and records `subscription.updated` with the differences, then the event of the change.
/// For a cancelled one only the latter.
pub(super) async fn write(
    work: &UnitOfWork,
    before: &subscription::Model,
    after: subscription::Model,
    event: &str,
) -> Result<subscription::Model> {
    let transaction = work.transaction().await?;
    let update = after.clone().into_active_model().reset_all().update(&transaction).await;
    update.map_err(|error| map_plan_conflict(error, Field::NewPlan))?;
    let terms = Terms::of(&transaction, after.organization_id).await?;
    work.record(change_events(&work.actor, &terms, (before, &after), event)?);
    Ok(after)
}

/// The events of a change: see [`write`].
pub(super) fn change_events(
    actor: &Actor,
    terms: &Terms,
    (before, after): (&subscription::Model, &subscription::Model),
    event: &str,
) -> Result<Vec<event::Model>> {
    let (object, at) = ((RESOURCE, after.id.0), after.updated_at);
    let (was, is) = (payload(before, terms, at)?, payload(after, terms, at)?);
    let event = events::change(actor, event, object, (&was, &is), at)?;
    if after.status == SubscriptionStatus::Cancelled {
        return Ok(vec![event]);
    }
    let updated = event::Model { id: EventId::new(), kind: "subscription.updated".into(), ..event.clone() };
    Ok(vec![updated, event])
}

/// Whether the customer has another open subscription of the plan, or one that may return to it: its change to another
/// plan is not provisioned yet.
pub(super) async fn has_plan(work: &UnitOfWork, row: &subscription::Model, plan: PlanId) -> Result<bool> {
    has_plan_except(work, row.customer_id, row.organization_id, (plan, Some(row.id))).await
}

/// Whether the customer has an open subscription of the plan, not counting `but`: see [`has_plan`].
pub(super) async fn has_plan_except(
    work: &UnitOfWork,
    customer: CustomerId,
    organization: OrganizationId,
    (plan, but): (PlanId, Option<SubscriptionId>),
) -> Result<bool> {
    use subscription::Column;
    let transaction = work.transaction().await?;
    let ids = Plans::of(&transaction, organization).await?.ids(plan)?;
    // By the primary key of services, for the customer's few subscriptions.
    let installed = network_service::Entity::find()
        .select_only()
        .column(network_service::Column::SubscriptionId)
        .filter(
            Expr::col((network_service::Entity, network_service::Column::SubscriptionId))
                .equals((subscription::Entity, Column::Id)),
        )
        .filter(network_service::Column::RemovedAt.is_null())
        .filter(network_service::Column::PlanId.is_in(ids.clone()));
    let has_it =
        Condition::any().add(Column::PlanId.is_in(ids)).add(Expr::exists(QueryTrait::into_query(installed)));
    let others = subscription::Entity::of(organization)
        .filter(Column::CustomerId.eq(customer))
        .filter(Column::Status.ne(SubscriptionStatus::Cancelled))
        .filter(has_it)
        .apply_if(but, |query, id| query.filter(Column::Id.ne(id)));
    Ok(others.count(&transaction).await? > 0)
}

/// The customer has an open subscription of the plan.
pub(super) fn plan_conflict(field: Field) -> Error {
    Error::Conflict { message: TAKEN.into(), field: Some(field) }
}

/// Maps a violated unique index to [`plan_conflict`].
pub(super) fn map_plan_conflict(error: sea_orm::DbErr, field: Field) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => plan_conflict(field),
        _ => error.into(),
    }
}

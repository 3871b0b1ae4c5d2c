//! What a change leaves a subscription in, and how that is written and told.

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

/// What is said of a plan of which the customer has a subscription already.
const TAKEN: &str = "The customer has an open subscription of this plan already";

/// Has a change of an active subscription take effect on its row, and the network follow. `base` is the row with
/// what the change does not say.
pub(super) async fn take_effect(
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
            let (way, plan) = compared(work, before, plan_id).await?;
            let by_plan = subscription::Model {
                provisioner: plan.provisioner,
                vendor_provisioner_id: plan.vendor_provisioner_id,
                ..base.clone()
            };
            // What plays stays with the simulator.
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
    network.follow(work, before, &after).await?;
    Ok(after)
}

/// Whether another plan is a better one, and how it is sold.
async fn compared(
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
    let terms = Terms::of(&transaction, after.organization_id).await?;
    work.record(told(&work.actor, &terms, (before, &after), event)?);
    Ok(after)
}

/// What is recorded of a change: see [`write`].
pub(super) fn told(
    actor: &Actor,
    terms: &Terms,
    (before, after): (&subscription::Model, &subscription::Model),
    event: &str,
) -> Result<Vec<event::Model>> {
    let (object, at) = ((RESOURCE, after.id.0), after.updated_at);
    let (was, is) = (payload(before, terms, at)?, payload(after, terms, at)?);
    let told = events::change(actor, event, object, (&was, &is), at)?;
    if after.status == SubscriptionStatus::Cancelled {
        return Ok(vec![told]);
    }
    let updated = event::Model { id: EventId::new(), kind: "subscription.updated".into(), ..told.clone() };
    Ok(vec![updated, told])
}

/// Whether the customer has another open subscription of the plan, or one that may get it back: whose change to
/// another plan is not provisioned yet.
pub(super) async fn is_taken(work: &UnitOfWork, row: &subscription::Model, plan: PlanId) -> Result<bool> {
    is_taken_by_others(work, row.customer_id, row.organization_id, (plan, Some(row.id))).await
}

/// The same, of any subscription but one.
pub(super) async fn is_taken_by_others(
    work: &UnitOfWork,
    customer: CustomerId,
    organization: OrganizationId,
    (plan, but): (PlanId, Option<SubscriptionId>),
) -> Result<bool> {
    use subscription::Column;
    let transaction = work.transaction().await?;
    let ids = Plans::of(&transaction, organization).await?.ids(plan)?;
    // By the key of services, of the few subscriptions that the customer has.
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

/// The refusal of a plan of which the customer has a subscription already.
pub(super) fn taken(field: Field) -> Error {
    Error::Conflict { message: TAKEN.into(), field: Some(field) }
}

/// What the database has said, or that the plan is taken.
pub(super) fn or_taken(error: sea_orm::DbErr, field: Field) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => taken(field),
        _ => error.into(),
    }
}

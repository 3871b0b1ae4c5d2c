//! Creates subscriptions.

use super::{
    RESOURCE, SubscriptionView, Terms, change, locked::run_at, network::Network, scheduled::start,
    validate_date,
};
use crate::{charges::Promotion, coverage, promotions};
use chrono::{DateTime, SubsecRound, Utc};
use entities::{
    customer::{self, Metadata},
    ids::{CustomerId, PlanId, SubscriptionId},
    plan::Provisioner,
    subscription::{self, SubscriptionStatus},
};
use kernel::{UnitOfWork, events};
use platform::error::{Error, Fault, Field, Result};
use sea_orm::{ActiveModelTrait, IntoActiveModel};

/// A subscription to create.
#[derive(Debug, Clone)]
pub struct NewSubscription {
    /// The customer.
    pub customer: CustomerId,
    /// The plan.
    pub plan: PlanId,
    /// When to install it; if `None`, the installation is requested separately. If it is already installed: the start of
    /// charges, by default now.
    pub start_date: Option<DateTime<Utc>>,
    /// Whether it is already installed: then it is activated without an installation.
    pub already_installed: bool,
    /// The code of a promotion (case-insensitive).
    pub promotion_code: Option<String>,
    /// The caller's metadata.
    pub metadata: Option<Metadata>,
}

/// Creates a subscription and records `subscription.created`. It is pending until its installation, requested on the
/// start date, completes. An already installed one is activated on the start date. `NotFound` for an unknown customer or
/// plan, `Conflict` if the customer has an open subscription of the plan, `Invalid` for a start date more than ten years
/// away, a promotion that is not valid on it, or a plan to install that the area of the customer's address does not
/// offer.
pub async fn create(
    work: &UnitOfWork,
    network: &dyn Network,
    new: NewSubscription,
) -> Result<SubscriptionView> {
    let (now, starts_at) = (work.now(), new.start_date.map(|at| at.trunc_subsecs(0)));
    starts_at.map_or(Ok(()), |at| validate_date(Field::StartDate, at, now))?;
    let transaction = work.transaction().await?;
    let terms = Terms::of(&transaction, work.actor.organization).await?;
    let row = checked(work, new, starts_at, &terms).await?;
    let inserted = row.clone().into_active_model().insert(&transaction).await;
    inserted.map_err(|error| change::map_plan_conflict(error, Field::Plan))?;
    let (object, shown) = ((RESOURCE, row.id.0), SubscriptionView::new(&row, &terms, now)?);
    work.record([events::event(&work.actor, "subscription.created", object, &shown.payload(), now)?]);
    let starts_at = starts_at.or(row.already_installed.then_some(now));
    let row = match starts_at {
        Some(at) if at <= now => start(work, network, row, at).await?,
        Some(at) => run_at(work, &row, at).await.map(|()| row)?,
        None => row,
    };
    SubscriptionView::new(&row, &terms, now)
}

/// The row, with its references checked.
async fn checked(
    work: &UnitOfWork,
    new: NewSubscription,
    starts_at: Option<DateTime<Utc>>,
    terms: &Terms,
) -> Result<subscription::Model> {
    let (now, organization, sandbox) = (work.now(), work.actor.organization, work.actor.sandbox);
    let transaction = work.transaction().await?;
    let customer = customer::Entity::one_of(organization, new.customer).one(&transaction).await?;
    let customer = customer.ok_or(Error::NotFound("Customer"))?;
    let plan = terms.plans.current(new.plan)?;
    if !new.already_installed {
        let address = &customer.service_address;
        coverage::check_offer(&transaction, organization, address, plan, Field::Plan).await?;
    }
    if change::has_plan_except(work, new.customer, organization, (plan.id, None)).await? {
        return Err(change::plan_conflict(Field::Plan));
    }
    let promotion = match &new.promotion_code {
        Some(code) => {
            let at = starts_at.unwrap_or(now);
            Some(usable(promotions::find(&transaction, organization, code).await?, at)?)
        }
        None => None,
    };
    Ok(subscription::Model {
        id: SubscriptionId::new(),
        organization_id: organization,
        customer_id: new.customer,
        plan_id: plan.id,
        status: SubscriptionStatus::Pending,
        monthly_cents: plan.monthly_cents,
        activation_cents: plan.activation_cents,
        provisioner: if sandbox { Provisioner::Simulator } else { plan.provisioner },
        vendor_provisioner_id: plan.vendor_provisioner_id.filter(|_| !sandbox),
        external_ids: None,
        sandbox,
        promotion: promotion.map(serde_json::to_value).transpose()?,
        starts_at,
        already_installed: new.already_installed,
        started_at: None,
        ended_at: None,
        resume_at: None,
        reason: None,
        metadata: new.metadata,
        created_at: now,
        updated_at: now,
    })
}

/// The promotion, if it is valid at that time: the start date, by default the time of the order.
fn usable(found: Option<Promotion>, at: DateTime<Utc>) -> Result<Promotion> {
    let refused = |text: &str| Error::invalid(Fault::field(Field::Promotion, text));
    let promotion = found.ok_or_else(|| refused("is not known"))?;
    if !promotion.is_open(at) {
        return Err(refused("is not valid on the start date"));
    }
    Ok(promotion)
}

//! Plans: the products of an organization. It sells the standard plans, unless it has its own plan with the code.

mod cache;
mod create;
mod set;

pub use cache::PlanCache;
pub use create::{NewPlan, create};
pub use set::{Changes, set};

use crate::charges;
use entities::{
    ids::{OrganizationId, PlanId},
    plan,
};
use platform::error::{Error, Result};
use sea_orm::ConnectionTrait;
use std::{cmp::Ordering, sync::Arc};

const MISSING: Error = Error::NotFound("Plan");

/// The plans that subscriptions of an organization may have: its own, and the standard plans.
///
/// Subscriptions refer to plans by id. Once the organization has its own plan with a code, the id of the standard plan
/// refers to it too, so that existing subscriptions need not be rewritten.
#[derive(Debug, Clone)]
pub struct Plans(Arc<[plan::Model]>);

impl Plans {
    /// Loads the plans of the organization.
    pub async fn of(db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Self> {
        Ok(Self(plan::Entity::of(organization).all(db).await?.into()))
    }

    /// The plans that the organization sells, one per code, by rank.
    pub fn offered(&self) -> Vec<&plan::Model> {
        let is_sold = |plan: &&plan::Model| self.by_code(&plan.code).is_ok_and(|sold| sold.id == plan.id);
        self.0.iter().filter(is_sold).collect()
    }

    /// The plan sold under a code.
    pub fn by_code(&self, code: &str) -> Result<&plan::Model> {
        let of_code = self.0.iter().filter(|plan| plan.code == code);
        of_code.max_by_key(|plan| plan.organization_id.is_some()).ok_or(MISSING)
    }

    /// The plan sold in place of a subscription's plan: that plan, or the organization's own with its code.
    pub fn current(&self, id: PlanId) -> Result<&plan::Model> {
        self.by_code(self.code(id)?)
    }

    /// The code of a plan.
    pub fn code(&self, id: PlanId) -> Result<&str> {
        self.0.iter().find(|plan| plan.id == id).map(|plan| plan.code.as_str()).ok_or(MISSING)
    }

    /// All ids of a plan: of the standard plan and of the organization's own.
    pub fn ids(&self, id: PlanId) -> Result<Vec<PlanId>> {
        let code = self.code(id)?;
        Ok(self.0.iter().filter(|plan| plan.code == code).map(|plan| plan.id).collect())
    }

    /// The ids of all plans whose code matches.
    pub fn ids_where(&self, fits: impl Fn(&str) -> bool) -> Vec<PlanId> {
        self.0.iter().filter(|plan| fits(&plan.code)).map(|plan| plan.id).collect()
    }

    /// Whether the second plan stands higher than the first, or lower.
    pub fn compare(&self, before: PlanId, after: PlanId) -> Result<Ordering> {
        Ok(self.current(after)?.rank.cmp(&self.current(before)?.rank))
    }
}

/// The plans that the organization sells, one per code, by rank.
pub async fn offered(db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Vec<plan::Model>> {
    let plans = Plans::of(db, organization).await?;
    Ok(plans.offered().into_iter().cloned().collect())
}

/// The plan sold in place of a subscription's plan.
pub async fn current(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    id: PlanId,
) -> Result<plan::Model> {
    Plans::of(db, organization).await?.current(id).cloned()
}

/// The plan for rating.
pub fn charged(plan: &plan::Model) -> charges::Plan {
    charges::Plan { name: plan.name.clone(), price: charges::from_cents(plan.monthly_cents) }
}

/// A code as it is stored, in either spelling: `residential-500` is `RESIDENTIAL_500`.
pub fn stored_code(text: &str) -> String {
    text.to_uppercase().replace('-', "_")
}

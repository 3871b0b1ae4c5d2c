//! Plans: what an organization sells. It sells everybody's plans until it has its own of a code.

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

/// The plans that subscriptions of an organization may have: its own, and everybody's.
///
/// A subscription names its plan by id. Once the organization has its own plan of a code, that is meant by the id of
/// everybody's as well, so that nothing which was sold has to be rewritten. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Plans(Arc<[plan::Model]>);

impl Plans {
    /// Those of the organization.
    pub async fn of(db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Self> {
        Ok(Self(plan::Entity::of(organization).all(db).await?.into()))
    }

    /// What the organization sells, a plan a code, from the lowest.
    pub fn offered(&self) -> Vec<&plan::Model> {
        let is_sold = |plan: &&plan::Model| self.by_code(&plan.code).is_ok_and(|sold| sold.id == plan.id);
        self.0.iter().filter(is_sold).collect()
    }

    /// The plan that is sold under a code.
    pub fn by_code(&self, code: &str) -> Result<&plan::Model> {
        let of_code = self.0.iter().filter(|plan| plan.code == code);
        of_code.max_by_key(|plan| plan.organization_id.is_some()).ok_or(MISSING)
    }

    /// The plan that is sold for one that a subscription has: the same, or the organization's own of its code.
    pub fn current(&self, id: PlanId) -> Result<&plan::Model> {
        self.by_code(self.code(id)?)
    }

    /// What a plan is called.
    pub fn code(&self, id: PlanId) -> Result<&str> {
        self.0.iter().find(|plan| plan.id == id).map(|plan| plan.code.as_str()).ok_or(MISSING)
    }

    /// The ids under which a plan was sold.
    pub fn ids(&self, id: PlanId) -> Result<Vec<PlanId>> {
        let code = self.code(id)?;
        Ok(self.0.iter().filter(|plan| plan.code == code).map(|plan| plan.id).collect())
    }

    /// The ids of all plans of which this is true of the code.
    pub fn ids_where(&self, fits: impl Fn(&str) -> bool) -> Vec<PlanId> {
        self.0.iter().filter(|plan| fits(&plan.code)).map(|plan| plan.id).collect()
    }

    /// Whether the second plan stands higher than the first, or lower.
    pub fn compare(&self, before: PlanId, after: PlanId) -> Result<Ordering> {
        Ok(self.current(after)?.rank.cmp(&self.current(before)?.rank))
    }
}

/// What the organization sells, a plan a code, from the lowest.
pub async fn offered(db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Vec<plan::Model>> {
    let plans = Plans::of(db, organization).await?;
    Ok(plans.offered().into_iter().cloned().collect())
}

/// The plan that is sold for one that a subscription has.
pub async fn current(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    id: PlanId,
) -> Result<plan::Model> {
    Plans::of(db, organization).await?.current(id).cloned()
}

/// The plan as it is charged.
pub fn charged(plan: &plan::Model) -> charges::Plan {
    charges::Plan { name: plan.name.clone(), price: charges::from_cents(plan.monthly_cents) }
}

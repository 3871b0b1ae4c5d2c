//! Plans: what an organization sells. It sells everybody's plans until it has its own of a tier.

mod set;

pub use set::{Changes, set};

use super::charges;
use crate::error::{Error, Result};
use entities::{
    ids::OrganizationId,
    plan::{self, Tier},
};
use sea_orm::ConnectionTrait;
use std::collections::BTreeMap;

/// What the organization sells, a plan a tier, from the lowest.
pub async fn offered(db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Vec<plan::Model>> {
    let all = plan::Entity::of(organization).all(db).await?;
    // Its own come after everybody's, and take their places.
    let of_tiers: BTreeMap<_, _> = all.into_iter().map(|plan| (plan.tier, plan)).collect();
    let mut plans: Vec<_> = of_tiers.into_values().collect();
    plans.sort_by_key(|plan| (plan.rank, plan.tier));
    Ok(plans)
}

/// The organization's plan of a tier.
pub async fn of_tier(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    tier: Tier,
) -> Result<plan::Model> {
    let found = offered(db, organization).await?.into_iter().find(|plan| plan.tier == tier);
    found.ok_or(Error::NotFound("Plan"))
}

/// The plan as it is charged.
pub fn charged(plan: &plan::Model) -> charges::Plan {
    charges::Plan { name: plan.name.clone(), price: charges::from_cents(plan.monthly_cents) }
}

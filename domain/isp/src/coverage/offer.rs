//! Which plans may be ordered at an address.

use super::{Serving, serving};
use entities::{customer::Address, ids::OrganizationId, plan};
use platform::error::{Error, Fault, Field, Result};
use sea_orm::ConnectionTrait;

impl Serving {
    /// Why the plan cannot be installed at the address; `None` if the area offers it.
    pub fn refuses(&self, plan: &plan::Model, address: &Address) -> Option<String> {
        let refused = !self.plans.offer(&plan.code);
        refused.then(|| format!("{} is not offered in {} {}", plan.name, address.city, address.zip))
    }
}

/// `Invalid` for this field if the area of the address does not offer the plan. An address that is in no area, or in one
/// that is not in service yet, may be served by the time of the installation.
pub async fn check_offer(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    address: &Address,
    plan: &plan::Model,
    field: Field,
) -> Result<()> {
    let area = serving(db, organization, address).await?;
    if area.is_none_or(|area| area.plans.offer(&plan.code)) {
        return Ok(());
    }
    Err(Error::invalid(Fault::field(field, "is not offered at the customer's address")))
}

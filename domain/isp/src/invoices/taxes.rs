//! The sales tax rates of an organization.

use crate::charges::{ChargeError, Rates};
use entities::{ids::OrganizationId, tax_rate};
use kernel::{UnitOfWork, events};
use platform::error::{Error, Field, Result};
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, sea_query::OnConflict};

/// The organization's rates, by state.
pub async fn taxes(db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Vec<tax_rate::Model>> {
    Ok(tax_rate::Entity::of(organization).all(db).await?)
}

/// The organization's rates, for computing.
pub(super) async fn rates(db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Rates> {
    let kept = taxes(db, organization).await?;
    let rate = |row: &tax_rate::Model| Ok((row.state.clone(), row.percent.parse().map_err(Error::internal)?));
    let rates = kept.iter().map(rate).collect::<Result<Vec<(String, Decimal)>>>()?;
    Rates::new(rates.iter().map(|(state, percent)| (state.as_str(), *percent))).map_err(Error::internal)
}

/// Sets the rate of a state in percent, and records `tax_rate.updated`. Existing invoices do not change. `Invalid` for
/// an unknown state, or a percentage with more than four decimals.
pub async fn set_tax(work: &UnitOfWork, state: &str, percent: Decimal) -> Result<tax_rate::Model> {
    let checked = Rates::new([(state, percent)]);
    checked.map_err(|refused| {
        refused.of(if matches!(refused, ChargeError::UsState(_)) { Field::State } else { Field::Percent })
    })?;
    let rate = tax_rate::Model {
        organization_id: work.actor.organization,
        state: state.trim().to_ascii_uppercase(),
        percent: percent.normalize().to_string(),
        updated_at: work.now(),
    };
    let key = [tax_rate::Column::OrganizationId, tax_rate::Column::State];
    let replace = OnConflict::columns(key)
        .update_columns([tax_rate::Column::Percent, tax_rate::Column::UpdatedAt])
        .to_owned();
    tax_rate::Entity::insert(rate.clone().into_active_model())
        .on_conflict(replace)
        .exec_without_returning(&work.transaction().await?)
        .await?;
    let object = ("organization", rate.organization_id.0);
    work.record([events::event(&work.actor, "tax_rate.updated", object, &rate, rate.updated_at)?]);
    Ok(rate)
}

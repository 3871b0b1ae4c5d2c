//! Promotion codes: created by the operator, used by orders.

use crate::charges::{self, Discount};
use chrono::{DateTime, Utc};
use entities::{
    ids::{OrganizationId, PromotionId},
    promotion,
};
use kernel::{Kernel, UnitOfWork, events};
use platform::error::{Error, Fault, Field, Result};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, IntoActiveModel, QueryFilter, SqlErr};

/// Maximum length of a code.
const LONGEST: usize = 50;

/// Creates a code and records `promotion.created`. `Invalid` for an unusable code, a promotion without a discount or
/// period, and one that can never be used; `Conflict` if the organization has the code, in any case.
pub async fn add(work: &UnitOfWork, new: charges::Promotion) -> Result<promotion::Model> {
    check(&new, work.now())?;
    let row = promotion::Model {
        id: PromotionId::new(),
        organization_id: work.actor.organization,
        code_key: key(&new.code),
        discount: serde_json::to_value(&new.discount)?,
        code: new.code,
        months: new.months.map(i32::from),
        opens_at: new.from,
        closes_at: new.until,
        created_at: work.now(),
    };
    let inserted = row.clone().into_active_model().insert(&work.transaction().await?).await;
    inserted.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::Conflict {
            message: format!("The code {} already exists", row.code),
            field: Some(Field::Code),
        },
        _ => error.into(),
    })?;
    let object = ("promotion", row.id.0);
    work.record([events::event(&work.actor, "promotion.created", object, &row, row.created_at)?]);
    Ok(row)
}

fn check(new: &charges::Promotion, now: DateTime<Utc>) -> Result<()> {
    let refused = |field, text| Err(Error::invalid(Fault::field(field, text)));
    if new.code.is_empty()
        || new.code.len() > LONGEST
        || !new.code.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return refused(Field::Code, "must have 1 to 50 letters, digits and signs, without spaces");
    }
    let first =
        new.from.unwrap_or_else(|| new.until.map_or(now, |until| until - chrono::TimeDelta::seconds(1)));
    if !new.is_open(first) {
        return refused(Field::Until, "must be after the start");
    }
    new.check(first).map_err(|refused| refused.of(Field::Discount))
}

/// The organization's codes, sorted.
pub async fn list(kernel: &Kernel, organization: OrganizationId) -> Result<Vec<promotion::Model>> {
    Ok(promotion::Entity::of(organization).all(kernel.db.reader()).await?)
}

/// A promotion of the organization by its code.
pub async fn find(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    code: &str,
) -> Result<Option<charges::Promotion>> {
    let found = promotion::Entity::of(organization).filter(promotion::Column::CodeKey.eq(key(code)));
    found.one(db).await?.map(charged).transpose()
}

/// The promotion for rating.
fn charged(row: promotion::Model) -> Result<charges::Promotion> {
    let discount: Discount = serde_json::from_value(row.discount)?;
    let months = row.months.map(u16::try_from).transpose().map_err(Error::internal)?;
    Ok(charges::Promotion { code: row.code, discount, months, from: row.opens_at, until: row.closes_at })
}

/// The normalized code, unique within an organization.
fn key(code: &str) -> String {
    code.to_uppercase()
}

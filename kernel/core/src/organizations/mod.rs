//! Organizations: created when first named, notified at their contact address.

mod seller;
mod zones;

pub use seller::{LOGO_BYTES, SellerChange, SellerGaps, gaps, gaps_of, seller, set_seller};
pub use zones::Zones;

use crate::{UnitOfWork, events};
use entities::{ids::OrganizationId, organization};
use platform::{
    error::{Error, Result},
    zone::Zone,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect,
    sea_query::{LockType, OnConflict},
};
use serde::Serialize;

/// The default time zone.
const UTC: &str = "UTC";

/// The payload of events.
#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    email: Option<&'a str>,
    time_zone: &'a str,
    sandbox: bool,
}

impl<'a> From<&'a organization::Model> for Shown<'a> {
    fn from(organization: &'a organization::Model) -> Self {
        let organization::Model { name, email, time_zone, sandbox, .. } = organization;
        Self { name, email: email.as_deref(), time_zone, sandbox: *sandbox }
    }
}

/// The organization of that name, created if it does not exist. Safe to call concurrently.
pub async fn ensure(work: &UnitOfWork, name: &str) -> Result<organization::Model> {
    let transaction = work.transaction().await?;
    let new = organization::Model {
        id: OrganizationId::new(),
        name: name.into(),
        email: None,
        time_zone: UTC.into(),
        sandbox: false,
        created_at: work.now(),
    };
    let unless_there = OnConflict::column(organization::Column::Name).do_nothing().to_owned();
    organization::Entity::insert(new.into_active_model())
        .on_conflict(unless_there)
        .exec_without_returning(&transaction)
        .await?;
    let found = organization::Entity::named(name).one(&transaction).await?;
    found.ok_or_else(|| Error::internal("the new organization is missing"))
}

/// Locks the actor's organization until the transaction ends, so that a count of its objects includes concurrent
/// additions. References to it are not blocked.
pub async fn lock(work: &UnitOfWork) -> Result<()> {
    let organization = organization::Entity::find_by_id(work.actor.organization).lock(LockType::NoKeyUpdate);
    organization.one(&work.transaction().await?).await?;
    Ok(())
}

/// Sets the contact address of the actor's organization, and records `organization.updated` if it changes.
pub async fn set_email(work: &UnitOfWork, before: &organization::Model, email: &str) -> Result<()> {
    if before.email.as_deref() == Some(email) {
        return Ok(());
    }
    let mut changed = before.clone().into_active_model();
    changed.email = Set(Some(email.into()));
    change(work, before, changed).await
}

/// Sets the time zone of the billing months of the actor's organization, and records `organization.updated` if it
/// changes. Invoiced months do not change.
pub async fn set_time_zone(work: &UnitOfWork, before: &organization::Model, zone: &Zone) -> Result<()> {
    let name = zone.to_string();
    if before.time_zone == name {
        return Ok(());
    }
    let mut changed = before.clone().into_active_model();
    changed.time_zone = Set(name);
    work.kernel.zones.forget(before.id);
    change(work, before, changed).await
}

/// Marks the actor's organization as a sandbox, and records `organization.updated`.
pub async fn make_sandbox(work: &UnitOfWork, before: &organization::Model) -> Result<()> {
    let mut changed = before.clone().into_active_model();
    changed.sandbox = Set(true);
    change(work, before, changed).await
}

/// Whether the organization is a sandbox.
pub async fn is_sandbox(db: &impl ConnectionTrait, id: OrganizationId) -> Result<bool> {
    let found = organization::Entity::find_by_id(id).one(db).await?;
    Ok(found.is_some_and(|found| found.sandbox))
}

/// The organization's time zone.
pub async fn zone(db: &impl ConnectionTrait, id: OrganizationId) -> Result<Zone> {
    let found = organization::Entity::find_by_id(id).one(db).await?;
    let name = found.map_or_else(|| UTC.to_owned(), |found| found.time_zone);
    name.parse().map_err(Error::internal)
}

async fn change(
    work: &UnitOfWork,
    before: &organization::Model,
    changed: organization::ActiveModel,
) -> Result<()> {
    let after = changed.update(&work.transaction().await?).await?;
    let (about, shown) = (("organization", after.id.0), (&Shown::from(before), &Shown::from(&after)));
    let event = events::change(&work.actor, "organization.updated", about, shown, work.now())?;
    work.record([event]);
    Ok(())
}

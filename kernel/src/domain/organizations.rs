//! Organizations: made where they are first named, told of what happens at their contact address.

use crate::{
    Work,
    error::{Error, Result},
    events,
};
use entities::{ids::OrganizationId, organization};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, sea_query::OnConflict};
use serde::Serialize;

/// What events tell of an organization.
#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    email: Option<&'a str>,
}

impl<'a> From<&'a organization::Model> for Shown<'a> {
    fn from(organization: &'a organization::Model) -> Self {
        Self { name: &organization.name, email: organization.email.as_deref() }
    }
}

/// The organization of that name; made if there is none. Safe when several make it at once.
pub async fn ensure(work: &Work, name: &str) -> Result<organization::Model> {
    let transaction = work.transaction().await?;
    let new = organization::Model {
        id: OrganizationId::new(),
        name: name.into(),
        email: None,
        created_at: work.now(),
    };
    let unless_there = OnConflict::column(organization::Column::Name).do_nothing().to_owned();
    organization::Entity::insert(new.into_active_model())
        .on_conflict(unless_there)
        .exec_without_returning(&*transaction)
        .await?;
    let found = organization::Entity::named(name).one(&*transaction).await?;
    found.ok_or_else(|| Error::internal("the organization just made is not there"))
}

/// Sets where mail about the actor's organization goes, and records `organization.updated`. The same address
/// again changes nothing.
pub async fn set_email(work: &Work, before: &organization::Model, email: &str) -> Result<()> {
    if before.email.as_deref() == Some(email) {
        return Ok(());
    }
    let mut changed = before.clone().into_active_model();
    changed.email = Set(Some(email.into()));
    let after = changed.update(&*work.transaction().await?).await?;
    let (about, shown) = (("organization", after.id.0), (&Shown::from(before), &Shown::from(&after)));
    let event = events::change(&work.actor, "organization.updated", about, shown, work.now())?;
    work.record(&[event]).await
}

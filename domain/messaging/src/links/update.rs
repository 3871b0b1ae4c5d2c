//! Updates and revokes links.

use super::{Link, LinkStatus, checked_url, create::payload};
use crate::{customers, events};
use entities::{
    ids::{MessagingCustomerId, SetupLinkId},
    setup_link::{self, SetupLinkStatus},
};
use kernel::UnitOfWork;
use platform::{
    FieldUpdate,
    error::{Error, Field, Result},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, IntoActiveModel, QueryFilter, QuerySelect, TryIntoModel,
};

/// Changes of a link.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Where the browser goes after success.
    pub success_url: FieldUpdate<String>,
    /// Where the browser goes after a failure.
    pub failure_url: FieldUpdate<String>,
}

/// Updates the redirects of an active link, and records `customer.setup_link.updated` if anything changes. `Conflict` if
/// it is not active.
pub async fn update(
    work: &UnitOfWork,
    customer: MessagingCustomerId,
    id: SetupLinkId,
    changes: Changes,
) -> Result<Link> {
    let before = lock_active(work, customer, id).await?;
    let mut row = before.clone().into_active_model();
    changes.success_url.try_map(|url| checked_url(Field::SuccessUrl, &url))?.apply(&mut row.success_url);
    changes.failure_url.try_map(|url| checked_url(Field::FailureUrl, &url))?.apply(&mut row.failure_url);
    change(work, "customer.setup_link.updated", before, row).await
}

/// Revokes an active link, and records `customer.setup_link.revoked`. `Conflict` if it is not active.
pub async fn revoke(work: &UnitOfWork, customer: MessagingCustomerId, id: SetupLinkId) -> Result<Link> {
    let before = lock_active(work, customer, id).await?;
    let mut row = before.clone().into_active_model();
    row.status = Set(SetupLinkStatus::Revoked);
    change(work, "customer.setup_link.revoked", before, row).await
}

/// Revokes all active links of a customer, which the caller has locked.
pub(crate) async fn revoke_all(work: &UnitOfWork, customer: MessagingCustomerId) -> Result<()> {
    let active = setup_link::Column::Status.eq(SetupLinkStatus::Active);
    let active =
        setup_link::Entity::of(customer).filter(active).filter(setup_link::Column::ExpiresAt.gt(work.now()));
    for link in active.all(&work.transaction().await?).await? {
        let mut row = link.clone().into_active_model();
        row.status = Set(SetupLinkStatus::Revoked);
        change(work, "customer.setup_link.revoked", link, row).await?;
    }
    Ok(())
}

async fn change(
    work: &UnitOfWork,
    kind: &str,
    before: setup_link::Model,
    row: setup_link::ActiveModel,
) -> Result<Link> {
    let after = row.clone().try_into_model()?;
    if after != before {
        row.update(&work.transaction().await?).await?;
        let object = ("setup_link", after.id.0);
        work.record([events::event(&work.actor, kind, object, &payload(&after), work.now())?]);
    }
    Ok(Link::new(after, work.now()))
}

/// The link, locked until the transaction ends.
async fn lock_active(
    work: &UnitOfWork,
    customer: MessagingCustomerId,
    id: SetupLinkId,
) -> Result<setup_link::Model> {
    // Also locked, in the order in which it is locked where links are created and used.
    customers::lock(work, customer).await?;
    let found = setup_link::Entity::of(customer).filter(setup_link::Column::Id.eq(id));
    let found = found.lock_exclusive().one(&work.transaction().await?).await?;
    let link = found.ok_or(Error::NotFound("Setup link"))?;
    match LinkStatus::of(&link, work.now()) {
        LinkStatus::Active => Ok(link),
        status => {
            let message = format!("The setup link is {}", status.as_str());
            Err(Error::Conflict { message, field: None })
        }
    }
}

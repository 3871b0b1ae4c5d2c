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
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    TryIntoModel, sea_query::ExprTrait,
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

/// Revokes all active links of a customer, which the caller has locked: one statement, and an event for each.
pub(crate) async fn revoke_all(work: &UnitOfWork, customer: MessagingCustomerId) -> Result<()> {
    use setup_link::{Column, Entity};
    let active = Column::Status.eq(SetupLinkStatus::Active).and(Column::ExpiresAt.gt(work.now()));
    let transaction = work.transaction().await?;
    let links = Entity::of(customer).filter(active.clone()).all(&transaction).await?;
    let revoked = setup_link::ActiveModel { status: Set(SetupLinkStatus::Revoked), ..Default::default() };
    let all = Entity::update_many().set(revoked).filter(Column::CustomerId.eq(customer)).filter(active);
    all.exec(&transaction).await?;
    for link in links {
        let link = setup_link::Model { status: SetupLinkStatus::Revoked, ..link };
        work.record([event(work, "customer.setup_link.revoked", &link)?]);
    }
    Ok(())
}

fn event(work: &UnitOfWork, kind: &str, link: &setup_link::Model) -> Result<entities::event::Model> {
    events::event(&work.actor, kind, ("setup_link", link.id.0), &payload(link), work.now())
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
        work.record([event(work, kind, &after)?]);
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

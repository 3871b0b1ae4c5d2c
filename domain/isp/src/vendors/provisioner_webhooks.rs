//! Webhooks of provisioners: endpoints of the webhook engine that get only events addressed to them.

use super::{CONTRACT, PageRequest, VendorScope, resend};
use entities::{
    endpoint::{self, Column, Entity},
    ids::{EndpointId, VendorProvisionerId},
    vendor_provisioner,
};
use kernel::{Kernel, UnitOfWork};
use platform::{
    error::{Error, Result},
    paging::Page,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use webhooks::{MadeEndpoint, NewEndpoint, REPLACED, wire::SecretHeader};

const MISSING: Error = Error::NotFound("Webhook");

/// Maximum number of webhooks removed when another is registered.
const REMOVED: u64 = 1000;

/// Registers a webhook of the provisioner, which gets its notifications from now on, including those not acknowledged
/// by another. The previous one is never used again. Records `webhook.created`. The oldest ones beyond the limit are
/// removed. `Invalid` for a URL that may not be called.
pub async fn register(
    work: &UnitOfWork,
    provisioner: VendorProvisionerId,
    url: String,
    header: Option<SecretHeader>,
) -> Result<MadeEndpoint> {
    let provisioner = lock(work, provisioner).await?;
    let new = NewEndpoint {
        contract: CONTRACT,
        url,
        secret_header: Some(header.unwrap_or_default()),
        provisioner: Some(provisioner.id),
        ..Default::default()
    };
    replace(work, provisioner.id).await?;
    let made = webhooks::register(work, new).await?;
    remove_oldest(work, provisioner.id).await?;
    resend::send_open(work, provisioner.id, made.record.id).await?;
    Ok(made)
}

/// Locks only the provisioner. A concurrent delivery of an attempt either sees this change, or has left the attempt to
/// the next webhook.
async fn lock(work: &UnitOfWork, provisioner: VendorProvisionerId) -> Result<vendor_provisioner::Model> {
    let (side, transaction) = (VendorScope::from(&work.actor), work.transaction().await?);
    let locked = vendor_provisioner::Entity::of(side.vendor, side.sandbox)
        .filter(vendor_provisioner::Column::Id.eq(provisioner))
        .lock_exclusive();
    locked.one(&transaction).await?;
    side.provisioner(&transaction, provisioner).await
}

/// Disables the provisioner's webhook permanently and ends its deliveries, because another is registered. The caller
/// has locked the provisioner.
async fn replace(work: &UnitOfWork, provisioner: VendorProvisionerId) -> Result<()> {
    let before = Entity::latest_of_provisioner(provisioner).all(&work.transaction().await?).await?;
    for webhook in before {
        webhooks::replace(work, CONTRACT, webhook.id).await?;
        resend::end_deliveries(work, webhook.id, REPLACED).await?;
    }
    Ok(())
}

/// Removes the oldest webhooks beyond the limit. The caller has locked the provisioner.
async fn remove_oldest(work: &UnitOfWork, provisioner: VendorProvisionerId) -> Result<()> {
    let most = work.kernel.settings.webhooks.endpoints as u64;
    // SQLite requires a limit with an offset. There is one too many at a time, or more after the limit was lowered.
    let oldest = Entity::of_provisioner(provisioner).order_by_desc(Column::Id).offset(most).limit(REMOVED);
    let oldest = oldest.all(&work.transaction().await?).await?;
    for webhook in oldest {
        webhooks::remove(work, CONTRACT, webhook.id).await?;
    }
    Ok(())
}

/// A page of the provisioner's webhooks.
pub async fn list(
    kernel: &Kernel,
    side: VendorScope,
    provisioner: VendorProvisionerId,
    part: PageRequest,
) -> Result<Page<endpoint::Model>> {
    let db = kernel.db.reader();
    let provisioner = side.provisioner(db, provisioner).await?;
    part.of(db, Entity::of_provisioner(provisioner.id), [Column::Id]).await
}

/// One of them.
pub async fn get(
    kernel: &Kernel,
    side: VendorScope,
    provisioner: VendorProvisionerId,
    id: EndpointId,
) -> Result<endpoint::Model> {
    let db = kernel.db.reader();
    let provisioner = side.provisioner(db, provisioner).await?;
    let found = Entity::of_provisioner(provisioner.id).filter(Column::Id.eq(id));
    found.one(db).await?.ok_or(MISSING)
}

/// The last registered webhook, which gets notifications while it is active. `NotFound` if it was removed: earlier ones
/// are not used again.
pub async fn latest(
    kernel: &Kernel,
    side: VendorScope,
    provisioner: VendorProvisionerId,
) -> Result<endpoint::Model> {
    let db = kernel.db.reader();
    let provisioner = side.provisioner(db, provisioner).await?;
    Entity::latest_of_provisioner(provisioner.id).one(db).await?.ok_or(MISSING)
}

/// Removes one of them, and records `webhook.deleted`. Its deliveries end, and go to the next registered webhook.
pub async fn remove(work: &UnitOfWork, provisioner: VendorProvisionerId, id: EndpointId) -> Result<()> {
    let provisioner = lock(work, provisioner).await?;
    let found = Entity::of_provisioner(provisioner.id).filter(Column::Id.eq(id));
    found.one(&work.transaction().await?).await?.ok_or(MISSING)?;
    webhooks::remove(work, CONTRACT, id).await?;
    resend::end_deliveries(work, id, "the webhook was deleted").await
}

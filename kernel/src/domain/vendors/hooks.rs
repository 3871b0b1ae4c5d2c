//! Webhooks of provisioners: endpoints of the webhook engine, each of which is told what is meant for it alone.

use super::{CONTRACT, Part, Side, resend};
use crate::{
    Kernel, Work,
    domain::{
        customers::Page,
        webhooks::{self, MadeEndpoint, NewEndpoint},
    },
    error::{Error, Result},
    webhooks::SecretHeader,
};
use entities::{
    endpoint::{self, Column, EndpointStatus, Entity},
    ids::{EndpointId, VendorProvisionerId},
    vendor_provisioner,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

const MISSING: Error = Error::NotFound("Webhook");

/// Webhooks at most that are removed when another is registered.
const RETIRED: u64 = 1000;

/// Registers a webhook of the provisioner, whose notifications go there from now on, also those that no webhook has
/// taken yet. Records `webhook.created`. Of more webhooks than there may be, the oldest are removed. `Invalid` for a
/// URL that may not be called.
pub async fn register(
    work: &Work,
    provisioner: VendorProvisionerId,
    url: String,
    header: Option<SecretHeader>,
) -> Result<MadeEndpoint> {
    let transaction = work.transaction().await?;
    let side = Side::from(&work.actor);
    // Alone, so that whoever is about to deliver sees it, or has left his attempt for the look below.
    let locked = vendor_provisioner::Entity::of(side.vendor, side.sandbox)
        .filter(vendor_provisioner::Column::Id.eq(provisioner))
        .lock_exclusive();
    locked.one(&transaction).await?;
    let provisioner = side.provisioner(&transaction, provisioner).await?;
    let new = NewEndpoint {
        contract: CONTRACT,
        url,
        secret_header: Some(header.unwrap_or_default()),
        provisioner: Some(provisioner.id),
        ..Default::default()
    };
    let made = webhooks::register(work, new).await?;
    retire(work, provisioner.id).await?;
    resend::send_open(work, provisioner.id, made.record.id).await?;
    Ok(made)
}

/// Removes the oldest webhooks beyond the limit. Active ones and others are counted apart: those that were disabled are
/// in nobody's way. The caller holds the provisioner.
async fn retire(work: &Work, provisioner: VendorProvisionerId) -> Result<()> {
    let most = work.kernel.settings.webhooks.endpoints as u64;
    // SQLite takes no offset without a limit. There is one too many at a time, or as many as a lower limit leaves.
    let all = || Entity::of_provisioner(provisioner).order_by_desc(Column::Id).offset(most).limit(RETIRED);
    let transaction = work.transaction().await?;
    let active = all().filter(Column::Status.eq(EndpointStatus::Active)).all(&transaction).await?;
    let others = all().filter(Column::Status.ne(EndpointStatus::Active)).all(&transaction).await?;
    for webhook in active.iter().chain(&others) {
        webhooks::remove(work, CONTRACT, webhook.id).await?;
    }
    Ok(())
}

/// A page of the provisioner's webhooks.
pub async fn list(
    kernel: &Kernel,
    side: Side,
    provisioner: VendorProvisionerId,
    part: Part,
) -> Result<Page<endpoint::Model>> {
    let db = kernel.db.reader();
    let provisioner = side.provisioner(db, provisioner).await?;
    part.of(db, Entity::of_provisioner(provisioner.id), [Column::Id]).await
}

/// One of them.
pub async fn get(
    kernel: &Kernel,
    side: Side,
    provisioner: VendorProvisionerId,
    id: EndpointId,
) -> Result<endpoint::Model> {
    let db = kernel.db.reader();
    let provisioner = side.provisioner(db, provisioner).await?;
    let found = Entity::of_provisioner(provisioner.id).filter(Column::Id.eq(id));
    found.one(db).await?.ok_or(MISSING)
}

/// The one that notifications go to while it is active: the one that was registered last.
pub async fn latest(
    kernel: &Kernel,
    side: Side,
    provisioner: VendorProvisionerId,
) -> Result<endpoint::Model> {
    let db = kernel.db.reader();
    let provisioner = side.provisioner(db, provisioner).await?;
    latest_webhook(provisioner.id).one(db).await?.ok_or(MISSING)
}

/// Removes one of them, and records `webhook.deleted`. What waited for it is not sent any more.
pub async fn remove(work: &Work, provisioner: VendorProvisionerId, id: EndpointId) -> Result<()> {
    let transaction = work.transaction().await?;
    let provisioner = Side::from(&work.actor).provisioner(&transaction, provisioner).await?;
    let found = Entity::of_provisioner(provisioner.id).filter(Column::Id.eq(id));
    found.one(&transaction).await?.ok_or(MISSING)?;
    webhooks::remove(work, CONTRACT, id).await
}

/// The provisioner's webhooks, the latest first. No other than the latest is used, whatever becomes of it: an older one
/// has an older address and an older secret.
pub(super) fn latest_webhook(provisioner: VendorProvisionerId) -> sea_orm::Select<Entity> {
    Entity::of_provisioner(provisioner).order_by_desc(Column::Id)
}

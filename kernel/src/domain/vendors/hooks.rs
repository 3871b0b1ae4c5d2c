//! Webhooks of provisioners: endpoints of the webhook engine, each of which is told what is meant for it alone.

use super::{CONTRACT, Part, Side, attempts};
use crate::{
    Kernel, Work,
    domain::{
        customers::Page,
        webhooks::{self, MadeEndpoint, NewEndpoint},
    },
    error::{Error, Result},
    ledger,
    webhooks::SecretHeader,
};
use entities::{
    endpoint::{self, Column, EndpointStatus, Entity},
    ids::{EndpointId, VendorProvisionerId},
    vendor_attempt, vendor_provisioner,
    vendor_request::{self, RequestState},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

const MISSING: Error = Error::NotFound("Webhook");

/// Registers a webhook of the provisioner, whose notifications go there from now on, and those that had no webhook
/// to go to. Records `webhook.created`. `Invalid` for a URL that may not be called, `Conflict` when there are too many.
pub async fn register(
    work: &Work,
    provisioner: VendorProvisionerId,
    url: String,
    header: Option<SecretHeader>,
) -> Result<MadeEndpoint> {
    let transaction = work.transaction().await?;
    // Alone, so that whoever is about to deliver sees it, or has left his attempt for the look below.
    let locked = vendor_provisioner::Entity::find_by_id(provisioner).lock_exclusive();
    locked.one(&*transaction).await?;
    let provisioner = Side::from(&work.actor).provisioner(&*transaction, provisioner).await?;
    drop(transaction);
    let new = NewEndpoint {
        contract: CONTRACT,
        url,
        secret_header: header,
        provisioner: Some(provisioner.id),
        ..Default::default()
    };
    let made = webhooks::register(work, new).await?;
    send_waiting(work, provisioner.id).await?;
    Ok(made)
}

/// Enqueues the jobs of attempts at open requests that were given to no webhook yet.
async fn send_waiting(work: &Work, provisioner: VendorProvisionerId) -> Result<()> {
    let transaction = work.transaction().await?;
    let open = vendor_request::Entity::find()
        .select_only()
        .column(vendor_request::Column::Id)
        .filter(vendor_request::Column::ProvisionerId.eq(provisioner))
        .filter(vendor_request::Column::State.eq(RequestState::Open));
    let waiting = vendor_attempt::Entity::find()
        .filter(vendor_attempt::Column::OrganizationId.eq(work.actor.organization))
        .filter(vendor_attempt::Column::EndpointId.is_null())
        .filter(vendor_attempt::Column::RequestId.in_subquery(open.into_query()))
        .order_by_asc(vendor_attempt::Column::Id);
    let waiting = waiting.all(&*transaction).await?;
    let jobs = waiting.iter().map(|attempt| attempts::job(work, attempt)).collect::<Result<Vec<_>>>()?;
    let tickets = ledger::enqueue(&*transaction, jobs, work.now()).await?.tickets;
    drop(transaction);
    work.push_after(tickets).await;
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
    part.of(db, Entity::of_provisioner(provisioner.id), Column::Id).await
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

/// The one that notifications go to: the newest that is active.
pub async fn latest(
    kernel: &Kernel,
    side: Side,
    provisioner: VendorProvisionerId,
) -> Result<endpoint::Model> {
    let db = kernel.db.reader();
    let provisioner = side.provisioner(db, provisioner).await?;
    newest_active(provisioner.id).one(db).await?.ok_or(MISSING)
}

/// Removes one of them, and records `webhook.deleted`. What waited for it is not sent any more.
pub async fn remove(work: &Work, provisioner: VendorProvisionerId, id: EndpointId) -> Result<()> {
    let transaction = work.transaction().await?;
    let provisioner = Side::from(&work.actor).provisioner(&*transaction, provisioner).await?;
    let found = Entity::of_provisioner(provisioner.id).filter(Column::Id.eq(id));
    found.one(&*transaction).await?.ok_or(MISSING)?;
    drop(transaction);
    webhooks::remove(work, CONTRACT, id).await
}

/// Of the provisioner's active webhooks, the newest first.
pub(super) fn newest_active(provisioner: VendorProvisionerId) -> sea_orm::Select<Entity> {
    Entity::of_provisioner(provisioner)
        .filter(Column::Status.eq(EndpointStatus::Active))
        .order_by_desc(Column::Id)
}

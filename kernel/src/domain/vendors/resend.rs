//! What of open requests goes to a webhook that has just been registered.

use super::{MOST, attempts};
use crate::{Work, domain::webhooks, error::Result, ledger};
use entities::{
    ids::{EventId, OrganizationId, VendorAttemptId, VendorDetailId, VendorProvisionerId, VendorRequestId},
    vendor_attempt::{self, Column, Entity},
    vendor_request::{self, RequestState},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Statement,
};

/// Requests at most that get a new attempt when a webhook is registered.
const BATCH: u64 = 1000;

/// Has the latest webhook notified of what no webhook has taken: of attempts that were given to none, and, by new ones,
/// of those that another webhook has not taken, where they are the latest of their requests. They are not sent to that
/// one any more. The caller holds the provisioner.
pub(super) async fn send_open(work: &Work, provisioner: VendorProvisionerId) -> Result<()> {
    let mut attempts = waiting(work, provisioner).await?;
    attempts.extend(renew(work, provisioner).await?);
    let jobs = attempts.iter().map(|attempt| attempts::job(work, attempt)).collect::<Result<Vec<_>>>()?;
    let tickets = ledger::enqueue(&*work.transaction().await?, jobs, work.now()).await?.tickets;
    work.push_after(tickets).await;
    Ok(())
}

/// The attempts at open requests that were given to no webhook yet.
async fn waiting(work: &Work, provisioner: VendorProvisionerId) -> Result<Vec<vendor_attempt::Model>> {
    let open = vendor_request::Entity::find()
        .select_only()
        .column(vendor_request::Column::Id)
        .filter(vendor_request::Column::ProvisionerId.eq(provisioner))
        .filter(vendor_request::Column::State.eq(RequestState::Open));
    let waiting = Entity::find()
        .filter(Column::OrganizationId.eq(work.actor.organization))
        .filter(Column::EndpointId.is_null())
        .filter(Column::RequestId.in_subquery(open.into_query()))
        .order_by_asc(Column::Id);
    Ok(waiting.all(&*work.transaction().await?).await?)
}

/// The latest attempt of an open request, which the webhook that it was given to has not taken.
#[derive(FromQueryResult)]
struct Untaken {
    organization_id: OrganizationId,
    request_id: VendorRequestId,
    number: i32,
    event_id: EventId,
    /// The latest details.
    detail_id: VendorDetailId,
}

/// Makes new attempts in the place of those that were not taken.
async fn renew(work: &Work, provisioner: VendorProvisionerId) -> Result<Vec<vendor_attempt::Model>> {
    let requests: Vec<_> = untaken(work, provisioner).await?.iter().map(|it| it.request_id).collect();
    if requests.is_empty() {
        return Ok(vec![]);
    }
    let locked = vendor_request::Entity::find()
        .filter(vendor_request::Column::Id.is_in(requests.iter().copied()))
        .order_by_asc(vendor_request::Column::Id)
        .lock_exclusive();
    locked.all(&*work.transaction().await?).await?;
    // As they are now that nobody else changes them.
    let mut untaken = untaken(work, provisioner).await?;
    untaken.retain(|it| requests.contains(&it.request_id));
    let events: Vec<_> = untaken.iter().map(|it| it.event_id).collect();
    webhooks::withdraw(work, &events, "another webhook was registered").await?;
    let made: Vec<_> = untaken.iter().map(|it| attempt(work, it)).collect();
    if !made.is_empty() {
        let rows = made.iter().cloned().map(IntoActiveModel::into_active_model);
        Entity::insert_many(rows).exec_without_returning(&*work.transaction().await?).await?;
    }
    Ok(made)
}

async fn untaken(work: &Work, provisioner: VendorProvisionerId) -> Result<Vec<Untaken>> {
    let sql = "select a.organization_id, a.request_id, a.number, a.event_id,
        (select d.id from vendor_details d where d.request_id = r.id order by d.number desc limit 1) as detail_id
      from vendor_requests r join vendor_attempts a on a.request_id = r.id
      where r.provisioner_id = $1 and r.state = 'open' and r.deadline_at > $2
        and a.event_id is not null and a.number < $3
        and a.number = (select max(l.number) from vendor_attempts l where l.request_id = r.id)
        and exists (select 1 from deliveries d where d.event_id = a.event_id)
        and not exists (select 1 from deliveries d where d.event_id = a.event_id and d.state = 'success')
      order by r.id limit $4";
    let values = [provisioner.into(), work.now().into(), MOST.into(), BATCH.into()];
    let transaction = work.transaction().await?;
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    Ok(Untaken::find_by_statement(statement).all(&*transaction).await?)
}

fn attempt(work: &Work, of: &Untaken) -> vendor_attempt::Model {
    vendor_attempt::Model {
        id: VendorAttemptId::new(),
        organization_id: of.organization_id,
        request_id: of.request_id,
        number: of.number + 1,
        detail_id: of.detail_id,
        endpoint_id: None,
        event_id: None,
        created_at: work.now(),
    }
}

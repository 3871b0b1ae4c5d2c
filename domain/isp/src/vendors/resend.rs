//! Sends attempts of open requests to a newly registered webhook.

use super::{attempts, delivery_status::withdraw};
use crate::payloads::ProvisionAttempt;
use engine::ledger::{self, NewJob};
use entities::{
    delivery,
    endpoint::{self, EndpointStatus},
    ids::{
        EndpointId, EventId, OrganizationId, VendorAttemptId, VendorDetailId, VendorProvisionerId,
        VendorRequestId,
    },
    vendor_attempt::{self, Column, Entity},
    vendor_provisioner,
    vendor_request::{self, RequestState},
};
use kernel::UnitOfWork;
use platform::error::Result;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Statement,
};

/// Maximum number of attempts sent, and of requests with a new attempt, per transaction.
const BATCH: u64 = 1000;

/// A batch of attempts.
struct Batch {
    attempts: Vec<vendor_attempt::Model>,
    /// Whether there may be more.
    is_full: bool,
}

/// Sends unacknowledged attempts to the latest webhook: those not passed to any webhook and, as new attempts, the
/// latest attempts of requests that another webhook has not acknowledged. In batches: each batch's job starts the next.
/// The caller has locked the provisioner.
pub(super) async fn send_open(
    work: &UnitOfWork,
    provisioner: VendorProvisionerId,
    webhook: EndpointId,
) -> Result<()> {
    send(work, (provisioner, webhook), None).await
}

/// Continues after an attempt, the last one of a batch. Does nothing if the latest webhook is no longer active: then
/// everything is sent when another is registered. Idempotent.
pub async fn send_rest(
    work: &UnitOfWork,
    provisioner: VendorProvisionerId,
    after: VendorAttemptId,
) -> Result<()> {
    let transaction = work.transaction().await?;
    let locked = vendor_provisioner::Entity::find_by_id(provisioner).lock_exclusive();
    locked.one(&transaction).await?;
    let latest = endpoint::Entity::latest_of_provisioner(provisioner).one(&transaction).await?;
    match latest.filter(|webhook| webhook.status == EndpointStatus::Active) {
        Some(webhook) => send(work, (provisioner, webhook.id), Some(after)).await,
        None => Ok(()),
    }
}

/// Sends a batch: first of waiting attempts, then of new ones.
async fn send(
    work: &UnitOfWork,
    (provisioner, webhook): (VendorProvisionerId, EndpointId),
    after: Option<VendorAttemptId>,
) -> Result<()> {
    let mut batch = waiting(work, provisioner, after).await?;
    if !batch.is_full {
        let renewed = renew(work, provisioner, webhook).await?;
        batch.attempts.extend(renewed.attempts);
        batch.is_full = renewed.is_full;
    }
    let each = batch.attempts.iter().map(|attempt| attempts::job(work, attempt));
    let mut jobs = each.collect::<Result<Vec<_>>>()?;
    // All waiting attempts up to this one are in a batch, and so are the new ones.
    let last = batch.attempts.iter().max_by_key(|attempt| attempt.id);
    if let Some(last) = last.filter(|_| batch.is_full) {
        jobs.push(next(work, provisioner, last)?);
    }
    let pushes = ledger::enqueue(&work.transaction().await?, jobs, work.now()).await?.pushes;
    work.enqueue_on_commit(pushes);
    Ok(())
}

/// The job that sends the next batch, which differs from that of its attempt: that may be open already.
fn next(work: &UnitOfWork, provisioner: VendorProvisionerId, last: &vendor_attempt::Model) -> Result<NewJob> {
    let payload = ProvisionAttempt { attempt: last.id, rest_of: Some(provisioner) };
    let job = NewJob::new(Some(last.organization_id), &payload)?;
    Ok(job.request_id(work.actor.request_id.clone()))
}

/// The attempts of open requests not passed to a webhook yet, after one of them.
async fn waiting(
    work: &UnitOfWork,
    provisioner: VendorProvisionerId,
    after: Option<VendorAttemptId>,
) -> Result<Batch> {
    let open = vendor_request::Entity::find()
        .select_only()
        .column(vendor_request::Column::Id)
        .filter(vendor_request::Column::ProvisionerId.eq(provisioner))
        .filter(vendor_request::Column::State.eq(RequestState::Open));
    let waiting = Entity::find()
        .filter(Column::OrganizationId.eq(work.actor.organization))
        .filter(Column::EndpointId.is_null())
        .filter(Column::RequestId.in_subquery(open.into_query()))
        .apply_if(after, |query, id| query.filter(Column::Id.gt(id)))
        .order_by_asc(Column::Id)
        .limit(BATCH);
    let attempts = waiting.all(&work.transaction().await?).await?;
    let is_full = attempts.len() as u64 == BATCH;
    Ok(Batch { attempts, is_full })
}

/// The latest attempt of an open request, not acknowledged by its webhook.
#[derive(FromQueryResult)]
struct Untaken {
    organization_id: OrganizationId,
    request_id: VendorRequestId,
    number: i32,
    /// The latest details.
    detail_id: VendorDetailId,
}

/// Ends the waiting deliveries of a webhook that is no longer used, with this reason. The orders get to the next
/// webhook by new attempts ([`send_open`]). The caller has locked the provisioner.
pub(super) async fn end_deliveries(work: &UnitOfWork, webhook: EndpointId, why: &str) -> Result<()> {
    let waiting = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::EventId)
        .filter(delivery::Column::EndpointId.eq(webhook))
        .filter(delivery::Column::SentAt.is_null());
    let events: Vec<EventId> = waiting.into_tuple().all(&work.transaction().await?).await?;
    withdraw(work, &events, why).await
}

/// Creates new attempts to replace those not acknowledged by another webhook. The maximum number of attempts does not
/// apply, because the vendor would not be notified otherwise.
async fn renew(work: &UnitOfWork, provisioner: VendorProvisionerId, webhook: EndpointId) -> Result<Batch> {
    let found = untaken(work, provisioner, webhook).await?;
    let requests: Vec<_> = found.iter().map(|it| it.request_id).collect();
    if requests.is_empty() {
        return Ok(Batch { attempts: vec![], is_full: false });
    }
    let locked = vendor_request::Entity::find()
        .filter(vendor_request::Column::Id.is_in(requests.iter().copied()))
        .order_by_asc(vendor_request::Column::Id)
        .lock_exclusive();
    locked.all(&work.transaction().await?).await?;
    // Read again under the lock.
    let mut untaken = untaken(work, provisioner, webhook).await?;
    untaken.retain(|it| requests.contains(&it.request_id));
    let made: Vec<_> = untaken.iter().map(|it| attempt(work, it)).collect();
    if !made.is_empty() {
        let rows = made.iter().cloned().map(IntoActiveModel::into_active_model);
        Entity::insert_many(rows).exec_without_returning(&work.transaction().await?).await?;
    }
    Ok(Batch { attempts: made, is_full: requests.len() as u64 == BATCH })
}

async fn untaken(
    work: &UnitOfWork,
    provisioner: VendorProvisionerId,
    webhook: EndpointId,
) -> Result<Vec<Untaken>> {
    let sql = "select a.organization_id, a.request_id, a.number,
        (select d.id from vendor_details d where d.request_id = r.id order by d.number desc limit 1) as detail_id
      from vendor_requests r join vendor_attempts a on a.request_id = r.id
      where r.provisioner_id = $1 and r.state = 'open' and r.deadline_at > $2
        and a.event_id is not null and a.endpoint_id <> $3
        and a.number = (select max(l.number) from vendor_attempts l where l.request_id = r.id)
        and (a.delivery_state = 'failed' or (a.delivery_state is null
          and exists (select 1 from deliveries d where d.event_id = a.event_id)))
        and not exists (select 1 from deliveries d where d.event_id = a.event_id and d.state = 'success')
      order by r.id limit $4";
    let values = [provisioner.into(), work.now().into(), webhook.into(), BATCH.into()];
    let transaction = work.transaction().await?;
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    Ok(Untaken::find_by_statement(statement).all(&transaction).await?)
}

fn attempt(work: &UnitOfWork, of: &Untaken) -> vendor_attempt::Model {
    vendor_attempt::Model {
        id: VendorAttemptId::new(),
        organization_id: of.organization_id,
        request_id: of.request_id,
        number: of.number + 1,
        detail_id: of.detail_id,
        endpoint_id: None,
        event_id: None,
        delivery_state: None,
        delivery_error: None,
        created_at: work.now(),
    }
}

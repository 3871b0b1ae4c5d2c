//! Endpoints: register, show, pause, resume, give new secrets, remove.

use super::{Attempt, Health, ensure_jobs};
use crate::{
    Kernel, Work,
    error::{Error, Fault, Result},
    events,
    mail::{self, Notice},
    webhooks::{Form, OVERLAP, Secret, SecretHeader},
};
use chrono::{DateTime, Utc};
use entities::{
    delivery,
    endpoint::{self, EndpointStatus, Types},
    endpoint_health, endpoint_secret,
    ids::{EndpointId, OrganizationId, VendorProvisionerId},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect, sea_query::Expr,
};
use serde::Serialize;
use uuid::Uuid;

/// Characters of a URL at most.
const LONGEST_URL: usize = 2048;

/// An endpoint to be registered.
#[derive(Debug, Default)]
pub struct NewEndpoint {
    /// In whose form deliveries are made.
    pub contract: &'static str,
    /// Where they go.
    pub url: String,
    /// Of which events it wants to know; `*` stands for all.
    pub types: Vec<String>,
    /// The organization's own words.
    pub description: Option<String>,
    /// The organization's own secret; one is made if there is none.
    pub secret: Option<String>,
    /// The header with the shared secret, where the contract has one.
    pub secret_header: Option<SecretHeader>,
    /// The vendor's provisioner that it is of.
    pub provisioner: Option<VendorProvisionerId>,
    /// Whether a delivery waits for the end of the one before it.
    pub ordered: bool,
    /// Deliveries under way at once; none: as the settings say.
    pub concurrency: Option<i32>,
    /// Deliveries a second at most.
    pub rate: Option<i32>,
}

/// An endpoint and its newest secret, which is shown this once.
#[derive(Debug)]
pub struct MadeEndpoint {
    /// The endpoint.
    pub record: endpoint::Model,
    /// What its deliveries are signed with.
    pub secret: Secret,
}

/// An endpoint, and how it has been going.
#[derive(Debug)]
pub struct Endpoint {
    /// The endpoint.
    pub record: endpoint::Model,
    /// How its deliveries have been going.
    pub health: Health,
}

/// What the audit trail tells of an endpoint.
#[derive(Serialize)]
struct Shown<'a> {
    url: &'a str,
    types: &'a [String],
    description: Option<&'a str>,
    status: EndpointStatus,
    status_reason: Option<&'a str>,
}

impl<'a> From<&'a endpoint::Model> for Shown<'a> {
    fn from(record: &'a endpoint::Model) -> Self {
        Self {
            url: &record.url,
            types: &record.types.0,
            description: record.description.as_deref(),
            status: record.status,
            status_reason: record.status_reason.as_deref(),
        }
    }
}

/// What is sealed is bound to its endpoint: a secret that is put into another row does not open.
pub(super) fn context(id: EndpointId) -> String {
    format!("endpoint {id}")
}

/// The form of a contract's deliveries.
pub(super) fn form(contract: &str) -> Result<&'static Form> {
    Form::of(contract).ok_or_else(|| Error::internal(format!("{contract} has no webhooks")))
}

/// Registers an endpoint and records `webhook.created`. `Invalid` for a URL that may not be called, with the
/// exact rule, and for a secret that is too easily guessed; `Conflict` when the organization has as many as
/// it may.
pub async fn register(work: &Work, new: NewEndpoint) -> Result<MadeEndpoint> {
    let url = checked_url(&work.kernel, &new.url)?;
    let secret = form(new.contract)?.secret(new.secret.as_deref())?;
    let settings = &work.kernel.settings.webhooks;
    let usual = i32::try_from(settings.concurrency).unwrap_or(i32::MAX);
    let record = endpoint::Model {
        id: EndpointId::new(),
        organization_id: work.actor.organization,
        contract: new.contract.into(),
        url,
        types: Types(new.types),
        description: new.description,
        status: EndpointStatus::Active,
        status_reason: None,
        status_at: work.now(),
        concurrency: new.concurrency.unwrap_or(usual),
        ordered: new.ordered,
        rate: new.rate,
        secret_header: new.secret_header.map(|header| header.name().to_owned()),
        provisioner_id: new.provisioner,
        next_sequence: 1,
        resumed_at: None,
        deleted_at: None,
        created_at: work.now(),
    };
    room_for_one(work, settings.endpoints).await?;
    let transaction = work.transaction().await?;
    record.clone().into_active_model().insert(&*transaction).await?;
    let health = endpoint_health::ActiveModel { endpoint_id: Set(record.id), ..Default::default() };
    endpoint_health::Entity::insert(health).exec_without_returning(&*transaction).await?;
    drop(transaction);
    keep_secret(work, record.id, &secret).await?;
    tell(work, "webhook.created", None, &record).await?;
    Ok(MadeEndpoint { record, secret })
}

fn checked_url(kernel: &Kernel, url: &str) -> Result<String> {
    let fault = |message: String| Error::invalid(Fault::field("url", message));
    if url.len() > LONGEST_URL {
        return Err(fault(format!("must have at most {LONGEST_URL} characters")));
    }
    let url = kernel.outbound.rules().check_url(url).map_err(|refused| fault(refused.to_string()))?;
    Ok(url.into())
}

async fn room_for_one(work: &Work, most: usize) -> Result<()> {
    let there = endpoint::Entity::of(work.actor.organization).count(&*work.transaction().await?).await?;
    if there >= most as u64 {
        let message = format!("There are {most} webhooks, and there cannot be more; delete one first");
        return Err(Error::Conflict { message, field: None });
    }
    Ok(())
}

async fn keep_secret(work: &Work, id: EndpointId, secret: &Secret) -> Result<()> {
    let sealed = work.kernel.vault.seal(&context(id), secret.reveal().as_bytes())?;
    let row = endpoint_secret::Model {
        id: Uuid::now_v7(),
        endpoint_id: id,
        sealed,
        created_at: work.now(),
        until: None,
    };
    row.into_active_model().insert(&*work.transaction().await?).await?;
    Ok(())
}

/// Records what was done to an endpoint.
async fn tell(
    work: &Work,
    kind: &str,
    before: Option<&endpoint::Model>,
    after: &endpoint::Model,
) -> Result<()> {
    let object = ("webhook", after.id.0);
    let event = match before {
        Some(before) => events::change(
            &work.actor,
            kind,
            object,
            (&Shown::from(before), &Shown::from(after)),
            work.now(),
        )?,
        None => {
            events::event(&work.actor, kind, object, serde_json::to_value(Shown::from(after))?, work.now())
        }
    };
    work.record(&[event]).await
}

/// All endpoints of the organization that the contract shows, oldest first.
pub async fn list(kernel: &Kernel, organization: OrganizationId, contract: &str) -> Result<Vec<Endpoint>> {
    let found = endpoint::Entity::shown_by(organization, contract);
    with_health(kernel, found.all(kernel.db.reader()).await?).await
}

/// One of them.
pub async fn get(
    kernel: &Kernel,
    organization: OrganizationId,
    contract: &str,
    id: EndpointId,
) -> Result<Endpoint> {
    let record = named(kernel, organization, contract, id).await?;
    let found = with_health(kernel, vec![record]).await?;
    found.into_iter().next().ok_or(MISSING)
}

/// The same, without how its deliveries went.
pub async fn named(
    kernel: &Kernel,
    organization: OrganizationId,
    contract: &str,
    id: EndpointId,
) -> Result<endpoint::Model> {
    let found = endpoint::Entity::shown_by(organization, contract).filter(endpoint::Column::Id.eq(id));
    found.one(kernel.db.reader()).await?.ok_or(MISSING)
}

const MISSING: Error = Error::NotFound("Webhook");

async fn with_health(kernel: &Kernel, records: Vec<endpoint::Model>) -> Result<Vec<Endpoint>> {
    let ids = records.iter().map(|record| record.id);
    let health = endpoint_health::Entity::find().filter(endpoint_health::Column::EndpointId.is_in(ids));
    let mut health = health.all(kernel.db.reader()).await?;
    let mut of = |id| {
        let place = health.iter().position(|row| row.endpoint_id == id);
        place.map_or_else(|| Health::unknown(id), |place| health.swap_remove(place).into())
    };
    Ok(records.into_iter().map(|record| Endpoint { health: of(record.id), record }).collect())
}

/// How many deliveries wait to be made.
pub async fn backlog(kernel: &Kernel, id: EndpointId) -> Result<u64> {
    let waiting = delivery::Entity::find()
        .filter(delivery::Column::EndpointId.eq(id))
        .filter(delivery::Column::SentAt.is_null());
    Ok(waiting.count(kernel.db.reader()).await?)
}

/// The endpoint, locked against fan-out, the end of its job and its own changes, until the transaction ends.
pub(super) async fn lock(work: &Work, contract: &str, id: EndpointId) -> Result<endpoint::Model> {
    let found = endpoint::Entity::shown_by(work.actor.organization, contract);
    let found = found.filter(endpoint::Column::Id.eq(id)).lock_exclusive();
    found.one(&*work.transaction().await?).await?.ok_or(Error::NotFound("Webhook"))
}

/// Gives an endpoint a status; records it as an event of this kind where it is another one. One that is active
/// can be resumed too: it forgets its failures.
async fn change(
    work: &Work,
    before: &endpoint::Model,
    (kind, status, reason): (&str, EndpointStatus, Option<String>),
) -> Result<endpoint::Model> {
    let now = work.now();
    if before.status == status && status != EndpointStatus::Active {
        return Ok(before.clone());
    }
    let resumed_at = if status == EndpointStatus::Active { Some(now) } else { before.resumed_at };
    let after =
        endpoint::Model { status, status_reason: reason, status_at: now, resumed_at, ..before.clone() };
    let row = endpoint::ActiveModel {
        id: Set(after.id),
        status: Set(after.status),
        status_reason: Set(after.status_reason.clone()),
        status_at: Set(after.status_at),
        resumed_at: Set(after.resumed_at),
        ..Default::default()
    };
    row.update(&*work.transaction().await?).await?;
    if before.status != status {
        tell(work, kind, Some(before), &after).await?;
    }
    work.nudge_after(after.id).await;
    Ok(after)
}

/// Stops deliveries: what is under way ends, what comes is kept. One that is disabled stays so.
pub async fn pause(work: &Work, contract: &str, id: EndpointId) -> Result<endpoint::Model> {
    let before = lock(work, contract, id).await?;
    match before.status {
        EndpointStatus::Disabled => Ok(before),
        _ => change(work, &before, ("webhook.paused", EndpointStatus::Paused, None)).await,
    }
}

/// Lets deliveries begin again, also where the endpoint was disabled, or where its breaker is open. What waits
/// is sent slowly at first.
pub async fn resume(work: &Work, contract: &str, id: EndpointId) -> Result<endpoint::Model> {
    let before = lock(work, contract, id).await?;
    let after = change(work, &before, ("webhook.resumed", EndpointStatus::Active, None)).await?;
    let transaction = work.transaction().await?;
    let row = endpoint_health::ActiveModel {
        endpoint_id: Set(id),
        failures: Set(0),
        failing_since: Set(None),
        opened: Set(0),
        closed_until: Set(None),
        ..Default::default()
    };
    endpoint_health::Entity::update_many()
        .set(row)
        .filter(endpoint_health::Column::EndpointId.eq(id))
        .exec(&*transaction)
        .await?;
    let (organization, now) = (after.organization_id, work.now());
    let tickets = ensure_jobs(&*transaction, &[(organization, id, now)], now).await?;
    drop(transaction);
    work.push_after(tickets).await;
    Ok(after)
}

/// Disables an endpoint, records `webhook.disabled`, and tells its organization by e-mail; false when it was not
/// active.
pub async fn disable(
    work: &Work,
    contract: &str,
    id: EndpointId,
    reason: &str,
    last: &Attempt,
) -> Result<bool> {
    let before = lock(work, contract, id).await?;
    if before.status != EndpointStatus::Active {
        return Ok(false);
    }
    change(work, &before, ("webhook.disabled", EndpointStatus::Disabled, Some(reason.into()))).await?;
    let transaction = work.transaction().await?;
    let notice = notice(work, &before, reason, last);
    let told = mail::notify(&*transaction, &work.kernel, &work.actor, notice).await?;
    drop(transaction);
    if let Some(tickets) = told {
        work.push_after(tickets).await;
    } else {
        tracing::info!(endpoint = %id, "disabled; the organization has no address to tell it to");
    }
    Ok(true)
}

/// What is in the event itself stays out of the mail: it is its owner's customers'.
fn notice(work: &Work, endpoint: &endpoint::Model, reason: &str, last: &Attempt) -> Notice {
    let (id, url) = (endpoint.id, &endpoint.url);
    let (event, attempt, at) = (last.event_id, last.attempt, last.sent_at.to_rfc3339());
    let error = last.error.as_deref().unwrap_or_default();
    let again = match endpoint.provisioner_id {
        Some(_) => "Orders go to your latest webhook that is active: register another.".to_owned(),
        None => format!(
            "Events that happen from now on are not kept for it. What waited is still there: resume the webhook \
(POST /api/v1/webhooks/{id}/resume) to have it sent."
        ),
    };
    Notice {
        about: format!("webhook-disabled-{id}-{}", work.now().timestamp()),
        subject: format!("Webhook {id} has been disabled"),
        text: format!(
            "Deliveries to your webhook have been stopped.

Webhook: {id}
URL:     {url}
Reason:  {reason}
Last:    event {event}, attempt {attempt}, {at}: {error}

{again}
"
        ),
    }
}

/// Gives an endpoint a new secret, its own or one that is made here. The one before goes on signing beside it
/// for [`OVERLAP`]. Records `webhook.rotated`.
pub async fn rotate(
    work: &Work,
    contract: &str,
    id: EndpointId,
    given: Option<&str>,
) -> Result<MadeEndpoint> {
    let record = lock(work, contract, id).await?;
    let secret = form(contract)?.secret(given)?;
    retire_secrets(work, id, work.now() + OVERLAP).await?;
    keep_secret(work, id, &secret).await?;
    tell(work, "webhook.rotated", None, &record).await?;
    work.nudge_after(id).await;
    Ok(MadeEndpoint { record, secret })
}

async fn retire_secrets(work: &Work, id: EndpointId, until: DateTime<Utc>) -> Result<()> {
    let transaction = work.transaction().await?;
    endpoint_secret::Entity::update_many()
        .col_expr(endpoint_secret::Column::Until, Expr::value(until))
        .filter(endpoint_secret::Column::EndpointId.eq(id))
        .filter(endpoint_secret::Column::Until.is_null())
        .exec(&*transaction)
        .await?;
    endpoint_secret::Entity::delete_many()
        .filter(endpoint_secret::Column::EndpointId.eq(id))
        .filter(endpoint_secret::Column::Until.lt(work.now()))
        .exec(&*transaction)
        .await?;
    Ok(())
}

/// Removes an endpoint, and records `webhook.deleted`. What waited for it is not sent any more; the sweeper
/// removes it.
pub async fn remove(work: &Work, contract: &str, id: EndpointId) -> Result<()> {
    let record = lock(work, contract, id).await?;
    let row = endpoint::ActiveModel { id: Set(id), deleted_at: Set(Some(work.now())), ..Default::default() };
    row.update(&*work.transaction().await?).await?;
    tell(work, "webhook.deleted", None, &record).await?;
    work.nudge_after(id).await;
    Ok(())
}

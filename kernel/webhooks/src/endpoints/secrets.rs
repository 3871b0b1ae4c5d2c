//! An endpoint's secrets: rotated, added, revoked, listed.

use super::{MadeEndpoint, context, disabled, lock, touch};
use crate::{
    contract::contract_info,
    wire::{LiveAt, MOST_SECRETS, OVERLAP, Secret, format_of},
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use entities::{
    endpoint::EndpointStatus,
    endpoint_secret,
    ids::{EndpointId, WebhookSecretId},
};
use kernel::{Kernel, UnitOfWork};
use platform::error::{Error, Result, Rule};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, sea_query::Expr,
};
use std::{collections::HashMap, time::Duration};

/// A new secret, which is shown only once.
#[derive(Debug)]
pub struct MadeSecret {
    /// Its id.
    pub id: WebhookSecretId,
    /// The secret.
    pub secret: Secret,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops signing; `None`: when it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A secret that signs, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSecret {
    /// Its id.
    pub id: WebhookSecretId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops signing; `None`: when it is revoked or replaced. In the past for the only one left, which signs
    /// until there is another.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Gives an endpoint a new secret, supplied or generated. The previous one also signs for [`OVERLAP`]. Records
/// `webhook.rotated`. `Conflict` while [`MOST_SECRETS`] secrets sign, because each adds a signature to every delivery.
pub async fn rotate(
    work: &UnitOfWork,
    contract: &str,
    id: EndpointId,
    given: Option<&str>,
) -> Result<MadeEndpoint> {
    let record = lock(work, contract, id).await?;
    let secret = format_of(contract_info(contract)?)?.secret(given)?;
    room_for_one(work, id).await?;
    retire(work, id, work.now() + OVERLAP).await?;
    remove_ended(work, id).await?;
    keep(work, id, &secret, None).await?;
    let record = touch(work, record, "webhook.rotated").await?;
    Ok(MadeEndpoint { record, secret })
}

/// Adds a generated secret, which signs beside the others: for this time, or until it is revoked. Records
/// `webhook.rotated`. `Conflict` while the endpoint is disabled, and while [`MOST_SECRETS`] secrets sign.
pub async fn add_secret(
    work: &UnitOfWork,
    contract: &str,
    id: EndpointId,
    expires: Option<Duration>,
) -> Result<MadeSecret> {
    let record = lock(work, contract, id).await?;
    if record.status == EndpointStatus::Disabled {
        return Err(disabled(&record));
    }
    let secret = format_of(contract_info(contract)?)?.secret(None)?;
    room_for_one(work, id).await?;
    remove_ended(work, id).await?;
    let kept = keep(work, id, &secret, expires).await?;
    touch(work, record, "webhook.rotated").await?;
    Ok(MadeSecret { id: kept.id, secret, created_at: kept.created_at, expires_at: kept.until })
}

/// Revokes a secret: it signs no further attempt. Records `webhook.secret_revoked`. `NotFound` for one that does not
/// sign any more; `RuleViolated` for the only one that signs.
pub async fn revoke_secret(
    work: &UnitOfWork,
    contract: &str,
    endpoint: EndpointId,
    secret: WebhookSecretId,
) -> Result<()> {
    let record = lock(work, contract, endpoint).await?;
    let live = live(work, endpoint).await?;
    if !live.iter().any(|row| row.id == secret) {
        return Err(Error::NotFound("Webhook secret"));
    }
    if live.len() == 1 {
        let message = "The only secret of a webhook cannot be revoked; add another one first".into();
        return Err(Error::RuleViolated { rule: Rule::LastSecret, message });
    }
    endpoint_secret::Entity::delete_by_id(secret).exec(&work.transaction().await?).await?;
    touch(work, record, "webhook.secret_revoked").await?;
    Ok(())
}

/// The secrets that sign the deliveries of these endpoints now, newest first.
pub async fn secrets(
    kernel: &Kernel,
    endpoints: &[EndpointId],
) -> Result<HashMap<EndpointId, Vec<LiveSecret>>> {
    use endpoint_secret::Column::{CreatedAt, EndpointId as Of, Id};
    let rows = endpoint_secret::Entity::find().filter(Of.is_in(endpoints.iter().copied()));
    let rows = rows.order_by_desc(CreatedAt).order_by_desc(Id).all(kernel.db.reader()).await?;
    let mut all = HashMap::<_, Vec<_>>::new();
    for row in rows {
        all.entry(row.endpoint_id).or_default().push(row);
    }
    let now = kernel.clock.now();
    let shown = |(id, rows)| (id, signing(rows, now).into_iter().map(LiveSecret::from).collect());
    Ok(all.into_iter().map(shown).collect())
}

/// Those of an endpoint that the unit of work has changed, newest first.
pub async fn secrets_within(work: &UnitOfWork, endpoint: EndpointId) -> Result<Vec<LiveSecret>> {
    Ok(live(work, endpoint).await?.into_iter().map(LiveSecret::from).collect())
}

impl From<endpoint_secret::Model> for LiveSecret {
    fn from(row: endpoint_secret::Model) -> Self {
        Self { id: row.id, created_at: row.created_at, expires_at: row.until }
    }
}

/// Those of all secrets of an endpoint that sign at a time.
fn signing(rows: Vec<endpoint_secret::Model>, at: DateTime<Utc>) -> Vec<endpoint_secret::Model> {
    let live = LiveAt::new(rows.iter().map(|row| row.until), at);
    rows.into_iter().filter(|row| live.has(row.until)).collect()
}

/// The caller has locked the endpoint.
async fn live(work: &UnitOfWork, id: EndpointId) -> Result<Vec<endpoint_secret::Model>> {
    let rows = endpoint_secret::Entity::of(id).all(&work.transaction().await?).await?;
    Ok(signing(rows, work.now()))
}

/// The caller has locked the endpoint.
async fn room_for_one(work: &UnitOfWork, id: EndpointId) -> Result<()> {
    let live = live(work, id).await?;
    let Some(too_many) = live.len().checked_sub(MOST_SECRETS) else { return Ok(()) };
    let mut ends: Vec<_> = live.iter().filter_map(|row| row.until).collect();
    ends.sort_unstable();
    let free = match ends.get(too_many) {
        Some(free) => {
            format!("one of them ceases at {}", free.to_rfc3339_opts(SecondsFormat::Secs, true))
        }
        None => "revoke one of them first".into(),
    };
    let message = format!("{MOST_SECRETS} secrets sign already, and there cannot be more; {free}");
    Err(Error::Conflict { message, field: None })
}

fn end(now: DateTime<Utc>, after: Duration) -> Result<DateTime<Utc>> {
    let after = TimeDelta::from_std(after).map_err(Error::internal)?;
    now.checked_add_signed(after).ok_or_else(|| Error::internal("a secret's end is out of range"))
}

pub(super) async fn keep(
    work: &UnitOfWork,
    id: EndpointId,
    secret: &Secret,
    expires: Option<Duration>,
) -> Result<endpoint_secret::Model> {
    let created_at = work.now();
    let until = expires.map(|after| end(created_at, after)).transpose()?;
    let sealed = work.kernel.vault.seal(&context(id), secret.reveal().as_bytes())?;
    let row =
        endpoint_secret::Model { id: WebhookSecretId::new(), endpoint_id: id, sealed, created_at, until };
    row.clone().into_active_model().insert(&work.transaction().await?).await?;
    Ok(row)
}

async fn retire(work: &UnitOfWork, id: EndpointId, until: DateTime<Utc>) -> Result<()> {
    endpoint_secret::Entity::update_many()
        .col_expr(endpoint_secret::Column::Until, Expr::value(until))
        .filter(endpoint_secret::Column::EndpointId.eq(id))
        .filter(endpoint_secret::Column::Until.is_null())
        .exec(&work.transaction().await?)
        .await?;
    Ok(())
}

/// The caller adds one that signs.
async fn remove_ended(work: &UnitOfWork, id: EndpointId) -> Result<()> {
    endpoint_secret::Entity::delete_many()
        .filter(endpoint_secret::Column::EndpointId.eq(id))
        .filter(endpoint_secret::Column::Until.lt(work.now()))
        .exec(&work.transaction().await?)
        .await?;
    Ok(())
}

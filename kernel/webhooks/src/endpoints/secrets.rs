//! Rotates an endpoint's secrets: previous ones also sign for a while.

use super::{MadeEndpoint, context, lock, record_event};
use crate::contract::contract_info;
use crate::{
    Wakeup,
    wire::{MOST_SECRETS, OVERLAP, Secret, format_of},
};
use chrono::{DateTime, SecondsFormat, Utc};
use entities::{endpoint_secret, ids::EndpointId};
use kernel::UnitOfWork;
use platform::error::{Error, Result};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr};
use uuid::Uuid;

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
    keep(work, id, &secret).await?;
    record_event(work, "webhook.rotated", None, &record).await?;
    work.wake_on_commit(Wakeup::Changed(id));
    Ok(MadeEndpoint { record, secret })
}

/// The caller has locked the endpoint.
async fn room_for_one(work: &UnitOfWork, id: EndpointId) -> Result<()> {
    let secrets = endpoint_secret::Entity::of(id).all(&work.transaction().await?).await?;
    let mut replaced: Vec<_> =
        secrets.iter().filter_map(|it| it.until).filter(|until| *until > work.now()).collect();
    replaced.sort_unstable();
    // The newest, and the new one.
    let too_many = (replaced.len() + 2).saturating_sub(MOST_SECRETS);
    let Some(free) = too_many.checked_sub(1).and_then(|place| replaced.get(place)) else { return Ok(()) };
    let free = free.to_rfc3339_opts(SecondsFormat::Secs, true);
    let message = format!(
        "{MOST_SECRETS} secrets sign already, and there cannot be more; one of them ceases at {free}"
    );
    Err(Error::Conflict { message, field: None })
}

pub(super) async fn keep(work: &UnitOfWork, id: EndpointId, secret: &Secret) -> Result<()> {
    let sealed = work.kernel.vault.seal(&context(id), secret.reveal().as_bytes())?;
    let row = endpoint_secret::Model {
        id: Uuid::now_v7(),
        endpoint_id: id,
        sealed,
        created_at: work.now(),
        until: None,
    };
    row.into_active_model().insert(&work.transaction().await?).await?;
    Ok(())
}

async fn retire(work: &UnitOfWork, id: EndpointId, until: DateTime<Utc>) -> Result<()> {
    let transaction = work.transaction().await?;
    endpoint_secret::Entity::update_many()
        .col_expr(endpoint_secret::Column::Until, Expr::value(until))
        .filter(endpoint_secret::Column::EndpointId.eq(id))
        .filter(endpoint_secret::Column::Until.is_null())
        .exec(&transaction)
        .await?;
    endpoint_secret::Entity::delete_many()
        .filter(endpoint_secret::Column::EndpointId.eq(id))
        .filter(endpoint_secret::Column::Until.lt(work.now()))
        .exec(&transaction)
        .await?;
    Ok(())
}

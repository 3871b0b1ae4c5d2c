//! Updates what was registered.

use super::{
    lock, record_event,
    register::{checked_types, checked_url, fan_out_queued},
};
use crate::Wakeup;
use entities::{endpoint, ids::EndpointId};
use kernel::UnitOfWork;
use platform::{FieldUpdate, error::Result};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};

/// What to change of an endpoint.
#[derive(Debug, Clone, Default)]
pub struct EndpointChanges {
    /// The URL, used from the next attempt on.
    pub url: Option<String>,
    /// All event types; custom ones are among them.
    pub types: Option<Vec<String>>,
    /// The description.
    pub description: FieldUpdate<String>,
}

/// Changes an endpoint of any status, and records `webhook.updated` if something differs. `Invalid` as in
/// [`super::register`]. Events recorded before are delivered by the types before, also those still queued.
///
/// Call it before anything else that locks one of the organization's endpoints: with types it locks all of them, in the
/// order of the fan-out.
pub async fn update(
    work: &UnitOfWork,
    contract: &str,
    id: EndpointId,
    changes: EndpointChanges,
) -> Result<endpoint::Model> {
    let url = changes.url.map(|url| checked_url(&work.kernel, &url)).transpose()?;
    let types = changes.types.map(|types| checked_types(types, vec![])).transpose()?;
    if types.is_some() {
        fan_out_queued(work).await?;
    }
    let before = lock(work, contract, id).await?;
    let mut after = before.clone();
    after.url = url.unwrap_or(after.url);
    after.types = types.unwrap_or(after.types);
    after.description = match changes.description {
        FieldUpdate::Keep => after.description,
        FieldUpdate::Clear => None,
        FieldUpdate::Set(text) => Some(text),
    };
    if after == before {
        return Ok(before);
    }
    after.updated_at = work.now();
    write(work, &after).await?;
    record_event(work, "webhook.updated", Some(&before), &after).await?;
    work.wake_on_commit(Wakeup::Changed(id));
    Ok(after)
}

async fn write(work: &UnitOfWork, after: &endpoint::Model) -> Result<()> {
    let row = endpoint::ActiveModel {
        id: Set(after.id),
        url: Set(after.url.clone()),
        types: Set(after.types.clone()),
        description: Set(after.description.clone()),
        updated_at: Set(after.updated_at),
        ..Default::default()
    };
    row.update(&work.transaction().await?).await?;
    Ok(())
}

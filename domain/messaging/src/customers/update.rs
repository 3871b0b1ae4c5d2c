//! Updates and archives customers.

use super::{archived, checked_metadata, checked_name, lock, name_key};
use crate::events;
use chrono::{DateTime, Utc};
use entities::{
    RawJson,
    ids::MessagingCustomerId,
    messaging_customer::{self, MessagingCustomerStatus},
};
use kernel::UnitOfWork;
use platform::{FieldUpdate, error::Result};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel, TryIntoModel};

/// Changes of a customer; `None` and [`FieldUpdate::Keep`] leave a value unchanged.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: FieldUpdate<String>,
    /// The metadata, as a whole.
    pub metadata: FieldUpdate<RawJson>,
    /// The status: anything but archived.
    pub status: Option<MessagingCustomerStatus>,
}

/// Updates a customer and records `customer.updated` if anything changes. `Invalid` if it is archived. Concurrent
/// updates wait for each other.
pub async fn update(
    work: &UnitOfWork,
    id: MessagingCustomerId,
    changes: Changes,
) -> Result<messaging_customer::Model> {
    let before = lock(work, id).await?;
    if before.status == MessagingCustomerStatus::Archived {
        return Err(archived());
    }
    let row = apply(before.clone(), changes, work.now())?;
    let after = row.clone().try_into_model()?;
    if (messaging_customer::Model { updated_at: before.updated_at, ..after }) == before {
        return Ok(before);
    }
    let after = row.update(&work.transaction().await?).await?;
    work.record([events::of_changed_customer(&work.actor, "customer.updated", &before, &after)?]);
    Ok(after)
}

fn apply(
    customer: messaging_customer::Model,
    changes: Changes,
    now: DateTime<Utc>,
) -> Result<messaging_customer::ActiveModel> {
    let mut row = customer.into_active_model();
    if let Some(name) = changes.name {
        let name = checked_name(&name)?;
        row.name_key = Set(name_key(&name));
        row.name = Set(name);
    }
    if let Some(status) = changes.status {
        row.status = Set(status);
    }
    changes.email.apply(&mut row.email);
    changes.metadata.try_map(checked_metadata)?.apply(&mut row.metadata);
    row.updated_at = Set(now);
    Ok(row)
}

/// Archives a customer, and records `customer.archived`: its accounts and history stay, and nothing is sent any more. Without
/// effect if it is archived already. Its links: [`crate::archive()`].
pub(crate) async fn archive(work: &UnitOfWork, id: MessagingCustomerId) -> Result<messaging_customer::Model> {
    let before = lock(work, id).await?;
    if before.status == MessagingCustomerStatus::Archived {
        return Ok(before);
    }
    let mut row = before.clone().into_active_model();
    row.status = Set(MessagingCustomerStatus::Archived);
    row.archived_at = Set(Some(work.now()));
    row.updated_at = Set(work.now());
    let after = row.update(&work.transaction().await?).await?;
    work.record([events::of_changed_customer(&work.actor, "customer.archived", &before, &after)?]);
    Ok(after)
}

//! Creates customers.

use super::{checked_metadata, checked_name, name_key};
use crate::events;
use entities::{
    RawJson,
    ids::MessagingCustomerId,
    messaging_customer::{self, MessagingCustomerStatus},
};
use kernel::{UnitOfWork, organizations};
use platform::error::{Error, Result};
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel, PaginatorTrait, QueryFilter};

/// The team of customers without one.
const DEFAULT_TEAM: &str = "default";

/// A new customer. Field rules other than those of names and metadata are checked by the contract.
#[derive(Debug, Clone)]
pub struct NewCustomer {
    /// The organization's name of its team.
    pub team: Option<String>,
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// Custom metadata: a JSON object.
    pub metadata: Option<RawJson>,
}

/// Creates a customer, pending, and records `customer.created`. `QuotaExceeded` if the organization has
/// `messaging.customers` that are not archived.
pub async fn create(work: &UnitOfWork, new: NewCustomer) -> Result<messaging_customer::Model> {
    let name = checked_name(&new.name)?;
    let customer = messaging_customer::Model {
        id: MessagingCustomerId::new(),
        organization_id: work.actor.organization,
        sandbox: work.actor.sandbox,
        team: new.team.unwrap_or_else(|| DEFAULT_TEAM.into()),
        name_key: name_key(&name),
        name,
        email: new.email,
        status: MessagingCustomerStatus::Pending,
        metadata: new.metadata.map(checked_metadata).transpose()?,
        archived_at: None,
        created_at: work.now(),
        updated_at: work.now(),
    };
    ensure_quota(work).await?;
    customer.clone().into_active_model().insert(&work.transaction().await?).await?;
    work.record([events::of_customer(&work.actor, "customer.created", &customer)?]);
    Ok(customer)
}

/// Locks the organization, so that concurrent creations count this one.
async fn ensure_quota(work: &UnitOfWork) -> Result<()> {
    let most = work.kernel.settings.messaging.customers;
    organizations::lock(work).await?;
    let open = messaging_customer::Entity::of(work.actor.organization, work.actor.sandbox)
        .filter(messaging_customer::Column::Status.ne(MessagingCustomerStatus::Archived));
    if open.count(&work.transaction().await?).await? < most as u64 {
        return Ok(());
    }
    Err(Error::QuotaExceeded(format!("There are {most} customers already; archive one first")))
}

//! WhatsApp accounts of an organization and its customers.

use entities::{
    ids::{MessagingCustomerId, OrganizationId},
    whatsapp_account::{self, WhatsappAccountStatus},
};
use kernel::Kernel;
use platform::error::Result;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QueryTrait};

/// Filters of a list, combined with and.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only accounts that are connected.
    pub connected: bool,
    /// Only accounts of this customer. An unknown customer has none.
    pub customer: Option<MessagingCustomerId>,
}

/// The organization's accounts, live or sandbox, newest first.
pub async fn list(
    kernel: &Kernel,
    organization: OrganizationId,
    sandbox: bool,
    filter: Filter,
) -> Result<Vec<whatsapp_account::Model>> {
    use whatsapp_account::{Column, Entity};
    let connected = [WhatsappAccountStatus::Connected, WhatsappAccountStatus::Degraded];
    let found = Entity::of(organization, sandbox)
        .apply_if(filter.connected.then_some(connected), |query, statuses| {
            query.filter(Column::Status.is_in(statuses))
        })
        .apply_if(filter.customer, |query, id| query.filter(Column::CustomerId.eq(id)));
    Ok(found.order_by_desc(Column::Id).all(kernel.db.reader()).await?)
}

/// The accounts of a customer, oldest first.
pub async fn of_customer(
    kernel: &Kernel,
    customer: MessagingCustomerId,
) -> Result<Vec<whatsapp_account::Model>> {
    use whatsapp_account::{Column, Entity};
    let found = Entity::find().filter(Column::CustomerId.eq(customer)).order_by_asc(Column::Id);
    Ok(found.all(kernel.db.reader()).await?)
}

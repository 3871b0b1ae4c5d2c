//! Archives customers, with what belongs to them.

use crate::{customers, links};
use entities::{ids::MessagingCustomerId, messaging_customer};
use kernel::UnitOfWork;
use platform::error::Result;

/// Archives a customer, and records `customer.archived`: its accounts and history stay, its setup links are revoked, and
/// nothing is sent any more. Without effect if it is archived already.
pub async fn archive(work: &UnitOfWork, id: MessagingCustomerId) -> Result<messaging_customer::Model> {
    let customer = customers::archive(work, id).await?;
    links::revoke_all(work, id).await?;
    Ok(customer)
}

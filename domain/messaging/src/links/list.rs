//! Lists links.

use super::{Link, LinkStatus};
use crate::customers;
use entities::{
    ids::{MessagingCustomerId, OrganizationId},
    setup_link::{self, SetupLinkStatus},
};
use kernel::Kernel;
use platform::error::Result;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::ExprTrait};

/// Maximum number of links in a list.
const MOST: u64 = 50;

/// The 50 newest links of a customer, newest first, with this status if given.
pub async fn list(
    kernel: &Kernel,
    organization: OrganizationId,
    sandbox: bool,
    customer: MessagingCustomerId,
    status: Option<LinkStatus>,
) -> Result<Vec<Link>> {
    use setup_link::{Column, Entity};
    customers::get(kernel, organization, sandbox, customer).await?;
    let now = kernel.clock.now();
    let with_status = |status: LinkStatus| match status {
        LinkStatus::Active => Column::Status.eq(SetupLinkStatus::Active).and(Column::ExpiresAt.gt(now)),
        LinkStatus::Expired => Column::Status.eq(SetupLinkStatus::Active).and(Column::ExpiresAt.lte(now)),
        LinkStatus::Consumed => Column::Status.eq(SetupLinkStatus::Consumed),
        LinkStatus::Revoked => Column::Status.eq(SetupLinkStatus::Revoked),
    };
    let found = Entity::of(customer)
        .apply_if(status, |query, status| query.filter(with_status(status)))
        .order_by_desc(Column::Id)
        .limit(MOST);
    let found = found.all(kernel.db.reader()).await?;
    Ok(found.into_iter().map(|record| Link::new(record, now)).collect())
}

//! Reads endpoints.

use super::MISSING;
use crate::Health;
use entities::{
    delivery,
    endpoint::{self, EndpointStatus},
    endpoint_health,
    ids::{EndpointId, OrganizationId},
};
use kernel::Kernel;
use platform::{error::Result, paging::Slice};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

/// An endpoint with its health.
#[derive(Debug)]
pub struct Endpoint {
    /// The endpoint.
    pub record: endpoint::Model,
    /// Its health.
    pub health: Health,
}

/// All endpoints of the organization for the contract, oldest first.
pub async fn list(kernel: &Kernel, organization: OrganizationId, contract: &str) -> Result<Vec<Endpoint>> {
    let found = endpoint::Entity::shown_by(organization, contract);
    with_health(kernel, found.all(kernel.db.reader()).await?).await
}

/// The organization's endpoints for the contract, newest first, without their health: at most `limit` of those with this
/// status, registered before `before`.
pub async fn newest(
    kernel: &Kernel,
    (organization, contract): (OrganizationId, &str),
    status: Option<EndpointStatus>,
    before: Option<EndpointId>,
    limit: u64,
) -> Result<Slice<endpoint::Model>> {
    use endpoint::{Column, Entity};
    let found = Entity::find()
        .filter(Column::OrganizationId.eq(organization))
        .filter(Column::Contract.eq(contract))
        .filter(Column::DeletedAt.is_null())
        .apply_if(status, |query, status| query.filter(Column::Status.eq(status)))
        .apply_if(before, |query, id| query.filter(Column::Id.lt(id)))
        .order_by_desc(Column::Id)
        .limit(limit + 1);
    Ok(Slice::of(found.all(kernel.db.reader()).await?, limit))
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

/// One of them, without its health.
pub async fn named(
    kernel: &Kernel,
    organization: OrganizationId,
    contract: &str,
    id: EndpointId,
) -> Result<endpoint::Model> {
    let found = endpoint::Entity::shown_by(organization, contract).filter(endpoint::Column::Id.eq(id));
    found.one(kernel.db.reader()).await?.ok_or(MISSING)
}

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

/// The number of waiting deliveries.
pub async fn backlog(kernel: &Kernel, id: EndpointId) -> Result<u64> {
    let waiting = delivery::Entity::find()
        .filter(delivery::Column::EndpointId.eq(id))
        .filter(delivery::Column::SentAt.is_null());
    Ok(waiting.count(kernel.db.reader()).await?)
}

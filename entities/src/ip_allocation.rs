//! IP addresses allocated to customers, and past allocations.

use crate::{
    ids::{CustomerId, IpAllocationId, IpPoolId, OrganizationId},
    ip_pool::Family,
};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One address, or one network, allocated to a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "ip_allocations")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IpAllocationId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The customer.
    pub customer_id: CustomerId,
    /// The pool.
    pub pool_id: IpPoolId,
    /// The owner, for which it was allocated. Idempotent: a second allocation for the same owner returns this one.
    pub owner_id: Uuid,
    /// The IP version.
    pub family: Family,
    /// The position in the pool, from 0.
    pub position: i64,
    /// The address, or the first one of the network.
    pub address: String,
    /// The prefix length: `/32`.
    pub subnet: String,
    /// The customer's gateway, if the pool has one.
    pub gateway: Option<String>,
    /// The status.
    pub status: AllocationStatus,
    /// When it was allocated.
    pub allocated_at: DateTimeUtc,
    /// When it was released.
    pub released_at: Option<DateTimeUtc>,
}

/// The status of an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AllocationStatus {
    /// Reserved; the operation that it is for has not finished.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// In use.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// Released.
    #[sea_orm(string_value = "RELEASED")]
    Released,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All allocations of the customer, past ones too, newest first.
    pub fn of(customer: CustomerId) -> Select<Self> {
        Self::find().filter(Column::CustomerId.eq(customer)).order_by_desc(Column::Id)
    }

    /// The allocations of the owner that were not released.
    pub fn for_owner(owner: Uuid) -> Select<Self> {
        Self::find().filter(Column::OwnerId.eq(owner)).filter(Column::ReleasedAt.is_null())
    }
}

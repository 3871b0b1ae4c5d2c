//! Addresses that customers have, or had.

use crate::{
    ids::{CustomerId, IpAllocationId, IpPoolId, OrganizationId},
    ip_pool::Family,
};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One address, or one network, of one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "ip_allocations")]
pub struct Model {
    /// The allocation's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IpAllocationId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Who has it.
    pub customer_id: CustomerId,
    /// Where it comes from.
    pub pool_id: IpPoolId,
    /// For what it was asked: who asks again for the same gets the same.
    pub owner_id: Uuid,
    /// Which version.
    pub family: Family,
    /// Its place in the pool, from 0.
    pub position: i64,
    /// The address, or the first of the network.
    pub address: String,
    /// The length of the prefix: `/32`.
    pub subnet: String,
    /// The router on the customer's way out, where the pool has one.
    pub gateway: Option<String>,
    /// Whether it is in use.
    pub status: AllocationStatus,
    /// Since when the customer has it.
    pub allocated_at: DateTimeUtc,
    /// When it was given back.
    pub released_at: Option<DateTimeUtc>,
}

/// Whether an address is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AllocationStatus {
    /// Reserved; what it is for is not done yet.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// In use.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// Given back.
    #[sea_orm(string_value = "RELEASED")]
    Released,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// What the customer has and had, newest first.
    pub fn of(customer: CustomerId) -> Select<Self> {
        Self::find().filter(Column::CustomerId.eq(customer)).order_by_desc(Column::Id)
    }

    /// What was allocated for this and is not given back.
    pub fn for_owner(owner: Uuid) -> Select<Self> {
        Self::find().filter(Column::OwnerId.eq(owner)).filter(Column::ReleasedAt.is_null())
    }
}

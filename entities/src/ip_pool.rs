//! Pools of IP addresses that are allocated to customers.

use crate::ids::{IpPoolId, OrganizationId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "ip_pools")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IpPoolId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The name, unique within the organization.
    pub name: String,
    /// The IP version.
    pub family: Family,
    /// The whole network, as a CIDR: `10.0.0.0/16`.
    pub network: String,
    /// The prefix length of an allocation: 32 for an IPv4 address, 64 for an IPv6 network.
    pub prefix: i32,
    /// The region where the addresses are used.
    pub region: String,
    /// The status.
    pub status: PoolStatus,
    /// Number of addresses (or networks) that can be allocated.
    pub size: i64,
    /// How many of these, counted from the first, were ever allocated or added to the free ones.
    pub opened: i64,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// An IP version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Family {
    /// Version 4.
    #[sea_orm(string_value = "IPv4")]
    #[serde(rename = "IPv4")]
    V4,
    /// Version 6.
    #[sea_orm(string_value = "IPv6")]
    #[serde(rename = "IPv6")]
    V6,
}

/// The status of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PoolStatus {
    /// Allocates addresses.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// Would allocate, but had no free address at the last allocation.
    #[sea_orm(string_value = "EXHAUSTED")]
    Exhausted,
    /// Reserved: allocates no addresses.
    #[sea_orm(string_value = "RESERVED")]
    Reserved,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All pools of the organization, by name.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Name)
    }
}

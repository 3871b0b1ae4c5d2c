//! Pools of addresses that are given to customers.

use crate::ids::{IpPoolId, OrganizationId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "ip_pools")]
pub struct Model {
    /// The pool's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IpPoolId,
    /// Whose pool it is.
    pub organization_id: OrganizationId,
    /// Unique within the organization.
    pub name: String,
    /// Which addresses.
    pub family: Family,
    /// All of them, as a CIDR: `10.0.0.0/16`.
    pub network: String,
    /// The length of the prefix that a customer gets: 32 for an IPv4 address, 64 for an IPv6 network.
    pub prefix: i32,
    /// Where they are used.
    pub region: String,
    /// Whether any are given out.
    pub status: PoolStatus,
    /// How many can be given to customers.
    pub size: i64,
    /// How many of these, from the first on, have been opened: given out, or put among the free ones.
    pub opened: i64,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// A version of the Internet Protocol.
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

/// Whether any addresses are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PoolStatus {
    /// They are.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// They would be, but none was left when one was asked for.
    #[sea_orm(string_value = "EXHAUSTED")]
    Exhausted,
    /// They are kept back.
    #[sea_orm(string_value = "RESERVED")]
    Reserved,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization's pools, by name.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Name)
    }
}

//! The state of the simulated network.

use crate::ids::SubscriptionId;
use sea_orm::entity::prelude::*;
use serde::Serialize;

/// The simulated service of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "simulated_services")]
pub struct Model {
    /// The subscription.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subscription_id: SubscriptionId,
    /// Whether the service is installed.
    pub present: bool,
    /// Download speed, in Mbit/s.
    pub download_mbps: i32,
    /// Upload speed, in Mbit/s.
    pub upload_mbps: i32,
    /// The IPv4 address.
    pub ipv4: Option<String>,
    /// The first address of the IPv6 network.
    pub ipv6: Option<String>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Number of changes requested.
    pub changes: i32,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

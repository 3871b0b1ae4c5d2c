//! The simulated network, as the simulator keeps it.

use crate::ids::SubscriptionId;
use sea_orm::entity::prelude::*;
use serde::Serialize;

/// What the simulated network does for one subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "simulated_services")]
pub struct Model {
    /// For which subscription.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subscription_id: SubscriptionId,
    /// Whether it does anything.
    pub present: bool,
    /// To the customer, in Mbit/s.
    pub download_mbps: i32,
    /// From the customer, in Mbit/s.
    pub upload_mbps: i32,
    /// The address.
    pub ipv4: Option<String>,
    /// The first address of the network.
    pub ipv6: Option<String>,
    /// Whether the customer is cut off.
    pub suspended: bool,
    /// How often a change was asked for.
    pub changes: i32,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! The last known configuration of the network for subscriptions.

use crate::{
    ids::{CustomerId, OrganizationId, PlanId, SubscriptionId, VendorProvisionerId},
    plan::Provisioner,
};
use sea_orm::entity::prelude::*;
use serde::Serialize;

/// The network service of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "network_services")]
pub struct Model {
    /// The subscription.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subscription_id: SubscriptionId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The customer.
    pub customer_id: CustomerId,
    /// The provisioner that configured it.
    pub provisioner: Provisioner,
    /// The vendor's provisioner, if a vendor did.
    pub vendor_provisioner_id: Option<VendorProvisionerId>,
    /// The plan that it was configured for.
    pub plan_id: PlanId,
    /// The user name in the network.
    pub username: String,
    /// Download speed, in Mbit/s.
    pub download_mbps: i32,
    /// Upload speed, in Mbit/s.
    pub upload_mbps: i32,
    /// The IPv4 address.
    pub ipv4: Option<String>,
    /// The first address of the IPv6 network.
    pub ipv6: Option<String>,
    /// The organization's code of the ONT.
    pub ont_id: Option<String>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// When it was installed.
    pub installed_at: DateTimeUtc,
    /// When it was removed from the network.
    pub removed_at: Option<DateTimeUtc>,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The subscription's service that is installed now.
    pub fn installed(subscription: SubscriptionId) -> Select<Self> {
        Self::find_by_id(subscription).filter(Column::RemovedAt.is_null())
    }
}

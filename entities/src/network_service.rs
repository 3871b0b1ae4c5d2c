//! What the network was last made to be for a subscription.

use crate::{
    ids::{CustomerId, OrganizationId, PlanId, SubscriptionId, VendorProvisionerId},
    plan::Provisioner,
};
use sea_orm::entity::prelude::*;
use serde::Serialize;

/// The service of one subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "network_services")]
pub struct Model {
    /// Of which subscription.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subscription_id: SubscriptionId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// What made it work.
    pub provisioner: Provisioner,
    /// Who did, where another company did.
    pub vendor_provisioner_id: Option<VendorProvisionerId>,
    /// Which plan it was made for.
    pub plan_id: PlanId,
    /// By which name the network knows it.
    pub username: String,
    /// To the customer, in Mbit/s.
    pub download_mbps: i32,
    /// From the customer, in Mbit/s.
    pub upload_mbps: i32,
    /// The address.
    pub ipv4: Option<String>,
    /// The first address of the network.
    pub ipv6: Option<String>,
    /// The box at the customer's, as the organization calls it.
    pub ont_id: Option<String>,
    /// Whether it is cut off for the time being.
    pub suspended: bool,
    /// When it was installed.
    pub installed_at: DateTimeUtc,
    /// When it was taken off the network.
    pub removed_at: Option<DateTimeUtc>,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The one of the subscription that is on the network now.
    pub fn installed(subscription: SubscriptionId) -> Select<Self> {
        Self::find_by_id(subscription).filter(Column::RemovedAt.is_null())
    }
}

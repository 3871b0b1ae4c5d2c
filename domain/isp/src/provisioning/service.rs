//! A service as the network is to do it.

use entities::{
    ids::{CustomerId, OrganizationId, PlanId, ProvisioningId, SubscriptionId, VendorProvisionerId},
    network_service, plan,
    provisioning_request::Model as Request,
    subscription::{self, SubscriptionStatus},
    vendor_request::OrderedService,
};

/// What the network is to do for a subscription, in full: whoever makes it so needs nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Whose customer it is for.
    pub organization: OrganizationId,
    /// For which subscription.
    pub subscription: SubscriptionId,
    /// For whom.
    pub customer: CustomerId,
    /// The request that asks for it; none when a subscription was suspended or resumed.
    pub request: Option<ProvisioningId>,
    /// By which name the network knows it: the subscription's id.
    pub username: String,
    /// Who makes it work, where another company does.
    pub vendor: Option<VendorProvisionerId>,
    /// Which plan it is of, as the subscription names it.
    pub plan_id: PlanId,
    /// To the customer, in Mbit/s.
    pub download_mbps: i32,
    /// From the customer, in Mbit/s.
    pub upload_mbps: i32,
    /// The address.
    pub ipv4: Option<String>,
    /// The first address of the network.
    pub ipv6: Option<String>,
    /// The box at the customer's, as the organization calls it.
    pub ont: Option<String>,
    /// Whether the customer is cut off for the time being.
    pub suspended: bool,
}

impl Service {
    /// What a new installation is to be, with what was reserved for it.
    pub(super) fn new(request: &Request, subscription: &subscription::Model, plan: &plan::Model) -> Self {
        Self {
            organization: request.organization_id,
            subscription: subscription.id,
            customer: request.customer_id,
            request: Some(request.id),
            username: subscription.id.to_string(),
            vendor: subscription.vendor_provisioner_id,
            plan_id: subscription.plan_id,
            download_mbps: plan.download_mbps,
            upload_mbps: plan.upload_mbps,
            ipv4: request.ipv4.clone(),
            ipv6: request.ipv6.clone(),
            ont: request.ont_id.clone(),
            suspended: is_suspended(subscription),
        }
    }

    /// What is there, as far as we know.
    pub(super) fn installed(service: network_service::Model, request: Option<ProvisioningId>) -> Self {
        Self {
            organization: service.organization_id,
            subscription: service.subscription_id,
            customer: service.customer_id,
            request,
            username: service.username,
            vendor: service.vendor_provisioner_id,
            plan_id: service.plan_id,
            download_mbps: service.download_mbps,
            upload_mbps: service.upload_mbps,
            ipv4: service.ipv4,
            ipv6: service.ipv6,
            ont: service.ont_id,
            suspended: service.suspended,
        }
    }

    /// The same service, as the subscription now is to have it.
    pub(super) fn changed(self, subscription: &subscription::Model, plan: &plan::Model) -> Self {
        let plan::Model { download_mbps, upload_mbps, .. } = *plan;
        Self { plan_id: subscription.plan_id, download_mbps, upload_mbps, ..self.following(subscription) }
    }

    /// The same service, as it was ordered from a vendor.
    pub(super) fn ordered(self, vendor: VendorProvisionerId, ordered: &OrderedService) -> Self {
        let OrderedService { plan_id, download_mbps, upload_mbps, suspended, .. } = *ordered;
        Self { vendor: Some(vendor), plan_id, download_mbps, upload_mbps, suspended, ..self }
    }

    /// The same service, suspended or not as the subscription is.
    pub(super) fn following(self, subscription: &subscription::Model) -> Self {
        Self { suspended: is_suspended(subscription), ..self }
    }
}

pub(super) fn is_suspended(subscription: &subscription::Model) -> bool {
    subscription.status == SubscriptionStatus::Suspended
}

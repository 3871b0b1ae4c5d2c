//! The desired state of a service.

use entities::{
    ids::{CustomerId, OrganizationId, PlanId, ProvisioningId, SubscriptionId, VendorProvisionerId},
    network_service, plan,
    provisioning_request::Model as Request,
    subscription::{self, SubscriptionStatus},
    vendor_request::OrderedService,
};

/// The complete desired state of a subscription's service; a provisioner needs nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The organization.
    pub organization: OrganizationId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The customer.
    pub customer: CustomerId,
    /// The request; `None` for a suspension or resumption.
    pub request: Option<ProvisioningId>,
    /// The username in the network: the subscription's id.
    pub username: String,
    /// The vendor's provisioner, if a vendor provisions it.
    pub vendor: Option<VendorProvisionerId>,
    /// The plan.
    pub plan_id: PlanId,
    /// The download speed, in Mbit/s.
    pub download_mbps: i32,
    /// The upload speed, in Mbit/s.
    pub upload_mbps: i32,
    /// The IPv4 address.
    pub ipv4: Option<String>,
    /// The first address of the IPv6 network.
    pub ipv6: Option<String>,
    /// The ONT's code.
    pub ont: Option<String>,
    /// Whether it is suspended.
    pub suspended: bool,
}

impl Service {
    /// A new installation, with the reserved resources.
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

    /// The installed service.
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

    /// This service with the subscription's current plan and status.
    pub(super) fn changed(self, subscription: &subscription::Model, plan: &plan::Model) -> Self {
        let plan::Model { download_mbps, upload_mbps, .. } = *plan;
        Self { plan_id: subscription.plan_id, download_mbps, upload_mbps, ..self.following(subscription) }
    }

    /// This service as ordered from a vendor.
    pub(super) fn ordered(self, vendor: VendorProvisionerId, ordered: &OrderedService) -> Self {
        let OrderedService { plan_id, download_mbps, upload_mbps, suspended, .. } = *ordered;
        Self { vendor: Some(vendor), plan_id, download_mbps, upload_mbps, suspended, ..self }
    }

    /// This service, suspended if the subscription is.
    pub(super) fn following(self, subscription: &subscription::Model) -> Self {
        Self { suspended: is_suspended(subscription), ..self }
    }
}

pub(super) fn is_suspended(subscription: &subscription::Model) -> bool {
    subscription.status == SubscriptionStatus::Suspended
}

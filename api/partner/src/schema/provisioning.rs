//! Provisioning requests on the wire.

use super::customer::{Metadata, metadata};
use crate::schema::envelope::envelope;
use edge::{
    schema::wire,
    types::{Moment, Nullable, Optional, Text, Time},
};
use entities::{
    ids::{CustomerId, SubscriptionId},
    provisioning_request as row,
};
use isp::provisioning::{self, NewRequest};
use poem_openapi::{Enum, Object};
use std::collections::BTreeMap;

/// Type of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::RequestType")]
pub enum ProvisioningType {
    /// Make a subscription work that has not worked so far.
    NewInstall,
    /// Make it faster.
    Upgrade,
    /// Make it slower.
    Downgrade,
    /// Take it off the network, and end it.
    Disconnect,
}

/// Status of a provisioning request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::RequestStatus")]
pub enum ProvisioningStatus {
    /// Nothing was done yet.
    Pending,
    /// It is being worked on.
    InProgress,
    /// The network does what was asked for.
    Completed,
    /// It was given up, and undone; the reason is in the notes.
    Failed,
    /// It was not wanted any more.
    Cancelled,
}

/// A provisioning request to create.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct CreateProvisioningRequest {
    /// Customer ID.
    #[oai(validator(min_length = 1))]
    pub customer_id: Text,
    /// ID of a subscription of this customer.
    #[oai(validator(min_length = 1))]
    pub subscription_id: Text,
    /// Type of request. `NEW_INSTALL` requires a subscription that is not installed yet, the other types one that is.
    /// An upgrade or downgrade applies the subscription's current plan to the network.
    pub request_type: ProvisioningType,
    /// Preferred installation date/time: the earliest start. At most ten years ahead; up to a day in the past means now.
    pub scheduled_date: Optional<Moment>,
    /// Notes. If the request fails, the reason is appended.
    pub notes: Optional<Text>,
    /// Custom key-value metadata.
    pub metadata: Optional<Metadata>,
}

wire!(CreateProvisioningRequest);

impl CreateProvisioningRequest {
    /// The request, of the customer and the subscription that its ids name.
    pub fn of(self, customer: CustomerId, subscription: SubscriptionId) -> NewRequest {
        NewRequest {
            customer,
            subscription,
            kind: self.request_type.into(),
            scheduled: self.scheduled_date.into(),
            notes: self.notes.0.map(|notes| notes.0),
            metadata: self.metadata.0.map(metadata),
        }
    }
}

/// IP addresses of a service.
#[derive(Debug, Object)]
pub struct ProvisionedAddresses {
    /// IPv4 address.
    pub ipv4: Nullable<String>,
    /// First address of the IPv6 network.
    pub ipv6: Nullable<String>,
}

/// A provisioning request.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct ProvisioningRequest {
    /// Provisioning request ID: `prov_` and 26 characters.
    pub id: String,
    /// Customer ID.
    pub customer_id: String,
    /// Subscription ID.
    pub subscription_id: String,
    /// Type of request.
    pub request_type: ProvisioningType,
    /// Status of the provisioning request.
    pub status: ProvisioningStatus,
    /// Earliest start.
    pub scheduled_date: Nullable<Time>,
    /// When it was completed.
    pub completed_date: Nullable<Time>,
    /// ID of the optical network terminal (ONT).
    pub ont_id: Nullable<String>,
    /// IP addresses allocated for this request.
    pub ip_allocation: Nullable<ProvisionedAddresses>,
    /// Notes, and the reason if it failed; while in progress, why the latest attempt failed.
    pub notes: Nullable<String>,
    /// Custom key-value metadata.
    pub metadata: Nullable<BTreeMap<String, String>>,
    /// Creation time.
    pub created_at: Time,
    /// Time of the last change.
    pub updated_at: Time,
}

impl From<row::Model> for ProvisioningRequest {
    fn from(request: row::Model) -> Self {
        let notes = provisioning::notes(&request);
        let (ipv4, ipv6) = (request.ipv4, request.ipv6);
        let has_any = ipv4.is_some() || ipv6.is_some();
        let addresses = || ProvisionedAddresses { ipv4: Nullable(ipv4), ipv6: Nullable(ipv6) };
        Self {
            id: request.id.to_string(),
            customer_id: request.customer_id.to_string(),
            subscription_id: request.subscription_id.to_string(),
            request_type: request.kind.into(),
            status: request.status.into(),
            scheduled_date: Nullable(request.scheduled_at.map(Time)),
            completed_date: Nullable(request.completed_at.map(Time)),
            ont_id: Nullable(request.ont_id),
            ip_allocation: Nullable(has_any.then(addresses)),
            notes: Nullable(notes),
            metadata: Nullable(request.metadata.map(|metadata| metadata.0)),
            created_at: Time(request.created_at),
            updated_at: Time(request.updated_at),
        }
    }
}

envelope!(
    /// One provisioning request.
    ProvisioningResponse,
    /// The provisioning request.
    ProvisioningRequest
);

envelope!(
    /// A page of provisioning requests.
    ProvisioningListResponse,
    /// The provisioning requests, oldest first.
    page of ProvisioningRequest
);

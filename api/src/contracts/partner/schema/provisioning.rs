//! Provisioning requests on the wire.

use super::{
    PaginationResponse,
    customer::{Metadata, metadata},
};
use crate::{
    schema::wire,
    types::{Maybe, Moment, Nullable, Success, Text, Time},
};
use entities::{
    ids::{CustomerId, SubscriptionId},
    provisioning_request as row,
};
use kernel::domain::provisioning::{self, NewRequest};
use poem_openapi::{Enum, Object};
use std::collections::BTreeMap;

/// What is to be done.
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

/// Where a request stands.
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

/// A request to be opened.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct CreateProvisioningRequest {
    /// For whom: a customer of yours.
    #[oai(validator(min_length = 1))]
    pub customer_id: Text,
    /// What is to be made work, or to stop: a subscription of that customer.
    #[oai(validator(min_length = 1))]
    pub subscription_id: Text,
    /// What is to be done. `NEW_INSTALL` is for a subscription that is not installed yet, the others for one that is;
    /// an upgrade or downgrade brings the network to the subscription's present plan.
    pub request_type: ProvisioningType,
    /// Preferred installation date/time: not before that. At most a day ago (then at once), and ten years ahead.
    pub scheduled_date: Maybe<Moment>,
    /// What there is to say about it. Should it fail, the reason is put behind that.
    pub notes: Maybe<Text>,
    /// Custom key-value metadata.
    pub metadata: Maybe<Metadata>,
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

/// The addresses of a service.
#[derive(Debug, Object)]
pub struct ProvisionedAddresses {
    /// The address.
    pub ipv4: Nullable<String>,
    /// The first address of the network.
    pub ipv6: Nullable<String>,
}

/// A provisioning request.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct ProvisioningRequest {
    /// `prov_` and 26 characters.
    pub id: String,
    /// For whom.
    pub customer_id: String,
    /// For which subscription.
    pub subscription_id: String,
    /// What is to be done.
    pub request_type: ProvisioningType,
    /// Status of the provisioning request.
    pub status: ProvisioningStatus,
    /// Not before this time.
    pub scheduled_date: Nullable<Time>,
    /// When it was done.
    pub completed_date: Nullable<Time>,
    /// The box at the customer's.
    pub ont_id: Nullable<String>,
    /// The addresses that were given out for it.
    pub ip_allocation: Nullable<ProvisionedAddresses>,
    /// What was said about it, and why it failed; while it is in progress, why the latest try did.
    pub notes: Nullable<String>,
    /// Custom key-value metadata.
    pub metadata: Nullable<BTreeMap<String, String>>,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed.
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

/// One request.
#[derive(Debug, Object)]
pub struct ProvisioningResponse {
    /// Always true.
    pub success: Success<true>,
    /// The request.
    pub data: ProvisioningRequest,
}

/// A page of requests.
#[derive(Debug, Object)]
pub struct ProvisioningListResponse {
    /// Always true.
    pub success: Success<true>,
    /// The requests, oldest first.
    pub data: Vec<ProvisioningRequest>,
    /// Which page it is.
    pub pagination: PaginationResponse,
}

//! Requests to change the network service of a subscription.

use crate::{
    customer::Metadata,
    ids::{CustomerId, JobId, OrganizationId, PlanId, ProvisioningId, SubscriptionId},
};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A provisioning request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "provisioning_requests")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProvisioningId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The customer.
    pub customer_id: CustomerId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The type.
    #[sea_orm(column_name = "type")]
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// The status.
    pub status: RequestStatus,
    /// The earliest time of the start.
    pub scheduled_at: Option<DateTimeUtc>,
    /// When it was completed.
    pub completed_at: Option<DateTimeUtc>,
    /// The organization's code of the ONT.
    pub ont_id: Option<String>,
    /// The IPv4 address.
    pub ipv4: Option<String>,
    /// The first address of the IPv6 network.
    pub ipv6: Option<String>,
    /// The caller's notes, and why it failed.
    pub notes: Option<String>,
    /// Custom metadata.
    pub metadata: Option<Metadata>,
    /// The job that processes it.
    #[serde(skip)]
    pub job_id: JobId,
    /// The attempt of that job which last changed the row.
    #[serde(skip)]
    pub attempt: i32,
    /// For a change of plan: the plan that the latest attempt was to apply.
    #[serde(skip)]
    pub plan_id: Option<PlanId>,
    /// Why it is being rolled back.
    #[serde(skip)]
    pub undoing: Option<String>,
    /// Why it failed; while it is in progress, the latest failure that may still be retried.
    #[serde(skip)]
    pub last_failure: Option<String>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The type of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RequestType {
    /// Installs the service of a subscription.
    #[sea_orm(string_value = "NEW_INSTALL")]
    NewInstall,
    /// Makes the service faster.
    #[sea_orm(string_value = "UPGRADE")]
    Upgrade,
    /// Makes the service slower.
    #[sea_orm(string_value = "DOWNGRADE")]
    Downgrade,
    /// Removes the service from the network.
    #[sea_orm(string_value = "DISCONNECT")]
    Disconnect,
}

/// The status of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RequestStatus {
    /// Not started.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// Being processed.
    #[sea_orm(string_value = "IN_PROGRESS")]
    InProgress,
    /// The network has the requested configuration.
    #[sea_orm(string_value = "COMPLETED")]
    Completed,
    /// Failed permanently, and rolled back.
    #[sea_orm(string_value = "FAILED")]
    Failed,
    /// Cancelled before completion.
    #[sea_orm(string_value = "CANCELLED")]
    Cancelled,
}

impl RequestStatus {
    /// Whether the request has not ended.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::InProgress)
    }
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All requests of the organization, oldest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Id)
    }

    /// A request of the organization.
    pub fn one_of(organization: OrganizationId, id: ProvisioningId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }

    /// The installation requests of the customer's subscription, oldest first.
    pub fn installations_of(customer: CustomerId, subscription: SubscriptionId) -> Select<Self> {
        Self::find()
            .filter(Column::CustomerId.eq(customer))
            .filter(Column::SubscriptionId.eq(subscription))
            .filter(Column::Kind.eq(RequestType::NewInstall))
            .order_by_asc(Column::Id)
    }

    /// The open request of the subscription; there is at most one.
    pub fn open_of(subscription: SubscriptionId) -> Select<Self> {
        Self::find()
            .filter(Column::SubscriptionId.eq(subscription))
            .filter(Column::Status.is_in([RequestStatus::Pending, RequestStatus::InProgress]))
    }
}

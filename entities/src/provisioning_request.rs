//! Requests to change what the network does for a subscription.

use crate::{
    customer::Metadata,
    ids::{CustomerId, JobId, OrganizationId, PlanId, ProvisioningId, SubscriptionId},
};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "provisioning_requests")]
pub struct Model {
    /// The request's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProvisioningId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// For whom.
    pub customer_id: CustomerId,
    /// What is to be made work, or to stop.
    pub subscription_id: SubscriptionId,
    /// What is to be done.
    #[sea_orm(column_name = "type")]
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// Where it stands.
    pub status: RequestStatus,
    /// Not before this time.
    pub scheduled_at: Option<DateTimeUtc>,
    /// When it was done.
    pub completed_at: Option<DateTimeUtc>,
    /// The box at the customer's, as the organization calls it.
    pub ont_id: Option<String>,
    /// The address.
    pub ipv4: Option<String>,
    /// The first address of the network.
    pub ipv6: Option<String>,
    /// What the caller had to say, and why it failed.
    pub notes: Option<String>,
    /// The caller's own notes.
    pub metadata: Option<Metadata>,
    /// The job that works on it.
    #[serde(skip)]
    pub job_id: JobId,
    /// The attempt of that job which last touched it.
    #[serde(skip)]
    pub attempt: i32,
    /// The plan that its latest attempt was to bring, of a change of the plan.
    #[serde(skip)]
    pub plan_id: Option<PlanId>,
    /// Why it is being undone.
    #[serde(skip)]
    pub undoing: Option<String>,
    /// Why it has failed; while the request is in progress, why the latest try failed of what may still be tried again.
    #[serde(skip)]
    pub last_failure: Option<String>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RequestType {
    /// Make a subscription work that has not worked so far.
    #[sea_orm(string_value = "NEW_INSTALL")]
    NewInstall,
    /// Make it faster.
    #[sea_orm(string_value = "UPGRADE")]
    Upgrade,
    /// Make it slower.
    #[sea_orm(string_value = "DOWNGRADE")]
    Downgrade,
    /// Take it off the network.
    #[sea_orm(string_value = "DISCONNECT")]
    Disconnect,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RequestStatus {
    /// Nothing was done yet.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// It is being worked on.
    #[sea_orm(string_value = "IN_PROGRESS")]
    InProgress,
    /// The network does what was asked for.
    #[sea_orm(string_value = "COMPLETED")]
    Completed,
    /// It was given up, and undone.
    #[sea_orm(string_value = "FAILED")]
    Failed,
    /// It was not wanted any more.
    #[sea_orm(string_value = "CANCELLED")]
    Cancelled,
}

impl RequestStatus {
    /// Whether something is still to be done.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::InProgress)
    }
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization's requests, oldest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Id)
    }

    /// One of them.
    pub fn one_of(organization: OrganizationId, id: ProvisioningId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }

    /// Those that were to install a subscription of the customer, oldest first.
    pub fn installations_of(customer: CustomerId, subscription: SubscriptionId) -> Select<Self> {
        Self::find()
            .filter(Column::CustomerId.eq(customer))
            .filter(Column::SubscriptionId.eq(subscription))
            .filter(Column::Kind.eq(RequestType::NewInstall))
            .order_by_asc(Column::Id)
    }

    /// The one of the subscription that is still to be done; one at most.
    pub fn open_of(subscription: SubscriptionId) -> Select<Self> {
        Self::find()
            .filter(Column::SubscriptionId.eq(subscription))
            .filter(Column::Status.is_in([RequestStatus::Pending, RequestStatus::InProgress]))
    }
}

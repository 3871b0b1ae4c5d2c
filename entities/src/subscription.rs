//! Subscriptions of customers to plans. Their history is in the changes.

use crate::{
    customer::Metadata,
    ids::{CustomerId, OrganizationId, PlanId, SubscriptionId, VendorProvisionerId},
    plan::Provisioner,
};
use sea_orm::{FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A subscription, in its current form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "subscriptions")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SubscriptionId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The customer.
    pub customer_id: CustomerId,
    /// The plan.
    pub plan_id: PlanId,
    /// The status.
    pub status: SubscriptionStatus,
    /// The monthly price, in cents, before promotions and tax, at the time the plan was chosen.
    pub monthly_cents: i64,
    /// The activation price, in cents.
    pub activation_cents: i64,
    /// The provisioner.
    pub provisioner: Provisioner,
    /// The vendor's provisioner for orders, if a vendor provisions the subscription.
    pub vendor_provisioner_id: Option<VendorProvisionerId>,
    /// The vendor's ids.
    pub external_ids: Option<ExternalIds>,
    /// Whether a sandbox credential ordered it; the simulator then provisions it, whatever the plan's provisioner.
    pub sandbox: bool,
    /// The promotion that it was ordered with, in the kernel's format.
    pub promotion: Option<Json>,
    /// When its installation is requested automatically or, if it was already installed, when it starts. `None`: on
    /// request only.
    pub starts_at: Option<DateTimeUtc>,
    /// Whether the service was installed when it was ordered; it then starts without an installation.
    pub already_installed: bool,
    /// When it started, on completion of the installation; it is charged from then on.
    pub started_at: Option<DateTimeUtc>,
    /// When it ended.
    pub ended_at: Option<DateTimeUtc>,
    /// When it will be resumed, while it is suspended.
    pub resume_at: Option<DateTimeUtc>,
    /// The reason of the last suspension or resumption.
    pub reason: Option<String>,
    /// Custom metadata.
    pub metadata: Option<Metadata>,
    /// When it was ordered.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The vendor's ids of a subscription and related objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct ExternalIds {
    /// The id of the subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// The id of the organization that sells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The id of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The id of the organization's enrolment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enrollment: Option<String>,
}

/// The status of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubscriptionStatus {
    /// Delivered and charged.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// Ordered; not started.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// Neither delivered nor charged.
    #[sea_orm(string_value = "SUSPENDED")]
    Suspended,
    /// Ended permanently.
    #[sea_orm(string_value = "CANCELLED")]
    Cancelled,
    /// Delivered and charged, with an overdue invoice.
    #[sea_orm(string_value = "PAST_DUE")]
    PastDue,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All subscriptions of the organization, oldest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Id)
    }

    /// A subscription of the organization.
    pub fn one_of(organization: OrganizationId, id: SubscriptionId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }
}

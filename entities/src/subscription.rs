//! Subscriptions: who has which plan. How one came to be as it is, is in its changes.

use crate::{
    customer::Metadata,
    ids::{CustomerId, OrganizationId, PlanId, SubscriptionId, VendorProvisionerId},
    plan::Provisioner,
};
use sea_orm::{FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One subscription, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "subscriptions")]
pub struct Model {
    /// The subscription's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SubscriptionId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// Which plan.
    pub plan_id: PlanId,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// For a month, in cents, before promotions and tax: as it was when the plan was chosen.
    pub monthly_cents: i64,
    /// Once, in cents.
    pub activation_cents: i64,
    /// What makes it work in the network.
    pub provisioner: Provisioner,
    /// Whose orders those are, where another company does.
    pub vendor_provisioner_id: Option<VendorProvisionerId>,
    /// What that company calls it.
    pub external_ids: Option<ExternalIds>,
    /// Whether a sandbox credential ordered it: it is then the simulator that makes it work, whatever the plan says.
    pub sandbox: bool,
    /// The promotion that it was ordered with, in the kernel's words.
    pub promotion: Option<Json>,
    /// When its installation is requested automatically or, if it was already installed, when it begins. None: when somebody asks.
    pub starts_at: Option<DateTimeUtc>,
    /// Whether it worked when it was ordered: it then begins without an installation.
    pub already_installed: bool,
    /// When it began, and is charged from: the completion of its installation.
    pub started_at: Option<DateTimeUtc>,
    /// When it ended.
    pub ended_at: Option<DateTimeUtc>,
    /// When it is to be resumed, while it is suspended.
    pub resume_at: Option<DateTimeUtc>,
    /// Why it was last suspended or resumed.
    pub reason: Option<String>,
    /// The partner's own notes.
    pub metadata: Option<Metadata>,
    /// When it was ordered.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// What a vendor calls a subscription, and those who have to do with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct ExternalIds {
    /// The subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// The organization that sells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The organization's enrolment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enrollment: Option<String>,
}

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubscriptionStatus {
    /// Delivered, and charged.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// Ordered; it has not begun.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// Neither delivered nor charged.
    #[sea_orm(string_value = "SUSPENDED")]
    Suspended,
    /// Over, for good.
    #[sea_orm(string_value = "CANCELLED")]
    Cancelled,
    /// Delivered, and charged, though an invoice has not been paid in time.
    #[sea_orm(string_value = "PAST_DUE")]
    PastDue,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization's subscriptions, the oldest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Id)
    }

    /// One of them.
    pub fn one_of(organization: OrganizationId, id: SubscriptionId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }
}

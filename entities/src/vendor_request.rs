//! Requests to vendors to provision something for a customer, and their results.

use crate::ids::{
    JobId, OrganizationId, PlanId, ProvisioningId, SubscriptionId, VendorProvisionerId, VendorRequestId,
    VendorResultId,
};
use sea_orm::{FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A request.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "vendor_requests")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VendorRequestId,
    /// The vendor.
    pub organization_id: OrganizationId,
    /// The vendor's provisioner that it was assigned to.
    pub provisioner_id: VendorProvisionerId,
    /// Whether it is simulated: nothing waits for its result.
    pub sandbox: bool,
    /// The type.
    #[sea_orm(column_name = "type")]
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// The organization that ordered; for a simulated request, whatever the vendor chose.
    pub partner_id: Option<Uuid>,
    /// The subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// The quantity.
    pub quantity: Option<i64>,
    /// The other fields sent to the vendor.
    pub body: Body,
    /// The service once the request is fulfilled; `None`: no service, or, for a simulated request, no real one.
    pub service: Option<OrderedService>,
    /// The provisioning request that it belongs to.
    pub order_id: Option<ProvisioningId>,
    /// The job that is resumed when it is decided.
    #[serde(skip)]
    pub waiting_job: Option<JobId>,
    /// The state.
    pub state: RequestState,
    /// Why it failed; while it is open, why the latest attempt failed.
    pub reason: Option<String>,
    /// The result that decided it. For a request that failed otherwise: the vendor's last result, if that was a failure
    /// of the latest attempt.
    pub result_id: Option<VendorResultId>,
    /// When it was decided.
    pub decided_at: Option<DateTimeUtc>,
    /// The deadline for the vendor.
    pub deadline_at: DateTimeUtc,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// A service as the vendor should configure it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct OrderedService {
    /// The user name in the network.
    pub username: String,
    /// The plan.
    pub plan_id: PlanId,
    /// The code of the plan.
    pub plan_code: String,
    /// Download speed, in Mbit/s.
    pub download_mbps: i32,
    /// Upload speed, in Mbit/s.
    pub upload_mbps: i32,
    /// The IPv4 address.
    pub ipv4: Option<String>,
    /// The first address of the IPv6 network.
    pub ipv6: Option<String>,
    /// The ONT.
    pub ont_id: Option<String>,
    /// Whether the service is suspended.
    pub suspended: bool,
}

/// The type of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RequestType {
    /// A new service.
    NetNew,
    /// A change of the quantity or the term.
    Update,
    /// The end of a service.
    Deprovision,
    /// The start of a trial.
    TrialCreate,
    /// The conversion of a trial into a paid service.
    TrialConvert,
    /// A change to another product.
    ChangeProduct,
    /// The enrolment of a partner.
    PartnerEnrollment,
    /// The start of another term.
    Renewal,
}

/// The state of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// Not decided: the vendor may try again, even after failures.
    Open,
    /// Fulfilled by the vendor.
    Succeeded,
    /// Cancelled, or past its deadline.
    Failed,
}

/// The fields sent to the vendor that are not columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct Body {
    /// The partner's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner_name: Option<String>,
    /// The partner's domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner_domain: Option<String>,
    /// The partner's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner_address: Option<Address>,
    /// The partner's enrolment with the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner_enrollment_id: Option<Uuid>,
    /// The customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_id: Option<Uuid>,
    /// The customer's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// The customer's domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_domain: Option<String>,
    /// The customer's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_address: Option<Address>,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<Uuid>,
    /// The previous product, if the product changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_product_id: Option<Uuid>,
    /// The product's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// When the trial ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial_end_date: Option<DateTimeUtc>,
    /// Whether the trial is then converted into a paid service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial_auto_converts: Option<bool>,
    /// The deprecated field for the months of the commitment's term.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment_term_months: Option<i32>,
    /// The deprecated field for the end of the commitment's term.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment_term_end_date: Option<DateTimeUtc>,
    /// The customer's commitment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Commitment>,
    /// The billing term.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_term: Option<BillingTerm>,
}

/// An address, as sent to vendors; any part of it may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Number and street.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// Apartment, floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street2: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_or_province: Option<String>,
}

/// The commitment of a customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Commitment {
    /// The term.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<Term>,
    /// The volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<Volume>,
}

/// The term of a commitment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Term {
    /// Number of months.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub months: Option<i32>,
    /// The end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<DateTimeUtc>,
}

/// The volume of a commitment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Volume {
    /// Minimum amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_amount: Option<f64>,
    /// Maximum amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_amount: Option<f64>,
    /// The unit, as the vendor names it: `Users`, `USD`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_of_measure: Option<String>,
    /// Number of months.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub months: Option<i32>,
}

/// The billing term of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingTerm {
    /// Every two years.
    TwoYear,
    /// Every three years.
    ThreeYear,
    /// On activation.
    Activation,
    /// Every year.
    Annual,
    /// Every month.
    Monthly,
    /// Once.
    OneTime,
    /// Never: it is a trial.
    Trial,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The vendor's requests, live or sandbox.
    pub fn of(organization: OrganizationId, sandbox: bool) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).filter(Column::Sandbox.eq(sandbox))
    }

    /// The live requests ordered for a subscription, newest first.
    pub fn ordered_for(subscription: SubscriptionId) -> Select<Self> {
        Self::find()
            .filter(Column::SubscriptionId.eq(subscription))
            .filter(Column::Sandbox.eq(false))
            .order_by_desc(Column::Id)
    }
}

//! Requests to vendors: what is to be provisioned, for whom, and what became of it.

use crate::ids::{
    JobId, OrganizationId, PlanId, ProvisioningId, SubscriptionId, VendorProvisionerId, VendorRequestId,
    VendorResultId,
};
use sea_orm::{FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "vendor_requests")]
pub struct Model {
    /// The request's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VendorRequestId,
    /// The vendor.
    pub organization_id: OrganizationId,
    /// Which of the vendor's provisioners it was given to.
    pub provisioner_id: VendorProvisionerId,
    /// Whether it is simulated: nobody waits for it.
    pub sandbox: bool,
    /// What is to be done.
    #[sea_orm(column_name = "type")]
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// The organization that ordered; simulated, whatever the vendor says.
    pub partner_id: Option<Uuid>,
    /// Of which subscription it is.
    pub subscription_id: Option<SubscriptionId>,
    /// How many.
    pub quantity: Option<i64>,
    /// The rest of what the vendor is told.
    pub body: Body,
    /// The service that is to be there when it is fulfilled; none: no service, or, simulated, nothing real.
    pub service: Option<OrderedService>,
    /// The provisioning request that it is for.
    pub order_id: Option<ProvisioningId>,
    /// The job that goes on when it is decided.
    #[serde(skip)]
    pub waiting_job: Option<JobId>,
    /// What became of it.
    pub state: RequestState,
    /// Why it failed; while it is open, why the latest try did.
    pub reason: Option<String>,
    /// The result that decided it. Of one that was given up: the vendor's last word, if that was a failure of the latest
    /// attempt.
    pub result_id: Option<VendorResultId>,
    /// When it was decided.
    pub decided_at: Option<DateTimeUtc>,
    /// Until when the vendor is waited for.
    pub deadline_at: DateTimeUtc,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// A service as a vendor is to make it work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct OrderedService {
    /// By which name the network knows it.
    pub username: String,
    /// Which plan it is of.
    pub plan_id: PlanId,
    /// The plan's code.
    pub plan_code: String,
    /// To the customer, in Mbit/s.
    pub download_mbps: i32,
    /// From the customer, in Mbit/s.
    pub upload_mbps: i32,
    /// The address.
    pub ipv4: Option<String>,
    /// The first address of the network.
    pub ipv6: Option<String>,
    /// The box at the customer's.
    pub ont_id: Option<String>,
    /// Whether the customer is cut off for the time being.
    pub suspended: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RequestType {
    /// Begin something new.
    NetNew,
    /// Change the quantity or the term.
    Update,
    /// End it.
    Deprovision,
    /// Begin a trial.
    TrialCreate,
    /// Make a trial one that is paid for.
    TrialConvert,
    /// Change over to another product.
    ChangeProduct,
    /// Take up a partner.
    PartnerEnrollment,
    /// Begin another term.
    Renewal,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// Nothing yet: the vendor may try again, whatever has failed.
    Open,
    /// The vendor has done it.
    Succeeded,
    /// It was cancelled, or its deadline has passed.
    Failed,
}

/// What the vendor is told beside the columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct Body {
    /// The partner's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner_name: Option<String>,
    /// The partner's domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner_domain: Option<String>,
    /// Where the partner is.
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
    /// Where the customer is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_address: Option<Address>,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<Uuid>,
    /// The product before, where it is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_product_id: Option<Uuid>,
    /// The product's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// When the trial ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial_end_date: Option<DateTimeUtc>,
    /// Whether the trial then becomes one that is paid for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial_auto_converts: Option<bool>,
    /// As the months of the commitment's term, for those who read the old field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment_term_months: Option<i32>,
    /// As the end of the commitment's term, for those who read the old field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment_term_end_date: Option<DateTimeUtc>,
    /// What the customer is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Commitment>,
    /// How often it is billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_term: Option<BillingTerm>,
}

/// A place, as vendors are told of it; nothing of it is sure to be known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Number and street.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// Flat, floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street2: Option<String>,
    /// Town.
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

/// What a customer is bound to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Commitment {
    /// For how long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<Term>,
    /// To how much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<Volume>,
}

/// For how long a customer is bound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Term {
    /// In months.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub months: Option<i32>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<DateTimeUtc>,
}

/// To how much a customer is bound.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Volume {
    /// At least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_amount: Option<f64>,
    /// At most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_amount: Option<f64>,
    /// Of what, as the vendor says it: `Users`, `USD`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_of_measure: Option<String>,
    /// For how many months.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub months: Option<i32>,
}

/// How often something is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingTerm {
    /// Every two years.
    TwoYear,
    /// Every three years.
    ThreeYear,
    /// When it is activated.
    Activation,
    /// Every year.
    Annual,
    /// Every month.
    Monthly,
    /// Once.
    OneTime,
    /// Not at all.
    Trial,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The vendor's requests on one side.
    pub fn of(organization: OrganizationId, sandbox: bool) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).filter(Column::Sandbox.eq(sandbox))
    }

    /// What was ordered for a subscription in earnest, the newest first.
    pub fn ordered_for(subscription: SubscriptionId) -> Select<Self> {
        Self::find()
            .filter(Column::SubscriptionId.eq(subscription))
            .filter(Column::Sandbox.eq(false))
            .order_by_desc(Column::Id)
    }
}

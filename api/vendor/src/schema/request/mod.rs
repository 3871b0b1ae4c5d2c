//! Provision requests on the wire: as they are simulated, and as they are shown.

mod kept;

use super::Id;
use chrono::{DateTime, SecondsFormat, Utc};
use edge::types::{Moment, Optional, Text, text};
use entities::vendor_request as row;
use poem_openapi::{Enum, Object, types::Example};

/// The kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(remote = "row::RequestType")]
pub enum RequestType {
    /// A new subscription.
    NetNew,
    /// A change of the quantity or the term.
    Update,
    /// The end of the subscription.
    Deprovision,
    /// A new trial.
    TrialCreate,
    /// A trial becomes a paid subscription.
    TrialConvert,
    /// A change to another product.
    ChangeProduct,
    /// The enrolment of a partner.
    PartnerEnrollment,
    /// A further term.
    Renewal,
}

/// The billing term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(remote = "row::BillingTerm")]
pub enum BillingTerm {
    /// Every two years.
    #[oai(rename = "2 Year")]
    TwoYear,
    /// Every three years.
    #[oai(rename = "3 Year")]
    ThreeYear,
    /// When it is activated.
    Activation,
    /// Every year.
    Annual,
    /// Every month.
    Monthly,
    /// Once.
    #[oai(rename = "One-Time")]
    OneTime,
    /// Never.
    Trial,
}

/// What a volume can be measured in: things, and currencies.
const UNITS: &[&str] = &[
    "Agents",
    "Devices",
    "Endpoints",
    "Environments",
    "Levels",
    "Points",
    "Users",
    "AUD",
    "CAD",
    "CHF",
    "DKK",
    "EUR",
    "GBP",
    "IDR",
    "MYR",
    "NOK",
    "NZD",
    "PHP",
    "SEK",
    "SGD",
    "THB",
    "USD",
    "VND",
];

text!(
    /// What a volume is measured in.
    UnitOfMeasure, { enum_items: UNITS.iter().map(|&unit| unit.into()).collect() }, is_unit
);

fn is_unit(text: &str) -> bool {
    UNITS.contains(&text)
}

/// An address; any part may be unknown.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct Address {
    /// Number and street.
    pub street: Optional<Text>,
    /// Flat or floor.
    pub street2: Optional<Text>,
    /// Town.
    pub city: Optional<Text>,
    /// Postal code.
    pub postcode: Optional<Text>,
    /// Country.
    pub country: Optional<Text>,
    /// State or province.
    pub state_or_province: Optional<Text>,
}

/// The customer's commitment.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Commitment {
    /// The term.
    pub term: Optional<CommitmentTerm>,
    /// The volume.
    pub volume: Optional<VolumeCommitment>,
}

/// The term of a commitment.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct CommitmentTerm {
    /// The number of months.
    #[oai(validator(minimum(value = "1")))]
    pub months: Optional<i32>,
    /// When it ends.
    pub end_date: Optional<Moment>,
}

/// Details relating to volume commitments. When both minAmount AND maxAmount are specified, minAmount shall be less
/// than maxAmount.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none, example)]
pub struct VolumeCommitment {
    /// Minimum commitment amount (must be less than maxAmount)
    pub min_amount: Optional<f64>,
    /// Maximum commitment amount (must be greater than minAmount when present)
    pub max_amount: Optional<f64>,
    /// The unit of the volume.
    pub unit_of_measure: Optional<UnitOfMeasure>,
    /// The number of months.
    #[oai(validator(minimum(value = "1")))]
    pub months: Optional<i32>,
}

impl Example for VolumeCommitment {
    fn example() -> Self {
        Self {
            min_amount: Optional(Some(10.0)),
            max_amount: Optional(Some(250.0)),
            unit_of_measure: Optional(Some(UnitOfMeasure("Users".into()))),
            months: Optional(Some(12)),
        }
    }
}

/// What to provision, and for whom.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct ProvisionRequest {
    /// Its id.
    pub id: Optional<Id>,
    /// The ordering partner.
    pub partner_id: Optional<Id>,
    /// The partner's name.
    pub partner_name: Optional<Text>,
    /// The partner's domain.
    pub partner_domain: Optional<Text>,
    /// The partner's address.
    pub partner_address: Optional<Address>,
    /// The partner's enrolment with you.
    pub partner_enrollment_id: Optional<Id>,
    /// The partner's customer.
    pub company_id: Optional<Id>,
    /// The customer's name.
    pub company_name: Optional<Text>,
    /// The customer's domain.
    pub company_domain: Optional<Text>,
    /// The customer's address.
    pub company_address: Optional<Address>,
    /// The product.
    pub product_id: Optional<Id>,
    /// The previous product, for `ChangeProduct`.
    pub old_product_id: Optional<Id>,
    /// The product's name.
    pub product_name: Optional<Text>,
    /// The quantity.
    #[oai(validator(minimum(value = "0")))]
    pub quantity: Optional<i64>,
    /// The subscription: the same in all requests about it.
    pub subscription_id: Optional<Id>,
    /// The kind of request.
    #[oai(rename = "type")]
    pub kind: Optional<RequestType>,
    /// When it was created.
    pub created_date: Optional<Moment>,
    /// When the trial ends.
    pub trial_end_date: Optional<Moment>,
    /// Whether the trial then becomes a paid subscription.
    pub trial_auto_converts: Optional<bool>,
    /// Deprecated. Use commitment.term.months instead
    #[oai(validator(minimum(value = "1")))]
    pub commitment_term_months: Optional<i32>,
    /// Deprecated. Use commitment.term.endDate instead
    pub commitment_term_end_date: Optional<Moment>,
    /// The customer's commitment.
    pub commitment: Optional<Commitment>,
    /// The billing term.
    pub billing_term: Optional<BillingTerm>,
}

/// A time, if there is one.
pub(super) fn moment(at: DateTime<Utc>) -> Moment {
    Moment(at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

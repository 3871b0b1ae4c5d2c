//! Provision requests on the wire: as they are simulated, and as they are shown.

mod kept;

use super::Id;
use chrono::{DateTime, SecondsFormat, Utc};
use edge::types::{Maybe, Moment, Text, text};
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
    pub street: Maybe<Text>,
    /// Flat or floor.
    pub street2: Maybe<Text>,
    /// Town.
    pub city: Maybe<Text>,
    /// Postal code.
    pub postcode: Maybe<Text>,
    /// Country.
    pub country: Maybe<Text>,
    /// State or province.
    pub state_or_province: Maybe<Text>,
}

/// The customer's commitment.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Commitment {
    /// The term.
    pub term: Maybe<CommitmentTerm>,
    /// The volume.
    pub volume: Maybe<VolumeCommitment>,
}

/// The term of a commitment.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct CommitmentTerm {
    /// The number of months.
    #[oai(validator(minimum(value = "1")))]
    pub months: Maybe<i32>,
    /// When it ends.
    pub end_date: Maybe<Moment>,
}

/// Details relating to volume commitments. When both minAmount AND maxAmount are specified, minAmount shall be less
/// than maxAmount.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none, example)]
pub struct VolumeCommitment {
    /// Minimum commitment amount (must be less than maxAmount)
    pub min_amount: Maybe<f64>,
    /// Maximum commitment amount (must be greater than minAmount when present)
    pub max_amount: Maybe<f64>,
    /// The unit of the volume.
    pub unit_of_measure: Maybe<UnitOfMeasure>,
    /// The number of months.
    #[oai(validator(minimum(value = "1")))]
    pub months: Maybe<i32>,
}

impl Example for VolumeCommitment {
    fn example() -> Self {
        Self {
            min_amount: Maybe(Some(10.0)),
            max_amount: Maybe(Some(250.0)),
            unit_of_measure: Maybe(Some(UnitOfMeasure("Users".into()))),
            months: Maybe(Some(12)),
        }
    }
}

/// What to provision, and for whom.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct ProvisionRequest {
    /// Its id.
    pub id: Maybe<Id>,
    /// The ordering partner.
    pub partner_id: Maybe<Id>,
    /// The partner's name.
    pub partner_name: Maybe<Text>,
    /// The partner's domain.
    pub partner_domain: Maybe<Text>,
    /// The partner's address.
    pub partner_address: Maybe<Address>,
    /// The partner's enrolment with you.
    pub partner_enrollment_id: Maybe<Id>,
    /// The partner's customer.
    pub company_id: Maybe<Id>,
    /// The customer's name.
    pub company_name: Maybe<Text>,
    /// The customer's domain.
    pub company_domain: Maybe<Text>,
    /// The customer's address.
    pub company_address: Maybe<Address>,
    /// The product.
    pub product_id: Maybe<Id>,
    /// The previous product, for `ChangeProduct`.
    pub old_product_id: Maybe<Id>,
    /// The product's name.
    pub product_name: Maybe<Text>,
    /// The quantity.
    #[oai(validator(minimum(value = "0")))]
    pub quantity: Maybe<i64>,
    /// The subscription: the same in all requests about it.
    pub subscription_id: Maybe<Id>,
    /// The kind of request.
    #[oai(rename = "type")]
    pub kind: Maybe<RequestType>,
    /// When it was created.
    pub created_date: Maybe<Moment>,
    /// When the trial ends.
    pub trial_end_date: Maybe<Moment>,
    /// Whether the trial then becomes a paid subscription.
    pub trial_auto_converts: Maybe<bool>,
    /// Deprecated. Use commitment.term.months instead
    #[oai(validator(minimum(value = "1")))]
    pub commitment_term_months: Maybe<i32>,
    /// Deprecated. Use commitment.term.endDate instead
    pub commitment_term_end_date: Maybe<Moment>,
    /// The customer's commitment.
    pub commitment: Maybe<Commitment>,
    /// The billing term.
    pub billing_term: Maybe<BillingTerm>,
}

/// A time, if there is one.
pub(super) fn moment(at: DateTime<Utc>) -> Moment {
    Moment(at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

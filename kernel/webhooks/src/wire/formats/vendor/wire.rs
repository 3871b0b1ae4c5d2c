//! The fields of a request besides its ids, in the contract's words.

use crate::wire::time;
use entities::vendor_request as domain;
use serde::Serialize;
use uuid::Uuid;

/// The type of a request.
pub(super) const fn request_type(kind: domain::RequestType) -> &'static str {
    use domain::RequestType as Kind;
    match kind {
        Kind::NetNew => "NetNew",
        Kind::Update => "Update",
        Kind::Deprovision => "Deprovision",
        Kind::TrialCreate => "TrialCreate",
        Kind::TrialConvert => "TrialConvert",
        Kind::ChangeProduct => "ChangeProduct",
        Kind::PartnerEnrollment => "PartnerEnrollment",
        Kind::Renewal => "Renewal",
    }
}

const fn billing_term(term: domain::BillingTerm) -> &'static str {
    use domain::BillingTerm as Term;
    match term {
        Term::TwoYear => "2 Year",
        Term::ThreeYear => "3 Year",
        Term::Activation => "Activation",
        Term::Annual => "Annual",
        Term::Monthly => "Monthly",
        Term::OneTime => "One-Time",
        Term::Trial => "Trial",
    }
}

/// Partner, customer, product and term; unknown values are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_domain: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_address: Option<Address<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_enrollment_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_domain: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_address: Option<Address<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_product_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_end_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_auto_converts: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commitment_term_months: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commitment_term_end_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commitment: Option<Commitment<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_term: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Address<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    street: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    street2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postcode: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_or_province: Option<&'a str>,
}

#[derive(Serialize)]
struct Commitment<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    term: Option<Term>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume: Option<Volume<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Term {
    #[serde(skip_serializing_if = "Option::is_none")]
    months: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Volume<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    min_amount: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_amount: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_of_measure: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    months: Option<i32>,
}

impl<'a> From<&'a domain::Body> for Body<'a> {
    fn from(body: &'a domain::Body) -> Self {
        Self {
            partner_name: body.partner_name.as_deref(),
            partner_domain: body.partner_domain.as_deref(),
            partner_address: body.partner_address.as_ref().map(Into::into),
            partner_enrollment_id: body.partner_enrollment_id,
            company_id: body.company_id,
            company_name: body.company_name.as_deref(),
            company_domain: body.company_domain.as_deref(),
            company_address: body.company_address.as_ref().map(Into::into),
            product_id: body.product_id,
            old_product_id: body.old_product_id,
            product_name: body.product_name.as_deref(),
            trial_end_date: body.trial_end_date.map(time),
            trial_auto_converts: body.trial_auto_converts,
            commitment_term_months: body.commitment_term_months,
            commitment_term_end_date: body.commitment_term_end_date.map(time),
            commitment: body.commitment.as_ref().map(Into::into),
            billing_term: body.billing_term.map(billing_term),
        }
    }
}

impl<'a> From<&'a domain::Address> for Address<'a> {
    fn from(place: &'a domain::Address) -> Self {
        Self {
            street: place.street.as_deref(),
            street2: place.street2.as_deref(),
            city: place.city.as_deref(),
            postcode: place.postcode.as_deref(),
            country: place.country.as_deref(),
            state_or_province: place.state_or_province.as_deref(),
        }
    }
}

impl<'a> From<&'a domain::Commitment> for Commitment<'a> {
    fn from(commitment: &'a domain::Commitment) -> Self {
        let term = |term: &domain::Term| Term { months: term.months, end_date: term.end_date.map(time) };
        Self {
            term: commitment.term.as_ref().map(term),
            volume: commitment.volume.as_ref().map(|volume| Volume {
                min_amount: volume.min_amount,
                max_amount: volume.max_amount,
                unit_of_measure: volume.unit_of_measure.as_deref(),
                months: volume.months,
            }),
        }
    }
}

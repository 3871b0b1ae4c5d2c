//! Provision requests from and to the form in which they are kept.

use super::{Address, Commitment, CommitmentTerm, ProvisionRequest, VolumeCommitment, moment};
use edge::types::Optional;
use entities::vendor_request as row;

impl From<row::Model> for ProvisionRequest {
    fn from(request: row::Model) -> Self {
        let body = request.body;
        Self {
            id: Optional(Some(request.id.0.into())),
            partner_id: shown(request.partner_id),
            partner_name: shown(body.partner_name),
            partner_domain: shown(body.partner_domain),
            partner_address: shown(body.partner_address),
            partner_enrollment_id: shown(body.partner_enrollment_id),
            company_id: shown(body.company_id),
            company_name: shown(body.company_name),
            company_domain: shown(body.company_domain),
            company_address: shown(body.company_address),
            product_id: shown(body.product_id),
            old_product_id: shown(body.old_product_id),
            product_name: shown(body.product_name),
            quantity: shown(request.quantity),
            subscription_id: shown(request.subscription_id.map(|id| id.0)),
            kind: Optional(Some(request.kind.into())),
            created_date: Optional(Some(moment(request.created_at))),
            trial_end_date: Optional(body.trial_end_date.map(moment)),
            trial_auto_converts: shown(body.trial_auto_converts),
            commitment_term_months: shown(body.commitment_term_months),
            commitment_term_end_date: Optional(body.commitment_term_end_date.map(moment)),
            commitment: shown(body.commitment),
            billing_term: shown(body.billing_term),
        }
    }
}

fn shown<T, U: From<T>>(value: Option<T>) -> Optional<U> {
    Optional(value.map(U::from))
}

impl ProvisionRequest {
    /// What the vendor is told beside the columns.
    pub fn body(self) -> row::Body {
        row::Body {
            partner_name: self.partner_name.into(),
            partner_domain: self.partner_domain.into(),
            partner_address: self.partner_address.into(),
            partner_enrollment_id: self.partner_enrollment_id.into(),
            company_id: self.company_id.into(),
            company_name: self.company_name.into(),
            company_domain: self.company_domain.into(),
            company_address: self.company_address.into(),
            product_id: self.product_id.into(),
            old_product_id: self.old_product_id.into(),
            product_name: self.product_name.into(),
            trial_end_date: self.trial_end_date.into(),
            trial_auto_converts: self.trial_auto_converts.0,
            commitment_term_months: self.commitment_term_months.0,
            commitment_term_end_date: self.commitment_term_end_date.into(),
            commitment: self.commitment.into(),
            billing_term: self.billing_term.into(),
        }
    }
}

impl From<row::Address> for Address {
    fn from(place: row::Address) -> Self {
        Self {
            street: shown(place.street),
            street2: shown(place.street2),
            city: shown(place.city),
            postcode: shown(place.postcode),
            country: shown(place.country),
            state_or_province: shown(place.state_or_province),
        }
    }
}

impl From<Address> for row::Address {
    fn from(place: Address) -> Self {
        Self {
            street: place.street.into(),
            street2: place.street2.into(),
            city: place.city.into(),
            postcode: place.postcode.into(),
            country: place.country.into(),
            state_or_province: place.state_or_province.into(),
        }
    }
}

impl From<row::Commitment> for Commitment {
    fn from(commitment: row::Commitment) -> Self {
        let term = commitment.term.map(|term| CommitmentTerm {
            months: shown(term.months),
            end_date: Optional(term.end_date.map(moment)),
        });
        let volume = commitment.volume.map(|volume| VolumeCommitment {
            min_amount: shown(volume.min_amount),
            max_amount: shown(volume.max_amount),
            unit_of_measure: shown(volume.unit_of_measure),
            months: shown(volume.months),
        });
        Self { term: Optional(term), volume: Optional(volume) }
    }
}

impl From<Commitment> for row::Commitment {
    fn from(commitment: Commitment) -> Self {
        let term =
            commitment.term.0.map(|term| row::Term { months: term.months.0, end_date: term.end_date.into() });
        let volume = commitment.volume.0.map(|volume| row::Volume {
            min_amount: volume.min_amount.0,
            max_amount: volume.max_amount.0,
            unit_of_measure: volume.unit_of_measure.into(),
            months: volume.months.0,
        });
        Self { term, volume }
    }
}

//! Details and attempts on the wire, and simulated orders, which have all three.

use super::{Id, ProvisionRequest, request::moment};
use crate::{
    schema::wire,
    types::{Free, Maybe, Moment, Text},
};
use entities::{vendor_attempt, vendor_detail};
use kernel::domain::vendors::{Attempt, Made, Simulated, Standing, Status};
use poem_openapi::Object;

/// A version of the answers to the product's questions.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct ProvisionDetail {
    /// Its id; made here, whatever is given.
    pub id: Maybe<Id>,
    /// The request; that of the path, whatever is given.
    pub provision_request_id: Maybe<Id>,
    /// The answers, by the names of the questions.
    pub details: Maybe<Free>,
    /// When it was made; here, whatever is given.
    pub created_date: Maybe<Moment>,
}

wire!(ProvisionDetail);

impl From<vendor_detail::Model> for ProvisionDetail {
    fn from(row: vendor_detail::Model) -> Self {
        Self {
            id: Maybe(Some(row.id.0.into())),
            provision_request_id: Maybe(Some(row.request_id.0.into())),
            details: Maybe(Some(Free(row.details))),
            created_date: Maybe(Some(moment(row.created_at))),
        }
    }
}

/// A notification of your webhook.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct ProvisionAttempt {
    /// Its id.
    pub id: Maybe<Id>,
    /// The version of the answers that it is made with.
    pub provision_detail_id: Maybe<Id>,
    /// The webhook that it was given to.
    pub webhook_id: Maybe<Id>,
    /// How it has been going: `Pending`, `Retrying` (your webhook has not taken it; it is sent again), `Delivered`,
    /// `Failed` (it has not, and it is not sent again), or `Unknown` when that is not kept any more.
    pub status: Maybe<Text>,
    /// What is wrong.
    pub error_detail: Maybe<Text>,
    /// When it was made.
    pub created_date: Maybe<Moment>,
}

impl From<Attempt> for ProvisionAttempt {
    fn from(Attempt { record, standing }: Attempt) -> Self {
        let vendor_attempt::Model { id, detail_id, endpoint_id, created_at, .. } = record;
        let Standing { status, detail } = standing;
        Self {
            id: Maybe(Some(id.0.into())),
            provision_detail_id: Maybe(Some(detail_id.0.into())),
            webhook_id: Maybe(endpoint_id.map(|id| id.0.into())),
            status: Maybe(Some(Text(word(status).into()))),
            error_detail: Maybe(detail.map(Text)),
            created_date: Maybe(Some(moment(created_at))),
        }
    }
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Pending => "Pending",
        Status::Retrying => "Retrying",
        Status::Delivered => "Delivered",
        Status::Failed => "Failed",
        Status::Unknown => "Unknown",
    }
}

/// A simulated order, and what a webhook is told of any order. What is not given gets a sample value; of the attempt
/// nothing can be given.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ProvisionTestingOrderEvent {
    /// What is to be provisioned, and for whom.
    #[oai(rename = "provisionRequest")]
    pub request: Maybe<ProvisionRequest>,
    /// The answers to the product's questions.
    #[oai(rename = "provisionDetail")]
    pub detail: Maybe<ProvisionDetail>,
    /// The notification.
    #[oai(rename = "provisionAttempt")]
    pub attempt: Maybe<ProvisionAttempt>,
}

wire!(ProvisionTestingOrderEvent);

impl ProvisionTestingOrderEvent {
    /// What is to be simulated.
    pub fn simulated(self) -> Simulated {
        let details = self.detail.0.and_then(|detail| detail.details.0).map(|details| details.0);
        let Some(request) = self.request.0 else {
            return Simulated { details, ..Simulated::default() };
        };
        Simulated {
            kind: request.kind.0.map(Into::into),
            partner: request.partner_id.0.clone().map(Into::into),
            subscription: request.subscription_id.0.clone().map(Into::into),
            quantity: request.quantity.0,
            body: request.body(),
            details,
        }
    }
}

impl From<Made> for ProvisionTestingOrderEvent {
    fn from(Made { request, detail, attempt }: Made) -> Self {
        Self {
            request: Maybe(Some(request.into())),
            detail: Maybe(Some(detail.into())),
            attempt: Maybe(Some(attempt.into())),
        }
    }
}

//! Details and attempts on the wire, and simulated orders, which have all three.

use super::{Id, ProvisionRequest, request::moment};
use edge::{
    schema::wire,
    types::{Free, Maybe, Moment, Text},
};
use entities::{vendor_attempt, vendor_detail};
use isp::vendors::{Attempt, Given, GivenOrder, Made, Simulated, Standing, Status};
use poem_openapi::Object;

/// A version of the answers to the product's questions. When you correct details, only `details` is read.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct ProvisionDetail {
    /// Its id.
    pub id: Maybe<Id>,
    /// The request; a given value is ignored.
    pub provision_request_id: Maybe<Id>,
    /// The answers, by the names of the questions.
    pub details: Maybe<Free>,
    /// When it was created.
    pub created_date: Maybe<Moment>,
}

wire!(ProvisionDetail, refuses unknown later true);

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

/// One notification of a request to your webhook.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct ProvisionAttempt {
    /// Its id.
    pub id: Maybe<Id>,
    /// The version of the details that it was created with.
    pub provision_detail_id: Maybe<Id>,
    /// The webhook that it was sent to; absent while it waits for one.
    pub webhook_id: Maybe<Id>,
    /// `Issued` (being delivered), `Acknowledged` (your webhook answered 2xx) or `Failed` (it did not, and the notification
    /// is not sent again). `Acknowledged` is final.
    pub status: Maybe<Text>,
    /// Why it has not been delivered, unless it is `Acknowledged`.
    pub error_detail: Maybe<Text>,
    /// When it was created.
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

/// The publisher's words (<https://devx.pax8.com/docs/provision-attempt>).
const fn word(status: Status) -> &'static str {
    match status {
        Status::Pending | Status::Retrying | Status::Unknown => "Issued",
        Status::Delivered => "Acknowledged",
        Status::Failed => "Failed",
    }
}

/// A simulated order, and the notification that a webhook receives for any order. Ids and dates that you give are kept;
/// other values that you omit are filled with samples. `webhookId`, `status` and `errorDetail` of the attempt are set by
/// the platform.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ProvisionTestingOrderEvent {
    /// What to provision, and for whom.
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
        let attempt = self.attempt.0.map(|attempt| given(attempt.id, attempt.created_date));
        let detail = self.detail.0.map(|detail| (given(detail.id, detail.created_date), detail.details.0));
        let (detail, details) = detail.unwrap_or_default();
        let details = details.map(|details| details.0);
        let ids = GivenOrder { request: Given::default(), detail, attempt: attempt.unwrap_or_default() };
        let Some(mut request) = self.request.0 else {
            return Simulated { details, given: ids, ..Simulated::default() };
        };
        let (id, created) = (Maybe(request.id.0.take()), Maybe(request.created_date.0.take()));
        Simulated {
            kind: request.kind.0.map(Into::into),
            partner: request.partner_id.0.clone().map(Into::into),
            subscription: request.subscription_id.0.clone().map(Into::into),
            quantity: request.quantity.0,
            body: request.body(),
            details,
            given: GivenOrder { request: given(id, created), ..ids },
        }
    }
}

fn given(id: Maybe<Id>, created_at: Maybe<Moment>) -> Given {
    Given { id: id.into(), created_at: created_at.into() }
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

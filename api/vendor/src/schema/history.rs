//! Details and attempts on the wire, and simulated orders, which have all three.

use super::{Id, ProvisionRequest, request::moment};
use edge::{
    schema::wire,
    types::{Free, Moment, Optional, Text},
};
use entities::{RawJson, vendor_attempt, vendor_detail};
use isp::vendors::{Attempt, DeliveryStatus, Given, GivenOrder, Made, Simulated, Status};
use poem_openapi::Object;
use webhooks::wire;

/// A version of the answers to the product's questions. When you correct details, only `details` is read.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct ProvisionDetail {
    /// Its id.
    pub id: Optional<Id>,
    /// The request; a given value is ignored.
    pub provision_request_id: Optional<Id>,
    /// The answers, by the names of the questions.
    pub details: Optional<Free>,
    /// When it was created.
    pub created_date: Optional<Moment>,
}

wire!(ProvisionDetail, refuses unknown later true);

impl From<vendor_detail::Model> for ProvisionDetail {
    fn from(row: vendor_detail::Model) -> Self {
        Self {
            id: Optional(Some(row.id.0.into())),
            provision_request_id: Optional(Some(row.request_id.0.into())),
            details: Optional(Some(Free(in_words(&row.details)))),
            created_date: Optional(Some(moment(row.created_at))),
        }
    }
}

/// The details in the contract's words. What was stored can be read.
fn in_words(stored: &RawJson) -> RawJson {
    wire::vendor::details(stored).unwrap_or_else(|error| {
        tracing::error!(%error, "details of an order cannot be read");
        RawJson::default()
    })
}

/// One notification of a request to your webhook.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct ProvisionAttempt {
    /// Its id.
    pub id: Optional<Id>,
    /// The version of the details that it was created with.
    pub provision_detail_id: Optional<Id>,
    /// The webhook that it was sent to; absent while it waits for one.
    pub webhook_id: Optional<Id>,
    /// `Issued` (being delivered), `Acknowledged` (your webhook answered 2xx) or `Failed` (it did not, and the notification
    /// is not sent again). `Acknowledged` is final.
    pub status: Optional<Text>,
    /// Why it has not been delivered, unless it is `Acknowledged`.
    pub error_detail: Optional<Text>,
    /// When it was created.
    pub created_date: Optional<Moment>,
}

impl From<Attempt> for ProvisionAttempt {
    fn from(Attempt { record, delivery_status }: Attempt) -> Self {
        let vendor_attempt::Model { id, detail_id, endpoint_id, created_at, .. } = record;
        let DeliveryStatus { status, detail } = delivery_status;
        Self {
            id: Optional(Some(id.0.into())),
            provision_detail_id: Optional(Some(detail_id.0.into())),
            webhook_id: Optional(endpoint_id.map(|id| id.0.into())),
            status: Optional(Some(Text(word(status).into()))),
            error_detail: Optional(detail.map(Text)),
            created_date: Optional(Some(moment(created_at))),
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
    pub request: Optional<ProvisionRequest>,
    /// The answers to the product's questions.
    #[oai(rename = "provisionDetail")]
    pub detail: Optional<ProvisionDetail>,
    /// The notification.
    #[oai(rename = "provisionAttempt")]
    pub attempt: Optional<ProvisionAttempt>,
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
        let (id, created) = (Optional(request.id.0.take()), Optional(request.created_date.0.take()));
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

fn given(id: Optional<Id>, created_at: Optional<Moment>) -> Given {
    Given { id: id.into(), created_at: created_at.into() }
}

impl From<Made> for ProvisionTestingOrderEvent {
    fn from(Made { request, detail, attempt }: Made) -> Self {
        Self {
            request: Optional(Some(request.into())),
            detail: Optional(Some(detail.into())),
            attempt: Optional(Some(attempt.into())),
        }
    }
}

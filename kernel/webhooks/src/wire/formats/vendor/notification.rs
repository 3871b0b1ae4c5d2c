//! The payload of notifications: the contract's `ProvisionTestingOrderEvent`, preceded by whether it is simulated
//! (<https://devx.pax8.com/docs/provision-notification>).

use super::{
    details,
    wire::{Body, request_type},
};
use crate::wire::time;
use entities::RawJson;
use kernel::events::payloads::VendorNotification;
use serde::Serialize;
use uuid::Uuid;

#[derive(Serialize)]
struct Notification<'a> {
    #[serde(rename = "isSimulation")]
    is_simulation: bool,
    #[serde(rename = "provisionRequest")]
    request: Request<'a>,
    #[serde(rename = "provisionDetail")]
    detail: Detail,
    #[serde(rename = "provisionAttempt")]
    attempt: Attempt,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    id: Uuid,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<i64>,
    #[serde(flatten)]
    body: Body<'a>,
    created_date: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    id: Uuid,
    provision_request_id: Uuid,
    details: RawJson,
    created_date: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attempt {
    id: Uuid,
    provision_detail_id: Uuid,
    webhook_id: Uuid,
    status: &'static str,
    created_date: String,
}

/// The body of an attempt's event.
pub(super) fn body(told: &VendorNotification) -> serde_json::Result<Vec<u8>> {
    let VendorNotification { request, detail, attempt, .. } = told;
    serde_json::to_vec(&Notification {
        is_simulation: told.sandbox,
        request: Request {
            id: request.id.0,
            r#type: request_type(request.kind),
            partner_id: request.partner_id,
            subscription_id: request.subscription_id.map(|id| id.0),
            quantity: request.quantity,
            body: (&request.body).into(),
            created_date: time(request.created_at),
        },
        detail: Detail {
            id: detail.id.0,
            provision_request_id: request.id.0,
            details: details(&detail.details)?,
            created_date: time(detail.created_at),
        },
        attempt: Attempt {
            id: attempt.id.0,
            provision_detail_id: detail.id.0,
            webhook_id: told.endpoint_id.0,
            status: "Issued",
            created_date: time(attempt.created_at),
        },
    })
}

//! Deliveries to a webhook: the log of attempts, sending again, comparing.

use super::{
    PREFIX, Tag,
    schema::{
        DeliveryListResponse, DeliveryRetryResponse, DeliveryStatus, ReconciliationResponse, ReplayWebhook,
        Replayed, ReplayedResponse, RetriedDelivery, WebhookDelivery,
    },
    webhooks::{CONTRACT, parse},
};
use crate::{
    contracts::partner::{Caller, schema::PaginationResponse},
    edge::{JsonBody, RawJsonPayload, Result},
    state::App,
    types::{Moment, PageSize, Success, whole_number},
};
use entities::endpoint;
use kernel::{Error, domain::webhooks, error::Fault};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use std::sync::Arc;

/// The resource.
pub struct WebhookDeliveries;

/// The answer to a retry.
#[derive(ApiResponse)]
enum Retried {
    /// Delivery retry accepted
    #[oai(status = 202)]
    Accepted(Json<DeliveryRetryResponse>),
}

/// The answer to a replay.
#[derive(ApiResponse)]
enum ReplayAccepted {
    /// Replay accepted
    #[oai(status = 202)]
    Accepted(Json<ReplayedResponse>),
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Webhooks")]
impl WebhookDeliveries {
    /// List webhook delivery attempts
    ///
    /// List all delivery attempts for a specific webhook, with optional status filtering and pagination. Only
    /// returns deliveries for webhooks owned by the authenticated partner.
    #[oai(path = "/webhooks/:id/deliveries", method = "get", operation_id = "listWebhookDeliveries")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Webhook ID
        id: Path<String>,
        /// Filter by delivery status
        status: Query<Option<DeliveryStatus>>,
        /// Page number (1-based)
        #[oai(example = "first")]
        page: Query<Option<String>>,
        /// Results per page (default 20); values above 100 are treated as 100
        #[oai(example = "usual")]
        limit: Query<Option<String>>,
    ) -> Result<RawJsonPayload<DeliveryListResponse>> {
        let endpoint = endpoint(&app, &caller, &id).await?;
        let state = status.0.map(Into::into);
        let page = page.as_deref().map_or(Ok(1), page_number)?;
        let limit = limit.as_deref().map_or(Ok(20), page_size)?;
        let found = webhooks::attempts(&app.kernel, &endpoint, state, page, limit).await?;
        let entries = found.items.into_iter();
        Ok(RawJsonPayload(DeliveryListResponse {
            success: Success,
            data: entries.map(|entry| WebhookDelivery::new(&endpoint, entry)).collect(),
            pagination: PaginationResponse::new(page, limit, found.total),
        }))
    }

    /// Retry a webhook delivery
    ///
    /// Replay a previous delivery attempt. Creates a new delivery log entry with an incremented attempt number and
    /// sends it now, in place of any scheduled attempt. Returns 409 if the webhook is paused or disabled: resume it
    /// first. Only allowed for webhooks owned by the authenticated partner.
    #[oai(
        path = "/webhooks/:id/deliveries/:deliveryId/retry",
        method = "post",
        operation_id = "retryWebhookDelivery"
    )]
    async fn retry(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Webhook ID
        id: Path<String>,
        /// Delivery log ID to retry
        #[oai(name = "deliveryId")]
        delivery: Path<String>,
    ) -> Result<Retried> {
        let endpoint = endpoint(&app, &caller, &id).await?;
        let delivery = delivery.parse().map_err(|_| Error::NotFound("Delivery"))?;
        let new = webhooks::retry(caller.work()?, &endpoint, delivery).await?;
        Ok(Retried::Accepted(Json(DeliveryRetryResponse {
            success: Success,
            data: RetriedDelivery { delivery_id: new.to_string() },
            message: "Delivery retry accepted".into(),
        })))
    }

    /// Replay deliveries
    ///
    /// Send events again: those that failed permanently, all of them or since a given time, or all events from a
    /// sequence number on, delivered or not. Pending deliveries are not duplicated. Returns 409 if the webhook is
    /// paused or disabled: resume it first.
    #[oai(path = "/webhooks/:id/replay", method = "post", operation_id = "replayWebhook")]
    async fn replay(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Webhook ID
        id: Path<String>,
        body: JsonBody<ReplayWebhook>,
    ) -> Result<ReplayAccepted> {
        let endpoint = endpoint(&app, &caller, &id).await?;
        let (work, ReplayWebhook { failed_since, from_sequence }) = (caller.work()?, body.0);
        let chosen = webhooks::Chosen { failed_since: failed_since.into(), from_sequence: from_sequence.0 };
        let deliveries = webhooks::replay(work, &endpoint, chosen).await?;
        let data = Replayed { deliveries };
        Ok(ReplayAccepted::Accepted(Json(ReplayedResponse { success: Success, data })))
    }

    /// Reconcile deliveries
    ///
    /// Get count and digest of the events addressed to the webhook in a time range, to compare with what was received
    #[oai(path = "/webhooks/:id/reconcile", method = "get", operation_id = "reconcileWebhook")]
    async fn reconcile(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Webhook ID
        id: Path<String>,
        /// Start of the range, by event time (inclusive)
        since: Query<Moment>,
        /// End of the range (exclusive; default: now)
        until: Query<Option<Moment>>,
    ) -> Result<Json<ReconciliationResponse>> {
        let endpoint = endpoint(&app, &caller, &id).await?;
        let since = since.0.into();
        // The caller's clock may be ahead.
        let until = until.0.map_or_else(|| app.kernel.clock.now().max(since), Into::into);
        let digest = webhooks::reconcile(&app.kernel, &endpoint, since, until).await?;
        Ok(Json(ReconciliationResponse { success: Success, data: digest.into() }))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "an example is of the type of its parameter")]
fn first() -> Option<String> {
    Some("1".into())
}

#[expect(clippy::unnecessary_wraps, reason = "an example is of the type of its parameter")]
fn usual() -> Option<String> {
    Some("20".into())
}

/// The contract has the numbers of a page as text here.
fn page_number(text: &str) -> Result<u64> {
    const LAST: u64 = 1_000_000_000_000;
    let number = whole_number(text).and_then(|number| number.try_into().ok());
    let fault = || Fault::at("page", format!("must be a whole number from 1 to {LAST}"));
    Ok(number.filter(|number| (1..=LAST).contains(number)).ok_or_else(|| Error::invalid(fault()))?)
}

fn page_size(text: &str) -> Result<u64> {
    let fault = || Error::invalid(Fault::at("limit", "must be a whole number"));
    Ok(PageSize::<100>::read(text).ok_or_else(fault)?.0)
}

async fn endpoint(app: &App, caller: &Caller, id: &str) -> Result<endpoint::Model> {
    Ok(webhooks::named(&app.kernel, caller.organization(), CONTRACT, parse(id)?).await?)
}

//! Deliveries to a webhook: the log of attempts, sending again, comparing.

use super::{
    PREFIX, Tag,
    schema::{
        DeliveryListResponse, DeliveryRetryResponse, DeliveryStatus, PageQuery, Path, ReconciliationResponse,
        ReplayWebhook, Replayed, ReplayedResponse, RetriedDelivery, WebhookDelivery,
    },
    webhooks::CONTRACT,
};
use crate::Caller;
use edge::{
    Accepted, JsonBody, RawJsonPayload, Result,
    types::{Moment, PageSize, Success, whole_number},
};
use entities::{
    endpoint,
    ids::{DeliveryId, EndpointId},
};
use platform::{Error, error::Fault, paging::Page};
use poem_openapi::{OpenApi, param::Query, payload::Json};

/// The resource.
pub struct WebhookDeliveries;

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
        /// Webhook ID
        id: Path<EndpointId>,
        /// Filter by delivery status
        status: Query<Option<DeliveryStatus>>,
        /// Page number (1-based)
        #[oai(example = "first")]
        page: Query<Option<String>>,
        /// Results per page (default 20); values above 100 are treated as 100
        #[oai(example = "usual")]
        limit: Query<Option<String>>,
    ) -> Result<RawJsonPayload<DeliveryListResponse>> {
        let endpoint = endpoint(&caller, *id).await?;
        let state = status.0.map(Into::into);
        let page = PageQuery {
            page: page.as_deref().map_or(Ok(1), page_number)?,
            limit: limit.as_deref().map_or(Ok(20), page_size)?,
        };
        let found = webhooks::attempts(caller.kernel(), &endpoint, state, page.page, page.limit).await?;
        let items = found.items.into_iter().map(|entry| WebhookDelivery::new(&endpoint, entry)).collect();
        let found = Page { items, total: found.total };
        Ok(RawJsonPayload(DeliveryListResponse::of(&page, found)))
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
        /// Webhook ID
        id: Path<EndpointId>,
        /// Delivery log ID to retry
        #[oai(name = "deliveryId")]
        delivery: Path<DeliveryId>,
    ) -> Result<Accepted<DeliveryRetryResponse>> {
        let endpoint = endpoint(&caller, *id).await?;
        let new = webhooks::retry(caller.work()?, &endpoint, *delivery).await?;
        Ok(Accepted(DeliveryRetryResponse {
            success: Success,
            data: RetriedDelivery { delivery_id: new.to_string() },
            message: "Delivery retry accepted".into(),
        }))
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
        /// Webhook ID
        id: Path<EndpointId>,
        body: JsonBody<ReplayWebhook>,
    ) -> Result<Accepted<ReplayedResponse>> {
        let endpoint = endpoint(&caller, *id).await?;
        let (work, ReplayWebhook { failed_since, from_sequence }) = (caller.work()?, body.0);
        let chosen =
            webhooks::ReplaySelection { failed_since: failed_since.into(), from_sequence: from_sequence.0 };
        let deliveries = webhooks::replay(work, &endpoint, chosen).await?;
        Ok(Accepted(ReplayedResponse::of(Replayed { deliveries })))
    }

    /// Reconcile deliveries
    ///
    /// Get count and digest of the events addressed to the webhook in a time range, to compare with what was received
    #[oai(path = "/webhooks/:id/reconcile", method = "get", operation_id = "reconcileWebhook")]
    async fn reconcile(
        &self,
        caller: Caller,
        /// Webhook ID
        id: Path<EndpointId>,
        /// Start of the range, by event time (inclusive)
        since: Query<Moment>,
        /// End of the range (exclusive; default: now)
        until: Query<Option<Moment>>,
    ) -> Result<Json<ReconciliationResponse>> {
        let endpoint = endpoint(&caller, *id).await?;
        let since = since.0.into();
        // The caller's clock may be ahead.
        let until = until.0.map_or_else(|| caller.kernel().clock.now().max(since), Into::into);
        let digest = webhooks::reconcile(caller.kernel(), &endpoint, since, until).await?;
        Ok(Json(ReconciliationResponse::of(digest)))
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

async fn endpoint(caller: &Caller, id: EndpointId) -> Result<endpoint::Model> {
    Ok(webhooks::named(caller.kernel(), caller.organization(), CONTRACT, id).await?)
}

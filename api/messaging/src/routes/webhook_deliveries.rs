//! Webhook deliveries: list, read, send again.

use super::{
    PREFIX, Tag,
    schema::{
        BulkReplay, BulkReplayResponse, ListWebhookDeliveriesResponse, PageQuery, Path,
        ReplayWebhookDeliveryResponse, ReplayedDelivery, SubscriptionId, WebhookDeliveryResponse,
        WebhookDeliveryStatus, subscription, with_cursor,
    },
};
use crate::{CONTRACT_NAME, auth::Caller};
use edge::{
    JsonBody, QueryParams, Result,
    types::{Moment, Text},
};
use entities::{endpoint, ids::DeliveryId};
use platform::{Error, paging::Slice};
use poem_openapi::{Object, OpenApi, payload::Json};
use webhooks::LogFilter;

/// Maximum number of deliveries that are replayed at once (reference, "Replay deliveries in bulk").
const MOST: u64 = 1000;

/// The resource.
pub struct WebhookDeliveries;

/// Which deliveries to list.
#[derive(Debug, Object)]
struct DeliveryQuery {
    /// Only deliveries of this subscription
    subscription_id: Option<SubscriptionId>,
    /// Only deliveries with this status
    status: Option<WebhookDeliveryStatus>,
    /// Only deliveries of events of this type
    #[oai(validator(min_length = 1, max_length = 64))]
    event_type: Option<Text>,
    /// Only deliveries created after this time
    created_after: Option<Moment>,
    /// Only deliveries created before this time
    created_before: Option<Moment>,
    #[oai(flatten)]
    page: PageQuery,
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::WebhookDeliveries")]
impl WebhookDeliveries {
    /// List deliveries
    ///
    /// One per attempt, newest first
    #[oai(path = "/webhook_deliveries", method = "get", operation_id = "listWebhookDeliveries")]
    async fn list(
        &self,
        caller: Caller,
        query: QueryParams<DeliveryQuery>,
    ) -> Result<Json<ListWebhookDeliveriesResponse>> {
        let QueryParams(query) = query;
        let endpoint = match query.subscription_id {
            Some(id) => Some(named(&caller, id).await?.id),
            None => None,
        };
        let mut filter = LogFilter {
            endpoint,
            state: query.status.map(Into::into),
            kind: query.event_type.map(Into::into),
            after: query.created_after.map(Into::into),
            before: query.created_before.map(Into::into),
            before_id: None,
        };
        let list = format!("webhook_deliveries {filter:?}");
        filter.before_id = query.page.after(&caller, &list)?.map(DeliveryId);
        let limit = query.page.limit()?;
        let found = webhooks::log(caller.kernel(), caller.organization(), CONTRACT_NAME, filter, limit + 1);
        let slice = Slice::of(found.await?, limit);
        let found = with_cursor(&caller, &list, slice, |entry| entry.attempt.id.0)?;
        Ok(Json(ListWebhookDeliveriesResponse::of(&caller, found)))
    }

    /// Retrieve a delivery
    #[oai(path = "/webhook_deliveries/:id", method = "get", operation_id = "getWebhookDelivery")]
    async fn get(
        &self,
        caller: Caller,
        /// Webhook delivery ID
        id: Path<DeliveryId>,
    ) -> Result<Json<WebhookDeliveryResponse>> {
        let found = webhooks::log_entry(caller.kernel(), caller.organization(), CONTRACT_NAME, *id).await?;
        Ok(Json(WebhookDeliveryResponse::of(&caller, found)))
    }

    /// Replay a single delivery
    ///
    /// Sends the event again, as a new delivery with the same event ID. The original stays. Returns 409 if the
    /// subscription is not active.
    #[oai(path = "/webhook_deliveries/:id/replay", method = "post", operation_id = "replayWebhookDelivery")]
    async fn replay(
        &self,
        caller: Caller,
        /// Webhook delivery ID
        id: Path<DeliveryId>,
    ) -> Result<Json<ReplayWebhookDeliveryResponse>> {
        let new = webhooks::retry_by_id(caller.work()?, CONTRACT_NAME, *id).await?;
        Ok(Json(ReplayWebhookDeliveryResponse::of(&caller, ReplayedDelivery::new(new, *id))))
    }

    /// Replay deliveries in bulk
    ///
    /// Sends the events of all matching deliveries of a subscription again, at most 1,000; `capped` says whether there
    /// are more. Returns 409 if the subscription is not active.
    #[oai(
        path = "/webhook_deliveries/bulk_replay",
        method = "post",
        operation_id = "bulkReplayWebhookDeliveries"
    )]
    async fn bulk_replay(
        &self,
        caller: Caller,
        body: JsonBody<BulkReplay>,
    ) -> Result<Json<BulkReplayResponse>> {
        let endpoint = named(&caller, body.0.subscription_id.clone()).await?;
        let replayed = webhooks::replay_matching(caller.work()?, &endpoint, body.0.into(), MOST).await?;
        Ok(Json(BulkReplayResponse::of(&caller, replayed)))
    }
}

async fn named(caller: &Caller, id: SubscriptionId) -> Result<endpoint::Model> {
    let id = subscription(&id.0).ok_or(Error::NotFound("Webhook"))?;
    Ok(webhooks::named(caller.kernel(), caller.organization(), CONTRACT_NAME, id).await?)
}

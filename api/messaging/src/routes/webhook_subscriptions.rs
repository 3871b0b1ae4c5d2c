//! Webhook subscriptions: create, list, read, change, delete.

use super::{
    PREFIX, Tag,
    schema::{
        CreateWebhookSubscription, CreateWebhookSubscriptionResponse, DeleteWebhookSubscriptionResponse,
        ListWebhookSubscriptionsResponse, PageQuery, Path, SettableSubscriptionStatus, SubscriptionStatus,
        UpdateWebhookSubscription, WebhookSubscriptionResponse, WebhookSubscriptionWithSecret, with_cursor,
    },
};
use crate::{CONTRACT_NAME, auth::Caller};
use edge::{ApiError, JsonBody, QueryParams, Result};
use entities::{endpoint, ids::EndpointId};
use platform::{
    Error,
    error::{Fault, Field},
    paging::Slice,
};
use poem_openapi::{Object, OpenApi, payload::Json};
use webhooks::LiveSecret;

/// The resource.
pub struct WebhookSubscriptions;

/// Which subscriptions to list.
#[derive(Debug, Object)]
struct SubscriptionQuery {
    /// Only subscriptions with this status
    status: Option<SubscriptionStatus>,
    #[oai(flatten)]
    page: PageQuery,
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::WebhookSubscriptions")]
impl WebhookSubscriptions {
    /// Create a webhook subscription
    ///
    /// `initial_secret` signs its deliveries, and is shown only once.
    #[oai(path = "/webhook_subscriptions", method = "post", operation_id = "createWebhookSubscription")]
    async fn create(
        &self,
        caller: Caller,
        body: JsonBody<CreateWebhookSubscription>,
    ) -> Result<Json<CreateWebhookSubscriptionResponse>> {
        let work = caller.work()?;
        let made = webhooks::register(work, body.0.into()).await.map_err(too_many)?;
        let secrets = webhooks::secrets_within(work, made.record.id).await?;
        let data = WebhookSubscriptionWithSecret::new(made, secrets);
        Ok(Json(CreateWebhookSubscriptionResponse::of(&caller, data)))
    }

    /// List webhook subscriptions
    ///
    /// Newest first
    #[oai(path = "/webhook_subscriptions", method = "get", operation_id = "listWebhookSubscriptions")]
    async fn list(
        &self,
        caller: Caller,
        query: QueryParams<SubscriptionQuery>,
    ) -> Result<Json<ListWebhookSubscriptionsResponse>> {
        let QueryParams(SubscriptionQuery { status, page }) = query;
        let list = format!("webhook_subscriptions {status:?}");
        let before = page.after(&caller, &list)?.map(EndpointId);
        let (owner, status) = ((caller.organization(), CONTRACT_NAME), status.map(Into::into));
        let slice = webhooks::newest(caller.kernel(), owner, status, before, page.limit()?).await?;
        let (slice, next) = with_cursor(&caller, &list, slice, |record: &endpoint::Model| record.id.0)?;
        let found = with_secrets(&caller, slice).await?;
        Ok(Json(ListWebhookSubscriptionsResponse::of(&caller, (found, next))))
    }

    /// Retrieve a webhook subscription
    #[oai(path = "/webhook_subscriptions/:id", method = "get", operation_id = "getWebhookSubscription")]
    async fn get(
        &self,
        caller: Caller,
        /// Webhook subscription ID
        id: Path<EndpointId>,
    ) -> Result<Json<WebhookSubscriptionResponse>> {
        let record = webhooks::named(caller.kernel(), caller.organization(), CONTRACT_NAME, *id).await?;
        let secrets = webhooks::secrets(caller.kernel(), &[*id]).await?.remove(&*id).unwrap_or_default();
        Ok(Json(WebhookSubscriptionResponse::of(&caller, (record, secrets))))
    }

    /// Update a webhook subscription
    ///
    /// Omitted properties stay unchanged. `status: paused` keeps events and sends none; `active` sends what was kept,
    /// oldest first, and enables a subscription that was disabled.
    #[oai(path = "/webhook_subscriptions/:id", method = "patch", operation_id = "updateWebhookSubscription")]
    async fn update(
        &self,
        caller: Caller,
        /// Webhook subscription ID
        id: Path<EndpointId>,
        body: JsonBody<UpdateWebhookSubscription>,
    ) -> Result<Json<WebhookSubscriptionResponse>> {
        let (work, (changes, status)) = (caller.work()?, body.0.split());
        let mut record = webhooks::update(work, CONTRACT_NAME, *id, changes).await?;
        match status {
            Some(SettableSubscriptionStatus::Active) if record.status != endpoint::EndpointStatus::Active => {
                record = webhooks::resume(work, CONTRACT_NAME, *id).await?;
            }
            Some(SettableSubscriptionStatus::Paused) => {
                record = webhooks::pause(work, CONTRACT_NAME, *id).await.map_err(disabled)?;
            }
            _ => {}
        }
        let secrets = webhooks::secrets_within(work, *id).await?;
        Ok(Json(WebhookSubscriptionResponse::of(&caller, (record, secrets))))
    }

    /// Delete a webhook subscription
    ///
    /// Deliveries that wait are not sent.
    #[oai(path = "/webhook_subscriptions/:id", method = "delete", operation_id = "deleteWebhookSubscription")]
    async fn delete(
        &self,
        caller: Caller,
        /// Webhook subscription ID
        id: Path<EndpointId>,
    ) -> Result<Json<DeleteWebhookSubscriptionResponse>> {
        webhooks::remove(caller.work()?, CONTRACT_NAME, *id).await?;
        Ok(Json(DeleteWebhookSubscriptionResponse::of(&caller, *id)))
    }
}

async fn with_secrets(
    caller: &Caller,
    slice: Slice<endpoint::Model>,
) -> Result<Slice<(endpoint::Model, Vec<LiveSecret>)>> {
    let ids: Vec<_> = slice.items.iter().map(|record| record.id).collect();
    let mut secrets = webhooks::secrets(caller.kernel(), &ids).await?;
    Ok(slice.map(|record| {
        let own = secrets.remove(&record.id).unwrap_or_default();
        (record, own)
    }))
}

/// The reference has no 409 here.
fn too_many(error: Error) -> ApiError {
    match error {
        Error::Conflict { message, .. } => Error::invalid(Fault::at("", message)).into(),
        other => other.into(),
    }
}

/// The reference has no 409 here: a disabled subscription can be made active alone.
fn disabled(error: Error) -> ApiError {
    match error {
        Error::Conflict { .. } => {
            let message = "must be active: the subscription is disabled";
            Error::invalid(Fault::field(Field::Status, message)).into()
        }
        other => other.into(),
    }
}

//! Signing secrets of a webhook subscription: add, revoke.

use super::{
    PREFIX, Tag,
    schema::{CreateWebhookSecret, CreateWebhookSecretResponse, DeleteWebhookSecretResponse, Path},
};
use crate::{CONTRACT_NAME, auth::Caller};
use edge::{JsonBody, Result};
use entities::ids::{EndpointId, WebhookSecretId};
use poem_openapi::{OpenApi, payload::Json};

/// The resource.
pub struct WebhookSecrets;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::WebhookSubscriptions")]
impl WebhookSecrets {
    /// Add a new signing secret
    ///
    /// For rotation: every secret signs until it expires or is revoked, and receivers accept any signature. `secret` is
    /// shown only once. Returns 409 if the subscription is disabled.
    #[oai(path = "/webhook_subscriptions/:id/secrets", method = "post", operation_id = "createWebhookSecret")]
    async fn add(
        &self,
        caller: Caller,
        /// Webhook subscription ID
        id: Path<EndpointId>,
        body: JsonBody<CreateWebhookSecret>,
    ) -> Result<Json<CreateWebhookSecretResponse>> {
        let made = webhooks::add_secret(caller.work()?, CONTRACT_NAME, *id, body.0.lifetime()).await?;
        Ok(Json(CreateWebhookSecretResponse::of(&caller, made)))
    }

    /// Revoke a signing secret
    ///
    /// It no longer signs. Returns 422 for the last one.
    #[oai(
        path = "/webhook_subscriptions/:id/secrets/:secret_id",
        method = "delete",
        operation_id = "deleteWebhookSecret"
    )]
    async fn revoke(
        &self,
        caller: Caller,
        /// Webhook subscription ID
        id: Path<EndpointId>,
        /// Secret ID
        secret_id: Path<WebhookSecretId>,
    ) -> Result<Json<DeleteWebhookSecretResponse>> {
        webhooks::revoke_secret(caller.work()?, CONTRACT_NAME, *id, *secret_id).await?;
        Ok(Json(DeleteWebhookSecretResponse::of(&caller, *secret_id)))
    }
}

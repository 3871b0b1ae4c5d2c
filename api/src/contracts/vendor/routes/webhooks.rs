//! Webhooks of provisioners.

use super::{
    PREFIX, Tag, first,
    provisioners::provisioner,
    schema::{CreatedWebhook, PageDTOWebhook, PathId, Size, Sort, Webhook, WebhookCreate, part},
    twenty,
};
use crate::{
    contracts::vendor::Caller,
    edge::{JsonBody, Result},
    state::App,
};
use entities::ids::EndpointId;
use kernel::domain::vendors::hooks;
use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use std::sync::Arc;

/// The resource.
pub struct Webhooks;

/// The answer to a deletion.
#[derive(ApiResponse)]
enum Deleted {
    /// Deleted
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Provisioners")]
impl Webhooks {
    /// Get All Webhook Configurations for a Provisioner
    #[oai(
        path = "/provisioners/:provisionerId/webhooks",
        method = "get",
        operation_id = "getAllWebhooksForProvisioner"
    )]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// The provisioner
        #[oai(name = "provisionerId")]
        provisioner_id: Path<PathId>,
        /// Page number, from 0
        #[oai(default = "first", validator(minimum(value = "0"), maximum(value = "2147483647")))]
        page: Query<u64>,
        /// Objects per page; values above 200 count as 200
        #[oai(default = "twenty")]
        size: Query<Size>,
        /// Sort order, by creation time
        #[oai(default)]
        sort: Query<Sort>,
    ) -> Result<Json<PageDTOWebhook>> {
        let part = part(*page, *size, *sort);
        let found = hooks::list(&app.kernel, caller.side(), provisioner(&provisioner_id)?, part).await?;
        Ok(Json(PageDTOWebhook::new(part, found)))
    }

    /// Create a Webhook Configuration for a Provisioner
    ///
    /// The new webhook replaces the one before, which is never used again. Notifications go to it from now on, also those
    /// that no webhook has taken yet. The credential of its shared secret is shown only in this answer. Beyond the limit
    /// (`webhooks.endpoints`, 100) the oldest webhooks are removed
    #[oai(
        path = "/provisioners/:provisionerId/webhooks",
        method = "post",
        operation_id = "createWebhookForProvisioner"
    )]
    async fn create(
        &self,
        caller: Caller,
        /// The provisioner
        #[oai(name = "provisionerId")]
        provisioner_id: Path<PathId>,
        body: JsonBody<WebhookCreate>,
    ) -> Result<Json<CreatedWebhook>> {
        let provisioner = provisioner(&provisioner_id)?;
        let header = body.0.header().map(str::parse).transpose()?;
        let made = hooks::register(caller.work()?, provisioner, body.0.url.0, header).await?;
        Ok(Json(made.into()))
    }

    /// Get One Webhook for a Provisioner
    #[oai(
        path = "/provisioners/:provisionerId/webhooks/:webhookId",
        method = "get",
        operation_id = "getOneWebhookForProvisioner"
    )]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// The provisioner
        #[oai(name = "provisionerId")]
        provisioner_id: Path<PathId>,
        /// The webhook
        #[oai(name = "webhookId")]
        webhook_id: Path<PathId>,
    ) -> Result<Json<Webhook>> {
        Ok(Json(
            hooks::get(&app.kernel, caller.side(), provisioner(&provisioner_id)?, webhook(&webhook_id)?)
                .await?
                .into(),
        ))
    }

    /// Get Latest Webhook for a Provisioner
    #[oai(
        path = "/provisioners/:provisionerId/webhooks/latest",
        method = "get",
        operation_id = "getLatestWebhookForProvisioner"
    )]
    async fn latest(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// The provisioner
        #[oai(name = "provisionerId")]
        provisioner_id: Path<PathId>,
    ) -> Result<Json<Webhook>> {
        Ok(Json(hooks::latest(&app.kernel, caller.side(), provisioner(&provisioner_id)?).await?.into()))
    }

    /// Delete a Webhook Configuration of a Provisioner
    ///
    /// Beyond the contract: what was not delivered to it yet ends as `Failed`. After the webhook in use was deleted, orders
    /// wait; the next webhook that you register receives them
    #[oai(
        path = "/provisioners/:provisionerId/webhooks/:webhookId",
        method = "delete",
        operation_id = "deleteWebhookForProvisioner"
    )]
    async fn remove(
        &self,
        caller: Caller,
        /// The provisioner
        #[oai(name = "provisionerId")]
        provisioner_id: Path<PathId>,
        /// The webhook
        #[oai(name = "webhookId")]
        webhook_id: Path<PathId>,
    ) -> Result<Deleted> {
        hooks::remove(caller.work()?, provisioner(&provisioner_id)?, webhook(&webhook_id)?).await?;
        Ok(Deleted::Done)
    }
}

fn webhook(id: &PathId) -> Result<EndpointId> {
    Ok(id.read("webhookId", EndpointId)?)
}

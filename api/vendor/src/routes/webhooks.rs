//! Webhooks of provisioners.

use super::{
    PREFIX, Tag,
    schema::{CreatedWebhook, PageDTOWebhook, PageQuery, Path, Webhook, WebhookCreate},
};
use crate::{Caller, auth::side};
use edge::{JsonBody, NoContent, QueryParams, Result};
use entities::ids::{EndpointId, VendorProvisionerId};
use isp::vendors::provisioner_webhooks as hooks;
use poem_openapi::{OpenApi, payload::Json};

/// The resource.
pub struct Webhooks;

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
        /// The provisioner
        #[oai(name = "provisionerId")]
        provisioner: Path<VendorProvisionerId>,
        page: QueryParams<PageQuery>,
    ) -> Result<Json<PageDTOWebhook>> {
        let found = hooks::list(caller.kernel(), side(&caller), *provisioner, page.part()).await?;
        Ok(Json(PageDTOWebhook::new(&page, found)))
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
        provisioner: Path<VendorProvisionerId>,
        body: JsonBody<WebhookCreate>,
    ) -> Result<Json<CreatedWebhook>> {
        let header = body.0.header().map(str::parse).transpose()?;
        let made = hooks::register(caller.work()?, *provisioner, body.0.url.0, header).await?;
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
        /// The provisioner
        #[oai(name = "provisionerId")]
        provisioner: Path<VendorProvisionerId>,
        /// The webhook
        #[oai(name = "webhookId")]
        webhook: Path<EndpointId>,
    ) -> Result<Json<Webhook>> {
        Ok(Json(hooks::get(caller.kernel(), side(&caller), *provisioner, *webhook).await?.into()))
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
        /// The provisioner
        #[oai(name = "provisionerId")]
        provisioner: Path<VendorProvisionerId>,
    ) -> Result<Json<Webhook>> {
        Ok(Json(hooks::latest(caller.kernel(), side(&caller), *provisioner).await?.into()))
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
        provisioner: Path<VendorProvisionerId>,
        /// The webhook
        #[oai(name = "webhookId")]
        webhook: Path<EndpointId>,
    ) -> Result<NoContent> {
        hooks::remove(caller.work()?, *provisioner, *webhook).await?;
        Ok(NoContent)
    }
}

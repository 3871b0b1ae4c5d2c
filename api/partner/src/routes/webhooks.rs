//! Webhooks: register, list, test, pause, resume, give new secrets, remove.

use super::{
    PREFIX, Tag, located,
    schema::{
        Path, RegisterWebhook, RotateWebhook, Rotated, RotatedResponse, Said, SaidResponse, TestResult,
        TestWebhook, TestWebhookResponse, WebhookDetails, WebhookListResponse, WebhookRegistrationResponse,
        WebhookResponse, id,
    },
    webhook_samples::sample,
};
use crate::Caller;
use edge::{
    JsonBody, Located, Result,
    types::{Success, Time},
};
use entities::{
    endpoint::EndpointStatus,
    ids::{EndpointId, OrganizationId},
};
use kernel::Kernel;
use platform::Error;
use poem_openapi::{OpenApi, payload::Json};
use webhooks::wire::OVERLAP;

/// Whose webhooks these are.
pub(super) const CONTRACT: &str = kernel::contracts::partner::CONTRACT.name;

/// The resource.
pub struct Webhooks;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Webhooks")]
impl Webhooks {
    /// List webhooks
    ///
    /// List all webhook registrations for your partner account
    #[oai(path = "/webhooks", method = "get", operation_id = "listWebhooks")]
    async fn list(&self, caller: Caller) -> Result<Json<WebhookListResponse>> {
        let found = webhooks::list(caller.kernel(), caller.organization(), CONTRACT).await?;
        Ok(Json(WebhookListResponse::of(found)))
    }

    /// Register webhook
    ///
    /// Register a new webhook endpoint. The secret is only returned once on creation.
    #[oai(path = "/webhooks", method = "post", operation_id = "registerWebhook")]
    async fn register(
        &self,
        caller: Caller,
        body: JsonBody<RegisterWebhook>,
    ) -> Result<Located<WebhookRegistrationResponse>> {
        let made = webhooks::register(caller.work()?, body.0.into()).await?;
        Ok(located("webhooks", made.record.id, WebhookRegistrationResponse::of(made)))
    }

    /// Test webhook
    ///
    /// Send a test event to your webhook endpoint and wait for its response. The test appears in the delivery log with
    /// sequence number 0 and is not counted elsewhere.
    #[oai(path = "/webhooks/test", method = "post", operation_id = "testWebhook")]
    async fn test(&self, caller: Caller, body: JsonBody<TestWebhook>) -> Result<Json<TestWebhookResponse>> {
        caller.end_transaction().await?;
        let TestWebhook { webhook_id, event_type, payload } = body.0;
        let wanted = webhook_id.0.map(|text| id(&text.0)).transpose()?;
        let mut found = webhooks::list(caller.kernel(), caller.organization(), CONTRACT).await?;
        found.retain(|endpoint| wanted.is_none_or(|wanted| endpoint.record.id == wanted));
        let endpoints = found.into_iter().map(|endpoint| endpoint.record).collect();
        let payload = payload.0.map_or_else(|| sample(event_type), |payload| Ok(payload.0))?;
        let test =
            webhooks::Test { actor: &caller.work()?.actor, kind: event_type.as_str(), payload: &payload };
        let tested = webhooks::test(caller.kernel(), endpoints, test).await?;
        let active = tested.iter().position(|tested| tested.endpoint.status == EndpointStatus::Active);
        let results: Vec<_> = tested.into_iter().map(|tested| TestResult::new(event_type, tested)).collect();
        let first = results.get(active.unwrap_or_default()).cloned();
        let data = first.ok_or(Error::NotFound("Webhook"))?;
        Ok(Json(TestWebhookResponse { success: Success, data, results }))
    }

    /// Get webhook
    ///
    /// Get details of a webhook, including its status and backlog
    #[oai(path = "/webhooks/:id", method = "get", operation_id = "getWebhook")]
    async fn get(
        &self,
        caller: Caller,
        /// Webhook ID
        id: Path<EndpointId>,
    ) -> Result<Json<WebhookResponse>> {
        details(caller.kernel(), caller.organization(), *id).await
    }

    /// Delete webhook
    ///
    /// Remove a registered webhook endpoint
    #[oai(path = "/webhooks/:id", method = "delete", operation_id = "deleteWebhook")]
    async fn remove(
        &self,
        caller: Caller,
        /// Webhook ID
        id: Path<EndpointId>,
    ) -> Result<Json<SaidResponse>> {
        webhooks::remove(caller.work()?, CONTRACT, *id).await?;
        Ok(said("Webhook deleted"))
    }

    /// Pause webhook
    ///
    /// Stop sending. Deliveries in progress are finished; new events are kept until the webhook is resumed
    #[oai(path = "/webhooks/:id/pause", method = "post", operation_id = "pauseWebhook")]
    async fn pause(
        &self,
        caller: Caller,
        /// Webhook ID
        id: Path<EndpointId>,
    ) -> Result<Json<SaidResponse>> {
        webhooks::pause(caller.work()?, CONTRACT, *id).await?;
        Ok(said("Webhook paused"))
    }

    /// Resume webhook
    ///
    /// Resume deliveries, at a reduced rate at first. Also re-enables a disabled webhook
    #[oai(path = "/webhooks/:id/resume", method = "post", operation_id = "resumeWebhook")]
    async fn resume(
        &self,
        caller: Caller,
        /// Webhook ID
        id: Path<EndpointId>,
    ) -> Result<Json<SaidResponse>> {
        webhooks::resume(caller.work()?, CONTRACT, *id).await?;
        Ok(said("Webhook resumed"))
    }

    /// Rotate secret
    ///
    /// Generate a new secret. The previous one also signs deliveries for 24 hours
    #[oai(path = "/webhooks/:id/rotate", method = "post", operation_id = "rotateWebhookSecret")]
    async fn rotate(
        &self,
        caller: Caller,
        /// Webhook ID
        id: Path<EndpointId>,
        body: JsonBody<RotateWebhook>,
    ) -> Result<Json<RotatedResponse>> {
        let work = caller.work()?;
        let given = body.0.secret.0.map(|secret| secret.0);
        let made = webhooks::rotate(work, CONTRACT, *id, given.as_deref()).await?;
        let previous_until = Time(work.now() + OVERLAP);
        let data = Rotated { secret: made.secret.reveal().into(), previous_until };
        Ok(Json(RotatedResponse::of(data)))
    }
}

async fn details(
    kernel: &Kernel,
    organization: OrganizationId,
    id: EndpointId,
) -> Result<Json<WebhookResponse>> {
    let found = webhooks::get(kernel, organization, CONTRACT, id).await?;
    let backlog = webhooks::backlog(kernel, id).await?;
    Ok(Json(WebhookResponse::of(WebhookDetails { webhook: found.into(), backlog })))
}

fn said(message: &str) -> Json<SaidResponse> {
    Json(SaidResponse::of(Said { message: message.into() }))
}

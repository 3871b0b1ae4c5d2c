//! Events of a partner's own.

use super::{
    PREFIX, Tag,
    schema::{PublishEvent, PublishEventResponse},
};
use crate::{
    contracts::partner::Caller,
    edge::{JsonBody, Result},
    types::Success,
};
use kernel::domain::events;
use poem_openapi::{ApiResponse, OpenApi, payload::Json};

/// The resource.
pub struct Events;

/// The answer to a publication.
#[derive(ApiResponse)]
enum Published {
    /// Event accepted
    #[oai(status = 202)]
    Accepted(Json<PublishEventResponse>),
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Events")]
impl Events {
    /// Publish event
    ///
    /// Publish a custom event. It is delivered to the webhooks subscribed to its type
    #[oai(path = "/events", method = "post", operation_id = "publishEvent")]
    async fn publish(&self, caller: Caller, body: JsonBody<PublishEvent>) -> Result<Published> {
        let PublishEvent { event_type, payload, priority } = body.0;
        let event = events::publish(caller.work()?, &event_type.0, payload.0, priority.0.into()).await?;
        Ok(Published::Accepted(Json(PublishEventResponse { success: Success, data: event.into() })))
    }
}

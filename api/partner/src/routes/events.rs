//! Events of a partner's own.

use super::{
    PREFIX, Tag,
    schema::{PublishEvent, PublishEventResponse},
};
use crate::Caller;
use edge::{Accepted, JsonBody, Result};
use kernel::published;
use poem_openapi::OpenApi;

/// The resource.
pub struct Events;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Events")]
impl Events {
    /// Publish event
    ///
    /// Publish a custom event. It is delivered to the webhooks subscribed to its type
    #[oai(path = "/events", method = "post", operation_id = "publishEvent")]
    async fn publish(
        &self,
        caller: Caller,
        body: JsonBody<PublishEvent>,
    ) -> Result<Accepted<PublishEventResponse>> {
        let PublishEvent { event_type, payload, priority } = body.0;
        let event = published::publish(caller.work()?, &event_type.0, payload.0, priority.0.into()).await?;
        Ok(Accepted(PublishEventResponse::of(event)))
    }
}

//! Whether the API is up.

use super::{
    PREFIX, Tag,
    schema::{Health, HealthResponse, HealthStatus},
};
use edge::RequestContext;
use poem::web::Data;
use poem_openapi::{OpenApi, payload::Json};
use std::sync::Arc;

/// The resource.
pub struct HealthCheck;

#[expect(clippy::unused_async, reason = "operations are async")]
#[OpenApi(prefix_path = PREFIX, tag = "Tag::Meta")]
impl HealthCheck {
    /// Liveness probe
    ///
    /// Returns 200 if the API is up. Needs no key.
    #[oai(path = "/health", method = "get", operation_id = "getHealth")]
    async fn get(&self, request: Data<&Arc<RequestContext>>) -> Json<HealthResponse> {
        let data = Health { status: HealthStatus::Ok };
        Json(HealthResponse { data, request_id: request.id.to_string() })
    }
}

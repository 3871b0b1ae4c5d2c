//! Whether the API is up.

use super::{
    PREFIX, Tag,
    schema::{Health, HealthResponse, HealthStatus},
};
use poem_openapi::{OpenApi, payload::Json};

/// The resource.
pub struct HealthCheck;

#[expect(clippy::unused_async, reason = "operations are async")]
#[OpenApi(prefix_path = PREFIX, tag = "Tag::Meta")]
impl HealthCheck {
    /// Liveness probe
    ///
    /// Returns 200 if the API is up. Needs no key.
    #[oai(path = "/health", method = "get", operation_id = "getHealth")]
    async fn get(&self) -> Json<HealthResponse> {
        Json(HealthResponse { data: Health { status: HealthStatus::Ok } })
    }
}

//! Health: whether the service can do its work.

use super::{
    PREFIX, Tag,
    schema::{Health, HealthResponse, HealthStatus, Services, UpDown, Upstream},
};
use edge::{state::App, types::Time};
use poem::web::Data;
use poem_openapi::{ApiResponse, OpenApi, payload::Json};
use std::{sync::Arc, time::Duration};

/// How long a part may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The resource.
pub struct HealthCheck;

/// The health status.
#[derive(ApiResponse)]
enum Checked {
    /// API is healthy
    #[oai(status = 200)]
    Healthy(Json<HealthResponse>),
    /// API is unhealthy
    #[oai(status = 503)]
    Unhealthy(
        Json<HealthResponse>,
        /// Seconds to wait before checking again
        #[oai(header = "Retry-After")]
        u64,
    ),
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Health")]
impl HealthCheck {
    /// Health check
    ///
    /// Returns the health status of the API and connected services
    #[oai(path = "/health", method = "get", operation_id = "getHealth")]
    async fn check(&self, app: Data<&Arc<App>>) -> Checked {
        let kernel = &app.kernel;
        let (database, message_bus) = tokio::join!(up(kernel.db.ping()), up(kernel.transport.ping()));
        let status = HealthStatus::of(database, message_bus);
        let (gaiia, sifi, aex) = (Upstream::Unavailable, Upstream::Unavailable, Upstream::Unavailable);
        let services = Services { database, message_bus, gaiia, sifi, aex };
        let (version, timestamp) = (env!("CARGO_PKG_VERSION").into(), Time(kernel.clock.now()));
        let data = Health { status, version, timestamp, services };
        let answer = Json(HealthResponse::of(data));
        match status {
            HealthStatus::Unhealthy => Checked::Unhealthy(answer, 2),
            _ => Checked::Healthy(answer),
        }
    }
}

async fn up(ping: impl Future<Output = platform::Result<()>>) -> UpDown {
    match tokio::time::timeout(PATIENCE, ping).await {
        Ok(Ok(())) => UpDown::Up,
        _ => UpDown::Down,
    }
}

//! Liveness.

use poem_openapi::{Enum, Object};

/// Whether the API is up.
#[derive(Debug, Object)]
pub struct Health {
    /// Status of the API.
    pub status: HealthStatus,
}

/// Status of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum HealthStatus {
    /// It is up.
    Ok,
}

/// The health of the API.
#[derive(Debug, Object)]
pub struct HealthResponse {
    /// The health.
    pub data: Health,
    /// ID of the request.
    pub request_id: String,
}

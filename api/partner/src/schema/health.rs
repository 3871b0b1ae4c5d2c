//! The service's health on the wire.

use crate::schema::envelope::envelope;
use edge::types::Time;
use poem_openapi::{Enum, Object};

envelope!(
    /// Health of the API.
    HealthResponse,
    /// The health status.
    Health
);

/// Health of the API.
#[derive(Debug, Object)]
pub struct Health {
    /// Overall status.
    pub status: HealthStatus,
    /// Version of the service.
    pub version: String,
    /// Time of the check.
    pub timestamp: Time,
    /// Health of the connected services.
    pub services: Services,
}

/// Overall status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum HealthStatus {
    /// Everything is there.
    Healthy,
    /// It answers, but some things are slower.
    Degraded,
    /// It cannot do its work.
    Unhealthy,
}

/// Health of the connected services.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Services {
    /// The database.
    pub database: UpDown,
    /// The queue between processes.
    pub message_bus: UpDown,
    /// Upstream service; not used by this installation.
    pub gaiia: Upstream,
    /// Upstream service; not used by this installation.
    pub sifi: Upstream,
    /// Upstream service; not used by this installation.
    pub aex: Upstream,
}

/// Whether a service responds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum UpDown {
    /// It does.
    Up,
    /// It does not.
    Down,
}

/// Whether an upstream service responds.
#[derive(Debug, Clone, Copy, Enum)]
#[oai(rename_all = "lowercase")]
pub enum Upstream {
    /// There is none.
    Unavailable,
}

impl HealthStatus {
    /// Without the database nothing can be done; without the message bus jobs only start later.
    pub const fn of(database: UpDown, message_bus: UpDown) -> Self {
        match (database, message_bus) {
            (UpDown::Down, _) => Self::Unhealthy,
            (UpDown::Up, UpDown::Down) => Self::Degraded,
            (UpDown::Up, UpDown::Up) => Self::Healthy,
        }
    }
}

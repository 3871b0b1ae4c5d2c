//! The service's health on the wire.

use crate::types::{Success, Time};
use poem_openapi::{Enum, Object};

/// How the service is.
#[derive(Debug, Object)]
pub struct HealthResponse {
    /// Always true: the question was answered.
    pub success: Success<true>,
    /// The answer.
    pub data: Health,
}

/// How the service is.
#[derive(Debug, Object)]
pub struct Health {
    /// In one word.
    pub status: HealthStatus,
    /// Of the program.
    pub version: String,
    /// When this was found.
    pub timestamp: Time,
    /// How its parts are.
    pub services: Services,
}

/// In one word.
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

/// How the parts are.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Services {
    /// The database.
    pub database: UpDown,
    /// The queue between processes.
    pub message_bus: UpDown,
    /// An upstream that this installation does not have.
    pub gaiia: Upstream,
    /// An upstream that this installation does not have.
    pub sifi: Upstream,
    /// An upstream that this installation does not have.
    pub aex: Upstream,
}

/// Whether a part answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum UpDown {
    /// It does.
    Up,
    /// It does not.
    Down,
}

/// Whether an upstream answers.
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

//! Maintenance windows on the wire.

use crate::schema::envelope::envelope;
use edge::types::Time;
use entities::maintenance as row;
use isp::network::maintenance::{Schedule, State};
use poem_openapi::{Enum, Object};

/// Type of maintenance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::MaintenanceType")]
pub enum MaintenanceType {
    /// New software for devices.
    FirmwareUpgrade,
    /// Other devices for those that are there.
    HardwareReplacement,
    /// More network.
    NetworkExpansion,
    /// What has to be done from time to time.
    RoutineMaintenance,
}

/// Expected impact on customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::Impact")]
pub enum MaintenanceImpact {
    /// Nothing.
    None,
    /// An interruption of moments.
    Minimal,
    /// Interruptions, or a slow service.
    Moderate,
    /// No service for much of the window.
    Significant,
}

/// Status of a maintenance window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "State")]
pub enum MaintenanceStatus {
    /// It is to come.
    Scheduled,
    /// It is now.
    InProgress,
    /// It is over.
    Completed,
    /// Cancelled.
    Cancelled,
}

/// A maintenance window.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct MaintenanceWindow {
    /// Maintenance ID: `maint_` and 26 characters.
    pub id: String,
    /// Type of maintenance.
    #[oai(rename = "type")]
    pub kind: MaintenanceType,
    /// Short title.
    pub title: String,
    /// Full description.
    pub description: String,
    /// Affected areas.
    pub affected_areas: Vec<String>,
    /// Services that may be interrupted.
    pub affected_services: Vec<String>,
    /// Expected impact on customers.
    pub estimated_impact: MaintenanceImpact,
    /// Scheduled start.
    pub scheduled_start: Time,
    /// Scheduled end.
    pub scheduled_end: Time,
    /// Current status.
    pub status: MaintenanceStatus,
    /// Whether the operator has notified the customers.
    pub notification_sent: bool,
    /// Creation time.
    pub created_at: Time,
    /// Time of the last change.
    pub updated_at: Time,
}

/// Number of maintenance windows listed.
#[derive(Debug, Default, Object)]
#[oai(rename_all = "camelCase")]
pub struct MaintenanceSummary {
    /// All windows listed.
    pub total: u64,
    /// Scheduled windows.
    pub scheduled: u64,
    /// Windows in progress.
    pub in_progress: u64,
    /// Completed windows.
    pub completed: u64,
}

/// The time range covered.
#[derive(Debug, Object)]
pub struct TimeRange {
    /// Start.
    pub start: Time,
    /// End.
    pub end: Time,
    /// Number of days covered ahead.
    pub days: u32,
}

/// Maintenance windows in a time range.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Maintenance {
    /// The maintenance windows, earliest first.
    #[oai(rename = "maintenance")]
    pub windows: Vec<MaintenanceWindow>,
    /// Summary.
    pub summary: MaintenanceSummary,
    /// The time range covered.
    pub time_range: TimeRange,
}

envelope!(
    /// Maintenance windows in a time range.
    MaintenanceResponse,
    /// The maintenance windows.
    Maintenance
);

impl From<(row::Model, State)> for MaintenanceWindow {
    fn from((window, state): (row::Model, State)) -> Self {
        Self {
            id: window.id.to_string(),
            kind: window.kind.into(),
            title: window.title,
            description: window.description,
            affected_areas: window.affected_areas.0,
            affected_services: window.affected_services.0,
            estimated_impact: window.impact.into(),
            scheduled_start: Time(window.starts_at),
            scheduled_end: Time(window.ends_at),
            status: state.into(),
            notification_sent: window.notification_sent,
            created_at: Time(window.created_at),
            updated_at: Time(window.updated_at),
        }
    }
}

impl Maintenance {
    /// Of a schedule that was asked for so many days ahead.
    pub fn new(schedule: Schedule, days: u32) -> Self {
        let count = |wanted| schedule.windows.iter().filter(|(_, state)| *state == wanted).count() as u64;
        let summary = MaintenanceSummary {
            total: schedule.windows.len() as u64,
            scheduled: count(State::Scheduled),
            in_progress: count(State::InProgress),
            completed: count(State::Completed),
        };
        let time_range = TimeRange { start: Time(schedule.start), end: Time(schedule.end), days };
        Self { windows: schedule.windows.into_iter().map(Into::into).collect(), summary, time_range }
    }
}

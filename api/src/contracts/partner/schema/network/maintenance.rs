//! Maintenance windows on the wire.

use crate::types::{Success, Time};
use entities::maintenance as row;
use kernel::domain::network::maintenance::{Schedule, State};
use poem_openapi::{Enum, Object};

/// What is done in a window.
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

/// What customers will notice.
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

/// Where a window stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "State")]
pub enum MaintenanceStatus {
    /// It is to come.
    Scheduled,
    /// It is now.
    InProgress,
    /// It is over.
    Completed,
    /// It was called off.
    Cancelled,
}

/// A window for planned work.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct MaintenanceWindow {
    /// `maint_` and 26 characters.
    pub id: String,
    /// What is done.
    #[oai(rename = "type")]
    pub kind: MaintenanceType,
    /// In a few words.
    pub title: String,
    /// In some more.
    pub description: String,
    /// The places.
    pub affected_areas: Vec<String>,
    /// What may be interrupted there.
    pub affected_services: Vec<String>,
    /// What customers will notice.
    pub estimated_impact: MaintenanceImpact,
    /// When the work begins.
    pub scheduled_start: Time,
    /// When it ends.
    pub scheduled_end: Time,
    /// Where it stands.
    pub status: MaintenanceStatus,
    /// Whether the operator has told the customers.
    pub notification_sent: bool,
    /// When it was planned.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// How many windows are listed.
#[derive(Debug, Default, Object)]
#[oai(rename_all = "camelCase")]
pub struct MaintenanceSummary {
    /// All that are listed.
    pub total: u64,
    /// Of them, those to come.
    pub scheduled: u64,
    /// Of them, those under way.
    pub in_progress: u64,
    /// Of them, those that are over.
    pub completed: u64,
}

/// The time that was looked at.
#[derive(Debug, Object)]
pub struct TimeRange {
    /// Its beginning.
    pub start: Time,
    /// Its end.
    pub end: Time,
    /// How many days it looks ahead.
    pub days: u32,
}

/// The windows of some time.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Maintenance {
    /// The windows, the earliest first.
    #[oai(rename = "maintenance")]
    pub windows: Vec<MaintenanceWindow>,
    /// How many they are.
    pub summary: MaintenanceSummary,
    /// The time that was looked at.
    pub time_range: TimeRange,
}

/// The windows of some time, in their envelope.
#[derive(Debug, Object)]
pub struct MaintenanceResponse {
    /// Always true.
    pub success: Success<true>,
    /// The windows.
    pub data: Maintenance,
}

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

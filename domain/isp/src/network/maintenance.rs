//! Maintenance windows: planned and cancelled by the operator, read by partners.

use super::rules::{Faults, services};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    api_key::Texts,
    ids::{MaintenanceId, OrganizationId},
    maintenance::{self, Impact, MaintenanceType, Model},
};
use kernel::{Kernel, UnitOfWork, events};
use platform::error::{Error, Field, Result};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel, QuerySelect};

/// A new maintenance window.
#[derive(Debug, Clone)]
pub struct NewWindow {
    /// Its type.
    pub kind: MaintenanceType,
    /// Short title.
    pub title: String,
    /// Full description.
    pub description: String,
    /// Common names of the affected areas, at least one.
    pub areas: Vec<String>,
    /// Affected services; default: internet.
    pub services: Vec<String>,
    /// The impact on customers.
    pub impact: Impact,
    /// Start, in the future.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
    /// Whether customers have been notified.
    pub notification_sent: bool,
}

/// The state of a window, derived from the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not yet started.
    Scheduled,
    /// In progress.
    InProgress,
    /// Ended.
    Completed,
    /// Cancelled.
    Cancelled,
}

impl State {
    /// The state of the window at a time.
    pub fn of(window: &Model, now: DateTime<Utc>) -> Self {
        match window {
            Model { cancelled_at: Some(_), .. } => Self::Cancelled,
            Model { starts_at, .. } if now < *starts_at => Self::Scheduled,
            Model { ends_at, .. } if now < *ends_at => Self::InProgress,
            _ => Self::Completed,
        }
    }
}

/// A filter of windows.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// State; default: scheduled and in progress.
    pub state: Option<State>,
    /// Whether to include completed windows.
    pub completed: bool,
    /// Number of days to look ahead and, if completed windows are included, back.
    pub days: u32,
}

impl Wanted {
    fn has(self, state: State) -> bool {
        match self.state {
            Some(wanted) => state == wanted,
            None => match state {
                State::Scheduled | State::InProgress => true,
                State::Completed => self.completed,
                State::Cancelled => false,
            },
        }
    }
}

/// The windows of a period.
#[derive(Debug)]
pub struct Schedule {
    /// The windows and their states, earliest first.
    pub windows: Vec<(Model, State)>,
    /// Start of the period.
    pub start: DateTime<Utc>,
    /// End of the period.
    pub end: DateTime<Utc>,
}

/// Plans a window and records `maintenance.planned`. `Invalid` names every fault.
pub async fn plan(work: &UnitOfWork, new: NewWindow) -> Result<Model> {
    let now = work.now();
    new.check(now)?;
    let window = Model {
        id: MaintenanceId::new(),
        organization_id: work.actor.organization,
        kind: new.kind,
        title: new.title,
        description: new.description,
        affected_areas: Texts(new.areas),
        affected_services: services(new.services),
        impact: new.impact,
        starts_at: new.starts_at,
        ends_at: new.ends_at,
        notification_sent: new.notification_sent,
        cancelled_at: None,
        created_at: now,
        updated_at: now,
    };
    window.clone().into_active_model().insert(&work.transaction().await?).await?;
    let about = ("maintenance", window.id.0);
    work.record([events::event(&work.actor, "maintenance.planned", about, &window, now)?]);
    Ok(window)
}

impl NewWindow {
    fn check(&self, now: DateTime<Utc>) -> Result<()> {
        let mut faults = Faults::default();
        faults.announcement((&self.title, &self.description), &self.areas, &self.services);
        faults.unless(self.starts_at > now, Field::Start, "must be after now");
        faults.unless(self.ends_at > self.starts_at, Field::End, "must be after the start");
        faults.end()
    }
}

/// Cancels a window and records `maintenance.cancelled`. `Conflict` if it has started or is already cancelled.
pub async fn cancel(work: &UnitOfWork, id: MaintenanceId) -> Result<Model> {
    let now = work.now();
    let transaction = work.transaction().await?;
    let found = maintenance::Entity::one_of(work.actor.organization, id);
    let found = found.lock_exclusive().one(&transaction).await?;
    let before = found.ok_or(Error::NotFound("Maintenance window"))?;
    if State::of(&before, now) != State::Scheduled {
        let message = "The maintenance window has started or was already cancelled".into();
        return Err(Error::Conflict { message, field: Some(Field::Status) });
    }
    let mut changed = before.clone().into_active_model();
    (changed.cancelled_at, changed.updated_at) = (Set(Some(now)), Set(now));
    let after = changed.update(&transaction).await?;
    let about = ("maintenance", id.0);
    let event = events::change(&work.actor, "maintenance.cancelled", about, (&before, &after), now)?;
    work.record([event]);
    Ok(after)
}

/// The organization's windows, in one statement.
pub async fn list(kernel: &Kernel, organization: OrganizationId, wanted: Wanted) -> Result<Schedule> {
    let (now, days) = (kernel.clock.now(), TimeDelta::days(wanted.days.into()));
    let back = wanted.completed || wanted.state == Some(State::Completed);
    let (start, end) = (if back { now - days } else { now }, now + days);
    let found = maintenance::Entity::within(organization, start, end).all(kernel.db.reader()).await?;
    let windows = found.into_iter().map(|window| {
        let state = State::of(&window, now);
        (window, state)
    });
    let windows = windows.filter(|(_, state)| wanted.has(*state)).collect();
    Ok(Schedule { windows, start, end })
}

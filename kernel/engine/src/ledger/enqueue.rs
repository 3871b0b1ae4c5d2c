//! Enqueues jobs as rows, in the transaction that requires them.

use super::{PendingPush, Reschedule};
use crate::{
    jobs::Job,
    transport::{Priority, QueueEntry},
};
use chrono::{DateTime, Utc};
use entities::ids::{JobId, OrganizationId};
use platform::{
    bulk::{self, SqlType},
    db::GenericPlanConnection,
    error::Result,
    trace,
};
use sea_orm::FromQueryResult;
use serde::Serialize;
use std::collections::HashSet;

/// A job to be enqueued.
#[derive(Debug, Clone, Serialize)]
pub struct NewJob {
    /// Created immediately, for responses and links.
    pub id: JobId,
    organization_id: Option<OrganizationId>,
    parent_id: Option<JobId>,
    kind: &'static str,
    priority: i16,
    payload: serde_json::Value,
    state: &'static str,
    run_at: Option<DateTime<Utc>>,
    unique_key: Option<String>,
    open_children: i32,
    total: Option<i64>,
    request_id: Option<String>,
    traceparent: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    created_at: Option<DateTime<Utc>>,
}

impl NewJob {
    /// A job of the organization (`None`: the platform's own), ready immediately, with normal priority. It continues
    /// the trace of the request or job that creates it.
    pub fn new<J: Job>(organization: Option<OrganizationId>, payload: &J) -> Result<Self> {
        Ok(Self {
            id: JobId::new(),
            organization_id: organization,
            parent_id: None,
            kind: J::KIND.as_str(),
            priority: Priority::Normal.number(),
            payload: serde_json::to_value(payload)?,
            state: "queued",
            run_at: None,
            unique_key: None,
            open_children: 0,
            total: None,
            request_id: None,
            traceparent: trace::traceparent(),
            expires_at: None,
            created_at: None,
        })
    }

    /// Sets the priority.
    #[must_use]
    pub const fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority.number();
        self
    }

    /// Sets the earliest time.
    #[must_use]
    pub const fn run_at(mut self, at: DateTime<Utc>) -> Self {
        self.run_at = Some(at);
        self
    }

    /// Sets the unique key: at most one open job of the kind and organization has it; a second is not enqueued.
    #[must_use]
    pub fn unique(mut self, key: &str) -> Self {
        let tenant = self.organization_id.map(|id| id.to_string()).unwrap_or_default();
        self.unique_key = Some(format!("{tenant}:{key}"));
        self
    }

    /// A child of `parent`, which runs when all its children have ended.
    #[must_use]
    pub const fn part_of(mut self, parent: JobId) -> Self {
        self.parent_id = Some(parent);
        self
    }

    /// Waits until this many children have ended.
    #[must_use]
    pub const fn waits_for(mut self, parts: i32) -> Self {
        self.open_children = parts;
        self
    }

    /// Total units of work.
    #[must_use]
    pub const fn total(mut self, units: i64) -> Self {
        self.total = Some(units);
        self
    }

    /// The originating request.
    #[must_use]
    pub fn request_id(mut self, id: Option<String>) -> Self {
        self.request_id = id;
        self
    }

    /// Sets the creation time, if it is needed before the enqueue.
    #[must_use]
    pub const fn created_at(mut self, at: DateTime<Utc>) -> Self {
        self.created_at = Some(at);
        self
    }

    /// Sets the expiry.
    #[must_use]
    pub const fn expires_at(mut self, at: DateTime<Utc>) -> Self {
        self.expires_at = Some(at);
        self
    }

    /// Its organization.
    pub const fn organization(&self) -> Option<OrganizationId> {
        self.organization_id
    }

    /// The reschedule of an open job with the same unique key; `None` without key or time.
    pub fn sooner(&self) -> Option<Reschedule> {
        Some(Reschedule { unique_key: self.unique_key.clone()?, run_at: self.run_at? })
    }

    fn queue_entry(&self, now: DateTime<Utc>) -> Option<QueueEntry> {
        let due = self.run_at.filter(|at| *at > now);
        (self.open_children == 0).then(|| QueueEntry {
            queue: self.kind.into(),
            id: self.id,
            tenant: self.organization_id,
            priority: Priority::from_number(self.priority),
            due,
        })
    }
}

/// The result of an enqueue.
#[derive(Debug)]
pub struct Enqueued {
    /// To be pushed after the commit.
    pub pushes: PendingPush,
    /// Jobs not enqueued because an open job has their unique key.
    pub duplicates: Vec<JobId>,
}

/// The columns of a new job.
pub const FIELDS: &bulk::Fields = &[
    ("id", SqlType::Uuid),
    ("organization_id", SqlType::Uuid),
    ("parent_id", SqlType::Uuid),
    ("kind", SqlType::Text),
    ("priority", SqlType::Int),
    ("payload", SqlType::Json),
    ("state", SqlType::Text),
    ("run_at", SqlType::Time),
    ("unique_key", SqlType::Text),
    ("open_children", SqlType::Int),
    ("total", SqlType::Int),
    ("request_id", SqlType::Text),
    ("traceparent", SqlType::Text),
    ("expires_at", SqlType::Time),
    ("created_at", SqlType::Time),
];

/// Inserts the jobs in the caller's transaction, in one statement.
pub async fn enqueue(
    transaction: &impl GenericPlanConnection,
    mut jobs: Vec<NewJob>,
    now: DateTime<Utc>,
) -> Result<Enqueued> {
    if jobs.is_empty() {
        return Ok(Enqueued { pushes: PendingPush::default(), duplicates: vec![] });
    }
    let mut pushes = prepare(&mut jobs, now);
    let inserted = insert(transaction, &jobs).await?;
    pushes.retain(|queue_entry| inserted.contains(&queue_entry.id));
    let duplicates = jobs.iter().map(|job| job.id).filter(|id| !inserted.contains(id)).collect();
    Ok(Enqueued { pushes: pushes.into_iter().collect(), duplicates })
}

/// Fills in the times; returns the queue entries.
pub fn prepare(jobs: &mut [NewJob], now: DateTime<Utc>) -> Vec<QueueEntry> {
    let pushes = jobs.iter().filter_map(|job| job.queue_entry(now)).collect();
    for job in jobs {
        job.created_at.get_or_insert(now);
        job.run_at.get_or_insert(now);
    }
    pushes
}

#[derive(FromQueryResult)]
struct Inserted {
    id: JobId,
}

/// Inserts jobs whose times are filled in, but those whose unique key an open job has; returns which.
pub async fn insert(db: &impl GenericPlanConnection, jobs: &impl Serialize) -> Result<HashSet<JobId>> {
    let sql = "insert into jobs ({columns}) select {columns} from {rows} where true
      on conflict do nothing returning id";
    let statement = bulk::generic_plan_statement(db.backend(), sql, FIELDS, jobs, [])?;
    let inserted = db.find::<Inserted>(statement).await?;
    Ok(inserted.into_iter().map(|row| row.id).collect())
}

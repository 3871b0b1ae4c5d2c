//! The ledger: one row per job. These rows are the source of truth; Redis only holds hints.

use crate::ids::{JobId, OrganizationId};
use sea_orm::{QueryOrder, QueryTrait, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A job.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    /// The id; later jobs sort later.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// The organization; `None` for the platform's own jobs.
    pub organization_id: Option<OrganizationId>,
    /// The parent job.
    pub parent_id: Option<JobId>,
    /// The kind, which selects the handler.
    pub kind: String,
    /// The priority; 0 runs first.
    pub priority: i16,
    /// The arguments of the handler.
    pub payload: Json,
    /// The state.
    pub state: JobState,
    /// How many times it was started. The fencing token: a write with a lower number is refused.
    pub attempt: i32,
    /// Number of attempts that failed and were charged.
    pub failures: i32,
    /// Number of attempts that ended because the lease expired.
    pub lost_leases: i32,
    /// How many of these, in a row, count against the job; if above 0, it runs alone. See `ledger`.
    pub crashes: i32,
    /// While running: whether it was started alone, as a suspect, and no other job has run beside it since.
    pub alone: bool,
    /// When its lease last expired.
    pub lost_at: Option<DateTimeUtc>,
    /// The earliest time of the next start.
    pub run_at: DateTimeUtc,
    /// While running: when the lease expires.
    pub lease_until: Option<DateTimeUtc>,
    /// While running: since when the condition is met that the job may be about to wait for.
    pub woken_at: Option<DateTimeUtc>,
    /// The worker that runs it, or ran it last.
    pub worker: Option<String>,
    /// The unique key; at most one open job of the kind has it.
    pub unique_key: Option<String>,
    /// Number of child jobs that have not ended; the job waits until it is 0.
    pub open_children: i32,
    /// Total number of units of work, if known.
    pub total: Option<i64>,
    /// Number of units processed.
    pub processed: i64,
    /// Number of units that succeeded.
    pub succeeded: i64,
    /// Number of units that failed.
    pub failed: i64,
    /// The result returned by the handler.
    pub result: Option<Json>,
    /// The error of the last failed attempt.
    pub last_error: Option<String>,
    /// When its cancellation was requested.
    pub cancel_requested_at: Option<DateTimeUtc>,
    /// The id of the request that caused it, if any.
    pub request_id: Option<String>,
    /// The trace that it continues, as a W3C `traceparent`; `None` if tracing is off.
    pub traceparent: Option<String>,
    /// When it was enqueued.
    pub created_at: DateTimeUtc,
    /// When it was first started.
    pub started_at: Option<DateTimeUtc>,
    /// When it ended.
    pub finished_at: Option<DateTimeUtc>,
    /// When it stops being shown; once it has ended, it may be deleted.
    pub expires_at: Option<DateTimeUtc>,
}

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Waiting for its start time, a worker, its child jobs, or a response from outside.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// A worker has its lease.
    #[sea_orm(string_value = "running")]
    Running,
    /// Waiting for another attempt.
    #[sea_orm(string_value = "retrying")]
    Retrying,
    /// Finished successfully.
    #[sea_orm(string_value = "succeeded")]
    Succeeded,
    /// Failed permanently; can be retried manually.
    #[sea_orm(string_value = "failed")]
    Failed,
    /// Cancelled on request.
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
    /// Crashed its worker too often; can be retried manually.
    #[sea_orm(string_value = "quarantined")]
    Quarantined,
}

impl JobState {
    /// Whether the job has ended: it does not run again unless retried manually.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled | Self::Quarantined)
    }

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Quarantined => "quarantined",
        }
    }
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// A job of the organization and kind.
    pub fn one_of(organization: OrganizationId, kind: &str, id: JobId) -> Select<Self> {
        Self::find()
            .filter(Column::Id.eq(id))
            .filter(Column::OrganizationId.eq(organization))
            .filter(Column::Kind.eq(kind))
    }

    /// Jobs, newest first, optionally of one state and kind: the operator's list.
    pub fn listing(state: Option<JobState>, kind: Option<&str>) -> Select<Self> {
        Self::find()
            .apply_if(state, |query, state| query.filter(Column::State.eq(state)))
            .apply_if(kind, |query, kind| query.filter(Column::Kind.eq(kind)))
            .order_by_desc(Column::Id)
    }
}

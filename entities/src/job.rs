//! The ledger: one row a job. What is written here is the truth; Redis only holds hints.

use crate::ids::{JobId, OrganizationId};
use sea_orm::{QueryOrder, QueryTrait, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One job.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    /// The job's key; jobs made later sort later.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// Whose job it is; none for the platform's own.
    pub organization_id: Option<OrganizationId>,
    /// The job that this one is a part of.
    pub parent_id: Option<JobId>,
    /// Which handler runs it.
    pub kind: String,
    /// 0 before 1 before 2.
    pub priority: i16,
    /// What the handler is given.
    pub payload: Json,
    /// Where it stands.
    pub state: JobState,
    /// How often it was started. The fencing token: a writer that holds an older number is refused.
    pub attempt: i32,
    /// How many starts ended in a failure that was charged.
    pub failures: i32,
    /// How many starts ended with the lease running out.
    pub lost_leases: i32,
    /// Of these, how many in a row count against it; more than 0: it is run alone. See `ledger`.
    pub crashes: i32,
    /// While running: whether no other job has been running in its process since it was started.
    pub alone: bool,
    /// When its lease last ran out.
    pub lost_at: Option<DateTimeUtc>,
    /// Not before this time.
    pub run_at: DateTimeUtc,
    /// While running: until when the worker is believed to be alive.
    pub lease_until: Option<DateTimeUtc>,
    /// While running: since when what it may be about to wait for is there.
    pub woken_at: Option<DateTimeUtc>,
    /// Who runs it, or ran it last.
    pub worker: Option<String>,
    /// At most one open job of the kind has this key.
    pub unique_key: Option<String>,
    /// Parts that have not ended; the job waits until it is 0.
    pub open_children: i32,
    /// Units of work in all, when known.
    pub total: Option<i64>,
    /// Units looked at.
    pub processed: i64,
    /// Units done.
    pub succeeded: i64,
    /// Units refused.
    pub failed: i64,
    /// What the handler had to say at the end.
    pub result: Option<Json>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// Set when somebody asked for it to stop.
    pub cancel_requested_at: Option<DateTimeUtc>,
    /// The request that began it, where there was one.
    pub request_id: Option<String>,
    /// The trace that it goes on with, as W3C's `traceparent` says it; none where nothing is traced.
    pub traceparent: Option<String>,
    /// When it was enqueued.
    pub created_at: DateTimeUtc,
    /// When it was first started.
    pub started_at: Option<DateTimeUtc>,
    /// When it ended.
    pub finished_at: Option<DateTimeUtc>,
    /// From when on it is not shown any more, and may be swept once it has ended.
    pub expires_at: Option<DateTimeUtc>,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Waiting for its time, for a worker, for its parts, or for an answer from outside.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// A worker holds its lease.
    #[sea_orm(string_value = "running")]
    Running,
    /// Waiting for another attempt.
    #[sea_orm(string_value = "retrying")]
    Retrying,
    /// Done.
    #[sea_orm(string_value = "succeeded")]
    Succeeded,
    /// Given up; can be retried by hand.
    #[sea_orm(string_value = "failed")]
    Failed,
    /// Stopped on request.
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
    /// Took its worker down too often; can be retried by hand.
    #[sea_orm(string_value = "quarantined")]
    Quarantined,
}

impl JobState {
    /// Whether nothing more will happen by itself.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled | Self::Quarantined)
    }

    /// The stored word.
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
    /// One job of the organization and kind.
    pub fn one_of(organization: OrganizationId, kind: &str, id: JobId) -> Select<Self> {
        Self::find()
            .filter(Column::Id.eq(id))
            .filter(Column::OrganizationId.eq(organization))
            .filter(Column::Kind.eq(kind))
    }

    /// Jobs in id order, optionally of one state and kind: the operator's list.
    pub fn listing(state: Option<JobState>, kind: Option<&str>) -> Select<Self> {
        Self::find()
            .apply_if(state, |query, state| query.filter(Column::State.eq(state)))
            .apply_if(kind, |query, kind| query.filter(Column::Kind.eq(kind)))
            .order_by_desc(Column::Id)
    }
}

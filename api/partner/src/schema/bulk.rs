//! Bulk requests and their jobs on the wire.

use super::CreateCustomer;
use crate::schema::envelope::envelope;
use edge::{
    schema::wire,
    types::{Nullable, Optional, Time, WithDefault},
};
use entities::{
    ids::{JobId, MalformedId},
    job_error,
};
use isp::{
    imports::{Import, StartedImport, Status},
    payloads::Options,
};
use poem_openapi::{Enum, Object};
use serde_json::Value;
use std::{fmt, str::FromStr};

/// Customers to create in the background.
#[derive(Debug, Object)]
pub struct BulkCustomerCreate {
    /// Array of customers to create (max 100).
    #[oai(validator(min_items = 1, max_items = 100))]
    pub customers: Vec<CreateCustomer>,
    /// Options.
    pub options: Optional<BulkOptions>,
}

wire!(BulkCustomerCreate, rows in "customers");

/// Options of a bulk request.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct BulkOptions {
    /// Stop processing on first error (default: false).
    pub stop_on_error: WithDefault<bool>,
    /// Validate without creating (default: false).
    pub dry_run: WithDefault<bool>,
}

impl From<BulkOptions> for Options {
    fn from(options: BulkOptions) -> Self {
        Self { stop_on_error: options.stop_on_error.0, dry_run: options.dry_run.0 }
    }
}

/// A bulk job's id: `bulk_` and the text of the job's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkId(pub JobId);

impl fmt::Display for BulkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bulk_{}", self.0)
    }
}

impl FromStr for BulkId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        text.strip_prefix("bulk_").ok_or(MalformedId)?.parse().map(Self)
    }
}

/// A bulk job.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct BulkJob {
    /// Bulk job ID: `bulk_job_` and 26 characters.
    pub id: String,
    /// Type of bulk job.
    #[oai(rename = "type")]
    pub kind: BulkJobType,
    /// Status of the job.
    pub status: BulkJobStatus,
    /// Progress.
    pub progress: BulkProgress,
    /// The first 1,000 rejected rows, by index. `GET /api/v1/bulk/jobs/{id}/errors` returns all of them.
    pub errors: Vec<BulkError>,
    /// Creation time.
    pub created_at: Time,
    /// When the job ended; null until then.
    pub completed_at: Nullable<Time>,
    /// Job data expires after 24 hours.
    pub expires_at: Time,
}

envelope!(
    /// One bulk job.
    BulkJobResponse,
    /// The job.
    BulkJob
);

/// Type of bulk job.
#[derive(Debug, Clone, Copy, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BulkJobType {
    /// Creates customers.
    CustomerCreate,
}

/// Status of a bulk job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "Status")]
pub enum BulkJobStatus {
    /// Nothing has been looked at.
    Pending,
    /// Some rows have been looked at.
    Processing,
    /// Every row went in.
    Completed,
    /// Ended, and nothing went in.
    Failed,
    /// Ended, and something went in, not everything.
    Partial,
}

/// Progress of a bulk job, in rows.
#[derive(Debug, Clone, Copy, Object)]
pub struct BulkProgress {
    /// Total rows.
    pub total: i64,
    /// Rows processed.
    pub processed: i64,
    /// Rows created, or valid in a dry run.
    pub succeeded: i64,
    /// Rows rejected.
    pub failed: i64,
}

/// Why a row was rejected.
#[derive(Debug, Object)]
pub struct BulkError {
    /// Index of the row, starting at 0.
    pub index: i64,
    /// Human-readable message.
    pub message: String,
    /// Details: `field`, or `errors` with the `field` and `message` of each fault; for files also `line`.
    #[oai(skip_serializing_if_is_none)]
    pub details: Option<Value>,
}

impl From<job_error::Model> for BulkError {
    fn from(error: job_error::Model) -> Self {
        Self { index: error.row_index, message: error.message, details: error.details }
    }
}

impl BulkJob {
    /// An import with the row errors that are to be shown.
    pub fn new(import: &Import, errors: Vec<job_error::Model>) -> Self {
        let job = &import.job;
        Self {
            id: BulkId(job.id).to_string(),
            kind: BulkJobType::CustomerCreate,
            status: import.status().into(),
            progress: BulkProgress {
                total: job.total.unwrap_or_default(),
                processed: job.processed,
                succeeded: job.succeeded,
                failed: job.failed,
            },
            errors: errors.into_iter().map(BulkError::from).collect(),
            created_at: Time(job.created_at),
            completed_at: Nullable(job.finished_at.map(Time)),
            expires_at: Time(job.expires_at.unwrap_or(job.created_at)),
        }
    }
}

impl From<StartedImport> for BulkJob {
    fn from(begun: StartedImport) -> Self {
        let total = i64::try_from(begun.rows).unwrap_or(i64::MAX);
        Self {
            id: BulkId(begun.id).to_string(),
            kind: BulkJobType::CustomerCreate,
            status: BulkJobStatus::Pending,
            progress: BulkProgress { total, processed: 0, succeeded: 0, failed: 0 },
            errors: vec![],
            created_at: Time(begun.created_at),
            completed_at: Nullable(None),
            expires_at: Time(begun.expires_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip() {
        let id = BulkId(JobId::new());
        assert!(id.to_string().starts_with("bulk_job_01"));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.0.to_string().parse::<BulkId>(), Err(MalformedId));
    }
}

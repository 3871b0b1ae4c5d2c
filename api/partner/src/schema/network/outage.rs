//! Outages on the wire. The list and the single outage have words of their own in the contract.

use crate::schema::{PageQuery, envelope::envelope, first};
use edge::types::{Nullable, PageSize, Time};
use entities::outage as row;
use isp::network::outages::{self, Filter};
use poem_openapi::{Enum, Object};

/// Type of outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::OutageType")]
pub enum OutageType {
    /// Work that had to interrupt the service.
    Planned,
    /// A fault, or work that could not wait.
    Unplanned,
}

/// Severity of an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::Severity")]
pub enum OutageSeverity {
    /// Hardly anyone notices.
    Low,
    /// The service is worse than usual.
    Medium,
    /// There is no service.
    High,
    /// There is no service, for many or for those who must have it.
    Critical,
}

/// Status of an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::OutageStatus")]
pub enum OutageStatus {
    /// The cause is being looked for.
    Investigating,
    /// The cause is known.
    Identified,
    /// It is mended, and watched.
    Monitoring,
    /// It is over.
    Resolved,
}

/// Status of a single outage. Planned and cancelled work is maintenance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutageProgress {
    /// It is not over.
    InProgress,
    /// It is over.
    Resolved,
}

/// An outage in a list.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct OutageBackoff {
    /// Outage ID: `outage_` and 26 characters.
    pub id: String,
    /// Type of outage.
    #[oai(rename = "type")]
    pub kind: OutageType,
    /// Severity.
    pub severity: OutageSeverity,
    /// Status.
    pub status: OutageStatus,
    /// Short title.
    pub title: String,
    /// Full description.
    pub description: String,
    /// Affected areas, separated by semicolons.
    pub affected_area: String,
    /// Active customers in its ZIP codes, as of the last update.
    pub affected_customers: u64,
    /// Affected ZIP codes, five digits each.
    pub affected_zips: Vec<String>,
    /// Start time.
    pub started_at: Time,
    /// Estimated time of resolution.
    pub estimated_resolution: Nullable<Time>,
    /// When it was resolved.
    pub resolved_at: Nullable<Time>,
    /// Updates, oldest first.
    pub updates: Vec<OutageUpdate>,
}

/// An outage.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct OutageDetails {
    /// Outage ID: `outage_` and 26 characters.
    pub id: String,
    /// Type of outage.
    #[oai(rename = "type")]
    pub kind: OutageType,
    /// Severity.
    pub severity: OutageSeverity,
    /// Current status.
    pub status: OutageProgress,
    /// Short title.
    pub title: String,
    /// Full description.
    pub description: String,
    /// Affected areas.
    pub affected_areas: Vec<String>,
    /// Affected services.
    pub affected_services: Vec<String>,
    /// Active customers in its ZIP codes, as of the last update.
    pub affected_customer_count: u64,
    /// Start time.
    pub started_at: Time,
    /// Estimated time of resolution.
    pub estimated_end_at: Nullable<Time>,
    /// When it was resolved.
    pub resolved_at: Nullable<Time>,
    /// Updates, oldest first.
    pub updates: Vec<OutageUpdate>,
    /// When it was recorded.
    pub created_at: Time,
    /// Time of the last change.
    pub updated_at: Time,
}

/// An update on an outage.
#[derive(Debug, Object)]
pub struct OutageUpdate {
    /// Time of the update.
    pub timestamp: Time,
    /// Text of the update.
    pub message: String,
    /// Author of the update.
    pub author: String,
}

/// Which outages are wanted.
#[derive(Debug, Object)]
pub struct OutageQuery {
    /// Filter by status
    pub status: Option<OutageStatus>,
    /// Filter by type
    #[oai(rename = "type")]
    pub kind: Option<OutageType>,
    /// Page number (1-indexed)
    #[oai(default = "first", validator(minimum(value = "1"), maximum(value = "1000000000000")))]
    pub page: u64,
    /// Number of items per page (default: 20); values above 100 are treated as 100
    pub limit: Option<Nullable<PageSize<100>>>,
}

/// Outages on a page where nothing is said.
const USUAL: u64 = 20;

impl OutageQuery {
    /// The outages that are listed.
    pub fn filter(&self) -> Filter {
        Filter { status: self.status.map(Into::into), kind: self.kind.map(Into::into) }
    }

    /// Which page of them.
    pub fn page(&self) -> PageQuery {
        let limit = self.limit.as_ref().and_then(|limit| limit.0.as_ref());
        PageQuery { page: self.page, limit: limit.map_or(USUAL, |limit| limit.0) }
    }
}

envelope!(
    /// A page of outages.
    OutageListResponse,
    /// The outages, newest first.
    page of OutageBackoff
);

envelope!(
    /// One outage.
    OutageResponse,
    /// The outage.
    OutageDetails
);

impl From<row::Model> for OutageBackoff {
    fn from(outage: row::Model) -> Self {
        Self {
            id: outage.id.to_string(),
            kind: outage.kind.into(),
            severity: outage.severity.into(),
            status: outage.status.into(),
            affected_area: outages::area(&outage),
            affected_customers: outage.affected_zips.total(),
            title: outage.title,
            description: outage.description,
            affected_zips: outage.affected_zips.0.into_keys().collect(),
            started_at: Time(outage.started_at),
            estimated_resolution: Nullable(outage.estimated_resolution.map(Time)),
            resolved_at: Nullable(outage.resolved_at.map(Time)),
            updates: outage.updates.0.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<row::Model> for OutageDetails {
    fn from(outage: row::Model) -> Self {
        let is_over = outage.resolved_at.is_some();
        Self {
            id: outage.id.to_string(),
            kind: outage.kind.into(),
            severity: outage.severity.into(),
            status: if is_over { OutageProgress::Resolved } else { OutageProgress::InProgress },
            title: outage.title,
            description: outage.description,
            affected_areas: outage.affected_areas.0,
            affected_services: outage.affected_services.0,
            affected_customer_count: outage.affected_zips.total(),
            started_at: Time(outage.started_at),
            estimated_end_at: Nullable(outage.estimated_resolution.map(Time)),
            resolved_at: Nullable(outage.resolved_at.map(Time)),
            updates: outage.updates.0.into_iter().map(Into::into).collect(),
            created_at: Time(outage.created_at),
            updated_at: Time(outage.updated_at),
        }
    }
}

impl From<row::Update> for OutageUpdate {
    fn from(update: row::Update) -> Self {
        Self { timestamp: Time(update.timestamp), message: update.message, author: update.author }
    }
}

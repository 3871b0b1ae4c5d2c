//! The log of attempts: of one endpoint, and of all endpoints of an organization.

mod by_endpoint;
mod by_organization;

pub use by_endpoint::{Entry, attempts, in_order};
pub use by_organization::{LogEntry, LogFilter, log, log_entry};

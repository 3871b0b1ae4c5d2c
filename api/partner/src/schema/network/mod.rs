//! The network on the wire.

mod maintenance;
mod outage;
mod status;

pub use maintenance::{Maintenance, MaintenanceResponse, MaintenanceStatus};
pub use outage::{OutageListResponse, OutageQuery, OutageResponse};
pub use status::NetworkStatusResponse;

//! The network: its state, outages, maintenance windows.

use super::{
    PREFIX, Tag,
    schema::{
        Maintenance, MaintenanceResponse, MaintenanceStatus, NetworkStatusResponse, OutageListResponse,
        OutageResponse, OutageStatus, OutageType, PaginationResponse,
    },
};
use crate::{
    contracts::partner::Caller,
    edge::Result,
    state::App,
    types::{Nullable, PageSize, Success},
};
use entities::ids::OutageId;
use kernel::{
    Error,
    domain::network::{
        self,
        maintenance::{self, Wanted},
        outages::{self, Filter},
    },
};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use std::sync::Arc;

/// The resource.
pub struct Network;

const fn first() -> u64 {
    1
}

const fn month() -> u32 {
    30
}

/// Outages on a page where nothing is said.
const USUAL: u64 = 20;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Network")]
impl Network {
    /// Get network status
    ///
    /// Get overall network health status and metrics
    #[oai(path = "/network/status", method = "get", operation_id = "getNetworkStatus")]
    async fn status(&self, caller: Caller, app: Data<&Arc<App>>) -> Result<Json<NetworkStatusResponse>> {
        let status = network::status(&app.kernel, caller.organization()).await?;
        Ok(Json(NetworkStatusResponse { success: Success, data: status.into() }))
    }

    /// List outages
    ///
    /// Get a list of active and recent network outages, newest first
    #[oai(path = "/network/outages", method = "get", operation_id = "listOutages")]
    async fn outages(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Filter by status
        status: Query<Option<OutageStatus>>,
        /// Filter by type
        #[oai(name = "type")]
        kind: Query<Option<OutageType>>,
        /// Page number (1-indexed)
        #[oai(default = "first", validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page: Query<u64>,
        /// Number of items per page (default: 20); values above 100 are treated as 100
        limit: Query<Option<Nullable<PageSize<100>>>>,
    ) -> Result<Json<OutageListResponse>> {
        let filter = Filter { status: status.0.map(Into::into), kind: kind.0.map(Into::into) };
        let limit = limit.0.and_then(|limit| limit.0).map_or(USUAL, |limit| limit.0);
        let found = outages::list(&app.kernel, caller.organization(), filter, *page, limit).await?;
        Ok(Json(OutageListResponse {
            success: Success,
            data: found.items.into_iter().map(Into::into).collect(),
            pagination: PaginationResponse::new(*page, limit, found.total),
        }))
    }

    /// Get outage details
    ///
    /// Get detailed information about a specific network outage
    #[oai(path = "/network/outages/:id", method = "get", operation_id = "getOutage")]
    async fn outage(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Outage ID
        id: Path<String>,
    ) -> Result<Json<OutageResponse>> {
        let id: OutageId = id.parse().map_err(|_| Error::NotFound("Outage"))?;
        let outage = outages::get(&app.kernel, caller.organization(), id).await?;
        Ok(Json(OutageResponse { success: Success, data: outage.into() }))
    }

    /// List scheduled maintenance
    ///
    /// Get a list of maintenance windows, earliest first; by default those scheduled and in progress
    #[oai(path = "/network/maintenance", method = "get", operation_id = "listMaintenance")]
    async fn maintenance(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Filter by status
        status: Query<Option<MaintenanceStatus>>,
        /// Number of days to look ahead (default: 30), and to look back if completed windows are included
        #[oai(default = "month", validator(minimum(value = "1"), maximum(value = "90")))]
        days: Query<u32>,
        /// Include completed maintenance windows
        #[oai(name = "includeCompleted")]
        completed: Query<Option<Nullable<bool>>>,
    ) -> Result<Json<MaintenanceResponse>> {
        let completed = completed.0.and_then(|completed| completed.0).unwrap_or_default();
        let wanted = Wanted { state: status.0.map(Into::into), completed, days: *days };
        let schedule = maintenance::list(&app.kernel, caller.organization(), wanted).await?;
        Ok(Json(MaintenanceResponse { success: Success, data: Maintenance::new(schedule, *days) }))
    }
}

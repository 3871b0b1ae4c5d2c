//! The network: its state, outages, maintenance windows.

use super::{
    PREFIX, Tag,
    schema::{
        Maintenance, MaintenanceResponse, MaintenanceStatus, NetworkStatusResponse, OutageListResponse,
        OutageQuery, OutageResponse, Path,
    },
};
use crate::Caller;
use edge::{QueryParams, Result, types::Nullable};
use entities::ids::OutageId;
use isp::network::{
    self,
    maintenance::{self, Wanted},
    outages,
};
use poem_openapi::{OpenApi, param::Query, payload::Json};

/// The resource.
pub struct Network;

const fn month() -> u32 {
    30
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Network")]
impl Network {
    /// Get network status
    ///
    /// Get overall network health status and metrics
    #[oai(path = "/network/status", method = "get", operation_id = "getNetworkStatus")]
    async fn status(&self, caller: Caller) -> Result<Json<NetworkStatusResponse>> {
        let status = network::status(caller.kernel(), caller.organization()).await?;
        Ok(Json(NetworkStatusResponse::of(status)))
    }

    /// List outages
    ///
    /// Get a list of active and recent network outages, newest first
    #[oai(path = "/network/outages", method = "get", operation_id = "listOutages")]
    async fn outages(
        &self,
        caller: Caller,
        query: QueryParams<OutageQuery>,
    ) -> Result<Json<OutageListResponse>> {
        let page = query.page();
        let (kernel, organization) = (caller.kernel(), caller.organization());
        let found = outages::list(kernel, organization, query.filter(), page.page, page.limit).await?;
        Ok(Json(OutageListResponse::of(&page, found)))
    }

    /// Get outage details
    ///
    /// Get detailed information about a specific network outage
    #[oai(path = "/network/outages/:id", method = "get", operation_id = "getOutage")]
    async fn outage(
        &self,
        caller: Caller,
        /// Outage ID
        id: Path<OutageId>,
    ) -> Result<Json<OutageResponse>> {
        let outage = outages::get(caller.kernel(), caller.organization(), *id).await?;
        Ok(Json(OutageResponse::of(outage)))
    }

    /// List scheduled maintenance
    ///
    /// Get a list of maintenance windows, earliest first; by default those scheduled and in progress
    #[oai(path = "/network/maintenance", method = "get", operation_id = "listMaintenance")]
    async fn maintenance(
        &self,
        caller: Caller,
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
        let schedule = maintenance::list(caller.kernel(), caller.organization(), wanted).await?;
        Ok(Json(MaintenanceResponse::of(Maintenance::new(schedule, *days))))
    }
}

//! Addresses: those of a customer, the pools, how full they are.

use super::{
    PREFIX, Tag,
    schema::{CustomerIPsResponse, IPPool, IPPoolListResponse, IPPoolUtilizationResponse, customer_ips},
};
use crate::{contracts::partner::Caller, edge::Result, state::App, types::Success};
use kernel::{Error, domain::addresses};
use poem::web::Data;
use poem_openapi::{OpenApi, param::Path, payload::Json};
use std::sync::Arc;

/// The resource.
pub struct Addresses;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Addresses")]
impl Addresses {
    /// Get customer IP allocations
    ///
    /// Get all IP addresses allocated to a customer
    #[oai(path = "/customers/:id/ips", method = "get", operation_id = "listCustomerIps")]
    async fn of_customer(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Customer ID
        id: Path<String>,
    ) -> Result<Json<CustomerIPsResponse>> {
        let id = id.parse().map_err(|_| Error::NotFound("Customer"))?;
        let found = addresses::of_customer(&app.kernel, caller.organization(), id).await?;
        Ok(Json(CustomerIPsResponse { success: Success, data: customer_ips(id, found) }))
    }

    /// List IP pools
    ///
    /// Get all available IP address pools
    #[oai(path = "/ip-pools", method = "get", operation_id = "listIpPools")]
    async fn pools(&self, caller: Caller, app: Data<&Arc<App>>) -> Result<Json<IPPoolListResponse>> {
        let found = addresses::list(&app.kernel, caller.organization()).await?;
        let data = found.into_iter().map(IPPool::from).collect();
        Ok(Json(IPPoolListResponse { success: Success, data }))
    }

    /// Get IP pool utilization
    ///
    /// Get utilization statistics and history for an IP pool
    #[oai(path = "/ip-pools/:id/utilization", method = "get", operation_id = "getIpPoolUtilization")]
    async fn utilization(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// IP Pool ID
        id: Path<String>,
    ) -> Result<Json<IPPoolUtilizationResponse>> {
        let id = id.parse().map_err(|_| Error::NotFound("Pool"))?;
        let found = addresses::utilization(&app.kernel, caller.organization(), id).await?;
        Ok(Json(IPPoolUtilizationResponse { success: Success, data: found.into() }))
    }
}

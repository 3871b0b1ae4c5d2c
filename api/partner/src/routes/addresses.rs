//! Addresses: those of a customer, the pools, how full they are.

use super::{
    PREFIX, Tag,
    schema::{CustomerIPsResponse, IPPoolListResponse, IPPoolUtilizationResponse, Path, customer_ips},
};
use crate::Caller;
use edge::Result;
use entities::ids::{CustomerId, IpPoolId};
use isp::addresses;
use poem_openapi::{OpenApi, payload::Json};

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
        /// Customer ID
        id: Path<CustomerId>,
    ) -> Result<Json<CustomerIPsResponse>> {
        let found = addresses::of_customer(caller.kernel(), caller.organization(), *id).await?;
        Ok(Json(CustomerIPsResponse::of(customer_ips(*id, found))))
    }

    /// List IP pools
    ///
    /// Get all available IP address pools
    #[oai(path = "/ip-pools", method = "get", operation_id = "listIpPools")]
    async fn pools(&self, caller: Caller) -> Result<Json<IPPoolListResponse>> {
        let found = addresses::list(caller.kernel(), caller.organization()).await?;
        Ok(Json(IPPoolListResponse::of(found)))
    }

    /// Get IP pool utilization
    ///
    /// Get utilization statistics and history for an IP pool
    #[oai(path = "/ip-pools/:id/utilization", method = "get", operation_id = "getIpPoolUtilization")]
    async fn utilization(
        &self,
        caller: Caller,
        /// IP Pool ID
        id: Path<IpPoolId>,
    ) -> Result<Json<IPPoolUtilizationResponse>> {
        let found = addresses::utilization(caller.kernel(), caller.organization(), *id).await?;
        Ok(Json(IPPoolUtilizationResponse::of(found)))
    }
}

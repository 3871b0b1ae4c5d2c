//! Details of requests.

use super::{
    PREFIX, Tag,
    schema::{PageDTOProvisionDetail, PageQuery, Path, ProvisionDetail},
};
use crate::{Caller, auth::side};
use edge::{JsonBody, QueryParams, RawJsonPayload, Result};
use entities::ids::{VendorDetailId, VendorRequestId};
use isp::vendors::requests;
use poem_openapi::OpenApi;

/// The resource.
pub struct Details;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::ProvisionDetails")]
impl Details {
    /// Get All Provision Details for a Provision Request
    #[oai(
        path = "/provision-requests/:provisionRequestId/details",
        method = "get",
        operation_id = "getAllProvisionDetails"
    )]
    async fn list(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
        page: QueryParams<PageQuery>,
    ) -> Result<RawJsonPayload<PageDTOProvisionDetail>> {
        let found = requests::details(caller.kernel(), side(&caller), *request, page.part()).await?;
        Ok(RawJsonPayload(PageDTOProvisionDetail::new(&page, found)))
    }

    /// Create Provision Detail for a Provision Request
    ///
    /// Beyond the contract: adds a corrected version of the details, which the next attempt uses
    #[oai(
        path = "/provision-requests/:provisionRequestId/details",
        method = "post",
        operation_id = "createProvisionDetail"
    )]
    async fn create(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
        body: JsonBody<ProvisionDetail>,
    ) -> Result<RawJsonPayload<ProvisionDetail>> {
        let unknown = body.ensure_known();
        let details = body.0.details.0.map(|details| details.0).unwrap_or_default();
        let made = requests::correct(caller.work()?, *request, details).await?;
        unknown?;
        Ok(RawJsonPayload(made.into()))
    }

    /// Get One Provision Detail by Provision Request ID
    #[oai(
        path = "/provision-requests/:provisionRequestId/details/:provisionDetailId",
        method = "get",
        operation_id = "getOneProvisionDetail"
    )]
    async fn get(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
        /// The version of the details
        #[oai(name = "provisionDetailId")]
        detail: Path<VendorDetailId>,
    ) -> Result<RawJsonPayload<ProvisionDetail>> {
        Ok(RawJsonPayload(
            requests::detail(caller.kernel(), side(&caller), *request, Some(*detail)).await?.into(),
        ))
    }

    /// Get Latest Provision Detail by Provision Request ID
    #[oai(
        path = "/provision-requests/:provisionRequestId/details/latest",
        method = "get",
        operation_id = "getLatestProvisionDetail"
    )]
    async fn latest(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
    ) -> Result<RawJsonPayload<ProvisionDetail>> {
        Ok(RawJsonPayload(requests::detail(caller.kernel(), side(&caller), *request, None).await?.into()))
    }
}

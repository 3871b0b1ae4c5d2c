//! Provision requests.

use super::{
    PREFIX, Tag,
    schema::{PageDTOProvisionRequest, PageQuery, Path, ProvisionRequest},
};
use crate::{Caller, auth::side};
use edge::{QueryParams, Result};
use entities::ids::VendorRequestId;
use isp::vendors::requests;
use poem_openapi::{OpenApi, payload::Json};

/// The resource.
pub struct Requests;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::ProvisionRequests")]
impl Requests {
    /// Get All Provision Requests
    #[oai(path = "/provision-requests", method = "get", operation_id = "getAllProvisionRequests")]
    async fn list(
        &self,
        caller: Caller,
        page: QueryParams<PageQuery>,
    ) -> Result<Json<PageDTOProvisionRequest>> {
        let found = requests::list(caller.kernel(), side(&caller), false, page.part()).await?;
        Ok(Json(PageDTOProvisionRequest::new(&page, found)))
    }

    /// Get All Unfulfilled Provision Requests
    ///
    /// Open requests: neither fulfilled nor cancelled, and within their deadline
    #[oai(
        path = "/provision-requests/unfulfilled",
        method = "get",
        operation_id = "getAllUnfulfilledProvisionRequests"
    )]
    async fn list_unfulfilled(
        &self,
        caller: Caller,
        page: QueryParams<PageQuery>,
    ) -> Result<Json<PageDTOProvisionRequest>> {
        let found = requests::list(caller.kernel(), side(&caller), true, page.part()).await?;
        Ok(Json(PageDTOProvisionRequest::new(&page, found)))
    }

    /// Get One Provision Request
    #[oai(
        path = "/provision-requests/:provisionRequestId",
        method = "get",
        operation_id = "getOneProvisionRequest"
    )]
    async fn get(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
    ) -> Result<Json<ProvisionRequest>> {
        Ok(Json(requests::get(caller.kernel(), side(&caller), *request).await?.into()))
    }
}

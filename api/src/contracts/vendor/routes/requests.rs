//! Provision requests.

use super::{
    PREFIX, Tag, first,
    schema::{PageDTOProvisionRequest, PathId, ProvisionRequest, Size, Sort, part},
    twenty,
};
use crate::{contracts::vendor::Caller, edge::Result, state::App};
use entities::ids::VendorRequestId;
use kernel::domain::vendors::requests;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use std::sync::Arc;

/// The resource.
pub struct Requests;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::ProvisionRequests")]
impl Requests {
    /// Get All Provision Requests
    #[oai(path = "/provision-requests", method = "get", operation_id = "getAllProvisionRequests")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Page number, from 0
        #[oai(default = "first", validator(minimum(value = "0"), maximum(value = "2147483647")))]
        page: Query<u64>,
        /// Objects per page; values above 200 count as 200
        #[oai(default = "twenty")]
        size: Query<Size>,
        /// Sort order, by creation time
        #[oai(default)]
        sort: Query<Sort>,
    ) -> Result<Json<PageDTOProvisionRequest>> {
        let part = part(*page, *size, *sort);
        let found = requests::list(&app.kernel, caller.side(), false, part).await?;
        Ok(Json(PageDTOProvisionRequest::new(part, found)))
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
        app: Data<&Arc<App>>,
        /// Page number, from 0
        #[oai(default = "first", validator(minimum(value = "0"), maximum(value = "2147483647")))]
        page: Query<u64>,
        /// Objects per page; values above 200 count as 200
        #[oai(default = "twenty")]
        size: Query<Size>,
        /// Sort order, by creation time
        #[oai(default)]
        sort: Query<Sort>,
    ) -> Result<Json<PageDTOProvisionRequest>> {
        let part = part(*page, *size, *sort);
        let found = requests::list(&app.kernel, caller.side(), true, part).await?;
        Ok(Json(PageDTOProvisionRequest::new(part, found)))
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
        app: Data<&Arc<App>>,
        /// The request
        #[oai(name = "provisionRequestId")]
        provision_request_id: Path<PathId>,
    ) -> Result<Json<ProvisionRequest>> {
        Ok(Json(requests::get(&app.kernel, caller.side(), request(&provision_request_id)?).await?.into()))
    }
}

/// The id of a request in a path.
pub(super) fn request(id: &PathId) -> Result<VendorRequestId> {
    Ok(id.read("provisionRequestId", VendorRequestId)?)
}

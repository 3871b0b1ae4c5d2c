//! Details of requests.

use super::{
    PREFIX, Tag, first,
    requests::request,
    schema::{PageDTOProvisionDetail, PathId, ProvisionDetail, Size, Sort, part},
    twenty,
};
use crate::{
    contracts::vendor::Caller,
    edge::{JsonBody, RawJsonPayload, Result},
    state::App,
};
use entities::ids::VendorDetailId;
use kernel::domain::vendors::requests;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use std::sync::Arc;

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
        app: Data<&Arc<App>>,
        /// The request
        #[oai(name = "provisionRequestId")]
        provision_request_id: Path<PathId>,
        /// Page number, from 0
        #[oai(default = "first", validator(minimum(value = "0"), maximum(value = "2147483647")))]
        page: Query<u64>,
        /// Objects per page; values above 200 count as 200
        #[oai(default = "twenty")]
        size: Query<Size>,
        /// Sort order, by creation time
        #[oai(default)]
        sort: Query<Sort>,
    ) -> Result<RawJsonPayload<PageDTOProvisionDetail>> {
        let part = part(*page, *size, *sort);
        let found =
            requests::details(&app.kernel, caller.side(), request(&provision_request_id)?, part).await?;
        Ok(RawJsonPayload(PageDTOProvisionDetail::new(part, found)))
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
        provision_request_id: Path<PathId>,
        body: JsonBody<ProvisionDetail>,
    ) -> Result<RawJsonPayload<ProvisionDetail>> {
        let details = body.0.details.0.map(|details| details.0).unwrap_or_default();
        Ok(RawJsonPayload(
            requests::correct(caller.work()?, request(&provision_request_id)?, details).await?.into(),
        ))
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
        app: Data<&Arc<App>>,
        /// The request
        #[oai(name = "provisionRequestId")]
        provision_request_id: Path<PathId>,
        /// The version of the details
        #[oai(name = "provisionDetailId")]
        provision_detail_id: Path<PathId>,
    ) -> Result<RawJsonPayload<ProvisionDetail>> {
        Ok(RawJsonPayload(
            requests::detail(
                &app.kernel,
                caller.side(),
                request(&provision_request_id)?,
                Some(detail(&provision_detail_id)?),
            )
            .await?
            .into(),
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
        app: Data<&Arc<App>>,
        /// The request
        #[oai(name = "provisionRequestId")]
        provision_request_id: Path<PathId>,
    ) -> Result<RawJsonPayload<ProvisionDetail>> {
        Ok(RawJsonPayload(
            requests::detail(&app.kernel, caller.side(), request(&provision_request_id)?, None).await?.into(),
        ))
    }
}

fn detail(id: &PathId) -> Result<VendorDetailId> {
    Ok(id.read("provisionDetailId", VendorDetailId)?)
}

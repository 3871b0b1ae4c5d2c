//! Attempts: notifications of vendors.

use super::{
    PREFIX, Tag,
    schema::{Id, PageDTOProvisionAttempt, PageQuery, Path, ProvisionAttempt},
};
use crate::{Caller, auth::side};
use edge::{QueryParams, Result};
use entities::ids::{VendorAttemptId, VendorDetailId, VendorRequestId};
use isp::vendors::attempts;
use poem_openapi::{OpenApi, param::Query, payload::Json};

/// The resource.
pub struct Attempts;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::ProvisionAttempts")]
impl Attempts {
    /// Get All Provision Attempts for a Provision Request
    #[oai(
        path = "/provision-requests/:provisionRequestId/attempts",
        method = "get",
        operation_id = "getAllProvisionAttempts"
    )]
    async fn list(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
        /// Only attempts that were made with this version of the details
        #[oai(name = "provisionDetailId")]
        detail: Query<Option<Id>>,
        page: QueryParams<PageQuery>,
    ) -> Result<Json<PageDTOProvisionAttempt>> {
        let detail = detail.0.map(|id| VendorDetailId(id.into()));
        let found = attempts::list(caller.kernel(), side(&caller), *request, detail, page.part()).await?;
        Ok(Json(PageDTOProvisionAttempt::new(&page, found)))
    }

    /// Create Provision Attempt for a Provision Request and Provision Detail
    ///
    /// Sends the request to your webhook again, with the latest details, while the request is open
    #[oai(
        path = "/provision-requests/:provisionRequestId/attempts",
        method = "post",
        operation_id = "createAttemptForRequest"
    )]
    async fn create(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
    ) -> Result<Json<ProvisionAttempt>> {
        Ok(Json(attempts::retry(caller.work()?, *request).await?.into()))
    }

    /// Get Provision Attempt by ID
    #[oai(
        path = "/provision-requests/:provisionRequestId/attempts/:provisionAttemptId",
        method = "get",
        operation_id = "getOneProvisionAttempt"
    )]
    async fn get(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
        /// The attempt
        #[oai(name = "provisionAttemptId")]
        attempt: Path<VendorAttemptId>,
    ) -> Result<Json<ProvisionAttempt>> {
        Ok(Json(attempts::get(caller.kernel(), side(&caller), *request, Some(*attempt)).await?.into()))
    }

    /// Get Latest Provision Attempt for a Provision Request
    #[oai(
        path = "/provision-requests/:provisionRequestId/attempts/latest",
        method = "get",
        operation_id = "getLatestProvisionAttempt"
    )]
    async fn latest(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
    ) -> Result<Json<ProvisionAttempt>> {
        Ok(Json(attempts::get(caller.kernel(), side(&caller), *request, None).await?.into()))
    }
}

//! Results: what vendors say became of requests.

use super::{
    PREFIX, Tag,
    schema::{Id, PageDTOProvisionResult, PageQuery, Path, ProvisionResult},
};
use crate::{Caller, auth::side};
use edge::{JsonBody, QueryParams, RawJsonPayload, Result};
use entities::ids::{VendorAttemptId, VendorRequestId, VendorResultId};
use isp::vendors::results;
use poem_openapi::{OpenApi, param::Query};

/// The resource.
pub struct Results;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::ProvisionResults")]
impl Results {
    /// Get All Provision Results for a Provision Request
    #[oai(
        path = "/provision-requests/:provisionRequestId/results",
        method = "get",
        operation_id = "getAllProvisionResults"
    )]
    async fn list(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
        /// Only results of this attempt
        #[oai(name = "provisionAttemptId")]
        attempt: Query<Option<Id>>,
        page: QueryParams<PageQuery>,
    ) -> Result<RawJsonPayload<PageDTOProvisionResult>> {
        let attempt = attempt.0.map(|id| VendorAttemptId(id.into()));
        let found = results::list(caller.kernel(), side(&caller), *request, attempt, page.part()).await?;
        Ok(RawJsonPayload(PageDTOProvisionResult::new(&page, found)))
    }

    /// Create Provision Result
    ///
    /// A `Success` fulfils the request. After a `Fail` the request stays open: correct the details, create another attempt,
    /// and post its result. After a `Success`, a cancellation or the deadline a result is refused with 409, which says what was
    /// decided and when
    #[oai(
        path = "/provision-requests/:provisionRequestId/results",
        method = "post",
        operation_id = "createProvisionResult"
    )]
    async fn create(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
        body: JsonBody<ProvisionResult>,
    ) -> Result<RawJsonPayload<ProvisionResult>> {
        let told = body.0.told();
        Ok(RawJsonPayload(results::post(caller.work()?, *request, told).await?.into()))
    }

    /// Get One Provision Result
    #[oai(
        path = "/provision-requests/:provisionRequestId/results/:provisionResultId",
        method = "get",
        operation_id = "getOneProvisionResult"
    )]
    async fn get(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
        /// The result
        #[oai(name = "provisionResultId")]
        result: Path<VendorResultId>,
    ) -> Result<RawJsonPayload<ProvisionResult>> {
        Ok(RawJsonPayload(
            results::get(caller.kernel(), side(&caller), *request, Some(*result)).await?.into(),
        ))
    }

    /// Get Latest Provision Result for an Order
    #[oai(
        path = "/provision-requests/:provisionRequestId/results/latest",
        method = "get",
        operation_id = "getLatestProvisionResult"
    )]
    async fn latest(
        &self,
        caller: Caller,
        /// The request
        #[oai(name = "provisionRequestId")]
        request: Path<VendorRequestId>,
    ) -> Result<RawJsonPayload<ProvisionResult>> {
        Ok(RawJsonPayload(results::get(caller.kernel(), side(&caller), *request, None).await?.into()))
    }
}

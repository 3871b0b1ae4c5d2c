//! Results: what vendors say became of requests.

use super::{
    PREFIX, Tag, first,
    requests::request,
    schema::{Id, PageDTOProvisionResult, PathId, ProvisionResult, Size, Sort, part},
    twenty,
};
use crate::{
    contracts::vendor::Caller,
    edge::{JsonBody, RawJsonPayload, Result},
    state::App,
};
use entities::ids::{VendorAttemptId, VendorResultId};
use kernel::domain::vendors::results;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use std::sync::Arc;

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
    #[expect(clippy::too_many_arguments, reason = "a parameter each is what the document has")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// The request
        #[oai(name = "provisionRequestId")]
        provision_request_id: Path<PathId>,
        /// Only results of this attempt
        #[oai(name = "provisionAttemptId")]
        attempt: Query<Option<Id>>,
        /// Page number, from 0
        #[oai(default = "first", validator(minimum(value = "0"), maximum(value = "2147483647")))]
        page: Query<u64>,
        /// Objects per page; values above 200 count as 200
        #[oai(default = "twenty")]
        size: Query<Size>,
        /// Sort order, by creation time
        #[oai(default)]
        sort: Query<Sort>,
    ) -> Result<RawJsonPayload<PageDTOProvisionResult>> {
        let attempt = attempt.0.map(|id| VendorAttemptId(id.into()));
        let part = part(*page, *size, *sort);
        let found =
            results::list(&app.kernel, caller.side(), request(&provision_request_id)?, attempt, part).await?;
        Ok(RawJsonPayload(PageDTOProvisionResult::new(part, found)))
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
        provision_request_id: Path<PathId>,
        body: JsonBody<ProvisionResult>,
    ) -> Result<RawJsonPayload<ProvisionResult>> {
        let told = body.0.told();
        Ok(RawJsonPayload(results::post(caller.work()?, request(&provision_request_id)?, told).await?.into()))
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
        app: Data<&Arc<App>>,
        /// The request
        #[oai(name = "provisionRequestId")]
        provision_request_id: Path<PathId>,
        /// The result
        #[oai(name = "provisionResultId")]
        provision_result_id: Path<PathId>,
    ) -> Result<RawJsonPayload<ProvisionResult>> {
        Ok(RawJsonPayload(
            results::get(
                &app.kernel,
                caller.side(),
                request(&provision_request_id)?,
                Some(result(&provision_result_id)?),
            )
            .await?
            .into(),
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
        app: Data<&Arc<App>>,
        /// The request
        #[oai(name = "provisionRequestId")]
        provision_request_id: Path<PathId>,
    ) -> Result<RawJsonPayload<ProvisionResult>> {
        Ok(RawJsonPayload(
            results::get(&app.kernel, caller.side(), request(&provision_request_id)?, None).await?.into(),
        ))
    }
}

fn result(id: &PathId) -> Result<VendorResultId> {
    Ok(id.read("provisionResultId", VendorResultId)?)
}

//! Attempts: notifications of vendors.

use super::{
    PREFIX, Tag, first,
    requests::request,
    schema::{Id, PageDTOProvisionAttempt, PathId, ProvisionAttempt, Size, Sort, part},
    twenty,
};
use crate::{contracts::vendor::Caller, edge::Result, state::App};
use entities::ids::{VendorAttemptId, VendorDetailId};
use kernel::domain::vendors::attempts;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use std::sync::Arc;

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
    #[expect(clippy::too_many_arguments, reason = "a parameter each is what the document has")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// The request
        #[oai(name = "provisionRequestId")]
        provision_request_id: Path<PathId>,
        /// Only attempts that were made with this version of the details
        #[oai(name = "provisionDetailId")]
        detail: Query<Option<Id>>,
        /// Page number, from 0
        #[oai(default = "first", validator(minimum(value = "0"), maximum(value = "2147483647")))]
        page: Query<u64>,
        /// Objects per page; values above 200 count as 200
        #[oai(default = "twenty")]
        size: Query<Size>,
        /// Sort order, by creation time
        #[oai(default)]
        sort: Query<Sort>,
    ) -> Result<Json<PageDTOProvisionAttempt>> {
        let detail = detail.0.map(|id| VendorDetailId(id.into()));
        let part = part(*page, *size, *sort);
        let found =
            attempts::list(&app.kernel, caller.side(), request(&provision_request_id)?, detail, part).await?;
        Ok(Json(PageDTOProvisionAttempt::new(part, found)))
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
        provision_request_id: Path<PathId>,
    ) -> Result<Json<ProvisionAttempt>> {
        Ok(Json(attempts::again(caller.work()?, request(&provision_request_id)?).await?.into()))
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
        app: Data<&Arc<App>>,
        /// The request
        #[oai(name = "provisionRequestId")]
        provision_request_id: Path<PathId>,
        /// The attempt
        #[oai(name = "provisionAttemptId")]
        provision_attempt_id: Path<PathId>,
    ) -> Result<Json<ProvisionAttempt>> {
        Ok(Json(
            attempts::get(
                &app.kernel,
                caller.side(),
                request(&provision_request_id)?,
                Some(attempt(&provision_attempt_id)?),
            )
            .await?
            .into(),
        ))
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
        app: Data<&Arc<App>>,
        /// The request
        #[oai(name = "provisionRequestId")]
        provision_request_id: Path<PathId>,
    ) -> Result<Json<ProvisionAttempt>> {
        Ok(Json(
            attempts::get(&app.kernel, caller.side(), request(&provision_request_id)?, None).await?.into(),
        ))
    }
}

fn attempt(id: &PathId) -> Result<VendorAttemptId> {
    Ok(id.read("provisionAttemptId", VendorAttemptId)?)
}

//! Provisioning requests: list, open, read.

use super::{
    PREFIX, Tag, located,
    schema::{
        CreateProvisioningRequest, PageQuery, Path, ProvisioningListResponse, ProvisioningResponse,
        ProvisioningStatus, id,
    },
};
use crate::Caller;
use edge::{JsonBody, Located, QueryParams, Result};
use entities::ids::ProvisioningId;
use isp::provisioning::{self, Filter, OpenBatcher};
use platform::paging::Page;
use poem::web::Data;
use poem_openapi::{OpenApi, param::Query, payload::Json};

/// The resource.
pub struct Provisioning;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Provisioning")]
impl Provisioning {
    /// List provisioning requests
    ///
    /// Get a paginated list of provisioning requests, oldest first. Filters are combined
    #[oai(path = "/provisioning", method = "get", operation_id = "listProvisioningRequests")]
    async fn list(
        &self,
        caller: Caller,
        page: QueryParams<PageQuery>,
        /// Filter by status
        status: Query<Option<ProvisioningStatus>>,
        /// Filter by customer ID; an unknown customer returns an empty list
        #[oai(name = "customerId")]
        customer: Query<Option<String>>,
    ) -> Result<Json<ProvisioningListResponse>> {
        let customer = customer.0.as_deref().map(id);
        let filter = |customer| Filter { customer, status: status.0.map(Into::into) };
        let found = match customer.transpose() {
            Ok(customer) => {
                provisioning::list(
                    caller.kernel(),
                    caller.organization(),
                    filter(customer),
                    page.page,
                    page.limit,
                )
                .await?
            }
            Err(_) => Page { items: vec![], total: 0 },
        };
        Ok(Json(ProvisioningListResponse::of(&page, found)))
    }

    /// Request provisioning
    ///
    /// Create a service provisioning request
    #[oai(path = "/provisioning", method = "post", operation_id = "createProvisioningRequest")]
    async fn create(
        &self,
        caller: Caller,
        openings: Data<&OpenBatcher>,
        body: JsonBody<CreateProvisioningRequest>,
    ) -> Result<Located<ProvisioningResponse>> {
        let customer = id(&body.0.customer_id.0)?;
        let subscription = id(&body.0.subscription_id.0)?;
        let request = openings.open(caller.work()?, body.0.of(customer, subscription)).await?;
        Ok(located("provisioning", request.id, ProvisioningResponse::of(request)))
    }

    /// Get provisioning request
    ///
    /// Get details of a specific provisioning request
    #[oai(path = "/provisioning/:id", method = "get", operation_id = "getProvisioningRequest")]
    async fn get(
        &self,
        caller: Caller,
        /// Provisioning request ID
        id: Path<ProvisioningId>,
    ) -> Result<Json<ProvisioningResponse>> {
        Ok(Json(ProvisioningResponse::of(
            provisioning::get(caller.kernel(), caller.organization(), *id).await?,
        )))
    }
}

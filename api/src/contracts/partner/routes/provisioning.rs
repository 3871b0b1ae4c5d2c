//! Provisioning requests: list, open, read.

use super::{
    MOUNT, PREFIX, Tag,
    customers::{first, parse as parse_customer, twenty},
    schema::{
        CreateProvisioningRequest, PaginationResponse, ProvisioningListResponse, ProvisioningResponse,
        ProvisioningStatus,
    },
};
use crate::{
    contracts::partner::Caller,
    edge::{JsonBody, Result},
    state::App,
    types::Success,
};
use entities::{
    ids::{ProvisioningId, SubscriptionId},
    provisioning_request,
};
use kernel::{
    Error,
    domain::{
        paging::Page,
        provisioning::{self, Filter},
    },
};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use std::sync::Arc;

/// The resource.
pub struct Provisioning;

/// The answer to a creation.
#[derive(ApiResponse)]
enum Created {
    /// Provisioning request created
    #[oai(status = 201)]
    Created(
        Json<ProvisioningResponse>,
        /// URL of the provisioning request
        #[oai(header = "Location")]
        String,
    ),
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Provisioning")]
impl Provisioning {
    /// List provisioning requests
    ///
    /// Get a paginated list of provisioning requests, oldest first. Filters are combined
    #[oai(path = "/provisioning", method = "get", operation_id = "listProvisioningRequests")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Page number (1-indexed)
        #[oai(default = "first", validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page: Query<u64>,
        /// Number of items per page (max 100)
        #[oai(default = "twenty", validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<u64>,
        /// Filter by status
        status: Query<Option<ProvisioningStatus>>,
        /// Filter by customer ID; an unknown customer returns an empty list
        #[oai(name = "customerId")]
        customer: Query<Option<String>>,
    ) -> Result<Json<ProvisioningListResponse>> {
        let customer = customer.0.as_deref().map(parse_customer);
        let filter = |customer| Filter { customer, status: status.0.map(Into::into) };
        let found = match customer.transpose() {
            Ok(customer) => {
                provisioning::list(&app.kernel, caller.organization(), filter(customer), *page, *limit)
                    .await?
            }
            Err(_) => Page { items: vec![], total: 0 },
        };
        Ok(Json(ProvisioningListResponse {
            success: Success,
            data: found.items.into_iter().map(Into::into).collect(),
            pagination: PaginationResponse::new(*page, *limit, found.total),
        }))
    }

    /// Request provisioning
    ///
    /// Create a service provisioning request
    #[oai(path = "/provisioning", method = "post", operation_id = "createProvisioningRequest")]
    async fn create(&self, caller: Caller, body: JsonBody<CreateProvisioningRequest>) -> Result<Created> {
        let customer = parse_customer(&body.0.customer_id.0)?;
        let subscription = parse_subscription(&body.0.subscription_id.0)?;
        let request = provisioning::open(caller.work()?, body.0.of(customer, subscription)).await?;
        let location = format!("{MOUNT}{PREFIX}/provisioning/{}", request.id);
        Ok(Created::Created(answer(request), location))
    }

    /// Get provisioning request
    ///
    /// Get details of a specific provisioning request
    #[oai(path = "/provisioning/:id", method = "get", operation_id = "getProvisioningRequest")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Provisioning request ID
        id: Path<String>,
    ) -> Result<Json<ProvisioningResponse>> {
        Ok(answer(provisioning::get(&app.kernel, caller.organization(), parse(&id)?).await?))
    }
}

fn answer(request: provisioning_request::Model) -> Json<ProvisioningResponse> {
    Json(ProvisioningResponse { success: Success, data: request.into() })
}

/// A text that is no id names nothing.
fn parse(id: &str) -> Result<ProvisioningId> {
    Ok(id.parse().map_err(|_| Error::NotFound("Provisioning request"))?)
}

fn parse_subscription(id: &str) -> Result<SubscriptionId> {
    Ok(id.parse().map_err(|_| Error::NotFound("Subscription"))?)
}

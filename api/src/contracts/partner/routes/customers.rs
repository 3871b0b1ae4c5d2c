//! Customers: list, create, read, change.

use super::{
    MOUNT, PREFIX, Tag,
    schema::{CreateCustomer, CustomerListResponse, CustomerResponse, PaginationResponse, UpdateCustomer},
};
use crate::{
    contracts::partner::Caller,
    edge::{JsonBody, Result},
    state::App,
    types::Success,
};
use entities::{customer, ids::CustomerId};
use kernel::{Error, domain::customers};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use std::sync::Arc;

/// The resource.
pub struct Customers;

/// The answer to a creation.
#[derive(ApiResponse)]
enum Created {
    /// Customer created
    #[oai(status = 201)]
    Created(
        Json<CustomerResponse>,
        /// URL of the customer
        #[oai(header = "Location")]
        String,
    ),
}

pub(super) const fn first() -> u64 {
    1
}

pub(super) const fn twenty() -> u64 {
    20
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Customers")]
impl Customers {
    /// List customers
    ///
    /// Retrieve a paginated list of customers, oldest first
    #[oai(path = "/customers", method = "get", operation_id = "listCustomers")]
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
    ) -> Result<Json<CustomerListResponse>> {
        let found = customers::list(&app.kernel, caller.organization(), *page, *limit).await?;
        Ok(Json(CustomerListResponse {
            success: Success,
            data: found.items.into_iter().map(Into::into).collect(),
            pagination: PaginationResponse::new(*page, *limit, found.total),
        }))
    }

    /// Create customer
    ///
    /// Create a new customer account
    #[oai(path = "/customers", method = "post", operation_id = "createCustomer")]
    async fn create(&self, caller: Caller, body: JsonBody<CreateCustomer>) -> Result<Created> {
        let customer = customers::create(caller.work()?, body.0.into()).await?;
        let location = format!("{MOUNT}{PREFIX}/customers/{}", customer.id);
        Ok(Created::Created(answer(customer), location))
    }

    /// Get customer
    ///
    /// Retrieve a specific customer by ID
    #[oai(path = "/customers/:id", method = "get", operation_id = "getCustomer")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Customer ID
        id: Path<String>,
    ) -> Result<Json<CustomerResponse>> {
        Ok(answer(customers::get(&app.kernel, caller.organization(), parse(&id)?).await?))
    }

    /// Update customer
    ///
    /// Update an existing customer. Omitted properties stay unchanged
    #[oai(path = "/customers/:id", method = "patch", operation_id = "updateCustomer")]
    async fn update(
        &self,
        caller: Caller,
        /// Customer ID
        id: Path<String>,
        body: JsonBody<UpdateCustomer>,
    ) -> Result<Json<CustomerResponse>> {
        Ok(answer(customers::update(caller.work()?, parse(&id)?, body.0.into()).await?))
    }
}

fn answer(customer: customer::Model) -> Json<CustomerResponse> {
    Json(CustomerResponse { success: Success, data: customer.into() })
}

/// A text that is no id names nothing.
pub(super) fn parse(id: &str) -> Result<CustomerId> {
    Ok(id.parse().map_err(|_| Error::NotFound("Customer"))?)
}

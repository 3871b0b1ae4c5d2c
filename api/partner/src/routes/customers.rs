//! Customers: list, create, read, change.

use super::{
    PREFIX, Tag, located,
    schema::{CreateCustomer, CustomerListResponse, CustomerResponse, PageQuery, Path, UpdateCustomer},
};
use crate::Caller;
use edge::{JsonBody, Located, QueryParams, Result};
use entities::ids::CustomerId;
use isp::customers;
use poem_openapi::{OpenApi, payload::Json};

/// The resource.
pub struct Customers;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Customers")]
impl Customers {
    /// List customers
    ///
    /// Retrieve a paginated list of customers, oldest first
    #[oai(path = "/customers", method = "get", operation_id = "listCustomers")]
    async fn list(&self, caller: Caller, page: QueryParams<PageQuery>) -> Result<Json<CustomerListResponse>> {
        let found = customers::list(caller.kernel(), caller.organization(), page.page, page.limit).await?;
        Ok(Json(CustomerListResponse::of(&page, found)))
    }

    /// Create customer
    ///
    /// Create a new customer account
    #[oai(path = "/customers", method = "post", operation_id = "createCustomer")]
    async fn create(
        &self,
        caller: Caller,
        body: JsonBody<CreateCustomer>,
    ) -> Result<Located<CustomerResponse>> {
        let customer = customers::create(caller.work()?, body.0.into()).await?;
        Ok(located("customers", customer.id, CustomerResponse::of(customer)))
    }

    /// Get customer
    ///
    /// Retrieve a specific customer by ID
    #[oai(path = "/customers/:id", method = "get", operation_id = "getCustomer")]
    async fn get(
        &self,
        caller: Caller,
        /// Customer ID
        id: Path<CustomerId>,
    ) -> Result<Json<CustomerResponse>> {
        Ok(Json(CustomerResponse::of(customers::get(caller.kernel(), caller.organization(), *id).await?)))
    }

    /// Update customer
    ///
    /// Update an existing customer. Omitted properties stay unchanged
    #[oai(path = "/customers/:id", method = "patch", operation_id = "updateCustomer")]
    async fn update(
        &self,
        caller: Caller,
        /// Customer ID
        id: Path<CustomerId>,
        body: JsonBody<UpdateCustomer>,
    ) -> Result<Json<CustomerResponse>> {
        Ok(Json(CustomerResponse::of(customers::update(caller.work()?, *id, body.0.into()).await?)))
    }
}

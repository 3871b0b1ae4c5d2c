//! Customers: create, list, read, change, archive.

use super::{
    PREFIX, Tag,
    schema::{
        ArchiveCustomerResponse, CreateCustomer, CreateCustomerResponse, CustomerStatus, GetCustomerResponse,
        ListCustomersResponse, PageQuery, Path, UpdateCustomer, UpdateCustomerResponse, with_cursor,
    },
};
use crate::auth::Caller;
use edge::{JsonBody, QueryParams, RawJsonPayload, Result, types::Text};
use entities::ids::MessagingCustomerId;
use messaging::{
    accounts,
    customers::{self, Filter},
};
use poem_openapi::{Object, OpenApi, payload::Json};

/// The resource.
pub struct Customers;

/// Which customers to list.
#[derive(Debug, Object)]
struct CustomerQuery {
    /// Only customers with this status
    status: Option<CustomerStatus>,
    /// Only customers whose name contains this text, ignoring case
    #[oai(validator(min_length = 1, max_length = 200))]
    search: Option<Text>,
    #[oai(flatten)]
    page: PageQuery,
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Customers")]
impl Customers {
    /// Create a customer
    ///
    /// A new customer is `pending`, and becomes `active` when its first WhatsApp account is connected by a setup link.
    #[oai(path = "/customers", method = "post", operation_id = "createCustomer")]
    async fn create(
        &self,
        caller: Caller,
        body: JsonBody<CreateCustomer>,
    ) -> Result<RawJsonPayload<CreateCustomerResponse>> {
        let customer = customers::create(caller.work()?, body.0.into()).await?;
        Ok(RawJsonPayload(CreateCustomerResponse::of(&caller, customer)))
    }

    /// List customers
    ///
    /// Newest first
    #[oai(path = "/customers", method = "get", operation_id = "listCustomers")]
    async fn list(
        &self,
        caller: Caller,
        query: QueryParams<CustomerQuery>,
    ) -> Result<RawJsonPayload<ListCustomersResponse>> {
        let QueryParams(CustomerQuery { status, search, page }) = query;
        let filter = Filter { status: status.map(Into::into), search: search.map(|text| text.0) };
        let list = format!("customers {filter:?}");
        let after = page.after(&caller, &list)?.map(MessagingCustomerId);
        let owner = (caller.organization(), caller.sandbox());
        let found = customers::list(caller.kernel(), owner, filter, after, page.limit()?).await?;
        let found = with_cursor(&caller, &list, found, |customer| customer.id.0)?;
        Ok(RawJsonPayload(ListCustomersResponse::of(&caller, found)))
    }

    /// Retrieve a customer
    ///
    /// With its WhatsApp accounts
    #[oai(path = "/customers/:id", method = "get", operation_id = "getCustomer")]
    async fn get(
        &self,
        caller: Caller,
        /// Customer ID
        id: Path<MessagingCustomerId>,
    ) -> Result<RawJsonPayload<GetCustomerResponse>> {
        let (kernel, organization) = (caller.kernel(), caller.organization());
        let customer = customers::get(kernel, organization, caller.sandbox(), *id).await?;
        let accounts = accounts::of_customer(kernel, customer.id).await?;
        Ok(RawJsonPayload(GetCustomerResponse::of(&caller, (customer, accounts))))
    }

    /// Update a customer
    ///
    /// Omitted properties stay unchanged. An archived customer cannot be changed.
    #[oai(path = "/customers/:id", method = "patch", operation_id = "updateCustomer")]
    async fn update(
        &self,
        caller: Caller,
        /// Customer ID
        id: Path<MessagingCustomerId>,
        body: JsonBody<UpdateCustomer>,
    ) -> Result<RawJsonPayload<UpdateCustomerResponse>> {
        let customer = customers::update(caller.work()?, *id, body.0.into()).await?;
        Ok(RawJsonPayload(UpdateCustomerResponse::of(&caller, customer)))
    }

    /// Archive a customer
    ///
    /// Its WhatsApp accounts and history are kept, its setup links are revoked, and nothing is sent for it any more.
    /// Archiving it again has no effect.
    #[oai(path = "/customers/:id", method = "delete", operation_id = "archiveCustomer")]
    async fn archive(
        &self,
        caller: Caller,
        /// Customer ID
        id: Path<MessagingCustomerId>,
    ) -> Result<Json<ArchiveCustomerResponse>> {
        let customer = messaging::archive(caller.work()?, *id).await?;
        Ok(Json(ArchiveCustomerResponse::of(&caller, customer)))
    }
}

//! Invoices of customers, and what they owe.

use super::{
    PREFIX, Tag,
    customers::{first, parse, twenty},
    schema::{BalanceResponse, InvoiceDetailsResponse, InvoiceListResponse, PaginationResponse},
};
use crate::{contracts::partner::Caller, edge::Result, state::App, types::Success};
use kernel::{Error, domain::invoices};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use std::sync::Arc;

/// The resource.
pub struct Invoices;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Billing")]
impl Invoices {
    /// List customer invoices
    ///
    /// Get a list of invoices for a customer, oldest first
    #[oai(path = "/customers/:id/invoices", method = "get", operation_id = "listCustomerInvoices")]
    async fn of_customer(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Customer ID
        id: Path<String>,
        /// Page number (1-indexed)
        #[oai(default = "first", validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page: Query<u64>,
        /// Number of items per page (max 100)
        #[oai(default = "twenty", validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<u64>,
    ) -> Result<Json<InvoiceListResponse>> {
        let (id, organization) = (parse(&id)?, caller.organization());
        let found = invoices::of_customer(&app.kernel, organization, id, *page, *limit).await?;
        let data = found.items.into_iter().map(TryInto::try_into).collect::<Result<_, Error>>()?;
        let pagination = PaginationResponse::new(*page, *limit, found.total);
        Ok(Json(InvoiceListResponse { success: Success, data, pagination }))
    }

    /// Get invoice details
    ///
    /// Get detailed information about a specific invoice
    #[oai(path = "/invoices/:id", method = "get", operation_id = "getInvoice")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Invoice ID
        id: Path<String>,
    ) -> Result<Json<InvoiceDetailsResponse>> {
        let id = id.parse().map_err(|_| Error::NotFound("Invoice"))?;
        let found = invoices::get(&app.kernel, caller.organization(), id).await?;
        Ok(Json(InvoiceDetailsResponse { success: Success, data: found.try_into()? }))
    }

    /// Get customer balance
    ///
    /// Get account balance and payment information for a customer
    #[oai(path = "/customers/:id/balance", method = "get", operation_id = "getCustomerBalance")]
    async fn balance(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Customer ID
        id: Path<String>,
    ) -> Result<Json<BalanceResponse>> {
        let id = parse(&id)?;
        let found = invoices::balance(&app.kernel, caller.organization(), id).await?;
        Ok(Json(BalanceResponse::new(id, found)))
    }
}

//! Invoices of customers, and what they owe.

use super::{
    PREFIX, Tag,
    schema::{
        Balance, BalanceResponse, Invoice, InvoiceDetails, InvoiceDetailsResponse, InvoiceListResponse,
        PageQuery, Path,
    },
};
use crate::Caller;
use edge::{QueryParams, Result};
use entities::ids::{CustomerId, InvoiceId};
use isp::invoices;
use platform::{Error, paging::Page};
use poem_openapi::{OpenApi, payload::Json};

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
        /// Customer ID
        id: Path<CustomerId>,
        page: QueryParams<PageQuery>,
    ) -> Result<Json<InvoiceListResponse>> {
        let (kernel, organization) = (caller.kernel(), caller.organization());
        let Page { items, total } =
            invoices::of_customer(kernel, organization, *id, page.page, page.limit).await?;
        let items = items.into_iter().map(Invoice::try_from).collect::<Result<_, Error>>()?;
        Ok(Json(InvoiceListResponse::of(&page, Page { items, total })))
    }

    /// Get invoice details
    ///
    /// Get detailed information about a specific invoice
    #[oai(path = "/invoices/:id", method = "get", operation_id = "getInvoice")]
    async fn get(
        &self,
        caller: Caller,
        /// Invoice ID
        id: Path<InvoiceId>,
    ) -> Result<Json<InvoiceDetailsResponse>> {
        let found = invoices::get(caller.kernel(), caller.organization(), *id).await?;
        Ok(Json(InvoiceDetailsResponse::of(InvoiceDetails::try_from(found)?)))
    }

    /// Get customer balance
    ///
    /// Get account balance and payment information for a customer
    #[oai(path = "/customers/:id/balance", method = "get", operation_id = "getCustomerBalance")]
    async fn balance(
        &self,
        caller: Caller,
        /// Customer ID
        id: Path<CustomerId>,
    ) -> Result<Json<BalanceResponse>> {
        let found = invoices::balance(caller.kernel(), caller.organization(), *id).await?;
        Ok(Json(BalanceResponse::of(Balance::new(*id, found))))
    }
}

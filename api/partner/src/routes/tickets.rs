//! Tickets: list, open, read, change.

use super::{
    PREFIX, Tag, located,
    schema::{
        CreateTicket, PageQuery, Path, TicketListResponse, TicketPriority, TicketResponse, TicketStatus,
        UpdateTicket, id,
    },
};
use crate::Caller;
use edge::{JsonBody, Located, QueryParams, Result};
use entities::ids::TicketId;
use isp::tickets::{self, Filter};
use platform::paging::Page;
use poem_openapi::{OpenApi, param::Query, payload::Json};

/// The resource.
pub struct Tickets;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Tickets")]
impl Tickets {
    /// List tickets
    ///
    /// Get a paginated list of support tickets, oldest first. Filters are combined
    #[oai(path = "/tickets", method = "get", operation_id = "listTickets")]
    async fn list(
        &self,
        caller: Caller,
        page: QueryParams<PageQuery>,
        /// Filter by status
        status: Query<Option<TicketStatus>>,
        /// Filter by customer ID; an unknown customer returns an empty list
        #[oai(name = "customerId")]
        customer: Query<Option<String>>,
        /// Filter by priority
        priority: Query<Option<TicketPriority>>,
    ) -> Result<Json<TicketListResponse>> {
        let customer = customer.0.as_deref().map(id);
        let filter = |customer| Filter {
            customer,
            status: status.0.map(Into::into),
            priority: priority.0.map(Into::into),
        };
        let found = match customer.transpose() {
            Ok(customer) => {
                tickets::list(caller.kernel(), caller.organization(), filter(customer), page.page, page.limit)
                    .await?
            }
            Err(_) => Page { items: vec![], total: 0 },
        };
        Ok(Json(TicketListResponse::of(&page, found)))
    }

    /// Create ticket
    ///
    /// Create a support ticket
    #[oai(path = "/tickets", method = "post", operation_id = "createTicket")]
    async fn create(&self, caller: Caller, body: JsonBody<CreateTicket>) -> Result<Located<TicketResponse>> {
        let customer = id(&body.0.customer_id.0)?;
        let ticket = tickets::create(caller.work()?, body.0.of(customer)).await?;
        Ok(located("tickets", ticket.id, TicketResponse::of(ticket)))
    }

    /// Get ticket
    ///
    /// Get details of a specific support ticket
    #[oai(path = "/tickets/:id", method = "get", operation_id = "getTicket")]
    async fn get(
        &self,
        caller: Caller,
        /// Ticket ID
        id: Path<TicketId>,
    ) -> Result<Json<TicketResponse>> {
        Ok(Json(TicketResponse::of(tickets::get(caller.kernel(), caller.organization(), *id).await?)))
    }

    /// Update ticket
    ///
    /// Update ticket status, priority, assignee, or tags. Omitted properties stay unchanged
    #[oai(path = "/tickets/:id", method = "patch", operation_id = "updateTicket")]
    async fn update(
        &self,
        caller: Caller,
        /// Ticket ID
        id: Path<TicketId>,
        body: JsonBody<UpdateTicket>,
    ) -> Result<Json<TicketResponse>> {
        Ok(Json(TicketResponse::of(tickets::update(caller.work()?, *id, body.0.into()).await?)))
    }
}

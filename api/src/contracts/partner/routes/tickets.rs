//! Tickets: list, open, read, change.

use super::{
    MOUNT, PREFIX, Tag,
    customers::{first, parse as parse_customer, twenty},
    schema::{
        CreateTicket, PaginationResponse, TicketListResponse, TicketPriority, TicketResponse, TicketStatus,
        UpdateTicket,
    },
};
use crate::{
    contracts::partner::Caller,
    edge::{JsonBody, Result},
    state::App,
    types::Success,
};
use entities::{ids::TicketId, ticket};
use kernel::{
    Error,
    domain::{
        paging::Page,
        tickets::{self, Filter},
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
pub struct Tickets;

/// The answer to a creation.
#[derive(ApiResponse)]
enum Created {
    /// Ticket created
    #[oai(status = 201)]
    Created(
        Json<TicketResponse>,
        /// URL of the ticket
        #[oai(header = "Location")]
        String,
    ),
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Tickets")]
impl Tickets {
    /// List tickets
    ///
    /// Get a paginated list of support tickets, oldest first. Filters are combined
    #[oai(path = "/tickets", method = "get", operation_id = "listTickets")]
    #[expect(clippy::too_many_arguments, reason = "a parameter each is what the contract has")]
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
        status: Query<Option<TicketStatus>>,
        /// Filter by customer ID; an unknown customer returns an empty list
        #[oai(name = "customerId")]
        customer: Query<Option<String>>,
        /// Filter by priority
        priority: Query<Option<TicketPriority>>,
    ) -> Result<Json<TicketListResponse>> {
        let customer = customer.0.as_deref().map(parse_customer);
        let filter = |customer| Filter {
            customer,
            status: status.0.map(Into::into),
            priority: priority.0.map(Into::into),
        };
        let found = match customer.transpose() {
            Ok(customer) => {
                tickets::list(&app.kernel, caller.organization(), filter(customer), *page, *limit).await?
            }
            Err(_) => Page { items: vec![], total: 0 },
        };
        Ok(Json(TicketListResponse {
            success: Success,
            data: found.items.into_iter().map(Into::into).collect(),
            pagination: PaginationResponse::new(*page, *limit, found.total),
        }))
    }

    /// Create ticket
    ///
    /// Create a support ticket
    #[oai(path = "/tickets", method = "post", operation_id = "createTicket")]
    async fn create(&self, caller: Caller, body: JsonBody<CreateTicket>) -> Result<Created> {
        let customer = parse_customer(&body.0.customer_id.0)?;
        let ticket = tickets::create(caller.work()?, body.0.of(customer)).await?;
        let location = format!("{MOUNT}{PREFIX}/tickets/{}", ticket.id);
        Ok(Created::Created(answer(ticket), location))
    }

    /// Get ticket
    ///
    /// Get details of a specific support ticket
    #[oai(path = "/tickets/:id", method = "get", operation_id = "getTicket")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Ticket ID
        id: Path<String>,
    ) -> Result<Json<TicketResponse>> {
        Ok(answer(tickets::get(&app.kernel, caller.organization(), parse(&id)?).await?))
    }

    /// Update ticket
    ///
    /// Update ticket status, priority, assignee, or tags. Omitted properties stay unchanged
    #[oai(path = "/tickets/:id", method = "patch", operation_id = "updateTicket")]
    async fn update(
        &self,
        caller: Caller,
        /// Ticket ID
        id: Path<String>,
        body: JsonBody<UpdateTicket>,
    ) -> Result<Json<TicketResponse>> {
        Ok(answer(tickets::update(caller.work()?, parse(&id)?, body.0.into()).await?))
    }
}

fn answer(ticket: ticket::Model) -> Json<TicketResponse> {
    Json(TicketResponse { success: Success, data: ticket.into() })
}

/// A text that is no id names nothing.
pub(super) fn parse(id: &str) -> Result<TicketId> {
    Ok(id.parse().map_err(|_| Error::NotFound("Ticket"))?)
}

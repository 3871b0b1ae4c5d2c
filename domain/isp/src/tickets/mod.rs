//! Tickets: open, list and read; updates, comments and attachments are in the other files. A ticket belongs to a
//! customer of the organization.

mod attachments;
mod author;
mod comments;
mod update;

pub use attachments::{NewAttachment, attach, attachments};
pub use comments::{NewComment, comment, comments};
pub use update::{Changes, update};

use entities::{
    api_key::Texts,
    customer::{self, Metadata},
    ids::{CustomerId, OrganizationId, TicketId},
    ticket::{self, TicketCategory, TicketPriority, TicketStatus},
};
use kernel::{Kernel, UnitOfWork, events};
use platform::error::{Error, Result};
use platform::paging::Page;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryTrait,
};

/// The resource type in events.
const RESOURCE: &str = "ticket";

/// A new ticket. Field rules are checked by the contract.
#[derive(Debug, Clone)]
pub struct NewTicket {
    /// The customer.
    pub customer: CustomerId,
    /// Short summary.
    pub subject: String,
    /// Full description.
    pub description: String,
    /// The category.
    pub category: TicketCategory,
    /// The priority.
    pub priority: TicketPriority,
    /// The organization's own data.
    pub metadata: Option<Metadata>,
}

/// A filter of tickets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// Customer; an unknown one gives an empty list.
    pub customer: Option<CustomerId>,
    /// Status.
    pub status: Option<TicketStatus>,
    /// Priority.
    pub priority: Option<TicketPriority>,
}

/// Opens a ticket and records `ticket.created`. `NotFound` if the organization has no such customer.
pub async fn create(work: &UnitOfWork, new: NewTicket) -> Result<ticket::Model> {
    let ticket = model(work, new);
    let transaction = work.transaction().await?;
    let customer = customer::Entity::one_of(ticket.organization_id, ticket.customer_id);
    if customer.count(&transaction).await? == 0 {
        return Err(Error::NotFound("Customer"));
    }
    ticket.clone().into_active_model().insert(&transaction).await?;
    let object = (RESOURCE, ticket.id.0);
    work.record([events::event(&work.actor, "ticket.created", object, &ticket, ticket.created_at)?]);
    Ok(ticket)
}

fn model(work: &UnitOfWork, new: NewTicket) -> ticket::Model {
    let now = work.now();
    ticket::Model {
        id: TicketId::new(),
        organization_id: work.actor.organization,
        customer_id: new.customer,
        subject: new.subject,
        description: new.description,
        category: new.category,
        priority: new.priority,
        status: TicketStatus::Open,
        assigned_to: None,
        tags: Texts::default(),
        metadata: new.metadata,
        resolved_at: None,
        created_at: now,
        updated_at: now,
    }
}

/// A page of the organization's tickets, oldest first. `page` counts from 1.
pub async fn list(
    kernel: &Kernel,
    organization: OrganizationId,
    filter: Filter,
    page: u64,
    limit: u64,
) -> Result<Page<ticket::Model>> {
    if filter == Filter::default() {
        return kernel.positions.page::<ticket::Entity>(kernel.db.reader(), organization, page, limit).await;
    }
    let Filter { customer, status, priority } = filter;
    let all = ticket::Entity::of(organization)
        .apply_if(customer, |query, id| query.filter(ticket::Column::CustomerId.eq(id)))
        .apply_if(status, |query, status| query.filter(ticket::Column::Status.eq(status)))
        .apply_if(priority, |query, priority| query.filter(ticket::Column::Priority.eq(priority)));
    Page::of(kernel.db.reader(), all, page, limit).await
}

/// One ticket of the organization.
pub async fn get(kernel: &Kernel, organization: OrganizationId, id: TicketId) -> Result<ticket::Model> {
    find(kernel.db.reader(), organization, id).await
}

async fn find(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    id: TicketId,
) -> Result<ticket::Model> {
    ticket::Entity::one_of(organization, id).one(db).await?.ok_or(MISSING)
}

const MISSING: Error = Error::NotFound("Ticket");

//! Tickets on the wire.

mod attachment;
mod comment;
mod update;

pub use attachment::{CreateTicketAttachment, TicketAttachmentListResponse, TicketAttachmentResponse};
pub use comment::{CreateTicketComment, TicketCommentListResponse, TicketCommentResponse};
pub use update::UpdateTicket;

use super::customer::{Metadata, metadata};
use crate::schema::envelope::envelope;
use edge::{
    schema::wire,
    types::{Nullable, Optional, Text, Time, WithDefault},
};
use entities::{ids::CustomerId, ticket as row};
use isp::tickets::NewTicket;
use poem_openapi::{Enum, Object};
use std::collections::BTreeMap;

/// Category of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::TicketCategory")]
pub enum TicketCategory {
    /// Invoices and payments.
    Billing,
    /// A service that does not work as it should.
    Technical,
    /// A service that is being set up.
    Installation,
    /// Anything else.
    General,
    /// A service that does not work at all.
    Outage,
}

/// Priority of a ticket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::TicketPriority")]
pub enum TicketPriority {
    /// When there is time.
    Low,
    /// The usual.
    #[default]
    Medium,
    /// Before the usual.
    High,
    /// Before all others.
    Urgent,
}

/// Status of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::TicketStatus")]
pub enum TicketStatus {
    /// Nobody works on it yet.
    Open,
    /// Somebody does.
    InProgress,
    /// The customer has to do something first.
    #[oai(rename = "WAITING_CUSTOMER")]
    Waiting,
    /// The matter is settled; it may come up again.
    Resolved,
    /// Closed; cannot be reopened.
    Closed,
}

/// A ticket to create.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct CreateTicket {
    /// Customer ID.
    #[oai(validator(min_length = 1))]
    pub customer_id: Text,
    /// Short summary.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub subject: Text,
    /// Full description.
    #[oai(validator(min_length = 1))]
    pub description: Text,
    /// Category.
    pub category: TicketCategory,
    /// Priority.
    pub priority: WithDefault<TicketPriority>,
    /// Custom key-value metadata.
    pub metadata: Optional<Metadata>,
}

wire!(CreateTicket);

impl CreateTicket {
    /// The ticket, of the customer that its id names.
    pub fn of(self, customer: CustomerId) -> NewTicket {
        NewTicket {
            customer,
            subject: self.subject.0,
            description: self.description.0,
            category: self.category.into(),
            priority: self.priority.0.into(),
            metadata: self.metadata.0.map(metadata),
        }
    }
}

/// A ticket.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Ticket {
    /// Ticket ID: `tkt_` and 26 characters.
    pub id: String,
    /// Customer ID.
    pub customer_id: String,
    /// Short summary.
    pub subject: String,
    /// Full description.
    pub description: String,
    /// Category.
    pub category: TicketCategory,
    /// Priority.
    pub priority: TicketPriority,
    /// Current status.
    pub status: TicketStatus,
    /// The assignee: `assignee` of the last update that set one.
    pub assigned_to: Nullable<String>,
    /// Extension: tags set by the last update that had any.
    pub tags: Vec<String>,
    /// When it was resolved; null if it was reopened.
    pub resolved_at: Nullable<Time>,
    /// Custom key-value metadata.
    pub metadata: Nullable<BTreeMap<String, String>>,
    /// Creation time.
    pub created_at: Time,
    /// Time of the last change. Comments and attachments do not count.
    pub updated_at: Time,
}

impl From<row::Model> for Ticket {
    fn from(ticket: row::Model) -> Self {
        Self {
            id: ticket.id.to_string(),
            customer_id: ticket.customer_id.to_string(),
            subject: ticket.subject,
            description: ticket.description,
            category: ticket.category.into(),
            priority: ticket.priority.into(),
            status: ticket.status.into(),
            assigned_to: Nullable(ticket.assigned_to),
            tags: ticket.tags.0,
            resolved_at: Nullable(ticket.resolved_at.map(Time)),
            metadata: Nullable(ticket.metadata.map(|metadata| metadata.0)),
            created_at: Time(ticket.created_at),
            updated_at: Time(ticket.updated_at),
        }
    }
}

envelope!(
    /// One ticket.
    TicketResponse,
    /// The ticket.
    Ticket
);

envelope!(
    /// A page of tickets.
    TicketListResponse,
    /// The tickets, oldest first.
    page of Ticket
);

/// Role of the author of a comment or attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::AuthorType")]
pub enum AuthorType {
    /// The customer.
    Customer,
    /// Support staff: the holder of one of your API keys.
    Agent,
    /// The platform.
    System,
}

/// The author, with the name they had at the time.
#[derive(Debug, Object)]
pub struct Author {
    /// ID of the author; for an API client, the ID of its key.
    pub id: String,
    /// Name of the author; for an API client, the name of its key.
    pub name: String,
    /// Role of the author.
    #[oai(rename = "type")]
    pub kind: AuthorType,
}

impl From<row::Author> for Author {
    fn from(author: row::Author) -> Self {
        Self { id: author.id, name: author.name, kind: author.kind.into() }
    }
}

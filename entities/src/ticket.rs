//! Support tickets of customers.

use crate::{
    api_key::Texts,
    customer::Metadata,
    ids::{CustomerId, OrganizationId, TicketId},
};
use sea_orm::{FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "tickets")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TicketId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The customer.
    pub customer_id: CustomerId,
    /// Short summary.
    pub subject: String,
    /// Full description.
    pub description: String,
    /// The category.
    pub category: TicketCategory,
    /// The priority.
    pub priority: TicketPriority,
    /// The status.
    pub status: TicketStatus,
    /// The assignee, named by the organization.
    pub assigned_to: Option<String>,
    /// The organization's tags.
    pub tags: Texts,
    /// Custom metadata.
    pub metadata: Option<Metadata>,
    /// When it was resolved; `None` again once it is reopened.
    pub resolved_at: Option<DateTimeUtc>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The category of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketCategory {
    /// Invoices and payments.
    #[sea_orm(string_value = "BILLING")]
    Billing,
    /// A service that does not work properly.
    #[sea_orm(string_value = "TECHNICAL")]
    Technical,
    /// A service that is being set up.
    #[sea_orm(string_value = "INSTALLATION")]
    Installation,
    /// Anything else.
    #[sea_orm(string_value = "GENERAL")]
    General,
    /// A service that does not work at all.
    #[sea_orm(string_value = "OUTAGE")]
    Outage,
}

/// The priority of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketPriority {
    /// Processed when time permits.
    #[sea_orm(string_value = "LOW")]
    Low,
    /// Normal.
    #[sea_orm(string_value = "MEDIUM")]
    Medium,
    /// Above normal.
    #[sea_orm(string_value = "HIGH")]
    High,
    /// Processed before all others.
    #[sea_orm(string_value = "URGENT")]
    Urgent,
}

/// The status of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketStatus {
    /// Not in progress yet.
    #[sea_orm(string_value = "OPEN")]
    Open,
    /// In progress.
    #[sea_orm(string_value = "IN_PROGRESS")]
    InProgress,
    /// Waiting for the customer.
    #[sea_orm(string_value = "WAITING")]
    Waiting,
    /// Resolved; can be reopened.
    #[sea_orm(string_value = "RESOLVED")]
    Resolved,
    /// Closed permanently.
    #[sea_orm(string_value = "CLOSED")]
    Closed,
}

/// An author, with the name at that time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Author {
    /// The id, of an API key for instance.
    pub id: String,
    /// The name.
    pub name: String,
    /// The role.
    #[serde(rename = "type")]
    pub kind: AuthorType,
}

/// The role of an author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthorType {
    /// The customer.
    Customer,
    /// A support agent.
    Agent,
    /// The platform.
    System,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All tickets of the organization, oldest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Id)
    }

    /// A ticket of the organization.
    pub fn one_of(organization: OrganizationId, id: TicketId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }
}

//! Tickets: what customers of an organization need help with.

use crate::{
    api_key::Texts,
    customer::Metadata,
    ids::{CustomerId, OrganizationId, TicketId},
};
use sea_orm::{FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "tickets")]
pub struct Model {
    /// The ticket's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TicketId,
    /// The tenant that owns the record.
    pub organization_id: OrganizationId,
    /// Whom it is about.
    pub customer_id: CustomerId,
    /// It in a line.
    pub subject: String,
    /// It at length.
    pub description: String,
    /// What it is about.
    pub category: TicketCategory,
    /// How much it matters.
    pub priority: TicketPriority,
    /// Where it stands.
    pub status: TicketStatus,
    /// Who works on it, in the organization's own words.
    pub assigned_to: Option<String>,
    /// The organization's own labels.
    pub tags: Texts,
    /// The organization's own notes.
    pub metadata: Option<Metadata>,
    /// When it was resolved; none again when it was taken up after that.
    pub resolved_at: Option<DateTimeUtc>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// What a ticket is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketCategory {
    /// Invoices and payments.
    #[sea_orm(string_value = "BILLING")]
    Billing,
    /// A service that does not work as it should.
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

/// How much a ticket matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketPriority {
    /// When there is time.
    #[sea_orm(string_value = "LOW")]
    Low,
    /// The usual.
    #[sea_orm(string_value = "MEDIUM")]
    Medium,
    /// Before the usual.
    #[sea_orm(string_value = "HIGH")]
    High,
    /// Before all others.
    #[sea_orm(string_value = "URGENT")]
    Urgent,
}

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketStatus {
    /// Nobody works on it yet.
    #[sea_orm(string_value = "OPEN")]
    Open,
    /// Somebody does.
    #[sea_orm(string_value = "IN_PROGRESS")]
    InProgress,
    /// The customer has to do something first.
    #[sea_orm(string_value = "WAITING")]
    Waiting,
    /// The matter is settled; it may come up again.
    #[sea_orm(string_value = "RESOLVED")]
    Resolved,
    /// It has ended for good.
    #[sea_orm(string_value = "CLOSED")]
    Closed,
}

/// Who said or did something, as he was called then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Author {
    /// The id of whoever it was: of an API key, for one.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// On which side it stands.
    #[serde(rename = "type")]
    pub kind: AuthorType,
}

/// On which side of a ticket somebody stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthorType {
    /// Who needs help.
    Customer,
    /// Who helps.
    Agent,
    /// The platform.
    System,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All tickets of the organization, the oldest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Id)
    }

    /// One ticket of the organization.
    pub fn one_of(organization: OrganizationId, id: TicketId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }
}

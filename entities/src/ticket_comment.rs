//! Comments on tickets.

use crate::{
    ids::{OrganizationId, TicketCommentId, TicketId},
    ticket::Author,
};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_comments")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TicketCommentId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The ticket.
    pub ticket_id: TicketId,
    /// The author.
    pub author: Author,
    /// The text.
    pub content: String,
    /// Whether it is an internal note, which the customer does not see.
    pub internal: bool,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All comments on a ticket of the organization, oldest first.
    pub fn on(organization: OrganizationId, ticket: TicketId) -> Select<Self> {
        Self::find()
            .filter(Column::OrganizationId.eq(organization))
            .filter(Column::TicketId.eq(ticket))
            .order_by_asc(Column::Id)
    }
}

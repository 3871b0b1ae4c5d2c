//! What has been said of tickets.

use crate::{
    ids::{OrganizationId, TicketCommentId, TicketId},
    ticket::Author,
};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_comments")]
pub struct Model {
    /// The comment's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TicketCommentId,
    /// The tenant that owns the record.
    pub organization_id: OrganizationId,
    /// The ticket it is about.
    pub ticket_id: TicketId,
    /// Who said it.
    pub author: Author,
    /// What was said.
    pub content: String,
    /// Whether it is a note for those who help, which the customer does not see.
    pub internal: bool,
    /// When it was made.
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

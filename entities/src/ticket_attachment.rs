//! Files attached to tickets. The files themselves are stored elsewhere.

use crate::{
    ids::{OrganizationId, TicketAttachmentId, TicketId},
    ticket::Author,
};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// The metadata of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_attachments")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TicketAttachmentId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The ticket.
    pub ticket_id: TicketId,
    /// Who attached it.
    pub uploaded_by: Author,
    /// The file name.
    pub filename: String,
    /// The URL of the file.
    pub url: String,
    /// The length in bytes, as given by the caller.
    pub size: i64,
    /// The media type, as given by the caller.
    pub mime_type: String,
    /// When it was attached.
    pub created_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All files of a ticket of the organization, oldest first.
    pub fn of(organization: OrganizationId, ticket: TicketId) -> Select<Self> {
        Self::find()
            .filter(Column::OrganizationId.eq(organization))
            .filter(Column::TicketId.eq(ticket))
            .order_by_asc(Column::Id)
    }
}

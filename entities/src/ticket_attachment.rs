//! Files that belong to tickets. The files themselves are kept elsewhere.

use crate::{
    ids::{OrganizationId, TicketAttachmentId, TicketId},
    ticket::Author,
};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// What is known of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_attachments")]
pub struct Model {
    /// The file's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TicketAttachmentId,
    /// The tenant that owns the record.
    pub organization_id: OrganizationId,
    /// The ticket it belongs to.
    pub ticket_id: TicketId,
    /// Who told of it.
    pub uploaded_by: Author,
    /// What it is called.
    pub filename: String,
    /// Where it is kept.
    pub url: String,
    /// Its length in bytes, as it was told.
    pub size: i64,
    /// Its media type, as it was told.
    pub mime_type: String,
    /// When it was made known.
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

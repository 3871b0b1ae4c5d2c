//! Attachments: metadata of files stored elsewhere.

use super::author::author;
use entities::{
    ids::{OrganizationId, TicketAttachmentId, TicketId},
    ticket_attachment,
};
use kernel::{Kernel, UnitOfWork, events};
use platform::error::Result;
use sea_orm::{ActiveModelTrait, IntoActiveModel};

/// A new attachment. The file's existence is not checked. Field rules are checked by the contract.
#[derive(Debug, Clone)]
pub struct NewAttachment {
    /// The file name.
    pub filename: String,
    /// The URL, which people will follow.
    pub url: String,
    /// Size in bytes.
    pub size: i64,
    /// Media type.
    pub mime_type: String,
}

/// Adds an attachment and records `ticket_attachment.created`, also to a closed ticket.
pub async fn attach(
    work: &UnitOfWork,
    ticket: TicketId,
    new: NewAttachment,
) -> Result<ticket_attachment::Model> {
    let transaction = work.transaction().await?;
    let ticket = super::find(&transaction, work.actor.organization, ticket).await?;
    let attachment = ticket_attachment::Model {
        id: TicketAttachmentId::new(),
        organization_id: ticket.organization_id,
        ticket_id: ticket.id,
        uploaded_by: author(&transaction, &work.actor).await?,
        filename: new.filename,
        url: new.url,
        size: new.size,
        mime_type: new.mime_type,
        created_at: work.now(),
    };
    attachment.clone().into_active_model().insert(&transaction).await?;
    let (object, at) = (("ticket_attachment", attachment.id.0), attachment.created_at);
    work.record([events::event(&work.actor, "ticket_attachment.created", object, &attachment, at)?]);
    Ok(attachment)
}

/// All attachments of a ticket, oldest first.
pub async fn attachments(
    kernel: &Kernel,
    organization: OrganizationId,
    ticket: TicketId,
) -> Result<Vec<ticket_attachment::Model>> {
    let ticket = super::get(kernel, organization, ticket).await?;
    Ok(ticket_attachment::Entity::of(organization, ticket.id).all(kernel.db.reader()).await?)
}

//! Comments on tickets, public or internal.

use super::author::author;
use entities::{
    ids::{OrganizationId, TicketCommentId, TicketId},
    ticket_comment,
};
use kernel::{Kernel, UnitOfWork, events};
use platform::error::Result;
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel, QueryFilter, QueryTrait};

/// A new comment.
#[derive(Debug, Clone)]
pub struct NewComment {
    /// The text.
    pub content: String,
    /// Whether it is an internal note, which customers do not see.
    pub internal: bool,
}

/// Adds a comment and records `ticket_comment.created`. The ticket does not change, and may be closed.
pub async fn comment(work: &UnitOfWork, ticket: TicketId, new: NewComment) -> Result<ticket_comment::Model> {
    let transaction = work.transaction().await?;
    let ticket = super::find(&transaction, work.actor.organization, ticket).await?;
    let comment = ticket_comment::Model {
        id: TicketCommentId::new(),
        organization_id: ticket.organization_id,
        ticket_id: ticket.id,
        author: author(&transaction, &work.actor).await?,
        content: new.content,
        internal: new.internal,
        created_at: work.now(),
    };
    comment.clone().into_active_model().insert(&transaction).await?;
    let (object, at) = (("ticket_comment", comment.id.0), comment.created_at);
    work.record([events::event(&work.actor, "ticket_comment.created", object, &comment, at)?]);
    Ok(comment)
}

/// All comments on a ticket, oldest first; internal ones only if requested.
pub async fn comments(
    kernel: &Kernel,
    organization: OrganizationId,
    ticket: TicketId,
    with_internal: bool,
) -> Result<Vec<ticket_comment::Model>> {
    let ticket = super::get(kernel, organization, ticket).await?;
    let all = ticket_comment::Entity::on(organization, ticket.id)
        .apply_if((!with_internal).then_some(false), |query, internal| {
            query.filter(ticket_comment::Column::Internal.eq(internal))
        });
    Ok(all.all(kernel.db.reader()).await?)
}

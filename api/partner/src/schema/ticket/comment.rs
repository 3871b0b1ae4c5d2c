//! Comments on tickets.

use super::Author;
use crate::schema::{PaginationResponse, envelope::envelope};
use edge::{
    schema::wire,
    types::{Success, Text, Time, WithDefault},
};
use entities::ticket_comment as row;
use isp::tickets::NewComment;
use poem_openapi::Object;

/// A comment to create.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct CreateTicketComment {
    /// Text of the comment.
    #[oai(validator(min_length = 1))]
    pub content: Text,
    /// Mark as internal note (not visible to customer)
    pub is_internal: WithDefault<bool>,
}

wire!(CreateTicketComment);

impl From<CreateTicketComment> for NewComment {
    fn from(new: CreateTicketComment) -> Self {
        Self { content: new.content.0, internal: new.is_internal.0 }
    }
}

/// A file attached to a comment.
#[derive(Debug, Object)]
pub struct CommentAttachment {
    /// Attachment ID: `attach_` and 26 characters.
    pub id: String,
    /// File name.
    pub filename: String,
    /// URL of the file.
    pub url: String,
    /// File size in bytes
    pub size: i64,
}

/// A comment on a ticket.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct TicketComment {
    /// Comment ID: `comment_` and 26 characters.
    pub id: String,
    /// Ticket ID.
    pub ticket_id: String,
    /// Author.
    pub author: Author,
    /// Text of the comment.
    pub content: String,
    /// Internal notes not visible to customer
    pub is_internal: bool,
    /// Always empty: files are attached to the ticket, not to a comment.
    pub attachments: Vec<CommentAttachment>,
    /// Creation time.
    pub created_at: Time,
}

impl From<row::Model> for TicketComment {
    fn from(comment: row::Model) -> Self {
        Self {
            id: comment.id.to_string(),
            ticket_id: comment.ticket_id.to_string(),
            author: comment.author.into(),
            content: comment.content,
            is_internal: comment.internal,
            attachments: vec![],
            created_at: Time(comment.created_at),
        }
    }
}

envelope!(
    /// One comment.
    TicketCommentResponse,
    /// The comment.
    TicketComment
);

/// The comments on a ticket.
#[derive(Debug, Object)]
pub struct TicketCommentListResponse {
    /// Always true.
    pub success: Success<true>,
    /// All of them, oldest first.
    pub data: Vec<TicketComment>,
    /// Pagination; there is always one page.
    pub pagination: PaginationResponse,
}

impl TicketCommentListResponse {
    /// Of all comments.
    pub fn new(all: Vec<row::Model>) -> Self {
        let pagination = PaginationResponse::whole(all.len());
        Self { success: Success, data: all.into_iter().map(Into::into).collect(), pagination }
    }
}

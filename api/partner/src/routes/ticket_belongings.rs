//! Comments on tickets, and their attachments.

use super::{
    PREFIX, Tag,
    schema::{
        CreateTicketAttachment, CreateTicketComment, Path, TicketAttachmentListResponse,
        TicketAttachmentResponse, TicketCommentListResponse, TicketCommentResponse,
    },
};
use crate::Caller;
use edge::{
    Created, JsonBody, Result,
    types::{Nullable, Success},
};
use entities::ids::TicketId;
use isp::tickets;
use kernel::contracts::partner::INTERNAL_NOTES;
use poem_openapi::{OpenApi, param::Query, payload::Json};

/// The resource.
pub struct TicketBelongings;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Tickets")]
impl TicketBelongings {
    /// List ticket comments
    ///
    /// Get all comments on a support ticket, oldest first
    #[oai(path = "/tickets/:id/comments", method = "get", operation_id = "listTicketComments")]
    async fn comments(
        &self,
        caller: Caller,
        /// Ticket ID
        id: Path<TicketId>,
        /// Include internal notes; requires the scope `tickets:internal` in addition to `tickets:read`
        #[oai(name = "includeInternal")]
        include_internal: Query<Option<Nullable<bool>>>,
    ) -> Result<Json<TicketCommentListResponse>> {
        let with_internal = include_internal.0.and_then(|given| given.0).unwrap_or_default();
        if with_internal {
            caller.needs(INTERNAL_NOTES)?;
        }
        let found = tickets::comments(caller.kernel(), caller.organization(), *id, with_internal).await?;
        Ok(Json(TicketCommentListResponse::new(found)))
    }

    /// Add ticket comment
    ///
    /// Add a comment to a support ticket
    #[oai(path = "/tickets/:id/comments", method = "post", operation_id = "createTicketComment")]
    async fn comment(
        &self,
        caller: Caller,
        /// Ticket ID
        id: Path<TicketId>,
        body: JsonBody<CreateTicketComment>,
    ) -> Result<Created<TicketCommentResponse>> {
        let made = tickets::comment(caller.work()?, *id, body.0.into()).await?;
        Ok(Created(TicketCommentResponse::of(made)))
    }

    /// List ticket attachments
    ///
    /// Get all attachments on a support ticket, oldest first
    #[oai(path = "/tickets/:id/attachments", method = "get", operation_id = "listTicketAttachments")]
    async fn attachments(
        &self,
        caller: Caller,
        /// Ticket ID
        id: Path<TicketId>,
    ) -> Result<Json<TicketAttachmentListResponse>> {
        let found = tickets::attachments(caller.kernel(), caller.organization(), *id).await?;
        Ok(Json(TicketAttachmentListResponse::of(found)))
    }

    /// Add ticket attachment
    ///
    /// Add an attachment to a support ticket. The file must be pre-uploaded to storage, and this endpoint
    /// registers the metadata.
    #[oai(path = "/tickets/:id/attachments", method = "post", operation_id = "createTicketAttachment")]
    async fn attach(
        &self,
        caller: Caller,
        /// Ticket ID
        id: Path<TicketId>,
        body: JsonBody<CreateTicketAttachment>,
    ) -> Result<Json<TicketAttachmentResponse>> {
        let made = tickets::attach(caller.work()?, *id, body.0.into()).await?;
        let message = "Attachment added".into();
        Ok(Json(TicketAttachmentResponse { success: Success, data: made.into(), message }))
    }
}

//! What is said of tickets, and the files that belong to them.

use super::{
    PREFIX, Tag,
    schema::{
        CreateTicketAttachment, CreateTicketComment, TicketAttachmentListResponse, TicketAttachmentResponse,
        TicketCommentListResponse, TicketCommentResponse,
    },
    tickets::parse,
};
use crate::{
    contracts::partner::Caller,
    edge::{JsonBody, Result},
    state::App,
    types::{Nullable, Success},
};
use kernel::{contracts::partner::INTERNAL_NOTES, domain::tickets};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use std::sync::Arc;

/// The resource.
pub struct TicketBelongings;

/// The answer to a comment.
#[derive(ApiResponse)]
enum Commented {
    /// Comment created
    #[oai(status = 201)]
    Created(Json<TicketCommentResponse>),
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Tickets")]
impl TicketBelongings {
    /// List ticket comments
    ///
    /// Get all comments on a support ticket, oldest first
    #[oai(path = "/tickets/:id/comments", method = "get", operation_id = "listTicketComments")]
    async fn comments(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Ticket ID
        id: Path<String>,
        /// Include internal notes; requires the scope `tickets:internal` in addition to `tickets:read`
        #[oai(name = "includeInternal")]
        include_internal: Query<Option<Nullable<bool>>>,
    ) -> Result<Json<TicketCommentListResponse>> {
        let with_internal = include_internal.0.and_then(|given| given.0).unwrap_or_default();
        if with_internal {
            caller.needs(INTERNAL_NOTES)?;
        }
        let found = tickets::comments(&app.kernel, caller.organization(), parse(&id)?, with_internal).await?;
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
        id: Path<String>,
        body: JsonBody<CreateTicketComment>,
    ) -> Result<Commented> {
        let made = tickets::comment(caller.work()?, parse(&id)?, body.0.into()).await?;
        Ok(Commented::Created(Json(TicketCommentResponse { success: Success, data: made.into() })))
    }

    /// List ticket attachments
    ///
    /// Get all attachments on a support ticket, oldest first
    #[oai(path = "/tickets/:id/attachments", method = "get", operation_id = "listTicketAttachments")]
    async fn attachments(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Ticket ID
        id: Path<String>,
    ) -> Result<Json<TicketAttachmentListResponse>> {
        let found = tickets::attachments(&app.kernel, caller.organization(), parse(&id)?).await?;
        let data = found.into_iter().map(Into::into).collect();
        Ok(Json(TicketAttachmentListResponse { success: Success, data }))
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
        id: Path<String>,
        body: JsonBody<CreateTicketAttachment>,
    ) -> Result<Json<TicketAttachmentResponse>> {
        let made = tickets::attach(caller.work()?, parse(&id)?, body.0.into()).await?;
        let message = "Attachment added".into();
        Ok(Json(TicketAttachmentResponse { success: Success, data: made.into(), message }))
    }
}

//! Setup links of a customer: create, list, change, revoke.

use super::{
    PREFIX, Tag,
    schema::{
        CreateCustomerSetupLinkResponse, CreateSetupLink, CustomerSetupLinkWithToken,
        ListCustomerSetupLinksResponse, Path, RevokeCustomerSetupLinkResponse, SetupLinkStatus,
        UpdateCustomerSetupLinkResponse, UpdateSetupLink,
    },
};
use crate::{MOUNT, auth::Caller};
use edge::{JsonBody, Result};
use entities::ids::{MessagingCustomerId, SetupLinkId};
use messaging::links;
use platform::paging::Slice;
use poem_openapi::{OpenApi, param::Query, payload::Json};

/// The resource.
pub struct SetupLinks;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Customers")]
impl SetupLinks {
    /// Generate a setup link
    ///
    /// A link by which the customer connects its WhatsApp account, once. `setup_url` is shown only once.
    #[oai(path = "/customers/:id/setup_links", method = "post", operation_id = "createSetupLink")]
    async fn create(
        &self,
        caller: Caller,
        /// Customer ID
        id: Path<MessagingCustomerId>,
        body: JsonBody<CreateSetupLink>,
    ) -> Result<Json<CreateCustomerSetupLinkResponse>> {
        let made = links::create(caller.work()?, *id, body.0.into()).await?;
        let page = format!("{}{MOUNT}/onboard", caller.base_url());
        let link = CustomerSetupLinkWithToken::new(made, &page);
        Ok(Json(CreateCustomerSetupLinkResponse::of(&caller, link)))
    }

    /// List setup links for a customer
    ///
    /// The 50 newest, without their URLs
    #[oai(path = "/customers/:id/setup_links", method = "get", operation_id = "listSetupLinks")]
    async fn list(
        &self,
        caller: Caller,
        /// Customer ID
        id: Path<MessagingCustomerId>,
        /// Only links with this status
        status: Query<Option<SetupLinkStatus>>,
    ) -> Result<Json<ListCustomerSetupLinksResponse>> {
        let (organization, sandbox) = (caller.organization(), caller.sandbox());
        let status = status.0.map(Into::into);
        let found = links::list(caller.kernel(), organization, sandbox, *id, status).await?;
        Ok(Json(ListCustomerSetupLinksResponse::of(&caller, (Slice::whole(found), None))))
    }

    /// Update redirect URLs on an active setup link
    ///
    /// Omitted properties stay unchanged; null clears a URL. Returns 409 if the link is not active.
    #[oai(path = "/customers/:id/setup_links/:link_id", method = "patch", operation_id = "updateSetupLink")]
    async fn update(
        &self,
        caller: Caller,
        /// Customer ID
        id: Path<MessagingCustomerId>,
        /// Setup link ID
        link_id: Path<SetupLinkId>,
        body: JsonBody<UpdateSetupLink>,
    ) -> Result<Json<UpdateCustomerSetupLinkResponse>> {
        let link = links::update(caller.work()?, *id, *link_id, body.0.into()).await?;
        Ok(Json(UpdateCustomerSetupLinkResponse::of(&caller, link)))
    }

    /// Revoke a setup link
    ///
    /// Returns 409 if the link is not active.
    #[oai(path = "/customers/:id/setup_links/:link_id", method = "delete", operation_id = "revokeSetupLink")]
    async fn revoke(
        &self,
        caller: Caller,
        /// Customer ID
        id: Path<MessagingCustomerId>,
        /// Setup link ID
        link_id: Path<SetupLinkId>,
    ) -> Result<Json<RevokeCustomerSetupLinkResponse>> {
        let link = links::revoke(caller.work()?, *id, *link_id).await?;
        Ok(Json(RevokeCustomerSetupLinkResponse::of(&caller, link)))
    }
}

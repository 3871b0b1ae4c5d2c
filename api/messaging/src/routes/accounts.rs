//! WhatsApp accounts: list.

use super::{
    PREFIX, Tag,
    schema::{AccountFilter, CustomerId, ListAccountsResponse},
};
use crate::auth::Caller;
use edge::{QueryParams, Result};
use entities::ids::MessagingCustomerId;
use messaging::accounts::{self, Filter};
use platform::paging::Slice;
use poem_openapi::{Object, OpenApi, payload::Json};
use uuid::Uuid;

/// The resource.
pub struct Accounts;

/// Which accounts to list.
#[derive(Debug, Object)]
struct AccountQuery {
    /// `connected` (default) or `all`
    status: Option<AccountFilter>,
    /// Only accounts of this customer
    customer_id: Option<CustomerId>,
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Accounts")]
impl Accounts {
    /// List WhatsApp accounts
    ///
    /// The accounts of your organization and your customers, newest first. Not paginated: `has_more` is false.
    #[oai(path = "/accounts", method = "get", operation_id = "listAccounts")]
    async fn list(
        &self,
        caller: Caller,
        query: QueryParams<AccountQuery>,
    ) -> Result<Json<ListAccountsResponse>> {
        let AccountQuery { status, customer_id } = query.0;
        // What is no customer's id is that of an unknown customer.
        let customer = customer_id.map(|id| id.0.parse().unwrap_or(MessagingCustomerId(Uuid::nil())));
        let filter = Filter { connected: status.unwrap_or_default() == AccountFilter::Connected, customer };
        let found = accounts::list(caller.kernel(), caller.organization(), caller.sandbox(), filter).await?;
        Ok(Json(ListAccountsResponse::of(&caller, (Slice::whole(found), None))))
    }
}

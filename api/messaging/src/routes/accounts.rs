//! WhatsApp accounts: list.

use super::{
    PREFIX, Tag,
    schema::{AccountFilter, CustomerId, ListAccountsResponse},
};
use crate::auth::Caller;
use edge::{QueryParams, Result};
use messaging::accounts::{self, Filter};
use platform::paging::Slice;
use poem_openapi::{Object, OpenApi, payload::Json};

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
        let filter = Filter {
            connected: status.unwrap_or_default() == AccountFilter::Connected,
            customer: customer_id.and_then(|id| id.0.parse().ok()),
        };
        let found = accounts::list(caller.kernel(), caller.organization(), caller.sandbox(), filter).await?;
        Ok(Json(ListAccountsResponse::of(&caller, (Slice::whole(found), None))))
    }
}

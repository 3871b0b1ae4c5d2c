//! What customers use: in this billing period, and in those before.

use super::{
    PREFIX, Tag,
    customers::parse,
    schema::{Usage as Used, UsageHistory, UsageHistoryResponse, UsageResponse},
};
use crate::{contracts::partner::Caller, edge::Result, state::App, types::Success};
use chrono::NaiveDate;
use kernel::{Error, domain::usage, error::Fault};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use std::sync::Arc;

/// The resource.
pub struct Usage;

const fn six() -> u16 {
    6
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Billing")]
impl Usage {
    /// Get customer usage
    ///
    /// Get current billing period usage data for a customer
    #[oai(path = "/customers/:id/usage", method = "get", operation_id = "getCustomerUsage")]
    async fn current(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Customer ID
        id: Path<String>,
    ) -> Result<Json<UsageResponse>> {
        let id = parse(&id)?;
        let (period, used) = usage::current(&app.kernel, caller.organization(), id).await?;
        Ok(Json(UsageResponse { success: Success, data: Used::new(id, period, &used) }))
    }

    /// Get customer usage history
    ///
    /// Get historical usage data for a customer over multiple billing periods, the oldest first
    #[oai(path = "/customers/:id/usage/history", method = "get", operation_id = "getCustomerUsageHistory")]
    async fn history(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Customer ID
        id: Path<String>,
        /// Number of months of history (default: 6)
        #[oai(default = "six", validator(minimum(value = "1"), maximum(value = "24")))]
        months: Query<u16>,
        /// End date for history range (default: today): the month that it lies in is the last one. A date of the
        /// years 1970 to 2099
        #[oai(
            name = "endDate",
            validator(
                pattern = "^((19[7-9][0-9]|20[0-9]{2})-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|(19(72|76|8[048]|9[26])|20([02468][048]|[13579][26]))-02-29)$"
            )
        )]
        end: Query<Option<String>>,
    ) -> Result<Json<UsageHistoryResponse>> {
        let id = parse(&id)?;
        let end = end.0.as_deref().map(date).transpose()?;
        let (end, found) = usage::history(&app.kernel, caller.organization(), id, *months, end).await?;
        let data = UsageHistory::new(id, end.to_string(), &found);
        Ok(Json(UsageHistoryResponse { success: Success, data }))
    }
}

fn date(text: &str) -> Result<NaiveDate> {
    let refused = |_| Error::invalid(Fault::field("endDate", "must be a date: 2026-10-31"));
    Ok(text.parse().map_err(refused)?)
}

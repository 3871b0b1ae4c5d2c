//! What customers use: in this billing period, and in those before.

use super::{
    PREFIX, Tag,
    schema::{Path, Usage as Used, UsageHistory, UsageHistoryResponse, UsageResponse},
};
use crate::Caller;
use edge::{Result, types::Date};
use entities::ids::CustomerId;
use isp::usage;
use poem_openapi::{OpenApi, param::Query, payload::Json};

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
        /// Customer ID
        id: Path<CustomerId>,
    ) -> Result<Json<UsageResponse>> {
        let (period, used) = usage::current(caller.kernel(), caller.organization(), *id).await?;
        Ok(Json(UsageResponse::of(Used::new(*id, period, &used))))
    }

    /// Get customer usage history
    ///
    /// Get historical usage data for a customer over multiple billing periods, oldest first
    #[oai(path = "/customers/:id/usage/history", method = "get", operation_id = "getCustomerUsageHistory")]
    async fn history(
        &self,
        caller: Caller,
        /// Customer ID
        id: Path<CustomerId>,
        /// Number of months of history (default: 6)
        #[oai(default = "six", validator(minimum(value = "1"), maximum(value = "24")))]
        months: Query<u16>,
        /// End date for history range (default: today); its month is the last one. A date, or a date and time of which
        /// only the date is used, from 1970 to 2099
        #[oai(name = "endDate")]
        end: Query<Option<Date>>,
    ) -> Result<Json<UsageHistoryResponse>> {
        let end = end.0.map(Into::into);
        let (end, found) = usage::history(caller.kernel(), caller.organization(), *id, *months, end).await?;
        Ok(Json(UsageHistoryResponse::of(UsageHistory::new(*id, end.to_string(), &found))))
    }
}

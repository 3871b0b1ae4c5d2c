//! Subscriptions in deliveries, as the contract's operations show them.

use crate::wire::time;
use kernel::{contracts::partner::Tier, events::payloads::Subscription};
use serde_json::{Value, json};

/// The subscription in a delivery. `None` if its plan is not a tier of the contract.
pub(super) fn wire(told: &Subscription) -> Value {
    let start = told.started_at.or(told.starts_at).unwrap_or(told.created_at);
    json!({
        "id": told.id.to_string(),
        "customerId": told.customer_id.to_string(),
        "serviceTier": Tier::of_plan(&told.plan.code).map(Tier::as_str),
        "status": told.status,
        "monthlyPrice": told.monthly_price,
        "startDate": time(start),
        "endDate": told.ended_at.map(time),
        "currentPeriodStart": time(told.period_start),
        "currentPeriodEnd": time(told.period_end),
        // In seconds, for compatibility.
        "scheduledResumeDate": told.resume_at,
        "reason": told.reason,
        "metadata": told.metadata,
        "createdAt": time(told.created_at),
        "updatedAt": time(told.updated_at),
    })
}

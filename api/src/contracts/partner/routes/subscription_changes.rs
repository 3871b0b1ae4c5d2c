//! What is done to subscriptions: another plan, suspending, resuming.

use super::{
    PREFIX, Tag,
    schema::{SubscriptionAction, SubscriptionChangeResponse, SubscriptionUpgrade},
    subscriptions::parse,
};
use crate::{
    contracts::partner::Caller,
    edge::{JsonBody, Result},
    types::Success,
};
use kernel::domain::subscriptions::{self, Changed};
use poem_openapi::{OpenApi, param::Path, payload::Json};

/// The resource.
pub struct SubscriptionChanges;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Subscriptions")]
impl SubscriptionChanges {
    /// Upgrade subscription
    ///
    /// Upgrade a subscription to a higher service tier
    #[oai(path = "/subscriptions/:id/upgrade", method = "post", operation_id = "upgradeSubscription")]
    async fn upgrade(
        &self,
        caller: Caller,
        /// Subscription ID
        id: Path<String>,
        body: JsonBody<SubscriptionUpgrade>,
    ) -> Result<Json<SubscriptionChangeResponse>> {
        Ok(answer(subscriptions::upgrade(caller.work()?, parse(&id)?, body.0.into()).await?))
    }

    /// Downgrade subscription
    ///
    /// Downgrade a subscription to a lower service tier
    #[oai(path = "/subscriptions/:id/downgrade", method = "post", operation_id = "downgradeSubscription")]
    async fn downgrade(
        &self,
        caller: Caller,
        /// Subscription ID
        id: Path<String>,
        body: JsonBody<SubscriptionUpgrade>,
    ) -> Result<Json<SubscriptionChangeResponse>> {
        Ok(answer(subscriptions::downgrade(caller.work()?, parse(&id)?, body.0.into()).await?))
    }

    /// Suspend subscription
    ///
    /// Temporarily suspend a subscription
    #[oai(path = "/subscriptions/:id/suspend", method = "post", operation_id = "suspendSubscription")]
    async fn suspend(
        &self,
        caller: Caller,
        /// Subscription ID
        id: Path<String>,
        body: JsonBody<SubscriptionAction>,
    ) -> Result<Json<SubscriptionChangeResponse>> {
        Ok(answer(subscriptions::suspend(caller.work()?, parse(&id)?, body.0.into()).await?))
    }

    /// Resume subscription
    ///
    /// Resume a suspended subscription
    #[oai(path = "/subscriptions/:id/resume", method = "post", operation_id = "resumeSubscription")]
    async fn resume(
        &self,
        caller: Caller,
        /// Subscription ID
        id: Path<String>,
        body: JsonBody<SubscriptionAction>,
    ) -> Result<Json<SubscriptionChangeResponse>> {
        Ok(answer(subscriptions::resume(caller.work()?, parse(&id)?, body.0.into()).await?))
    }
}

fn answer(changed: Changed) -> Json<SubscriptionChangeResponse> {
    Json(SubscriptionChangeResponse { success: Success, data: changed.into() })
}

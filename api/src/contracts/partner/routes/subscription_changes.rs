//! What is done to subscriptions: another plan, suspending, resuming.

use super::{
    PREFIX, Tag,
    schema::{Path, SubscriptionAction, SubscriptionChangeResponse, SubscriptionUpgrade},
};
use crate::{
    contracts::partner::Caller,
    edge::{JsonBody, Result},
};
use entities::ids::SubscriptionId;
use kernel::domain::subscriptions;
use poem_openapi::{OpenApi, payload::Json};

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
        id: Path<SubscriptionId>,
        body: JsonBody<SubscriptionUpgrade>,
    ) -> Result<Json<SubscriptionChangeResponse>> {
        Ok(Json(SubscriptionChangeResponse::of(
            subscriptions::upgrade(caller.work()?, *id, body.0.into()).await?,
        )))
    }

    /// Downgrade subscription
    ///
    /// Downgrade a subscription to a lower service tier
    #[oai(path = "/subscriptions/:id/downgrade", method = "post", operation_id = "downgradeSubscription")]
    async fn downgrade(
        &self,
        caller: Caller,
        /// Subscription ID
        id: Path<SubscriptionId>,
        body: JsonBody<SubscriptionUpgrade>,
    ) -> Result<Json<SubscriptionChangeResponse>> {
        Ok(Json(SubscriptionChangeResponse::of(
            subscriptions::downgrade(caller.work()?, *id, body.0.into()).await?,
        )))
    }

    /// Suspend subscription
    ///
    /// Temporarily suspend a subscription
    #[oai(path = "/subscriptions/:id/suspend", method = "post", operation_id = "suspendSubscription")]
    async fn suspend(
        &self,
        caller: Caller,
        /// Subscription ID
        id: Path<SubscriptionId>,
        body: JsonBody<SubscriptionAction>,
    ) -> Result<Json<SubscriptionChangeResponse>> {
        Ok(Json(SubscriptionChangeResponse::of(
            subscriptions::suspend(caller.work()?, *id, body.0.into()).await?,
        )))
    }

    /// Resume subscription
    ///
    /// Resume a suspended subscription
    #[oai(path = "/subscriptions/:id/resume", method = "post", operation_id = "resumeSubscription")]
    async fn resume(
        &self,
        caller: Caller,
        /// Subscription ID
        id: Path<SubscriptionId>,
        body: JsonBody<SubscriptionAction>,
    ) -> Result<Json<SubscriptionChangeResponse>> {
        Ok(Json(SubscriptionChangeResponse::of(
            subscriptions::resume(caller.work()?, *id, body.0.into()).await?,
        )))
    }
}

//! What is done to subscriptions: another plan, suspending, resuming.

use super::{
    PREFIX, Tag,
    schema::{
        Path, SubscriptionAction, SubscriptionChange, SubscriptionChangeResponse, SubscriptionUpgrade,
        tier_of,
    },
    subscriptions::plan_of,
};
use crate::Caller;
use edge::{JsonBody, Result};
use entities::ids::SubscriptionId;
use isp::lifecycle;
use isp::{
    plans::Plans,
    subscriptions::{self, Changed},
};
use kernel::UnitOfWork;
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
        let work = caller.work()?;
        let plans = plans(work, *id).await?;
        let plan = plan_of(&plans, body.0.new_tier)?;
        answer(&lifecycle::upgrade(work, *id, body.0.of(plan)).await?, &plans)
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
        let work = caller.work()?;
        let plans = plans(work, *id).await?;
        let plan = plan_of(&plans, body.0.new_tier)?;
        answer(&lifecycle::downgrade(work, *id, body.0.of(plan)).await?, &plans)
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
        let work = caller.work()?;
        let plans = plans(work, *id).await?;
        answer(&lifecycle::suspend(work, *id, body.0.into()).await?, &plans)
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
        let work = caller.work()?;
        let plans = plans(work, *id).await?;
        answer(&lifecycle::resume(work, *id, body.0.into()).await?, &plans)
    }
}

fn answer(changed: &Changed, plans: &Plans) -> Result<Json<SubscriptionChangeResponse>> {
    Ok(Json(SubscriptionChangeResponse::of(SubscriptionChange::of(changed, plans)?)))
}

/// The plans of the organization; `NotFound` where the subscription is not the contract's.
async fn plans(work: &UnitOfWork, id: SubscriptionId) -> Result<Plans> {
    let (transaction, organization) = (work.transaction().await?, work.actor.organization);
    let plans = Plans::of(&transaction, organization).await?;
    let row = subscriptions::find(&transaction, organization, id).await?;
    tier_of(plans.code(row.plan_id)?)?;
    Ok(plans)
}

//! Subscriptions: list, order, read.

use super::{
    PREFIX, Tag, located,
    schema::{
        CreateSubscription, PageQuery, Path, ServiceTier, Subscription, SubscriptionListResponse,
        SubscriptionResponse, id,
    },
};
use crate::Caller;
use edge::{JsonBody, Located, QueryParams, Result};
use entities::ids::{PlanId, SubscriptionId};
use isp::lifecycle;
use isp::{
    plans::{PlanCache, Plans},
    subscriptions::{self, Filter},
};
use kernel::contracts::partner::Tier;
use platform::{Error, paging::Page};
use poem::web::Data;
use poem_openapi::{OpenApi, param::Query, payload::Json};

/// The resource.
pub struct Subscriptions;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Subscriptions")]
impl Subscriptions {
    /// List subscriptions
    ///
    /// Retrieve a paginated list of subscriptions, oldest first
    #[oai(path = "/subscriptions", method = "get", operation_id = "listSubscriptions")]
    async fn list(
        &self,
        caller: Caller,
        plans: Data<&PlanCache>,
        page: QueryParams<PageQuery>,
        /// Filter by customer ID; an unknown customer returns an empty list
        #[oai(name = "customerId")]
        customer: Query<Option<String>>,
    ) -> Result<Json<SubscriptionListResponse>> {
        let found = match customer.0.as_deref().map(id).transpose() {
            Ok(customer) => {
                let filter = Filter { customer, plan_code: Some(|code| Tier::of_plan(code).is_some()) };
                let page = (page.page, page.limit);
                subscriptions::list(caller.kernel(), &plans, caller.organization(), filter, page).await?
            }
            Err(_) => Page { items: vec![], total: 0 },
        };
        let items = found.items.into_iter().map(TryInto::try_into);
        let items = items.collect::<Result<Vec<Subscription>, Error>>()?;
        Ok(Json(SubscriptionListResponse::of(&page, Page { items, total: found.total })))
    }

    /// Create subscription
    ///
    /// Create a new subscription for a customer
    #[oai(path = "/subscriptions", method = "post", operation_id = "createSubscription")]
    async fn create(
        &self,
        caller: Caller,
        body: JsonBody<CreateSubscription>,
    ) -> Result<Located<SubscriptionResponse>> {
        let customer = id(&body.0.customer_id.0)?;
        let work = caller.work()?;
        let plans = Plans::of(&work.transaction().await?, work.actor.organization).await?;
        let plan = plan_of(&plans, body.0.service_tier)?;
        let subscription = lifecycle::create(work, body.0.of(customer, plan)).await?;
        let id = subscription.id;
        Ok(located("subscriptions", id, SubscriptionResponse::of(Subscription::try_from(subscription)?)))
    }

    /// Get subscription
    ///
    /// Get details of a specific subscription
    #[oai(path = "/subscriptions/:id", method = "get", operation_id = "getSubscription")]
    async fn get(
        &self,
        caller: Caller,
        /// Subscription ID
        id: Path<SubscriptionId>,
    ) -> Result<Json<SubscriptionResponse>> {
        let subscription = subscriptions::get(caller.kernel(), caller.organization(), *id).await?;
        Ok(Json(SubscriptionResponse::of(Subscription::try_from(subscription)?)))
    }
}

/// The plan that the organization sells as a tier.
pub(super) fn plan_of(plans: &Plans, tier: ServiceTier) -> Result<PlanId> {
    Ok(plans.by_code(Tier::from(tier).plan_code())?.id)
}

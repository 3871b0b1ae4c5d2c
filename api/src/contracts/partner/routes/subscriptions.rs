//! Subscriptions: list, order, read.

use super::{
    MOUNT, PREFIX, Tag,
    customers::{first, parse as parse_customer, twenty},
    schema::{
        CreateSubscription, PaginationResponse, ServiceTier, SubscriptionListResponse, SubscriptionResponse,
    },
};
use crate::{
    contracts::partner::Caller,
    edge::{JsonBody, Result},
    state::App,
    types::Success,
};
use entities::ids::{PlanId, SubscriptionId};
use kernel::{
    Error, UnitOfWork,
    contracts::partner::Tier,
    domain::{
        paging::Page,
        plans::Plans,
        subscriptions::{self, Filter, SubscriptionView},
    },
};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use std::sync::Arc;

/// The resource.
pub struct Subscriptions;

/// The answer to a creation.
#[derive(ApiResponse)]
enum Created {
    /// Subscription created
    #[oai(status = 201)]
    Created(
        Json<SubscriptionResponse>,
        /// URL of the subscription
        #[oai(header = "Location")]
        String,
    ),
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Subscriptions")]
impl Subscriptions {
    /// List subscriptions
    ///
    /// Retrieve a paginated list of subscriptions, oldest first
    #[oai(path = "/subscriptions", method = "get", operation_id = "listSubscriptions")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Page number (1-indexed)
        #[oai(default = "first", validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page: Query<u64>,
        /// Number of items per page (max 100)
        #[oai(default = "twenty", validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<u64>,
        /// Filter by customer ID; an unknown customer returns an empty list
        #[oai(name = "customerId")]
        customer: Query<Option<String>>,
    ) -> Result<Json<SubscriptionListResponse>> {
        let found = match customer.0.as_deref().map(parse_customer).transpose() {
            Ok(customer) => {
                let filter = Filter { customer, plans: sold(&app, &caller).await? };
                subscriptions::list(&app.kernel, caller.organization(), filter, *page, *limit).await?
            }
            Err(_) => Page { items: vec![], total: 0 },
        };
        Ok(Json(SubscriptionListResponse {
            success: Success,
            data: found.items.into_iter().map(TryInto::try_into).collect::<Result<_, Error>>()?,
            pagination: PaginationResponse::new(*page, *limit, found.total),
        }))
    }

    /// Create subscription
    ///
    /// Create a new subscription for a customer
    #[oai(path = "/subscriptions", method = "post", operation_id = "createSubscription")]
    async fn create(&self, caller: Caller, body: JsonBody<CreateSubscription>) -> Result<Created> {
        let customer = parse_customer(&body.0.customer_id.0)?;
        let work = caller.work()?;
        let plan = plan_of(work, body.0.service_tier).await?;
        let subscription = subscriptions::create(work, body.0.of(customer, plan)).await?;
        let location = format!("{MOUNT}{PREFIX}/subscriptions/{}", subscription.id);
        Ok(Created::Created(answer(subscription)?, location))
    }

    /// Get subscription
    ///
    /// Get details of a specific subscription
    #[oai(path = "/subscriptions/:id", method = "get", operation_id = "getSubscription")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Subscription ID
        id: Path<String>,
    ) -> Result<Json<SubscriptionResponse>> {
        answer(subscriptions::get(&app.kernel, caller.organization(), parse(&id)?).await?)
    }
}

fn answer(subscription: SubscriptionView) -> Result<Json<SubscriptionResponse>> {
    Ok(Json(SubscriptionResponse { success: Success, data: subscription.try_into()? }))
}

/// The plan that the organization sells as a tier.
pub(super) async fn plan_of(work: &UnitOfWork, tier: ServiceTier) -> Result<PlanId> {
    let plans = Plans::of(&work.transaction().await?, work.actor.organization).await?;
    Ok(plans.by_code(Tier::from(tier).plan_code())?.id)
}

/// The plans whose subscriptions are the contract's; none where all are.
async fn sold(app: &App, caller: &Caller) -> Result<Option<Vec<PlanId>>> {
    let plans = Plans::of(app.kernel.db.reader(), caller.organization()).await?;
    let is_tier = |code: &str| Tier::of_plan(code).is_some();
    Ok((!plans.all(is_tier)).then(|| plans.ids_where(is_tier)))
}

/// A text that is no id names nothing.
pub(super) fn parse(id: &str) -> Result<SubscriptionId> {
    Ok(id.parse().map_err(|_| Error::NotFound("Subscription"))?)
}

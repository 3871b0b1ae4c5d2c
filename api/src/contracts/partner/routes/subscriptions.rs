//! Subscriptions: list, order, read.

use super::{
    PREFIX, Tag, located,
    schema::{CreateSubscription, PageQuery, Path, SubscriptionListResponse, SubscriptionResponse, id},
};
use crate::{
    contracts::partner::Caller,
    edge::{JsonBody, Located, QueryParams, Result},
};
use entities::ids::SubscriptionId;
use kernel::domain::{paging::Page, subscriptions};
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
        page: QueryParams<PageQuery>,
        /// Filter by customer ID; an unknown customer returns an empty list
        #[oai(name = "customerId")]
        customer: Query<Option<String>>,
    ) -> Result<Json<SubscriptionListResponse>> {
        let found = match customer.0.as_deref().map(id).transpose() {
            Ok(customer) => {
                subscriptions::list(caller.kernel(), caller.organization(), customer, page.page, page.limit)
                    .await?
            }
            Err(_) => Page { items: vec![], total: 0 },
        };
        Ok(Json(SubscriptionListResponse::of(&page, found)))
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
        let subscription = subscriptions::create(caller.work()?, body.0.of(customer)).await?;
        Ok(located("subscriptions", subscription.id, SubscriptionResponse::of(subscription)))
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
        Ok(Json(SubscriptionResponse::of(
            subscriptions::get(caller.kernel(), caller.organization(), *id).await?,
        )))
    }
}

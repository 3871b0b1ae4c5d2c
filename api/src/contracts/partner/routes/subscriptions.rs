//! Subscriptions: list, order, read.

use super::{
    MOUNT, PREFIX, Tag,
    customers::{first, parse as parse_customer, twenty},
    schema::{CreateSubscription, PaginationResponse, SubscriptionListResponse, SubscriptionResponse},
};
use crate::{
    contracts::partner::Caller,
    edge::{JsonBody, Result},
    state::App,
    types::Success,
};
use entities::ids::SubscriptionId;
use kernel::{
    Error,
    domain::{
        paging::Page,
        subscriptions::{self, SubscriptionView},
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
                subscriptions::list(&app.kernel, caller.organization(), customer, *page, *limit).await?
            }
            Err(_) => Page { items: vec![], total: 0 },
        };
        Ok(Json(SubscriptionListResponse {
            success: Success,
            data: found.items.into_iter().map(Into::into).collect(),
            pagination: PaginationResponse::new(*page, *limit, found.total),
        }))
    }

    /// Create subscription
    ///
    /// Create a new subscription for a customer
    #[oai(path = "/subscriptions", method = "post", operation_id = "createSubscription")]
    async fn create(&self, caller: Caller, body: JsonBody<CreateSubscription>) -> Result<Created> {
        let customer = parse_customer(&body.0.customer_id.0)?;
        let subscription = subscriptions::create(caller.work()?, body.0.of(customer)).await?;
        let location = format!("{MOUNT}{PREFIX}/subscriptions/{}", subscription.id);
        Ok(Created::Created(answer(subscription), location))
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
        Ok(answer(subscriptions::get(&app.kernel, caller.organization(), parse(&id)?).await?))
    }
}

fn answer(subscription: SubscriptionView) -> Json<SubscriptionResponse> {
    Json(SubscriptionResponse { success: Success, data: subscription.into() })
}

/// A text that is no id names nothing.
pub(super) fn parse(id: &str) -> Result<SubscriptionId> {
    Ok(id.parse().map_err(|_| Error::NotFound("Subscription"))?)
}

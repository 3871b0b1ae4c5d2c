//! The partner contract: partners who sell the provider's services.

mod auth;
mod error;
mod limits;
mod routes;
mod schema;
#[cfg(test)]
mod tests;
mod upload;
mod vocabulary;

pub use auth::Caller;
pub use schema::EventType;
pub use upload::{CSV_TEMPLATE, NDJSON_TEMPLATE};

use edge::{
    ApiError, Contract, Documented, RequestContext, Scheme,
    document::{About, Document, finish},
    schema::components,
};
use isp::{plans::PlanCache, provisioning::OpenBatcher};
use kernel::{
    Kernel,
    auth::Credential,
    contracts::{ContractInfo, partner::CONTRACT},
    limits::RateLimitStatus,
};
use poem::{
    EndpointExt, IntoEndpoint, Response,
    endpoint::BoxEndpoint,
    http::{HeaderMap, HeaderName},
};
use poem_openapi::{OpenApi, OpenApiService};
use std::sync::LazyLock;

/// The contract, as the edge knows it.
pub struct Partner;

/// Where it is mounted.
const MOUNT: &str = CONTRACT.mount;

/// The service, one line per resource.
fn service() -> OpenApiService<impl OpenApi + 'static, ()> {
    // A tuple holds sixteen at most, so there is one for each part of the house.
    let sales = (
        routes::Customers,
        routes::Serviceability,
        routes::Subscriptions,
        routes::SubscriptionChanges,
        routes::Invoices,
        routes::Usage,
    );
    let work =
        (routes::Tickets, routes::TicketBelongings, routes::Provisioning, routes::Bulk, routes::BulkFile);
    let network = (routes::Addresses, routes::Network, routes::Health);
    let events = (routes::Webhooks, routes::WebhookDeliveries, routes::Events);
    OpenApiService::new(Documented((sales, work, network, events)), "Switchyard Partner API", "1.0.0")
}

const ABOUT: About = About {
    description: include_str!("about.md"),
    server: MOUNT,
    tags: &[
        ("Customers", "Customer management"),
        ("Subscriptions", "Subscription management"),
        ("Tickets", "Support ticket management"),
        ("Provisioning", "Service provisioning"),
        ("Bulk Operations", "Bulk data operations"),
        ("Webhooks", "Webhook management"),
        ("Events", "Event publishing"),
        ("IP Management", "IP address management"),
        ("Network", "Network status and outages"),
        ("Serviceability", "Address serviceability checks"),
        ("Billing", "Usage, invoices, and account balance"),
        ("Health", "API health and status"),
    ],
    shared: error::SHARED,
    limits: limits::DOCUMENTED,
    scopes: auth::scopes,
};

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let errors = components::<schema::ErrorResponse>();
    Document::new(&finish(&service().spec(), &ABOUT, errors), MOUNT, auth::ApiKey::admits)
});

impl Contract for Partner {
    fn info(&self) -> &'static ContractInfo {
        &CONTRACT
    }

    fn service(&self, kernel: &Kernel) -> BoxEndpoint<'static> {
        service().data(OpenBatcher::start(kernel)).data(PlanCache::default()).into_endpoint().boxed()
    }

    fn credential<'a>(&self, headers: &'a HeaderMap) -> Option<Credential<'a>> {
        auth::presented(headers).map(Credential::Key)
    }

    fn document(&self) -> &'static Document {
        &DOCUMENT
    }

    fn limit_headers(&self, standing: &RateLimitStatus) -> Vec<(HeaderName, String)> {
        limits::headers(standing)
    }

    fn refuse(&self, refusal: ApiError, session: &RequestContext) -> Response {
        error::envelope(refusal, &session.id)
    }
}

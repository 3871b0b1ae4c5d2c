//! The messaging contract: platforms that send WhatsApp messages for their customers.

mod auth;
mod error;
mod limits;
mod routes;
mod schema;
mod vocabulary;

use edge::{
    ApiError, Contract, Documented, IdempotencyPolicy, RequestContext, Scheme,
    document::{About, Document, finish},
    schema::components,
};
use kernel::{
    Kernel,
    auth::Credential,
    contracts::{ContractInfo, messaging::CONTRACT},
    limits::RateLimitStatus,
};
use poem::{
    EndpointExt, IntoEndpoint, Response,
    endpoint::BoxEndpoint,
    http::{HeaderMap, HeaderName},
};
use poem_openapi::{OpenApi, OpenApiService};
use serde_json::Value;
use std::{sync::LazyLock, time::Duration};

/// The contract, as the edge knows it.
pub struct Messaging;

/// The name of the contract, of its webhooks.
const CONTRACT_NAME: &str = CONTRACT.name;
/// Where it is mounted.
const MOUNT: &str = CONTRACT.mount;
/// Where the paths of the reference begin.
const SERVER: &str = "/messaging/v1";

/// The service, one line per resource.
fn service() -> OpenApiService<impl OpenApi + 'static, ()> {
    let customers = (routes::Customers, routes::SetupLinks, routes::Accounts);
    let webhooks = (routes::WebhookSubscriptions, routes::WebhookSecrets, routes::WebhookDeliveries);
    let resources = (routes::Health, customers, webhooks);
    OpenApiService::new(Documented(resources), "Switchyard Messaging API", "1.0.0")
}

const ABOUT: About = About {
    description: include_str!("about.md"),
    server: SERVER,
    tags: &[
        ("Meta", "Liveness of the API"),
        ("Customers", "Your customers, and the links by which they connect WhatsApp accounts"),
        ("Accounts", "Connected WhatsApp accounts"),
        ("Webhook Subscriptions", "Where events are delivered, and the secrets that sign deliveries"),
        ("Webhook Deliveries", "The log of deliveries, and sending them again"),
    ],
    shared: error::SHARED,
    limits: limits::DOCUMENTED,
    scopes: auth::scopes,
};

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let errors = components::<schema::ApiErrorEnvelope>();
    let mut document = finish(&service().spec(), &ABOUT, errors);
    let paths = document["paths"].take();
    let below = |path: &String| path.strip_prefix(routes::PREFIX).unwrap_or(path).to_owned();
    let paths = paths.as_object().into_iter().flatten().map(|(path, item)| (below(path), item.clone()));
    document["paths"] = Value::Object(paths.collect());
    Document::new(&document, MOUNT, auth::ApiKey::admits)
});

/// How long a second request waits for the response to the first: the reference waits 30 s, and clients, which send
/// keys of their own accord and repeat lost requests, would show an immediate 409 to their users.
const WAIT_FOR_FIRST: Duration = Duration::from_secs(25);

impl Contract for Messaging {
    fn info(&self) -> &'static ContractInfo {
        &CONTRACT
    }

    fn service(&self, _: &Kernel) -> BoxEndpoint<'static> {
        service().into_endpoint().boxed()
    }

    fn credential<'a>(&self, headers: &'a HeaderMap) -> Option<Credential<'a>> {
        auth::presented(headers).map(Credential::Key)
    }

    fn document(&self) -> &'static Document {
        &DOCUMENT
    }

    fn idempotency(&self) -> IdempotencyPolicy {
        IdempotencyPolicy { waits: WAIT_FOR_FIRST, marks_first: true }
    }

    fn limit_headers(&self, status: &RateLimitStatus) -> Vec<(HeaderName, String)> {
        limits::headers(status)
    }

    fn refuse(&self, refusal: ApiError, session: &RequestContext) -> Response {
        error::envelope(refusal, &session.id)
    }
}

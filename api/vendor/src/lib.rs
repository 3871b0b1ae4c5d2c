//! The vendor contract: vendors who fulfil what was ordered.

mod auth;
mod error;
mod routes;
mod schema;
mod vocabulary;

pub use auth::Caller;

use edge::{
    ApiError, Contract, Documented, RequestContext, Scheme,
    document::{About, Document, finish},
    schema::components,
};
use kernel::{
    Kernel,
    auth::Credential,
    contracts::{ContractInfo, vendor::CONTRACT},
    limits::RateLimitStatus,
};
use poem::{
    EndpointExt, IntoEndpoint, Response,
    endpoint::BoxEndpoint,
    http::{HeaderMap, HeaderName},
};
use poem_openapi::{OpenApi, OpenApiService};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// The contract, as the edge knows it.
pub struct Vendor;

/// Where it is mounted.
const MOUNT: &str = CONTRACT.mount;
/// Where the paths of the reference begin.
const SERVER: &str = "/vendor/v2";

/// The service, one line per resource.
fn service() -> OpenApiService<impl OpenApi + 'static, ()> {
    let resources = (
        (routes::Tokens, routes::Keys),
        (routes::Provisioners, routes::Webhooks, routes::Simulations),
        (routes::Requests, routes::Details, routes::Attempts, routes::Results),
    );
    OpenApiService::new(Documented(resources), "Switchyard Vendor API", "1.0.0")
}

const ABOUT: About = About {
    description: include_str!("about.md"),
    server: SERVER,
    tags: &[
        ("Authentication", "Access tokens, and the public keys that verify them"),
        ("Provisioners", "Your provisioners, and the webhooks that receive their orders"),
        ("Provision Requests", "Orders: what to provision, and for whom"),
        ("Provision Details", "The answers to a product's questions"),
        ("Provision Attempts", "Notifications of your webhook"),
        ("Provision Results", "The outcome of an order, as you report it"),
        ("Provisioning Simulations", "Simulated orders, for testing"),
    ],
    shared: error::SHARED,
    limits: &[],
    scopes: auth::scopes,
};

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let errors = components::<schema::ErrorResponse>().into_iter().chain(components::<schema::TokenError>());
    let mut document = finish(&service().spec(), &ABOUT, errors.collect());
    document["components"]["securitySchemes"] = auth::schemes();
    let paths = document["paths"].take();
    let paths = paths.as_object().into_iter().flatten();
    document["paths"] = paths.map(|(path, item)| placed(path, item.clone())).collect();
    Document::new(&document, MOUNT, auth::OAuth2::admits)
});

/// A path as the reference has it, below `v2`; what is not in the reference says where it is.
fn placed(path: &str, mut item: Value) -> (String, Value) {
    let operations = item.as_object_mut().into_iter().flatten().map(|(_, operation)| operation);
    for operation in operations.filter(|operation| operation["x-required-scopes"].is_array()) {
        operation["security"] = auth::requirements(&operation["x-required-scopes"]);
    }
    if let Some(below) = path.strip_prefix(routes::PREFIX) {
        return (below.to_owned(), item);
    }
    item["servers"] = json!([{ "url": MOUNT, "description": "This installation" }]);
    (path.to_owned(), item)
}

impl Contract for Vendor {
    fn info(&self) -> &'static ContractInfo {
        &CONTRACT
    }

    fn service(&self, _: &Kernel) -> BoxEndpoint<'static> {
        service().into_endpoint().boxed()
    }

    fn credential<'a>(&self, headers: &'a HeaderMap) -> Option<Credential<'a>> {
        auth::presented(headers).map(Credential::Token)
    }

    fn document(&self) -> &'static Document {
        &DOCUMENT
    }

    /// The contract names none.
    fn limit_headers(&self, _: &RateLimitStatus) -> Vec<(HeaderName, String)> {
        vec![]
    }

    fn refuse(&self, refusal: ApiError, session: &RequestContext) -> Response {
        if routes::is_token(session.uri.path()) {
            error::of_token(&refusal, &session.id)
        } else {
            error::envelope(refusal, &session.id)
        }
    }
}

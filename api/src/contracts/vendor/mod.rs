//! The vendor contract: vendors who fulfil what was ordered.

mod auth;
mod error;
mod routes;
mod schema;

use crate::{
    document::{About, Document, finish},
    edge::{Contract, Refusal, Session},
    schema::components,
};
use kernel::{auth::Credential, limits::Standing};
use poem::{
    Response,
    http::{HeaderMap, HeaderName},
};
use poem_openapi::{OpenApi, OpenApiService};
use std::sync::LazyLock;

/// The contract, as the edge knows it.
pub struct Vendor;

/// Its name.
const NAME: &str = "vendor";
/// Where it is mounted.
const MOUNT: &str = "/vendor";

/// The service: a line a resource.
pub fn service() -> OpenApiService<impl OpenApi + 'static, ()> {
    let resources = (routes::Tokens, routes::Keys);
    OpenApiService::new(resources, "Switchyard Vendor API", "1.0.0")
}

const ABOUT: About = About {
    description: include_str!("about.md"),
    server: MOUNT,
    tags: &[("Authentication", "Access tokens, and the keys that they are signed with")],
    shared: error::SHARED,
    limits: &[],
    scope: |_, _| None,
};

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let errors = components::<schema::ErrorResponse>().into_iter().chain(components::<schema::TokenError>());
    let mut document = finish(&service().spec(), &ABOUT, errors.collect());
    document["components"]["securitySchemes"] = auth::schemes();
    Document::new(&document)
});

impl Contract for Vendor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credential<'a>(&self, headers: &'a HeaderMap) -> Option<Credential<'a>> {
        auth::presented(headers).map(Credential::Token)
    }

    fn document(&self) -> &'static Document {
        &DOCUMENT
    }

    /// The contract names none.
    fn limit_headers(&self, _: &Standing) -> Vec<(HeaderName, String)> {
        vec![]
    }

    fn refuse(&self, refusal: Refusal, session: &Session) -> Response {
        if routes::is_token(session.uri.path()) {
            error::of_token(&refusal, &session.id)
        } else {
            error::envelope(refusal, &session.id)
        }
    }
}

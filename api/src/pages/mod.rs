//! What is served beside the contracts: health, metrics, the pages of their documents, a page that names them.

mod docs;
mod health;
mod landing;
mod metrics;

pub use docs::{Asset, docs};
pub use health::{Readiness, alive};
pub use landing::landing;
pub use metrics::Metrics;

use poem::{
    Endpoint, IntoResponse, Request, Response,
    http::{Method, StatusCode, header},
};
use serde_json::json;

/// Something that is only read, at one path, with nothing below it.
pub struct Resource<E>(pub E);

impl<E: Endpoint> Endpoint for Resource<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if request.uri().path() != "/" {
            return Ok(refusal(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this path"));
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let refusal =
                refusal(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "This path takes GET, HEAD");
            return Ok(refusal.with_header(header::ALLOW, "GET, HEAD").into_response());
        }
        Ok(self.0.call(request).await?.into_response())
    }
}

fn refusal(status: StatusCode, error: &str, message: &str) -> Response {
    json_answer(status, &json!({ "error": error, "message": message }))
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> Response {
    Response::builder().status(status).content_type("application/json").body(body.to_string())
}

/// A page, and what its browser may load for it.
fn page(body: String, policy: &'static str) -> Response {
    Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, policy)
        .header(header::CACHE_CONTROL, "no-cache")
        .body(body)
}

/// Text within HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

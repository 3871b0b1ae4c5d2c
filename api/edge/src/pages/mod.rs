//! Pages besides the contracts: health, metrics, documents, the landing page.

mod cached_check;
mod docs;
mod health;
mod landing;
mod metrics;

pub use docs::{Asset, docs};
pub use health::{Readiness, alive, is_health};
pub use landing::{landing, root};
pub use metrics::{Local, Metrics};

use poem::{
    Endpoint, IntoResponse, Request, Response,
    http::{Method, StatusCode, header},
};
use serde_json::json;

/// A read-only page at one path.
pub struct Resource<E>(pub E);

impl<E: Endpoint> Endpoint for Resource<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if request.uri().path() != "/" {
            return Ok(nothing_here());
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let refusal = refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "This path does not support the method; supported: GET, HEAD",
            );
            return Ok(refusal.with_header(header::ALLOW, "GET, HEAD").into_response());
        }
        Ok(self.0.call(request).await?.into_response())
    }
}

fn nothing_here() -> Response {
    refusal(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this path")
}

fn refusal(status: StatusCode, error: &str, message: &str) -> Response {
    json_answer(status, &json!({ "error": error, "message": message }))
}

/// The response to a request with an invalid host.
pub fn bad_host(wrong: &str) -> Response {
    refusal(StatusCode::BAD_REQUEST, "BAD_REQUEST", wrong)
}

/// The response to a request over the connection limit.
pub fn too_busy() -> Response {
    let refusal = refusal(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", "Too many connections");
    refusal.with_header(header::RETRY_AFTER, "1").into_response()
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> Response {
    Response::builder().status(status).content_type("application/json").body(body.to_string())
}

/// A page with its content security policy.
fn page(body: String, policy: &'static str) -> Response {
    Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, policy)
        .header(header::CACHE_CONTROL, "no-cache")
        .body(body)
}

/// Escapes text for HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

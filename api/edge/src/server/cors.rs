//! CORS: the origins whose pages may call the API.
//!
//! poem's middleware rejects all requests with an `Origin` that is not listed, even those of pages served here; but it
//! is the browser that enforces CORS.

use poem::{
    Endpoint, Request, Response,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const HEADERS: &str = "Authorization, Content-Type, Idempotency-Key, Prefer, X-API-Key, X-Request-Id";
/// Readable response headers besides those that always are.
const EXPOSED: &str = "Allow, Content-Disposition, Idempotent-Replayed, Idempotent-Request-Id, Location, \
    Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-RateLimit-Limit, \
    X-RateLimit-Remaining, X-RateLimit-Remaining-Day, X-RateLimit-Remaining-Minute, X-RateLimit-Reset, \
    X-Request-Id";
/// How long a preflight response may be cached, in seconds.
const MAX_AGE: &str = "7200";

/// An endpoint for pages of some origins. Cookies are not used, so credentials are never allowed.
pub struct Cors<E> {
    inner: E,
    origins: Vec<String>,
}

impl<E> Cors<E> {
    /// For these origins; `*` allows any. Without origins no headers are added.
    pub const fn new(inner: E, origins: Vec<String>) -> Self {
        Self { inner, origins }
    }

    /// The CORS headers for this origin; empty if it is not allowed.
    fn allowed(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        if self.origins.iter().any(|allowed| allowed == "*") {
            return Some(HeaderValue::from_static("*"));
        }
        self.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for Cors<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if self.origins.is_empty() {
            return self.inner.call(request).await;
        }
        let allowed = request.headers().get(header::ORIGIN).and_then(|origin| self.allowed(origin));
        let mut answer = match &allowed {
            Some(_) if is_preflight(&request) => preflight(),
            _ => self.inner.call(request).await?,
        };
        if let Some(origin) = allowed {
            answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            expose(answer.headers_mut());
        }
        // Also without an origin: a cache must not return this response to a page.
        answer.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
        Ok(answer)
    }
}

fn is_preflight(request: &Request) -> bool {
    *request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The preflight request of a browser.
fn preflight() -> Response {
    Response::builder()
        .status(StatusCode::NO_CONTENT)
        .header(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS)
        .header(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS)
        .header(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE)
        .finish()
}

fn expose(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

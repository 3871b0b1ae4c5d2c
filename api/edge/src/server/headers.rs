//! Security headers of all responses.

use poem::{
    Endpoint, Request, Response,
    http::{
        HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
        uri::Scheme,
    },
};

/// For responses with a contract's data.
const DEFAULTS: [(HeaderName, HeaderValue); 5] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// A year. Subdomains are not included.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// An endpoint whose responses, including errors, have the security headers.
pub struct Secured<E>(pub E);

impl<E: Endpoint<Output = Response>> Endpoint for Secured<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let encrypted = *request.scheme() == Scheme::HTTPS;
        let mut answer = self.0.get_response(request).await;
        let headers = answer.headers_mut();
        for (name, value) in DEFAULTS {
            headers.entry(name).or_insert(value);
        }
        if encrypted {
            headers.insert(STRICT_TRANSPORT_SECURITY, ONLY_TLS);
        }
        Ok(answer)
    }
}

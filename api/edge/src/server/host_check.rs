//! Checks every request before any endpoint.

use crate::{host::host, pages};
use poem::{
    Endpoint, Request, Response,
    http::{HeaderValue, Version, header},
};

/// Marks a request whose connection has a reserved permit: only health checks are answered.
#[derive(Clone, Copy)]
pub struct HealthOnly;

/// An endpoint for requests with a valid host, while there is room.
pub struct HostCheck<E>(pub E);

impl<E: Endpoint<Output = Response>> Endpoint for HostCheck<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let version = request.version();
        if let Err(wrong) = host(&request) {
            return Ok(closing(pages::bad_host(wrong), version));
        }
        if request.extensions().get::<HealthOnly>().is_some() && !pages::is_health(request.uri().path()) {
            return Ok(pages::too_busy());
        }
        self.0.call(request).await
    }
}

/// If the host is invalid, the end of the request may be too.
fn closing(mut answer: Response, version: Version) -> Response {
    if version <= Version::HTTP_11 {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

//! What happens around every request, whatever the contract: request id, span, panics, refusals, log.

mod accept;
mod body;
mod mount;
mod prefer;
mod refusal;
mod request_id;

pub use accept::Accept;
pub use body::{JsonBody, declared_length, discard, media_type};
pub use mount::Mounts;
pub use prefer::wait;
pub use refusal::{Refusal, Result};
pub use request_id::RequestId;

use crate::document::Document;
use futures::FutureExt;
use kernel::error::panic_text;
use poem::{
    Endpoint, IntoEndpoint, IntoResponse, Request, Response,
    http::{HeaderValue, Method, Uri},
};
use std::{any::Any, panic::AssertUnwindSafe, time::Instant};
use tracing::Instrument;

/// What a contract says to the edge.
pub trait Contract: Send + Sync + 'static {
    /// The finished document of what it serves.
    fn document(&self) -> &'static Document;

    /// The answer to a refused request, in the contract's envelope.
    fn refuse(&self, refusal: Refusal, request_id: &RequestId) -> Response;
}

/// A contract's service with the edge around it: every answer has its request id, every refusal the
/// contract's envelope, also those of the framework.
pub struct Edge<C, E> {
    contract: C,
    inner: E,
}

impl<C: Contract, E: Endpoint> Edge<C, E> {
    /// Puts the edge around a service.
    pub fn new(contract: C, service: impl IntoEndpoint<Endpoint = E>) -> Self {
        Self { contract, inner: service.into_endpoint() }
    }

    async fn answer(&self, request: Request, id: &RequestId) -> Response {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        match AssertUnwindSafe(self.inner.call(request)).catch_unwind().await {
            Ok(Ok(answer)) => answer.into_response(),
            Ok(Err(error)) => self.refuse(error, &method, &uri, id),
            Err(panic) => self.contract.refuse(panicked(&*panic), id),
        }
    }

    fn refuse(&self, error: poem::Error, method: &Method, uri: &Uri, id: &RequestId) -> Response {
        let refusal = Refusal::of(error, self.contract.document(), method, uri);
        self.contract.refuse(refusal, id)
    }
}

impl<C: Contract, E: Endpoint> Endpoint for Edge<C, E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let id = RequestId::of(&request);
        request.extensions_mut().insert(id.clone());
        let span = tracing::info_span!("request", request_id = %id);
        Ok(self.observed(request, id).instrument(span).await)
    }
}

impl<C: Contract, E: Endpoint> Edge<C, E> {
    async fn observed(&self, request: Request, id: RequestId) -> Response {
        let (method, path, began) = (request.method().clone(), request.uri().clone(), Instant::now());
        let mut answer = self.answer(request, &id).await;
        if let Ok(header) = HeaderValue::from_str(id.as_str()) {
            answer.headers_mut().insert(RequestId::HEADER, header);
        }
        tracing::debug!(%method, path = path.path(), status = answer.status().as_u16(), took = ?began.elapsed(), "answered");
        answer
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Refusal {
    kernel::Error::internal(format!("panicked: {}", panic_text(panic))).into()
}

#[cfg(test)]
mod tests {
    use super::Edge;
    use crate::contracts::partner::Partner;
    use poem::{Endpoint, Request, endpoint::make_sync};

    #[tokio::test]
    async fn a_panic_is_a_500_that_tells_nothing_but_the_request() {
        let edge = Edge::new(Partner, make_sync(|_| -> String { panic!("a secret") }));
        let request = Request::builder().header("x-request-id", "request-0001").finish();
        let answer = edge.call(request).await.unwrap();
        assert_eq!(answer.status(), 500);
        let body = answer.into_body().into_string().await.unwrap();
        assert!(body.contains("request-0001") && !body.contains("secret"), "{body}");
    }
}

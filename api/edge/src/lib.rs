//! The processing around every request, for all contracts: request id, span, panics, errors, log.

mod address;
mod admission;
mod answers;
mod authorization;
mod body;
mod caller;
pub mod document;
mod host;
mod idempotency;
mod idempotency_key;
mod json_body;
mod limits;
mod mount;
mod outage_watch;
pub mod pages;
mod path;
mod prefer;
mod query;
mod raw_json;
mod refusal;
mod request_context;
mod request_id;
pub mod schema;
pub mod server;
pub mod state;
pub mod types;
mod vocabulary;
pub mod watch;

pub use answers::{Accepted, Created, Located, NoContent};
pub use authorization::authorization;
pub use body::{declared_length, discard, media_type, read};
pub use caller::{Alternative, Caller, Scheme};
pub use idempotency_key::IdempotencyPolicy;
pub use json_body::JsonBody;
pub use limits::ends_at;
pub use mount::{AtRoot, Hosts, Mounts};
pub use path::{Path, PathId};
pub use prefer::wait;
pub use query::{Documented, QueryParams};
pub use raw_json::RawJsonPayload;
pub use refusal::{ApiError, Result};
pub use request_context::RequestContext;
pub use request_id::RequestId;
pub use vocabulary::Vocabulary;

use crate::{
    document::{BodyKind, Document, Operation},
    state::App,
};
use futures::FutureExt;
use kernel::{Kernel, auth::Credential, contracts::ContractInfo, limits::RateLimitStatus};
use platform::{
    Error,
    error::{Dependency, panic_text},
    metrics, trace,
};
use poem::{
    Endpoint, IntoResponse, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
};
use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};
use tracing::{Instrument, Span};

/// How long an error response waits for the rollback.
const ABANDONING: Duration = Duration::from_secs(1);

/// A contract, as the edge sees it.
pub trait Contract: Send + Sync + 'static {
    /// What the kernel knows about it.
    fn info(&self) -> &'static ContractInfo;

    /// Its service, without the edge. Called once, within a tokio runtime.
    fn service(&self, kernel: &Kernel) -> BoxEndpoint<'static>;

    /// Its finished document.
    fn document(&self) -> &'static Document;

    /// The request's credential; anything that is not text is ignored.
    fn credential<'a>(&self, headers: &'a HeaderMap) -> Option<Credential<'a>>;

    /// How its repeated requests are handled.
    fn idempotency(&self) -> IdempotencyPolicy {
        IdempotencyPolicy::default()
    }

    /// The contract's own headers for a caller's limits.
    fn limit_headers(&self, standing: &RateLimitStatus) -> Vec<(HeaderName, String)>;

    /// The response to a rejected request, in the contract's envelope. The edge adds what all share: request id,
    /// `Retry-After`, `Allow`.
    fn refuse(&self, refusal: ApiError, session: &RequestContext) -> Response;

    /// Its name, of its keys, its plans and in the log.
    fn name(&self) -> &'static str {
        self.info().name
    }

    /// Its path on hosts that are not its own.
    fn mount(&self) -> &'static str {
        self.info().mount
    }
}

/// A contract's service within the edge: every response has a request id, every error the contract's envelope,
/// including the framework's.
pub struct Edge<E> {
    app: Arc<App>,
    contract: &'static dyn Contract,
    inner: E,
}

impl<E: Endpoint> Edge<E> {
    /// Wraps a contract's service.
    pub const fn new(app: Arc<App>, contract: &'static dyn Contract, service: E) -> Self {
        Self { app, contract, inner: service }
    }

    async fn observed(&self, request: Request, mut session: RequestContext) -> Response {
        let (method, path, began) = (request.method().clone(), request.uri().clone(), Instant::now());
        let route = session.route();
        let mut answer = match self.answer(request, &mut session).await {
            Ok(mut answer) => {
                idempotency::mark_first(self.contract.idempotency(), &session, &mut answer);
                answer
            }
            Err(ApiError::Answered(before)) => {
                metrics::idempotent_replay(self.contract.name());
                idempotency::replay(*before)
            }
            Err(refusal) => self.refuse(refusal, &session),
        };
        if let Some(standing) = &session.standing {
            limits::add_headers(self.contract, standing, answer.headers_mut());
        }
        if let Ok(header) = HeaderValue::from_str(session.id.as_str()) {
            answer.headers_mut().insert(RequestId::HEADER, header);
        }
        let (status, took) = (answer.status(), began.elapsed());
        metrics::http_answered(self.contract.name(), route, method.as_str(), status.as_u16(), took);
        trace::ended(&Span::current(), "status", i64::from(status.as_u16()), !status.is_server_error());
        tracing::debug!(path = path.path(), status = status.as_u16(), ?took, "answered");
        answer
    }

    fn refuse(&self, refusal: ApiError, session: &RequestContext) -> Response {
        let refusal = refusal.bounded();
        refusal.log();
        if refusal.is_without_database() {
            self.app.outage.notice();
        }
        let (retry_after, allowed) = (refusal.retry_after(), refusal.allowed());
        let mut answer = self.contract.refuse(refusal, session);
        if let Some(after) = retry_after {
            answer.headers_mut().insert(header::RETRY_AFTER, limits::seconds(after).into());
        }
        if let Some(allowed) = allowed {
            answer.headers_mut().insert(header::ALLOW, allowed);
        }
        answer
    }

    /// Admits the request, handles it, and commits its changes.
    async fn answer(&self, request: Request, session: &mut RequestContext) -> Result<Response> {
        let under_way = admission::admit(&self.app, self.contract, &request, session).await?;
        session.begin_work(&self.app, self.contract.name(), self.contract.idempotency(), &request)?;
        let answer = self.change(request, session).await;
        if !answer.as_ref().is_ok_and(|answer| answer.status().is_success()) {
            // A hanging statement would be waited for; the drop rolls back all the same.
            tokio::time::timeout(ABANDONING, rollback(session)).await.unwrap_or(Ok(()))?;
        }
        Ok(limits::hold(under_way, answer?))
    }

    /// Handles the request, and commits its changes with the response.
    async fn change(&self, mut request: Request, session: &RequestContext) -> Result<Response> {
        let limit = self.time_limit(&request, session);
        let handled = async {
            idempotency::prepare(&mut request, session).await?;
            self.handle(request, session).await
        };
        // Not the commit: its result would be unknown.
        let answer = in_time(limit, handled).await?;
        if answer.status().is_success() { idempotency::commit(session, answer).await } else { Ok(answer) }
    }

    /// The time limit until the response begins; none for files.
    fn time_limit(&self, request: &Request, session: &RequestContext) -> Option<Duration> {
        if session.operation.is_some_and(|operation| operation.body == BodyKind::File) {
            return None;
        }
        let http = &self.app.kernel.settings.http;
        let wished = request.header("prefer").and_then(|prefer| wait(prefer, http.max_wait));
        let first = session.idempotency.as_ref().map(|idempotency| idempotency.waits);
        Some(http.request_timeout + wished.unwrap_or_default() + first.unwrap_or_default())
    }

    /// Paths missing in the document are not served, whatever the router would do: only documented operations define
    /// who may call them.
    async fn handle(&self, mut request: Request, session: &RequestContext) -> Result<Response> {
        let Some(operation @ Operation { method, .. }) = session.operation else {
            return Err(ApiError::no_operation(self.contract.document(), request.uri()));
        };
        normalize_query(&mut request, operation);
        let uri = request.uri().clone();
        // HEAD is handled as GET; the connection omits the body.
        request.set_method(method.clone());
        request.extensions_mut().insert(Arc::new(session.clone()));
        match AssertUnwindSafe(self.inner.call(request)).catch_unwind().await {
            Ok(Ok(answer)) => Ok(answer.into_response()),
            Ok(Err(error)) => Err(ApiError::of(error, self.contract.document(), method, &uri)),
            Err(panic) => Err(panicked(&*panic)),
        }
    }
}

impl<E: Endpoint> Endpoint for Edge<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        if let Some(path) = self.contract.document().unaliased(request.uri().path()) {
            let query = request.uri().query().map(str::to_owned);
            set_target(&mut request, path, query.as_deref());
        }
        let session = RequestContext {
            id: RequestId::of(&request),
            uri: request.uri().clone(),
            origin: address::origin(&request, &self.app.kernel.settings.http.trusted_proxies),
            address: address::of(&request, &self.app.kernel.settings.http.trusted_proxies),
            operation: self.contract.document().operation(request.method(), request.uri().path()),
            principal: None,
            standing: None,
            idempotency: None,
            work: None,
        };
        let span = tracing::error_span!(
            target: trace::TARGET, parent: None, "request",
            request_id = %session.id, contract = self.contract.name(), method = request.method().as_str(),
            route = session.route(),
        );
        trace::set_parent(&span, request.header(trace::HEADER));
        Ok(self.observed(request, session).instrument(span).await)
    }
}

/// Rolls back the request's changes, and releases its key.
async fn rollback(session: &RequestContext) -> Result<()> {
    let Some(work) = &session.work else { return Ok(()) };
    work.rollback().await?;
    idempotency::release(session).await
}

/// Ends requests at the time limit.
async fn in_time(
    limit: Option<Duration>,
    answer: impl Future<Output = Result<Response>>,
) -> Result<Response> {
    let Some(limit) = limit else { return answer.await };
    match tokio::time::timeout(limit, answer).await {
        Ok(answered) => answered,
        Err(_) => Err(Error::unavailable(Dependency::Host, format!("no answer within {limit:?}")).into()),
    }
}

/// Normalizes the request's query string.
fn normalize_query(request: &mut Request, operation: &Operation) {
    let uri = request.uri().clone();
    if let Some(query) = uri.query().and_then(|query| operation.normalized_query(query)) {
        set_target(request, uri.path(), Some(&query));
    }
}

/// Changes the request's path and query.
fn set_target(request: &mut Request, path: &str, query: Option<&str>) {
    let target = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = target.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}

fn panicked(panic: &(dyn Any + Send)) -> ApiError {
    Error::internal(format!("panicked: {}", panic_text(panic))).into()
}

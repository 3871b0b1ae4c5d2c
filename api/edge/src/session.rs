//! The context of a request in the edge, and the caller as seen by handlers.

use super::{
    ApiError, RequestId, Result,
    admission::{WRONG_KIND, check_scope},
    idempotency::{self, Idempotency, IdempotencyPolicy},
};
use crate::{document::Operation, state::App};
use entities::ids::OrganizationId;
use kernel::{
    Kernel, UnitOfWork,
    auth::{CredentialKind, Principal},
    limits::{RateLimitStatus, counted},
};
use platform::{Error, metrics};
use poem::{
    Request, RequestBody,
    http::{Method, Uri},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};
use std::{marker::PhantomData, net::IpAddr, sync::Arc};

/// The context of a request.
#[derive(Clone)]
pub struct RequestContext {
    /// Its id.
    pub id: RequestId,
    /// The client's address.
    pub address: IpAddr,
    /// Its path within the contract, with the query.
    pub uri: Uri,
    /// Scheme and host that it was sent to: `https://example.com`.
    pub origin: String,
    /// Its operation, if any.
    pub operation: Option<&'static Operation>,
    /// The caller, once authenticated.
    pub principal: Option<Arc<Principal>>,
    /// The caller's limits, once counted.
    pub standing: Option<RateLimitStatus>,
    /// Its idempotency key, if any.
    pub idempotency: Option<Arc<Idempotency>>,
    /// Its changes; committed after a successful response.
    pub work: Option<Arc<UnitOfWork>>,
}

impl RequestContext {
    /// The path template of its operation, or one word for all others.
    pub fn route(&self) -> &'static str {
        self.operation.map_or(metrics::UNKNOWN_ROUTE, |operation| &operation.template)
    }

    /// The counted caller: the key or, without one, the address.
    pub fn caller(&self) -> String {
        let key = self.principal.as_ref().map(|principal| principal.key.to_string());
        key.unwrap_or_else(|| counted(self.address).to_string())
    }

    /// The unit of work of a request that may change something: it has an operation and a caller.
    pub fn begin_work(
        &mut self,
        app: &App,
        contract: &str,
        repeated: IdempotencyPolicy,
        request: &Request,
    ) -> Result<()> {
        let (Some(operation), Some(principal)) = (self.operation, &self.principal) else { return Ok(()) };
        if is_safe(&operation.method) {
            return Ok(());
        }
        let key = Idempotency::of(request, contract, principal, operation.wants_key)?;
        self.idempotency = key.map(|key| Arc::new(key.waiting(repeated.waits)));
        let mut actor = principal.actor();
        actor.request_id = Some(self.id.to_string());
        actor.address = Some(self.address.to_string());
        actor.operation = Some(format!("{contract} {} {}", operation.method, operation.template));
        self.work = Some(Arc::new(UnitOfWork::new(app.kernel.clone(), actor)));
        Ok(())
    }
}

#[cfg(test)]
impl RequestContext {
    /// The context of a request from this machine, otherwise unknown.
    pub fn of(request: &Request) -> Self {
        Self {
            id: RequestId::of(request),
            address: std::net::Ipv4Addr::LOCALHOST.into(),
            uri: request.uri().clone(),
            origin: String::new(),
            operation: None,
            principal: None,
            standing: None,
            idempotency: None,
            work: None,
        }
    }

    /// The context of a request with a credential of this kind, without scopes.
    #[must_use]
    pub fn with_principal(mut self, kind: CredentialKind) -> Self {
        let (organization, key) = (OrganizationId::new(), entities::ids::ApiKeyId::new());
        let principal =
            Principal { organization, key, kind, scopes: vec![], plan: String::new(), sandbox: false };
        self.principal = Some(Arc::new(principal));
        self
    }
}

/// Safe methods (RFC 9110, 9.2.1).
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The authentication of a contract's callers.
pub trait Scheme: Send + Sync + 'static {
    /// The alternatives, each of which is sufficient.
    const ALTERNATIVES: &'static [Alternative];

    /// The kind of credential of the alternative with this name.
    fn admits(name: &str) -> Option<CredentialKind> {
        Self::ALTERNATIVES.iter().find(|one| one.name == name).map(|one| one.admits)
    }
}

/// A security scheme of a document.
pub struct Alternative {
    /// The name.
    pub name: &'static str,
    /// The kind of credential. Principals authenticated by another kind are rejected.
    pub admits: CredentialKind,
    /// The description.
    pub declaration: fn() -> MetaSecurityScheme,
}

/// An authenticated caller and its request; as an argument of a handler it makes the operation require a credential.
/// The edge has authenticated it.
pub struct Caller<S> {
    principal: Arc<Principal>,
    session: Arc<RequestContext>,
    app: Arc<App>,
    scheme: PhantomData<S>,
}

impl<S> Caller<S> {
    /// The organization whose objects it may access.
    pub fn organization(&self) -> OrganizationId {
        self.principal.organization
    }

    /// The id of the request.
    pub fn request_id(&self) -> &str {
        self.session.id.as_str()
    }

    /// The base URL of the service, for links in responses: as set, otherwise that of the request.
    pub fn base_url(&self) -> String {
        let set = self.app.kernel.settings.http.public_url.trim_end_matches('/');
        if set.is_empty() { self.session.origin.clone() } else { set.to_owned() }
    }

    /// Whether it accesses sandbox objects, if the contract separates them.
    pub fn sandbox(&self) -> bool {
        self.principal.sandbox
    }

    /// The kernel.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The actor for read-only operations.
    pub fn kernel(&self) -> &Kernel {
        &self.app.kernel
    }

    /// The changes of the request. The edge commits them after a successful response, and rolls them back otherwise.
    pub fn work(&self) -> Result<&UnitOfWork> {
        let work =
            self.session.work.as_deref().ok_or_else(|| Error::internal("a request that may change nothing"));
        work.map_err(ApiError::from)
    }

    /// Rejects the request unless the caller has this scope, which only some requests of the operation need.
    pub fn needs(&self, scope: &str) -> Result<()> {
        check_scope(&self.principal, scope)
    }

    /// To be called before a call to another system: commits the changes so far, so that no transaction is open
    /// meanwhile. The request's `Idempotency-Key`, if any, stays claimed. Later changes are committed with the
    /// response.
    pub async fn end_transaction(&self) -> Result<()> {
        idempotency::end_transaction(&self.session).await
    }

    /// For file uploads: claims the request's `Idempotency-Key`, if any, after the file was read; `digest` is that of
    /// its bytes. To be called before any change.
    pub async fn claim(&self, digest: &[u8]) -> Result<()> {
        idempotency::claim(&self.session, digest).await
    }
}

impl<'a, S: Scheme> ApiExtractor<'a> for Caller<S> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        for one in S::ALTERNATIVES {
            registry.create_security_scheme(one.name, (one.declaration)());
        }
    }

    fn security_schemes() -> Vec<&'static str> {
        S::ALTERNATIVES.iter().map(|one| one.name).collect()
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let session = request.data::<Arc<RequestContext>>();
        let session = session.ok_or_else(|| ApiError::from(Error::internal("no session")))?;
        let principal = session.principal.clone().ok_or_else(|| {
            ApiError::from(Error::internal("an operation that needs a caller let a request without one in"))
        })?;
        if !S::ALTERNATIVES.iter().any(|one| one.admits == principal.kind) {
            return Err(ApiError::from(WRONG_KIND).into());
        }
        let app = request.data::<Arc<App>>().ok_or_else(|| ApiError::from(Error::internal("no state")))?;
        Ok(Self { principal, session: session.clone(), app: app.clone(), scheme: PhantomData })
    }
}

//! One request as the layers of the edge know it, and the caller as handlers see it.

use super::{
    ApiError, RequestId, Result,
    admission::{WRONG_KIND, check_scope},
    idempotency::{self, Idempotency},
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

/// A request on its way.
#[derive(Clone)]
pub struct RequestContext {
    /// Its name.
    pub id: RequestId,
    /// From where it comes.
    pub address: IpAddr,
    /// Its path within the contract, with the query.
    pub uri: Uri,
    /// The operation it is for, if there is one.
    pub operation: Option<&'static Operation>,
    /// Who calls, once that is known.
    pub principal: Option<Arc<Principal>>,
    /// How the caller stands to its limits, once that is known.
    pub standing: Option<RateLimitStatus>,
    /// Its key, if it is one that may be sent again safely.
    pub idempotency: Option<Arc<Idempotency>>,
    /// What it changes; committed when the handler has answered well.
    pub work: Option<Arc<UnitOfWork>>,
}

impl RequestContext {
    /// The path template of its operation, or one word for all paths that have none.
    pub fn route(&self) -> &'static str {
        self.operation.map_or(metrics::UNKNOWN_ROUTE, |operation| &operation.template)
    }

    /// Whom the request is counted for: the key, or without one the address.
    pub fn caller(&self) -> String {
        let key = self.principal.as_ref().map(|principal| principal.key.to_string());
        key.unwrap_or_else(|| counted(self.address).to_string())
    }

    /// The unit of work of a request that may change something: of an operation, called by somebody.
    pub fn begin_work(&mut self, app: &App, contract: &str, request: &Request) -> Result<()> {
        let (Some(operation), Some(principal)) = (self.operation, &self.principal) else { return Ok(()) };
        if is_safe(&operation.method) {
            return Ok(());
        }
        self.idempotency = Idempotency::of(request, contract, principal, operation.wants_key)?.map(Arc::new);
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
    /// Of a request from this machine, of which nothing else is known yet.
    pub fn of(request: &Request) -> Self {
        Self {
            id: RequestId::of(request),
            address: std::net::Ipv4Addr::LOCALHOST.into(),
            uri: request.uri().clone(),
            operation: None,
            principal: None,
            standing: None,
            idempotency: None,
            work: None,
        }
    }

    /// The same, called by somebody with a credential of this kind and no scope.
    #[must_use]
    pub fn with_principal(mut self, kind: CredentialKind) -> Self {
        let (organization, key) = (OrganizationId::new(), entities::ids::ApiKeyId::new());
        let principal =
            Principal { organization, key, kind, scopes: vec![], plan: String::new(), sandbox: false };
        self.principal = Some(Arc::new(principal));
        self
    }
}

/// Methods that change nothing (RFC 9110, 9.2.1).
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// How a contract's callers show who they are.
pub trait Scheme: Send + Sync + 'static {
    /// The ways to do it, each of which is enough.
    const ALTERNATIVES: &'static [Alternative];

    /// The kind of credential that the alternative of this name is for.
    fn admits(name: &str) -> Option<CredentialKind> {
        Self::ALTERNATIVES.iter().find(|one| one.name == name).map(|one| one.admits)
    }
}

/// A security scheme of a document.
pub struct Alternative {
    /// Its name there.
    pub name: &'static str,
    /// The kind of credential that it is for. A principal that was authenticated by another does not come in.
    pub admits: CredentialKind,
    /// What the document says of it.
    pub declaration: fn() -> MetaSecurityScheme,
}

/// An authenticated caller and the request it makes; as an argument of a handler it makes the operation
/// one that needs a credential. The edge has authenticated it before.
pub struct Caller<S> {
    principal: Arc<Principal>,
    session: Arc<RequestContext>,
    app: Arc<App>,
    scheme: PhantomData<S>,
}

impl<S> Caller<S> {
    /// Whose objects it may see.
    pub fn organization(&self) -> OrganizationId {
        self.principal.organization
    }

    /// Whether it sees what only plays, where a contract parts that from the rest.
    pub fn sandbox(&self) -> bool {
        self.principal.sandbox
    }

    /// What requests are answered from.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// What domain operations that only read are called with.
    pub fn kernel(&self) -> &Kernel {
        &self.app.kernel
    }

    /// What the request changes. The edge commits it when the handler has answered well; a refusal leaves
    /// nothing behind.
    pub fn work(&self) -> Result<&UnitOfWork> {
        let work =
            self.session.work.as_deref().ok_or_else(|| Error::internal("a request that may change nothing"));
        work.map_err(ApiError::from)
    }

    /// Refuses unless the caller may also do what needs this scope: for what one request of an operation asks
    /// beyond others.
    pub fn needs(&self, scope: &str) -> Result<()> {
        check_scope(&self.principal, scope)
    }

    /// To be called before something outside is called: commits what the request has changed so far, so that no
    /// transaction is open meanwhile. The request's `Idempotency-Key`, if it came with one, stays claimed. What is
    /// changed afterwards is committed with the answer.
    pub async fn end_transaction(&self) -> Result<()> {
        idempotency::end_transaction(&self.session).await
    }

    /// For operations that take files: claims the request's `Idempotency-Key`, if it came with one, once the
    /// file has been read; `digest` is that of its bytes. To be called before anything is changed.
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

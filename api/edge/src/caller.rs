//! The caller of an operation as seen by handlers, and the security schemes of a contract.

use super::{
    ApiError, RequestContext, Result,
    admission::{WRONG_KIND, check_scope},
    idempotency,
};
use crate::state::App;
use entities::ids::OrganizationId;
use kernel::{
    Kernel, UnitOfWork,
    auth::{CredentialKind, Principal},
};
use platform::Error;
use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};
use std::{marker::PhantomData, sync::Arc};

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

//! The context of a request in the edge.

use super::{RequestId, Result};
use crate::{
    document::Operation,
    idempotency_key::{Idempotency, IdempotencyPolicy},
    state::App,
};
use kernel::{
    UnitOfWork,
    auth::Principal,
    limits::{RateLimitStatus, counted},
};
use platform::metrics;
use poem::{
    Request,
    http::{Method, Uri},
};
use std::{net::IpAddr, sync::Arc};

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
    pub fn with_principal(mut self, kind: kernel::auth::CredentialKind) -> Self {
        let (organization, key) = (entities::ids::OrganizationId::new(), entities::ids::ApiKeyId::new());
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

//! Admits requests: credential, limits, scopes, and an acceptable response type, in this order.

use super::{ApiError, Contract, RequestContext, Result, limits};
use crate::state::App;
use kernel::{auth::Principal, limits::Guard};
use platform::Error;
use poem::{Request, http::header};

/// Authenticates the caller, counts the request, and rejects what is not admitted. Requests for unknown paths, or
/// operations without credentials, need none. The result is held until the response.
pub async fn admit(
    app: &App,
    contract: &dyn Contract,
    request: &Request,
    session: &mut RequestContext,
) -> Result<Guard<String>> {
    let needed = session.operation.is_some_and(|operation| operation.secured);
    let known = match authenticate(app, contract, request, session).await {
        // A caller that cannot be looked up is not counted as anonymous.
        Err(failure) if needed && failure.status().is_server_error() => return Err(failure),
        Err(over @ ApiError::TooManyRequests(..)) if needed => {
            limits::look(app, contract.name(), session).await;
            return Err(over);
        }
        known => known,
    };
    let under_way = limits::take(app, contract.name(), session).await?;
    if needed {
        known?;
        check_kind(session)?;
        check_scopes(contract, session)?;
    }
    check_accepted(request, session)?;
    Ok(under_way)
}

async fn authenticate(
    app: &App,
    contract: &dyn Contract,
    request: &Request,
    session: &mut RequestContext,
) -> Result<()> {
    let credential = contract.credential(request.headers());
    let credential = credential.ok_or(Error::Unauthorized("Credentials are missing"))?;
    let principal = app.authenticator.authenticate(contract.name(), credential, session.address).await?;
    session.principal = Some(principal);
    Ok(())
}

/// For a credential that other operations accept.
pub const WRONG_KIND: Error = Error::Unauthorized("The operation takes another kind of credential");

/// `Unauthorized` unless the caller was authenticated by a kind of credential of the operation's security schemes. An
/// operation without scopes admits all callers of this kind.
fn check_kind(session: &RequestContext) -> Result<()> {
    let (Some(operation), Some(principal)) = (session.operation, &session.principal) else { return Ok(()) };
    if operation.admits.contains(&principal.kind) { Ok(()) } else { Err(WRONG_KIND.into()) }
}

/// `Forbidden` unless the caller has one of the operation's scopes, and its environment, live or sandbox, has it too.
fn check_scopes(contract: &dyn Contract, session: &RequestContext) -> Result<()> {
    let (Some(operation), Some(principal)) = (session.operation, &session.principal) else { return Ok(()) };
    let scopes = &operation.scopes;
    let available = contract.info().scopes.of(principal.sandbox);
    if !scopes.is_empty() && !scopes.iter().any(|scope| available.contains(&scope.as_str())) {
        let side = if principal.sandbox { "sandbox" } else { "live" };
        return Err(Error::Forbidden(format!("The operation does not exist for {side} credentials")).into());
    }
    match scopes.as_slice() {
        [one] => check_scope(principal, one),
        _ if scopes.is_empty() || scopes.iter().any(|scope| principal.may(scope)) => Ok(()),
        _ => {
            let message = format!("The credential has none of the scopes {}", scopes.join(", "));
            Err(Error::Forbidden(message).into())
        }
    }
}

/// `Forbidden` unless the caller has the scope.
pub fn check_scope(principal: &Principal, scope: &str) -> Result<()> {
    if principal.may(scope) {
        return Ok(());
    }
    Err(Error::Forbidden(format!("The credential lacks the scope {scope}")).into())
}

/// The media type of errors.
const ENVELOPE: &str = "application/json";

/// Rejects the request if the caller accepts none of the operation's response types (RFC 9110, 12.5.1). Errors always
/// have the contract's envelope, and their type is sufficient: generated clients accept only that, even where a success
/// has another.
fn check_accepted(request: &Request, session: &RequestContext) -> Result<()> {
    let Some(produced) = session.operation.map(|operation| &operation.produces) else { return Ok(()) };
    let accept = request.headers().get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let accept = accept.collect::<Vec<_>>().join(",");
    let takes = |kind: &str| accepts(&accept, kind);
    if produced.is_empty() || takes(ENVELOPE) || produced.iter().any(|kind| takes(kind)) {
        return Ok(());
    }
    Err(ApiError::NotAcceptable(produced.join(" or ")))
}

/// Whether a list of media ranges, such as `text/*;q=0.5, application/json`, includes the type; the most specific range
/// decides. An empty list includes all.
fn accepts(accept: &str, kind: &str) -> bool {
    let group = kind.split('/').next().unwrap_or_default();
    let exactness = |range: &str| match range {
        "*/*" | "*" => Some(0),
        range if range.strip_suffix("/*") == Some(group) => Some(1),
        range if range == kind => Some(2),
        _ => None,
    };
    let fitting = accept.split(',').filter_map(|one| {
        let mut parts = one.split(';').map(str::trim);
        let exactness = exactness(&parts.next()?.to_ascii_lowercase())?;
        let refused = parts.filter_map(|part| part.strip_prefix("q=")).any(|q| q.parse() == Ok(0.0_f32));
        Some((exactness, !refused))
    });
    accept.trim().is_empty() || fitting.max().is_some_and(|(_, taken)| taken)
}

#[cfg(test)]
mod tests {
    use super::{accepts, check_kind};
    use crate::{RequestContext, document::Document};
    use kernel::auth::CredentialKind;
    use poem::http::Method;
    use serde_json::json;

    /// A request with a principal of this kind for an operation that needs a token, but no scope.
    fn session(kind: CredentialKind) -> RequestContext {
        let paths = json!({ "/things": { "get": { "security": [{ "Token": [] }] } } });
        let admits = |name: &str| (name == "Token").then_some(CredentialKind::Token);
        let document = Box::leak(Box::new(Document::new(&json!({ "paths": paths }), "", admits)));
        let request = poem::Request::builder().finish();
        let operation = document.operation(&Method::GET, "/things");
        RequestContext { operation, ..RequestContext::of(&request).with_principal(kind) }
    }

    #[test]
    fn an_operation_without_scopes_admits_its_own_kind_alone() {
        assert!(check_kind(&session(CredentialKind::Token)).is_ok());
        let refused = check_kind(&session(CredentialKind::Key)).unwrap_err();
        assert_eq!(refused.status(), 401);
    }

    #[test]
    fn the_most_exact_range_decides() {
        let json = |accept| accepts(accept, "application/json");
        for good in [
            "",
            "*/*",
            "application/json",
            "text/html, */*;q=0.1",
            "application/*",
            "Application/JSON;q=0.5",
            "*",
        ] {
            assert!(json(good), "{good}");
        }
        for bad in
            ["text/html", "application/xml, text/*", "*/*;q=0", "application/json;q=0, */*", "nonsense"]
        {
            assert!(!json(bad), "{bad}");
        }
    }
}

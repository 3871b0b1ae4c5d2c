//! Who may come in: credential, then scopes.

use super::{Contract, Result, Session};
use crate::state::App;
use kernel::Error;
use poem::Request;

/// Finds out who calls, and refuses who may not. Requests for paths that do not exist, or that need no
/// credential, are let in without one.
pub async fn admit(
    app: &App,
    contract: &impl Contract,
    request: &Request,
    session: &mut Session,
) -> Result<()> {
    let needed = session.operation.is_some_and(|operation| operation.secured);
    if let Some(credential) = contract.credential(request.headers()) {
        match app.authenticator.authenticate(contract.name(), credential, session.address).await {
            Ok(principal) => session.principal = Some(principal),
            Err(error) if needed => return Err(error.into()),
            Err(_) => {}
        }
    } else if needed {
        return Err(Error::Unauthorized("Credentials are missing").into());
    }
    check_scopes(session)
}

fn check_scopes(session: &Session) -> Result<()> {
    let (Some(operation), Some(principal)) = (session.operation, &session.principal) else { return Ok(()) };
    let missing = operation.scopes.iter().find(|scope| !principal.may(scope));
    match missing {
        Some(scope) => Err(Error::Forbidden(format!("The credential has not the scope {scope}")).into()),
        None => Ok(()),
    }
}

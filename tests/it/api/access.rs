//! Authorization: the same rejections at every operation that needs a credential, before anything else is checked.

use super::{
    answer,
    client::{bare, filled, send},
    credential::{self, Shown},
    document::{DOCUMENTS, Operation, operations},
};
use crate::app::{Pairing, TestApp, both};
use anyhow::{Context, Result, ensure};

both!(
    only_credentials_of_the_contract_open_it,
    each_kind_of_credential_opens_its_own,
    scopes_are_needed_and_suffice,
);

async fn only_credentials_of_the_contract_open_it(pairing: Pairing) -> Result<()> {
    let (app, origin) = listening(pairing).await?;
    for document in DOCUMENTS.iter() {
        let secured: Vec<_> = document.operations().into_iter().filter(Operation::is_secured).collect();
        if secured.is_empty() {
            continue;
        }
        let other = credential::of_another_contract(&app, document.contract).await?;
        for operation in &secured {
            let mut wrong = vec![Shown::Nothing];
            for secret in ["nonsense", &other] {
                wrong.extend(credential::shown(operation, secret)?);
            }
            for shown in wrong {
                refused(&origin, operation, &shown, 401).await?;
            }
        }
    }
    app.drain().await
}

/// Keys, client secrets and tokens of all contracts, at all operations of all contracts.
async fn each_kind_of_credential_opens_its_own(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| settings.limits.anonymous_minute = 1_000_000).await?;
    let origin = app.listen().await?;
    let mut credentials = vec![];
    for document in DOCUMENTS.iter() {
        let made = credential::all(&app, &origin, document, "acme").await?;
        let secret = made.known.value("client_secret").context("a secret")?.to_owned();
        if secret != made.shown {
            credentials.push(("none", secret));
        }
        credentials.push((document.contract, made.shown));
    }
    for operation in operations().filter(Operation::is_secured) {
        for (contract, secret) in &credentials {
            for shown in credential::shown(&operation, secret)? {
                // The next test checks that a credential is accepted by its own contract.
                if *contract != operation.document.contract {
                    refused(&origin, &operation, &shown, 401).await?;
                }
            }
        }
    }
    app.drain().await
}

async fn scopes_are_needed_and_suffice(pairing: Pairing) -> Result<()> {
    let (app, origin) = listening(pairing).await?;
    for operation in operations().filter(|operation| !operation.scopes().is_empty()) {
        let without = credential::scoped(&app, &origin, operation.document, "another:scope").await?;
        for shown in credential::shown(&operation, &without)? {
            refused(&origin, &operation, &shown, 403).await?;
        }
        for scope in operation.scopes() {
            let with = credential::scoped(&app, &origin, operation.document, scope).await?;
            let request = bare(&origin, &operation, &filled(&operation, "x"));
            let answer = send(request, &credential::first(&operation, &with)?).await?;
            ensure!(!matches!(answer.status, 401 | 403), "{operation}: {scope} does not suffice: {answer:?}");
        }
    }
    app.drain().await
}

async fn listening(pairing: Pairing) -> Result<(TestApp, String)> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let origin = app.listen().await?;
    Ok((app, origin))
}

/// The body is not JSON and has an unknown media type, so that any other response shows that it was checked first.
async fn refused(origin: &str, operation: &Operation, shown: &Shown, status: u16) -> Result<()> {
    let request = bare(origin, operation, &filled(operation, "x"));
    let answer = send(request.header("content-type", "text/nonsense").body("{"), shown).await?;
    ensure!(answer.status == status, "{operation}: {status} expected: {answer:?}");
    answer::check(operation, &answer).context("the refusal")
}

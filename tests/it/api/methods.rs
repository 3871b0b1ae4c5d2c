//! Methods that no document has: HEAD, which is GET without the body, and unsupported methods.

use super::{
    client::{HTTP, bare, filled, send},
    credential::{self, Shown},
    document::{DOCUMENTS, Document, Operation},
    exercise::Exercise,
};
use crate::app::{Pairing, TestApp, allow_loopback, both};
use anyhow::{Context, Result, ensure};
use reqwest::{Method, RequestBuilder};
use std::collections::BTreeMap;

both!(head_is_get_without_a_body, methods_that_no_path_takes_are_refused);

async fn head_is_get_without_a_body(pairing: Pairing) -> Result<()> {
    // No worker runs while responses are compared.
    let (mut app, origin) = listening(pairing).await?;
    for document in DOCUMENTS.iter() {
        let exercise = Exercise::begin(&app, &origin, document).await?;
        let good = credential::all(&app, &origin, document, "acme").await?.shown;
        let without = credential::scoped(&app, &origin, document, "another:scope").await?;
        for operation in document.operations().into_iter().filter(|one| one.method == Method::GET) {
            let callers = [
                (Shown::Nothing, 401),
                (credential::first(&operation, &without)?, 403),
                (credential::first(&operation, &good)?, 200),
            ];
            for (shown, usual) in callers {
                let status = is_same(&exercise, &operation, &shown).await?;
                let free = !operation.is_secured() || operation.scopes().is_empty();
                ensure!(usual == 200 || free || status == usual, "{operation}: {status}, not {usual}");
            }
        }
    }
    app.work();
    app.drain().await
}

/// Fails unless HEAD has the response of GET; returns its status.
async fn is_same(exercise: &Exercise, operation: &Operation, shown: &Shown) -> Result<u16> {
    let path = exercise.known.path(operation, false).unwrap_or_else(|| filled(operation, "x"));
    let request = || exercise.request_at(operation, &path);
    let got = send(request()?, shown).await?;
    let head = send(with_method(request()?, Method::HEAD)?, shown).await?;
    // Texts with the time may have become longer.
    let again = send(request()?, shown).await?;
    ensure!(head.status == got.status && head.text.is_empty(), "{operation}: {got:?}, HEAD {head:?}");
    for name in ["content-type", "www-authenticate", "cache-control", "ratelimit-policy"] {
        ensure!(head.header(name) == got.header(name), "{operation}: {name} of {got:?}, HEAD {head:?}");
    }
    let lengths = [&got, &again].map(|answer| answer.header("content-length"));
    let length = head.header("content-length");
    ensure!(lengths.contains(&length), "{operation}: {lengths:?}, HEAD {length}");
    Ok(head.status)
}

fn with_method(request: RequestBuilder, method: Method) -> Result<RequestBuilder> {
    let mut request = request.build()?;
    *request.method_mut() = method;
    Ok(RequestBuilder::from_parts(HTTP.clone(), request))
}

/// The credential does not matter, and the response reveals nothing but the methods of the path.
async fn methods_that_no_path_takes_are_refused(pairing: Pairing) -> Result<()> {
    let (app, origin) = listening(pairing).await?;
    for document in DOCUMENTS.iter() {
        let good = credential::all(&app, &origin, document, "acme").await?.shown;
        for (path, operations) in by_path(document) {
            let mut taken: Vec<_> = operations.iter().map(|one| one.method.to_string()).collect();
            if taken.iter().any(|method| method == "GET") {
                taken.push("HEAD".into());
            }
            taken.sort_unstable();
            let first = operations.first().context("an operation")?;
            for method in ["OPTIONS", "TRACE", "FOO", "get", "HEAD"] {
                if taken.iter().any(|one| one == method) {
                    continue;
                }
                for shown in [Shown::Nothing, credential::first(first, &good)?] {
                    let method = Method::from_bytes(method.as_bytes())?;
                    let request = bare(&origin, first, &filled(first, "x"));
                    let answer = send(with_method(request, method)?, &shown).await?;
                    let mut allowed: Vec<_> = answer.header("allow").split(", ").collect();
                    allowed.sort_unstable();
                    ensure!(answer.status == 405 && allowed == taken, "{path}: {taken:?}, not {answer:?}");
                }
            }
        }
    }
    app.drain().await
}

fn by_path(document: &'static Document) -> BTreeMap<String, Vec<Operation>> {
    let mut paths = BTreeMap::<_, Vec<_>>::new();
    for operation in document.operations() {
        paths.entry(format!("{}{}", operation.base, operation.path)).or_default().push(operation);
    }
    paths
}

async fn listening(pairing: Pairing) -> Result<(TestApp, String)> {
    let mut app = TestApp::new(pairing, |settings| {
        allow_loopback(settings);
        settings.limits.anonymous_minute = 1_000_000;
    })
    .await?;
    let origin = app.listen().await?;
    Ok((app, origin))
}

//! Every operation that changes something can be repeated with its `Idempotency-Key`: the response is the same and
//! marked; a different request with the key is rejected. Keys are separate for each caller.

use super::{
    answer,
    client::{HTTP, send},
    credential,
    document::{DOCUMENTS, Operation},
    exercise::Exercise,
};
use crate::app::{Answer, Pairing, TestApp, allow_loopback, both};
use anyhow::{Context, Result, ensure};
use reqwest::{Method, RequestBuilder};

both!(what_is_sent_again_is_answered_as_before);

async fn what_is_sent_again_is_answered_as_before(pairing: Pairing) -> Result<()> {
    // No worker runs at first, so that there is something to cancel.
    let mut app = TestApp::new(pairing, allow_loopback).await?;
    let origin = app.listen().await?;
    let mut later = vec![];
    for document in DOCUMENTS.iter() {
        let exercise = Exercise::begin(&app, &origin, document).await?;
        let secret = credential::all(&app, &origin, document, "acme").await?.shown;
        let changing = |one: &Operation| one.is_secured() && one.method != Method::GET;
        for operation in document.operations().into_iter().filter(changing) {
            let other = credential::all(&app, &origin, document, "acme").await?.shown;
            if !is_answered_as_before(&exercise, &operation, &secret, &other).await? {
                later.push((document, operation));
            }
        }
    }
    app.work();
    for (document, operation) in later {
        // Some objects are created only by jobs, and their parents may be deleted by now.
        let mut exercise = Exercise::begin(&app, &origin, document).await?;
        exercise.end(&app).await?;
        let secret = credential::all(&app, &origin, document, "acme").await?.shown;
        let other = credential::all(&app, &origin, document, "acme").await?.shown;
        let done = is_answered_as_before(&exercise, &operation, &secret, &other).await?;
        ensure!(done, "{operation}: no object");
    }
    app.drain().await
}

/// Returns false if the operation has no object yet.
async fn is_answered_as_before(
    exercise: &Exercise,
    operation: &Operation,
    secret: &str,
    another: &str,
) -> Result<bool> {
    let (shown, another) = (credential::first(operation, secret)?, credential::first(operation, another)?);
    // The largest request has every header, including the key.
    let Some(request) = exercise.request(operation)? else { return Ok(false) };
    let again = request.try_clone().context("a body in memory")?;
    let theirs = request.try_clone().context("a body in memory")?;
    let other = changed(request.try_clone().context("a body in memory")?)?;
    let first = send(request, &shown).await?;
    // Only responses of requests with an effect are stored.
    if first.status < 300 {
        is_replay(operation, &first, &send(again, &shown).await?)?;
        let reused = send(other, &shown).await?;
        ensure!(reused.status == 422, "{operation}: another request under its key: {reused:?}");
        answer::check(operation, &reused)?;
        let theirs = send(theirs, &another).await?;
        let is_theirs = is_first(&theirs) && theirs.status != 422;
        ensure!(is_theirs, "{operation}: the key of another caller: {theirs:?}");
    }
    Ok(true)
}

fn is_replay(operation: &Operation, first: &Answer, again: &Answer) -> Result<()> {
    ensure!(is_first(first), "{operation}: not given before: {first:?}");
    ensure!(
        (first.status, &first.text) == (again.status, &again.text)
            && again.header("idempotent-replayed") == "true"
            && again.header("idempotent-request-id") == first.header("x-request-id"),
        "{operation}: {first:?} became {again:?}"
    );
    answer::check(operation, again)
}

/// Some contracts have a header for this.
fn is_first(answer: &Answer) -> bool {
    matches!(answer.header("idempotent-replayed"), "" | "false")
}

/// The same request to a path with another query.
fn changed(request: RequestBuilder) -> Result<RequestBuilder> {
    let mut request = request.build()?;
    request.url_mut().query_pairs_mut().append_pair("another", "1");
    Ok(RequestBuilder::from_parts(HTTP.clone(), request))
}

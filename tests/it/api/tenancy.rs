//! A stranger with a valid key finds and changes nothing of another organization, at any operation with an id.

use super::{
    answer,
    client::send,
    credential,
    document::{DOCUMENTS, Operation},
    exercise::Exercise,
};
use crate::app::{Pairing, TestApp, allow_loopback, both};
use anyhow::{Context, Result, ensure};
use reqwest::Method;

both!(a_stranger_finds_nothing, a_malformed_id_names_nothing);

async fn a_stranger_finds_nothing(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, allow_loopback).await?;
    let origin = app.listen().await?;
    app.work();
    for document in DOCUMENTS.iter() {
        let mut exercise = Exercise::begin(&app, &origin, document).await?;
        // Some objects are created only by jobs; once these have ended, nothing changes automatically.
        exercise.end(&app).await?;
        let stranger = credential::all(&app, &origin, document, "stranger").await?.shown;
        let before = exercise.objects().await?;
        for operation in document.operations().iter().filter(|operation| operation.is_secured()) {
            match operation.has_id() {
                true => sees_no_object(&exercise, operation, &stranger).await?,
                false if operation.method == Method::GET => {
                    sees_no_id(&exercise, operation, &stranger).await?;
                }
                false => {}
            }
        }
        let after = exercise.objects().await?;
        let changed = before.iter().find(|(name, object)| after.get(*name) != Some(object));
        ensure!(after == before, "{}: a stranger's try left traces: {changed:?}", document.contract);
    }
    app.drain().await
}

async fn sees_no_object(exercise: &Exercise, operation: &Operation, stranger: &str) -> Result<()> {
    let request = exercise.request(operation)?.with_context(|| format!("{operation}: no object"))?;
    let answer = send(request, &credential::first(operation, stranger)?).await?;
    ensure!(answer.status == 404, "{operation}: a stranger is answered {answer:?}");
    answer::check(operation, &answer)
}

async fn sees_no_id(exercise: &Exercise, operation: &Operation, stranger: &str) -> Result<()> {
    let request = exercise.request(operation)?.context("a path without parameters")?;
    let answer = send(request, &credential::first(operation, stranger)?).await?;
    answer::check(operation, &answer)?;
    let seen = exercise.known.all().find(|id| answer.text.contains(&format!("\"{id}\"")));
    ensure!(seen.is_none(), "{operation}: a stranger sees {seen:?}");
    Ok(())
}

async fn a_malformed_id_names_nothing(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, allow_loopback).await?;
    let origin = app.listen().await?;
    for document in DOCUMENTS.iter() {
        let exercise = Exercise::begin(&app, &origin, document).await?;
        let secret = credential::all(&app, &origin, document, "acme").await?.shown;
        for operation in document.operations().iter().filter(|operation| operation.has_id()) {
            for id in malformed() {
                let path = super::client::filled(operation, &id);
                let request = exercise.request_at(operation, &path)?;
                let answer = send(request, &credential::first(operation, &secret)?).await?;
                let is_fine = matches!(answer.status, 400 | 404 | 422);
                ensure!(is_fine, "{operation} at {path}: {answer:?}");
                answer::check(operation, &answer)?;
            }
        }
    }
    app.work();
    app.drain().await
}

/// Ids of no object: malformed ones, NUL, invalid UTF-8, another path, the limits of numbers, and one that is too long.
fn malformed() -> Vec<String> {
    let short =
        ["x", "0", "-1", "%00", "%ff", "%2f..%2f", "9223372036854775808", "'%20or%201=1--", "%F0%9F%92%A5"];
    short.into_iter().map(str::to_owned).chain(["9".repeat(2000)]).collect()
}

//! Query parameters are read as clients write them, and refused in words.

use super::{
    client::{HTTP, send, set_query},
    credential::{self, Shown},
    document::{DOCUMENTS, Operation, Parameter},
    exercise::Exercise,
};
use crate::app::{Answer, Pairing, TestApp, allow_loopback};
use anyhow::{Result, ensure};
use reqwest::{Request, RequestBuilder};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_are_read_as_clients_write_them() -> Result<()> {
    let mut app = TestApp::new(Pairing::Embedded, allow_loopback).await?;
    let origin = app.listen().await?;
    let mut tried = 0;
    for document in DOCUMENTS.iter() {
        let exercise = Exercise::begin(&app, &origin, document).await?;
        let secret = credential::all(&app, &origin, document, "acme").await?.shown;
        for operation in document.operations() {
            let Some(request) = exercise.request(&operation)? else { continue };
            let mut request = request.build()?;
            request.headers_mut().remove("idempotency-key");
            let call =
                Call { shown: credential::first(&operation, &secret)?, operation: &operation, request };
            for parameter in operation.parameters().iter().filter(|one| one.place == "query") {
                tried += 1;
                call.tries(parameter).await?;
            }
        }
    }
    ensure!(tried >= 50, "only {tried} parameters found");
    app.work();
    app.drain().await
}

/// A request that the operation takes.
struct Call<'a> {
    operation: &'a Operation,
    request: Request,
    shown: Shown,
}

impl Call<'_> {
    /// Sends the request with this value of the parameter.
    async fn with(&self, parameter: &Parameter, value: Option<&str>) -> Result<Answer> {
        let mut request = self.request.try_clone().unwrap();
        set_query(request.url_mut(), parameter.name, value);
        send(RequestBuilder::from_parts(HTTP.clone(), request), &self.shown).await
    }

    async fn tries(&self, parameter: &Parameter) -> Result<()> {
        let absent = self.with(parameter, None).await?.status;
        self.answered(parameter, "", absent).await?;
        for value in other_forms(self.operation, parameter) {
            self.answered(parameter, value, 200).await?;
        }
        let refused = self.with(parameter, Some("\u{1}?")).await?;
        let in_words = !refused.text.contains("match") && !refused.text.contains("[0-9");
        ensure!(refused.status < 500 && in_words, "{} {}: {refused:?}", self.operation, parameter.name);
        Ok(())
    }

    /// `status`: that of the answer, or another success in place of 200.
    async fn answered(&self, parameter: &Parameter, value: &str, status: u16) -> Result<()> {
        let answer = self.with(parameter, Some(value)).await?;
        let as_expected = answer.status == status || (status == 200 && answer.status / 100 == 2);
        ensure!(as_expected, "{} {}={value:?}: {answer:?}", self.operation, parameter.name);
        Ok(())
    }
}

/// Other ways to write a value that the parameter takes.
fn other_forms(operation: &Operation, parameter: &Parameter) -> &'static [&'static str] {
    let schema = operation.document.follow(parameter.schema);
    let is = |name: &str| {
        schema["type"] == name || schema["type"].as_array().is_some_and(|all| all.contains(&name.into()))
    };
    let is_page_size = matches!(parameter.name, "limit" | "size");
    match schema["format"].as_str() {
        Some("date-time") => &["2026-11-21"],
        _ if is("boolean") => &["True", "False", "TRUE", "false", "1", "0"],
        _ if is_page_size && schema["maximum"] == Value::Null => &["1.0", "1000000", "0", "-1"],
        _ if is("integer") => &["1.0"],
        _ if parameter.name.ends_with("Date") => &["2026-10-31T23:59:59.000Z", "2026-10-31"],
        _ => &[],
    }
}

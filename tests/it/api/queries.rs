//! Query parameters are parsed as clients write them, and rejected with a message.

use super::{
    client::{HTTP, send, set_query},
    document::{Operation, Parameter},
    exercise::{Call, all_calls},
};
use crate::app::{Answer, Pairing, TestApp, allow_loopback};
use anyhow::{Result, ensure};
use reqwest::RequestBuilder;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_are_read_as_clients_write_them() -> Result<()> {
    let mut app = TestApp::new(Pairing::Embedded, allow_loopback).await?;
    let origin = app.listen().await?;
    let mut tried = 0;
    for call in all_calls(&app, &origin).await? {
        for parameter in call.operation.parameters().iter().filter(|one| one.place == "query") {
            tried += 1;
            call.tries(parameter).await?;
        }
    }
    ensure!(tried >= 50, "only {tried} parameters found");
    app.work();
    app.drain().await
}

impl Call {
    /// Sends the request with this value of the parameter.
    async fn with(&self, parameter: &Parameter, value: Option<&str>) -> Result<Answer> {
        let mut request = self.request.try_clone().unwrap();
        set_query(request.url_mut(), parameter.name, value);
        send(RequestBuilder::from_parts(HTTP.clone(), request), &self.shown).await
    }

    async fn tries(&self, parameter: &Parameter) -> Result<()> {
        let absent = self.with(parameter, None).await?.status;
        self.answered(parameter, "", absent).await?;
        for value in other_forms(&self.operation, parameter) {
            self.answered(parameter, value, 200).await?;
        }
        let refused = self.with(parameter, Some("\u{1}?")).await?;
        let in_words = !refused.text.contains("match") && !refused.text.contains("[0-9");
        ensure!(refused.status < 500 && in_words, "{} {}: {refused:?}", self.operation, parameter.name);
        Ok(())
    }

    /// `status` is that of the response, or another success instead of 200.
    async fn answered(&self, parameter: &Parameter, value: &str, status: u16) -> Result<()> {
        let answer = self.with(parameter, Some(value)).await?;
        let as_expected = answer.status == status || (status == 200 && answer.status / 100 == 2);
        ensure!(as_expected, "{} {}={value:?}: {answer:?}", self.operation, parameter.name);
        Ok(())
    }
}

/// Other forms of a value that the parameter accepts.
fn other_forms(operation: &Operation, parameter: &Parameter) -> &'static [&'static str] {
    let schema = operation.document.follow(parameter.schema);
    let is = |name: &str| {
        schema["type"] == name || schema["type"].as_array().is_some_and(|all| all.contains(&name.into()))
    };
    let is_page_size = matches!(parameter.name, "limit" | "size");
    match schema["format"].as_str() {
        Some("date-time") if parameter.name == "until" => &["2036-11-21"],
        Some("date-time") => &["2026-11-21"],
        _ if is("boolean") => &["True", "False", "TRUE", "false", "1", "0"],
        _ if is_page_size && schema["maximum"] == Value::Null && schema["pattern"] == Value::Null => {
            &["1.0", "1000000", "0", "-1"]
        }
        _ if is("integer") => &["1.0"],
        _ if parameter.name.ends_with("Date") => &["2026-10-31T23:59:59.000Z", "2026-10-31"],
        _ => &[],
    }
}

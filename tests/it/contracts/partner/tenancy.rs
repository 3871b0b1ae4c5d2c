//! A stranger with a valid key finds nothing of another organization's, at any operation with an id.

use super::customer;
use crate::app::{Pairing, TestApp, both};
use anyhow::{Context, Result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

both!(a_stranger_finds_nothing);

async fn a_stranger_finds_nothing(pairing: Pairing) -> Result<()> {
    let (app, owner) = TestApp::serving(pairing).await?;
    let stranger = owner.with_key(Some(&app.key("stranger").await?));
    let made = owner.post("/api/v1/customers", &customer("a@example.com")).await?.json();
    let customer_id = made["data"]["id"].as_str().context("id")?.to_owned();
    let bulk = json!({ "customers": [customer("b@example.com")] });
    let job = owner.post("/api/v1/bulk/customers", &bulk).await?.json();
    let job_id = job["data"]["id"].as_str().context("id")?.to_owned();
    owner.import_ended(&job_id).await?;
    let mut tried = 0;
    for (path, method) in operations_with_an_id()? {
        let id = if path.contains("/bulk/jobs/") { &job_id } else { &customer_id };
        let request = stranger.request(method.clone(), &path.replace("{id}", id)).json(&json!({}));
        let answer = stranger.send(request).await?;
        answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        tried += 1;
    }
    assert!(tried >= 6, "customers and bulk jobs have at least six operations with an id: {tried}");
    assert_eq!(stranger.get("/api/v1/customers").await?.json()["pagination"]["total"], 0);
    app.drain().await
}

/// From the served document, so that a new operation is tried without being listed here.
fn operations_with_an_id() -> Result<Vec<(String, Method)>> {
    let document: Value = serde_json::from_str(&api::openapi("partner").context("no document")?)?;
    let paths = document["paths"].as_object().context("no paths")?;
    let mut found = vec![];
    for (path, item) in paths.iter().filter(|(path, _)| path.contains("{id}")) {
        for method in item.as_object().context("no item")?.keys() {
            if let Ok(method) = method.to_uppercase().parse::<Method>()
                && matches!(method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE")
            {
                found.push((path.clone(), method));
            }
        }
    }
    Ok(found)
}

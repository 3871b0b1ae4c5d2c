//! Tickets are opened and read.

use super::{NOBODYS, made, new_customer, ticket};
use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(
    a_ticket_is_opened_and_read,
    it_is_of_a_customer_of_the_organization,
    every_fault_is_named,
    sent_again_it_is_opened_once,
);

async fn a_ticket_is_opened_and_read(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let customer = new_customer(&caller, "john@example.com").await?;
    let mut new = ticket(&customer);
    new["metadata"] = json!({ "source": "phone", "ünï": "cödé 🎈" });
    let created = caller.post("/api/v1/tickets", &new).await?;
    assert_eq!(created.status, 201, "{created:?}");
    let data = &created.json()["data"];
    let id = data["id"].as_str().unwrap();
    assert!(id.starts_with("tkt_"), "{id}");
    assert_eq!(created.header("location"), format!("/partner/api/v1/tickets/{id}"));
    for (field, value) in [
        ("customerId", json!(customer)),
        ("subject", new["subject"].clone()),
        ("description", new["description"].clone()),
        ("category", json!("OUTAGE")),
        ("priority", json!("MEDIUM")),
        ("status", json!("OPEN")),
        ("assignedTo", Value::Null),
        ("resolvedAt", Value::Null),
        ("tags", json!([])),
        ("metadata", new["metadata"].clone()),
        ("updatedAt", data["createdAt"].clone()),
    ] {
        assert_eq!(data.get(field), Some(&value), "{field}");
    }
    assert_eq!(caller.get(&format!("/api/v1/tickets/{id}")).await?.json()["data"], *data);
    new["priority"] = json!("URGENT");
    let urgent = made(&caller, "/api/v1/tickets", &new).await?;
    assert_eq!(urgent["priority"], "URGENT");
    assert_eq!(app.events_of("ticket.created").await?.len(), 2);
    app.drain().await
}

async fn it_is_of_a_customer_of_the_organization(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let other = caller.with_key(Some(&app.key("other").await?));
    let stranger = new_customer(&other, "john@example.com").await?;
    let nobodys = NOBODYS.map(|(_, customer)| customer);
    for customer in nobodys.into_iter().chain([&*stranger]) {
        let answer = caller.post("/api/v1/tickets", &ticket(customer)).await?;
        answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        assert!(answer.text.contains("Customer"), "{answer:?}");
    }
    let theirs = made(&other, "/api/v1/tickets", &ticket(&stranger)).await?;
    let nobodys = NOBODYS.map(|(ticket, _)| ticket);
    for id in nobodys.into_iter().chain([theirs["id"].as_str().unwrap()]) {
        let path = format!("/api/v1/tickets/{id}");
        caller.get(&path).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        let change = json!({ "status": "CLOSED" });
        caller.patch(&path, &change).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    assert_eq!(app.count("tickets").await?, 1);
    app.drain().await
}

async fn every_fault_is_named(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let bad = json!({
        "customerId": "", "subject": "x".repeat(201), "category": "LOVE", "priority": "CRITICAL",
        "metadata": { "n": 1 },
    });
    let answer = caller.post("/api/v1/tickets", &bad).await?;
    let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    let faults = details["errors"].as_array().unwrap();
    let mut fields: Vec<_> = faults.iter().map(|fault| fault["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["category", "customerId", "description", "metadata.n", "priority", "subject"]);
    assert_eq!(app.count("tickets").await?, 0);
    app.drain().await
}

async fn sent_again_it_is_opened_once(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let new = ticket(&new_customer(&caller, "john@example.com").await?);
    let mut ids = vec![];
    for _ in 0..2 {
        let request = caller.request(reqwest::Method::POST, "/api/v1/tickets").json(&new);
        let answer = caller.send(request.header("idempotency-key", "the same")).await?;
        assert_eq!(answer.status, 201, "{answer:?}");
        ids.push(answer.json()["data"]["id"].take());
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(app.count("tickets").await?, 1);
    app.drain().await
}

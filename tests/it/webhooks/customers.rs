//! Events of customers.

use crate::{
    app::{Pairing, Receiver, TestApp, both},
    contracts::partner::customer,
};
use anyhow::{Context, Result};
use serde_json::json;
use std::collections::BTreeSet;

both!(
    a_change_by_request_is_told_as_it_is_shown,
    all_customers_of_an_import_are_told,
    without_an_endpoint_there_is_no_job,
);

async fn a_change_by_request_is_told_as_it_is_shown(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    caller.hook(&receiver, json!({ "events": ["customer.created", "customer.updated"] })).await?;
    let mut new = customer("john@example.com");
    // Names that speak of secrets are the customer's own: nobody guesses at them.
    let metadata = json!({
        "my_key": "ünï 🎈", "id": "x", "hashtag": "#fiber", "tokenCount": "7", "privateNotes": "a", "password": "p",
        "secret": "s", "credential": "c", "authorization": "a",
    });
    new["metadata"] = metadata.clone();
    new["billingAddress"] = new["serviceAddress"].clone();
    let created = caller.post("/api/v1/customers", &new).await?;
    let path = format!("/api/v1/customers/{}", created.json()["data"]["id"].as_str().context("an id")?);
    let first = receiver.arrived(1).await?.remove(0);
    assert_eq!(first.json()["data"], caller.get(&path).await?.json()["data"]);
    assert_eq!(first.json()["data"]["metadata"], metadata);
    let updated = caller.patch(&path, &json!({ "phone": "+1-555", "companyName": "Acme" })).await?;
    let second = receiver.arrived(2).await?.remove(1);
    assert_eq!(second.json()["data"], caller.get(&path).await?.json()["data"]);
    assert_eq!(second.json()["data"]["metadata"], metadata);
    for (sent, kind, answer) in [(first, "customer.created", created), (second, "customer.updated", updated)]
    {
        assert_eq!((sent.json()["type"].as_str(), sent.header("x-swell-event")), (Some(kind), kind));
        let event = app.events_of(kind).await?.remove(0);
        assert_eq!(
            (event.id.to_string(), event.request_id.as_deref()),
            (sent.id().into(), Some(answer.header("x-request-id")))
        );
    }
    app.drain().await
}

async fn all_customers_of_an_import_are_told(pairing: Pairing) -> Result<()> {
    const COUNT: usize = 60;
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({ "events": ["customer.created"] })).await?;
    let customers: Vec<_> = (0..COUNT).map(|number| customer(&format!("c{number}@example.com"))).collect();
    let begun = caller.post("/api/v1/bulk/customers", &json!({ "customers": customers })).await?;
    assert_eq!(begun.status, 202, "{begun:?}");
    let arrivals = receiver.arrived(COUNT).await?;
    for sent in &arrivals {
        let data = sent.json()["data"].take();
        let path = format!("/api/v1/customers/{}", data["id"].as_str().context("an id")?);
        assert_eq!(data, caller.get(&path).await?.json()["data"]);
    }
    let numbers: BTreeSet<_> = arrivals.iter().map(crate::app::Arrival::sequence).collect();
    assert!(numbers.into_iter().eq(1..=60), "without gaps");
    let request = begun.header("x-request-id");
    let events = app.events_of("customer.created").await?;
    assert!(events.iter().all(|event| event.request_id.as_deref() == Some(request)), "{request}");
    caller.attempts(&hook, COUNT).await?;
    app.drain().await?;
    assert_eq!(receiver.arrivals().len(), COUNT, "each once");
    Ok(())
}

async fn without_an_endpoint_there_is_no_job(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let stranger = caller.with_key(Some(&app.key("stranger").await?));
    let gone = caller.hook(&receiver, json!({})).await?;
    caller.delete(&gone.path).await?;
    stranger.hook(&receiver, json!({})).await?;
    app.at_rest().await?;
    let before = app.jobs_of("webhook_fanout").await?;
    assert_eq!(caller.post("/api/v1/customers", &customer("a@example.com")).await?.status, 201);
    caller.publish_many(3).await?;
    let customers = json!({ "customers": [customer("b@example.com")] });
    let import = caller.post("/api/v1/bulk/customers", &customers).await?.json();
    caller.import_ended(import["data"]["id"].as_str().context("an id")?).await?;
    assert_eq!((app.jobs_of("webhook_fanout").await?, app.count("event_queue").await?), (before, 0));
    stranger.publish_many(1).await?;
    receiver.arrived(1).await?;
    app.drain().await?;
    assert_eq!(receiver.arrivals().len(), 1);
    Ok(())
}

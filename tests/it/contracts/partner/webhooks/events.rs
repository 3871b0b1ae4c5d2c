//! Custom events.

use crate::app::{Arrival, Pairing, Receiver, TestApp, allow_loopback, both};
use anyhow::Result;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use kernel::events::PLATFORM;
use reqwest::StatusCode;
use serde_json::json;
use sha2::Sha256;
use std::fmt::Write;

both!(
    an_event_goes_out_in_the_contracts_form,
    what_is_urgent_goes_first,
    what_is_no_event_is_refused,
    nobody_publishes_what_the_platform_does,
    a_webhook_asks_for_events_of_its_owners,
);

/// As the contract's receivers compute it.
fn swell_signature(sent: &Arrival, secret: &str) -> String {
    let at = sent.header("webhook-timestamp");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.").as_bytes());
    mac.update(&sent.body);
    let mut text = format!("t={at},v1=");
    mac.finalize().into_bytes().iter().for_each(|byte| write!(text, "{byte:02x}").unwrap());
    text
}

async fn an_event_goes_out_in_the_contracts_form(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let payload = json!({ "ünï": "cödé 🎈", "deep": { "snake_case": [1, null, 2.5] } });
    let body = json!({ "eventType": "meter.read", "payload": payload, "priority": "low" });
    let answer = caller.post("/api/v1/events", &body).await?;
    assert_eq!(answer.status, 202, "{answer:?}");
    let made = answer.json()["data"].take();
    assert!(made["eventId"].as_str().unwrap().starts_with("evt_"), "{made}");
    let sent = receiver.arrived(1).await?.remove(0);
    let expected = json!({
        "id": made["eventId"], "type": "meter.read", "timestamp": made["publishedAt"], "data": payload,
    });
    assert_eq!((&*sent.method, &*sent.path, sent.json()), ("POST", "/hook", expected));
    for (name, value) in [
        ("content-type", "application/json"),
        ("webhook-id", made["eventId"].as_str().unwrap()),
        ("webhook-sequence", "1"),
        ("x-swell-event", "meter.read"),
        ("x-swell-signature", &*swell_signature(&sent, &hook.secret)),
    ] {
        assert_eq!(sent.header(name), value, "{name}");
    }
    assert!(sent.is_signed_with(&hook.secret) && sent.header("user-agent").starts_with("Switchyard/"));
    // Nobody wants to know of this one; the fence is the one after it.
    caller.publish("meter.removed", json!({})).await?;
    caller.publish("of.my.own", json!({})).await?;
    caller.publish("meter.replaced", json!({})).await?;
    let next = receiver.arrived(2).await?.remove(1);
    assert_eq!((next.header("x-swell-event"), next.sequence()), ("meter.replaced", 2));
    let event = app.events_of("meter.read").await?.remove(0);
    assert_eq!(event.request_id.as_deref(), Some(answer.header("x-request-id")));
    let at: DateTime<Utc> = made["publishedAt"].as_str().unwrap().parse()?;
    assert_eq!(event.created_at.timestamp_millis(), at.timestamp_millis());
    app.drain().await
}

async fn what_is_urgent_goes_first(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, allow_loopback).await?;
    let caller = app.serve().await?;
    let receiver = Receiver::start().await?;
    caller.hook(&receiver, json!({ "concurrency": 1 })).await?;
    let priorities = ["low", "medium", "critical", "low", "high", "critical"];
    for (number, priority) in priorities.iter().enumerate() {
        let body = json!({ "eventType": "meter.read", "payload": { "n": number }, "priority": priority });
        assert_eq!(caller.post("/api/v1/events", &body).await?.status, 202);
    }
    let usual = json!({ "eventType": "meter.read", "payload": { "n": 6 } });
    assert_eq!(caller.post("/api/v1/events", &usual).await?.status, 202);
    app.work();
    let sent: Vec<_> = receiver.arrived(7).await?.iter().map(Arrival::number).collect();
    assert_eq!(sent, [2, 5, 4, 1, 6, 0, 3]);
    app.drain().await
}

async fn what_is_no_event_is_refused(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    caller.hook(&Receiver::start().await?, json!({})).await?;
    for (bad, field) in [
        (json!({ "payload": {} }), "eventType"),
        (json!({ "eventType": "", "payload": {} }), "eventType"),
        (json!({ "eventType": "x".repeat(201), "payload": {} }), "eventType"),
        (json!({ "eventType": "meter.read" }), "payload"),
        (json!({ "eventType": "meter.read", "payload": [] }), "payload"),
        (json!({ "eventType": "meter.read", "payload": {}, "priority": "now" }), "priority"),
    ] {
        let answer = caller.post("/api/v1/events", &bad).await?;
        let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert!(details.to_string().contains(field), "{bad}: {details}");
    }
    assert_eq!(app.events_of("meter.read").await?.len(), 0);
    app.drain().await
}

async fn nobody_publishes_what_the_platform_does(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    caller.hook(&Receiver::start().await?, json!({ "events": ["customer.created"] })).await?;
    let before = app.count("events").await?;
    let declared = PLATFORM.iter().flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned()));
    let looks_like = ["Customer.Created", " customer.created", "customer.created\n"].map(str::to_owned);
    for kind in api::event_types().map(str::to_owned).chain(declared).chain(looks_like) {
        let body = json!({ "eventType": kind, "payload": { "id": "cust_01JD72MYR07AY8VVR14D2PF2DB" } });
        let answer = caller.post("/api/v1/events", &body).await?;
        let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert_eq!(details["errors"][0]["field"], "eventType", "{kind}: {details}");
        let message = details["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.ends_with("is a type of the platform's own events; choose another"), "{message}");
    }
    assert_eq!(app.count("events").await?, before);
    app.drain().await
}

async fn a_webhook_asks_for_events_of_its_owners(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let own = json!(["meter.read", "meter.read", "ünï cödé"]);
    let hook = caller.hook(&receiver, json!({ "events": ["customer.created"], "customEvents": own })).await?;
    let shown = caller.shown(&hook).await?;
    assert_eq!(shown["events"], json!(["customer.created"]));
    assert_eq!(shown["customEvents"], json!(["meter.read", "ünï cödé"]));
    for (bad, why) in [
        (json!([""]), "customEvents"),
        (json!(["x".repeat(201)]), "customEvents"),
        (json!(["*"]), "customEvents"),
        (json!(["ticket.created"]), "is a type of the platform's own events"),
        (json!(["Webhook.Deleted "]), "is a type of the platform's own events"),
        (vec!["a"; 101].into(), "customEvents"),
    ] {
        let new =
            json!({ "url": "https://a.example.com/", "events": ["ticket.created"], "customEvents": bad });
        let details =
            caller.post("/api/v1/webhooks", &new).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert!(details.to_string().contains(why), "{new}: {details}");
    }
    app.drain().await
}

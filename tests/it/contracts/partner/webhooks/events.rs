//! Events of a partner's own.

use crate::app::{Arrival, Pairing, Receiver, TestApp, allow_loopback, both};
use anyhow::Result;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::StatusCode;
use serde_json::json;
use sha2::Sha256;
use std::fmt::Write;

both!(an_event_goes_out_in_the_contracts_form, what_is_urgent_goes_first, what_is_no_event_is_refused);

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
    let body = json!({ "eventType": "ticket.created", "payload": payload, "priority": "low" });
    let answer = caller.post("/api/v1/events", &body).await?;
    assert_eq!(answer.status, 202, "{answer:?}");
    let made = answer.json()["data"].take();
    assert!(made["eventId"].as_str().unwrap().starts_with("evt_"), "{made}");
    let sent = receiver.arrived(1).await?.remove(0);
    let expected = json!({
        "id": made["eventId"], "type": "ticket.created", "timestamp": made["publishedAt"], "data": payload,
    });
    assert_eq!((&*sent.method, &*sent.path, sent.json()), ("POST", "/hook", expected));
    for (name, value) in [
        ("content-type", "application/json"),
        ("webhook-id", made["eventId"].as_str().unwrap()),
        ("webhook-sequence", "1"),
        ("x-swell-event", "ticket.created"),
        ("x-swell-signature", &*swell_signature(&sent, &hook.secret)),
    ] {
        assert_eq!(sent.header(name), value, "{name}");
    }
    assert!(sent.is_signed_with(&hook.secret) && sent.header("user-agent").starts_with("Switchyard/"));
    // Nobody wants to know of this one; the fence is the one after it.
    caller.publish("ticket.resolved", json!({})).await?;
    caller.publish("of.my.own", json!({})).await?;
    caller.publish("ticket.updated", json!({})).await?;
    let next = receiver.arrived(2).await?.remove(1);
    assert_eq!((next.header("x-swell-event"), next.sequence()), ("ticket.updated", 2));
    let event = app.events_of("ticket.created").await?.remove(0);
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
        let body = json!({ "eventType": "ticket.created", "payload": { "n": number }, "priority": priority });
        assert_eq!(caller.post("/api/v1/events", &body).await?.status, 202);
    }
    let usual = json!({ "eventType": "ticket.created", "payload": { "n": 6 } });
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
        (json!({ "eventType": "ticket.created" }), "payload"),
        (json!({ "eventType": "ticket.created", "payload": [] }), "payload"),
        (json!({ "eventType": "ticket.created", "payload": {}, "priority": "now" }), "priority"),
    ] {
        let answer = caller.post("/api/v1/events", &bad).await?;
        let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert!(details.to_string().contains(field), "{bad}: {details}");
    }
    assert_eq!(app.events_of("ticket.created").await?.len(), 0);
    app.drain().await
}

//! Webhooks are registered, shown and removed.

use crate::app::{Pairing, Receiver, TestApp, both};
use anyhow::Result;
use base64::{Engine, prelude::BASE64_STANDARD};
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(
    the_secret_is_shown_once,
    a_secret_that_is_easily_guessed_is_refused,
    a_refused_url_names_the_rule,
    what_is_no_webhook_is_refused,
    the_limit_holds_for_those_that_come_together,
    a_whole_number_is_one_with_a_fraction_too,
    a_webhook_is_shown_as_it_is_going,
    a_deleted_webhook_is_sent_nothing_more,
);

const ALL: &str = "/api/v1/webhooks";

fn new(url: &str) -> Value {
    json!({ "url": url, "events": ["ticket.created"] })
}

async fn the_secret_is_shown_once(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let answer = caller.post(ALL, &new("https://hooks.example.com/in")).await?;
    assert_eq!(answer.status, 201, "{answer:?}");
    let made = answer.json()["data"].take();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert!(id.starts_with("wh_"), "{made}");
    assert_eq!(answer.header("location"), format!("/partner{ALL}/{id}"));
    let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap())?;
    assert_eq!(key.len(), 32);
    let other = caller.post(ALL, &new("https://hooks.example.com/in")).await?.json();
    assert_ne!(other["data"]["secret"], secret);
    for path in [ALL.to_owned(), format!("{ALL}/{id}"), format!("{ALL}/{id}/deliveries")] {
        let shown = caller.get(&path).await?;
        assert_eq!(shown.status, 200, "{shown:?}");
        assert!(!shown.text.contains(secret) && !shown.text.contains("whsec_"), "{path}: {}", shown.text);
    }
    assert!(!serde_json::to_string(&app.events_of("webhook.created").await?[0].payload)?.contains("whsec_"));
    app.drain().await
}

async fn a_secret_that_is_easily_guessed_is_refused(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let with = |secret: &str| {
        let mut new = new("https://hooks.example.com/in");
        new["secret"] = secret.into();
        new
    };
    let answer = caller.post(ALL, &with("sixteen letters!")).await?;
    assert_eq!((answer.status, &answer.json()["data"]["secret"]), (201, &json!("sixteen letters!")));
    for bad in ["", "fifteen letters", "whsec_dG9vIHNob3J0", "whsec_this is not base64 at all!"] {
        let details =
            caller.post(ALL, &with(bad)).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert!(details.to_string().contains("secret"), "{bad}: {details}");
    }
    assert_eq!(app.count("endpoints").await?, 1);
    app.drain().await
}

async fn a_refused_url_names_the_rule(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    for (url, rule) in [
        ("https://10.1.2.3/in", "the address 10.1.2.3 is private (RFC 1918)"),
        ("https://127.0.0.1/in", "the address 127.0.0.1 is loopback (RFC 1122)"),
        ("https://0x7f.1/in", "the address 127.0.0.1 is loopback (RFC 1122)"),
        (
            "https://169.254.169.254/latest/meta-data",
            "the address 169.254.169.254 is a metadata service (AWS, Azure, Google Cloud and others)",
        ),
        ("https://[::1]/in", "the address ::1 is loopback (RFC 4291)"),
        ("https://localhost/in", "the host localhost is a name of this machine (RFC 6761)"),
        ("http://hooks.example.com/in", "the scheme must be https"),
        ("https://user:password@hooks.example.com/in", "the URL has credentials"),
        ("https://hooks.example.com/in#part", "the URL has a fragment"),
        ("no URL", "the URL cannot be read"),
    ] {
        let details = caller.post(ALL, &new(url)).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        let error = &details["errors"][0];
        assert_eq!(error["field"], "url", "{url}: {details}");
        assert!(error["message"].as_str().unwrap().starts_with(rule), "{url}: {details}");
    }
    assert_eq!(caller.get(ALL).await?.json()["data"], json!([]));
    app.drain().await
}

async fn what_is_no_webhook_is_refused(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    for (field, value) in [
        ("events", json!([])),
        ("events", json!(["ticket.eaten"])),
        ("events", Value::Null),
        ("url", json!(7)),
        ("url", format!("https://hooks.example.com/{}", "x".repeat(2048)).into()),
        ("concurrency", json!(0)),
        ("rate", json!(0)),
    ] {
        let mut bad = new("https://hooks.example.com/in");
        bad[field] = value.clone();
        let details = caller.post(ALL, &bad).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert!(details.to_string().contains(field), "{field} {value}: {details}");
    }
    for none in ["wh_01JD72MYR07AY8VVR14D2PF2DB", "x"] {
        caller.get(&format!("{ALL}/{none}")).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        caller.delete(&format!("{ALL}/{none}")).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    app.drain().await
}

async fn the_limit_holds_for_those_that_come_together(pairing: Pairing) -> Result<()> {
    const MOST: usize = 5;
    let mut app = TestApp::new(pairing, |settings| settings.webhooks.endpoints = MOST).await?;
    app.work();
    let caller = app.serve().await?;
    let body = new("https://hooks.example.com/in");
    let answers = join_all((0..4 * MOST).map(|_| caller.post(ALL, &body))).await;
    let answers = answers.into_iter().collect::<Result<Vec<_>>>()?;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), MOST);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.refused(StatusCode::CONFLICT, "CONFLICT");
    }
    assert_eq!(app.count("endpoints").await?, i64::try_from(MOST)?);
    app.drain().await
}

async fn a_whole_number_is_one_with_a_fraction_too(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let with = |concurrency| json!({ "url": "https://example.com/", "events": ["ticket.created"], "concurrency": concurrency });
    assert_eq!(caller.post(ALL, &with(json!(7.0))).await?.status, 201);
    for bad in [json!(7.5), json!(1e300)] {
        let answer = caller.post(ALL, &with(bad)).await?;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert_eq!(answer.json()["details"]["errors"][0]["field"], "concurrency");
    }
    app.drain().await
}

async fn a_webhook_is_shown_as_it_is_going(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let more = json!({ "description": "Ours", "ordered": true, "concurrency": 3, "rate": 50 });
    let hook = caller.hook(&receiver, more).await?;
    let before = caller.shown(&hook).await?;
    for (field, value) in [
        ("url", json!(receiver.url())),
        ("events", json!(["ticket.created", "ticket.updated"])),
        ("description", json!("Ours")),
        ("isActive", json!(true)),
        ("status", json!("active")),
        ("ordered", json!(true)),
        ("concurrency", json!(3)),
        ("rate", json!(50)),
        ("lastSequence", json!(0)),
        ("backlog", json!(0)),
        ("lastDeliveryAt", Value::Null),
        ("lastDeliveryStatus", Value::Null),
    ] {
        assert_eq!(before[field], value, "{field}: {before}");
    }
    caller.publish_many(2).await?;
    caller.attempts(&hook, 2).await?;
    let after = caller.shown(&hook).await?;
    assert_eq!((&after["lastSequence"], &after["lastDeliveryStatus"]), (&json!(2), &json!("success")));
    assert!(after["lastDeliveryAt"].as_str() >= before["createdAt"].as_str(), "{after}");
    let all = caller.get(ALL).await?.json()["data"].take();
    assert_eq!((all.as_array().unwrap().len(), &all[0]["lastDeliveryAt"]), (1, &after["lastDeliveryAt"]));
    app.drain().await
}

async fn a_deleted_webhook_is_sent_nothing_more(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let (gone, stays) = (Receiver::start().await?, Receiver::start().await?);
    let (hook, other) = (caller.hook(&gone, json!({})).await?, caller.hook(&stays, json!({})).await?);
    caller.publish_many(1).await?;
    gone.arrived(1).await?;
    // What waits for it is not sent either.
    caller.tell(&hook, "pause").await?;
    caller.publish_many(1).await?;
    caller.shown_when(&hook, "one waits", |hook| hook["backlog"] == 1).await?;
    assert_eq!(caller.delete(&hook.path).await?.status, 200);
    caller.get(&hook.path).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    caller.delete(&hook.path).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let all = caller.get(ALL).await?.json()["data"].take();
    assert_eq!((all.as_array().unwrap().len(), all[0]["id"].as_str()), (1, Some(&*other.id)));
    caller.publish_many(1).await?;
    stays.arrived(3).await?;
    app.drain().await?;
    assert_eq!((gone.arrivals().len(), stays.arrivals().len()), (1, 3));
    Ok(())
}

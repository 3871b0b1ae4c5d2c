//! Other organizations see none of it.

use crate::app::{Pairing, Receiver, TestApp, both};
use anyhow::Result;
use reqwest::{Method, StatusCode};
use serde_json::json;

both!(a_stranger_finds_no_webhook, a_stranger_is_told_of_no_event);

async fn a_stranger_finds_no_webhook(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    caller.publish_many(1).await?;
    let attempt = caller.attempts(&hook, 1).await?.remove(0);
    let attempt = attempt["id"].as_str().unwrap();
    let stranger = caller.with_key(Some(&app.key("stranger").await?));
    let own = stranger.hook(&receiver, json!({})).await?;
    let before = caller.shown(&hook).await?;
    for (method, path, body) in [
        (Method::GET, hook.path.clone(), None),
        (Method::DELETE, hook.path.clone(), None),
        (Method::GET, format!("{}/deliveries", hook.path), None),
        (Method::POST, format!("{}/deliveries/{attempt}/retry", hook.path), None),
        // His own webhook does not open the delivery either.
        (Method::POST, format!("{}/deliveries/{attempt}/retry", own.path), None),
        (Method::POST, format!("{}/pause", hook.path), None),
        (Method::POST, format!("{}/resume", hook.path), None),
        (Method::POST, format!("{}/rotate", hook.path), Some(json!({}))),
        (Method::POST, format!("{}/replay", hook.path), Some(json!({ "fromSequence": 1 }))),
        (Method::GET, format!("{}/reconcile?since=2020-01-01T00:00:00Z", hook.path), None),
        (
            Method::POST,
            "/api/v1/webhooks/test".into(),
            Some(json!({ "eventType": "ticket.created", "webhookId": hook.id })),
        ),
    ] {
        let mut request = stranger.request(method.clone(), &path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = stranger.send(request).await?;
        assert_eq!(answer.status, 404, "{method} {path}: {answer:?}");
        answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    let all = stranger.get("/api/v1/webhooks").await?.json()["data"].take();
    assert_eq!((all.as_array().unwrap().len(), all[0]["id"].as_str()), (1, Some(&*own.id)));
    assert_eq!(
        (caller.shown(&hook).await?, receiver.arrivals().len()),
        (before, 1),
        "his tries left no traces"
    );
    app.drain().await
}

async fn a_stranger_is_told_of_no_event(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let (receiver, strange) = (Receiver::start().await?, Receiver::start().await?);
    caller.hook(&receiver, json!({})).await?;
    let stranger = caller.with_key(Some(&app.key("stranger").await?));
    stranger.hook(&strange, json!({})).await?;
    caller.publish_many(5).await?;
    receiver.arrived(5).await?;
    let own = stranger.publish("meter.read", json!({ "n": 100 })).await?;
    let sent = strange.arrived(1).await?;
    assert_eq!((sent[0].id(), sent[0].sequence()), (&*own, 1));
    app.drain().await?;
    assert_eq!((receiver.arrivals().len(), strange.arrivals().len()), (5, 1));
    Ok(())
}

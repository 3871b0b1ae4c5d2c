//! `/webhook_subscriptions` and `/webhook_deliveries`.

use super::{Client, refused};
use crate::app::{Pairing, Receiver, Reply, TestApp, allow_loopback, both};
use anyhow::{Context, Result};
use harness::until;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

both!(
    deliveries_have_the_contracts_form_and_signature,
    secrets_sign_until_they_are_revoked,
    subscriptions_are_changed_and_listed,
    deliveries_are_listed_and_replayed,
    webhooks_are_of_the_live_side_alone,
    events_of_other_contracts_do_not_arrive,
);

async fn delivering(pairing: Pairing) -> Result<(TestApp, crate::app::Caller, Client)> {
    let mut app = TestApp::new(pairing, allow_loopback).await?;
    app.work();
    let caller = app.serve().await?;
    let client = Client::new(&app, &caller, "acme", false).await?;
    Ok((app, caller, client))
}

async fn subscribe(client: &Client, url: &str, events: &[&str]) -> Result<Value> {
    let answer = client.post("/webhook_subscriptions", &json!({ "url": url, "events": events })).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    Ok(answer.json()["data"].take())
}

/// The verification of a public client: `t` and any of the `v1`, keyed with the whole secret.
fn is_signed(header: &str, body: &[u8], secret: &str) -> bool {
    let parts: Vec<_> = header.split(',').filter_map(|part| part.split_once('=')).collect();
    let at = parts.iter().find(|(name, _)| *name == "t").map_or("", |(_, value)| value);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    let expected = platform::hex::hex(&mac.finalize().into_bytes());
    parts.iter().any(|(name, value)| *name == "v1" && *value == expected)
}

async fn deliveries_have_the_contracts_form_and_signature(pairing: Pairing) -> Result<()> {
    let (app, _, client) = delivering(pairing).await?;
    let receiver = Receiver::start().await?;
    let hook =
        subscribe(&client, &receiver.url(), &["customer.created", "customer.setup_link.created"]).await?;
    let metadata = json!({ "n": 1.50, "ü": "🎈" });
    let new = json!({ "name": "Acme", "metadata": metadata });
    let customer = client.post("/customers", &new).await?.json()["data"].take();
    let links = format!("/customers/{}/setup_links", customer["id"].as_str().unwrap());
    let link = client.post(&links, &json!({})).await?.json()["data"].take();
    let arrivals = receiver.arrived(2).await?;
    for arrival in &arrivals {
        let header = |name: &str| arrival.header(name).to_owned();
        let body: Value = serde_json::from_slice(&arrival.body)?;
        assert_eq!((header("x-kirim-source"), header("x-kirim-attempt")), ("kirim".into(), "1".into()));
        assert_eq!(header("x-kirim-event"), body["type"].as_str().unwrap());
        assert_eq!(header("x-kirim-event-id"), body["id"].as_str().unwrap());
        assert!(
            header("x-kirim-delivery-id").starts_with("wbd_")
                && header("x-kirim-event-id").starts_with("evt_")
        );
        let secret = hook["initial_secret"].as_str().unwrap();
        assert!(secret.starts_with("whsec_"));
        assert!(is_signed(&header("x-kirim-signature"), &arrival.body, secret));
        let mut expected = link.clone();
        expected.as_object_mut().unwrap().remove("setup_url");
        let is_customer = body["type"] == "customer.created";
        assert_eq!(body["data"], if is_customer { customer.clone() } else { expected });
    }
    app.drain().await
}

async fn secrets_sign_until_they_are_revoked(pairing: Pairing) -> Result<()> {
    let (app, _, client) = delivering(pairing).await?;
    let receiver = Receiver::start().await?;
    let hook = subscribe(&client, &receiver.url(), &["customer.created"]).await?;
    let path = format!("/webhook_subscriptions/{}", hook["id"].as_str().unwrap());
    let added = client.post(&format!("{path}/secrets"), &json!({ "expires_in_hours": 24 })).await?;
    let added = added.json()["data"].take();
    let shown = client.get(&path).await?;
    let secrets = shown.json()["data"]["secrets"].take();
    assert_eq!((secrets.as_array().unwrap().len(), &secrets[0]["id"]), (2, &added["id"]));
    assert!(!shown.text.contains("whsec_") && secrets[1]["expires_at"].is_null());
    client.customer("one").await?;
    let first = &receiver.arrived(1).await?[0];
    for secret in [&hook["initial_secret"], &added["secret"]] {
        assert!(is_signed(first.header("x-kirim-signature"), &first.body, secret.as_str().unwrap()));
    }
    let initial = format!("{path}/secrets/{}", secrets[1]["id"].as_str().unwrap());
    let revoked = client.delete(&initial).await?;
    let expected = json!({ "id": secrets[1]["id"], "object": "webhook_secret", "deleted": true });
    assert_eq!((revoked.status, &revoked.json()["data"]), (200, &expected));
    refused(&client.delete(&initial).await?, 404, "resource_not_found");
    let last = format!("{path}/secrets/{}", added["id"].as_str().unwrap());
    refused(&client.delete(&last).await?, 422, "last_secret");
    client.customer("two").await?;
    let second = &receiver.arrived(2).await?[1];
    let signature = second.header("x-kirim-signature");
    assert!(!is_signed(signature, &second.body, hook["initial_secret"].as_str().unwrap()));
    assert!(is_signed(signature, &second.body, added["secret"].as_str().unwrap()));
    app.drain().await
}

async fn subscriptions_are_changed_and_listed(pairing: Pairing) -> Result<()> {
    let (app, caller, client) = delivering(pairing).await?;
    let receiver = Receiver::start().await?;
    let mut ids = vec![];
    for _ in 0..3 {
        ids.push(subscribe(&client, &receiver.url(), &["customer.created"]).await?["id"].clone());
    }
    ids.reverse();
    let list = async |query: &str| -> Result<(Vec<Value>, Value)> {
        let body = client.get(&format!("/webhook_subscriptions?{query}")).await?.json();
        let items = body["data"].as_array().with_context(|| body.to_string())?;
        Ok((items.iter().map(|item| item["id"].clone()).collect(), body["next_cursor"].clone()))
    };
    let (first, next) = list("limit=2").await?;
    assert_eq!(first, ids[..2]);
    let (second, end) = list(&format!("limit=2&cursor={}", next.as_str().unwrap())).await?;
    assert_eq!((second, end), (ids[2..].to_vec(), Value::Null));
    let path = format!("/webhook_subscriptions/{}", ids[0].as_str().unwrap());
    let update = json!({ "description": "mine", "events": ["customer.updated"], "status": "paused" });
    let changed = client.patch(&path, &update).await?.json()["data"].take();
    let found = (&changed["description"], &changed["events"], &changed["status"]);
    assert_eq!(found, (&json!("mine"), &json!(["customer.updated"]), &json!("paused")));
    assert_eq!(list("status=paused").await?.0, ids[..1]);
    assert_eq!(client.patch(&path, &json!({ "status": "active" })).await?.json()["data"]["status"], "active");
    for (body, code, param) in [
        (json!({ "url": "nonsense", "events": ["customer.created"] }), "invalid_webhook_url", "url"),
        (json!({ "url": "https://10.0.0.1/", "events": ["customer.created"] }), "invalid_webhook_url", "url"),
        (json!({ "url": receiver.url(), "events": [] }), "invalid_field_value", "events"),
        (
            json!({ "url": receiver.url(), "events": ["message.delivered"] }),
            "invalid_field_value",
            "events.0",
        ),
        (json!({ "events": ["customer.created"] }), "missing_required_field", "url"),
    ] {
        let answer = client.post("/webhook_subscriptions", &body).await?;
        assert_eq!(refused(&answer, 400, code), param, "{body}");
    }
    for other in [Client::new(&app, &caller, "stranger", false).await?] {
        refused(&other.get(&path).await?, 404, "resource_not_found");
        refused(&other.delete(&path).await?, 404, "resource_not_found");
    }
    let deleted = client.delete(&path).await?.json()["data"].take();
    assert_eq!(deleted, json!({ "id": ids[0], "object": "webhook_subscription", "deleted": true }));
    refused(&client.get(&path).await?, 404, "resource_not_found");
    app.drain().await
}

async fn deliveries_are_listed_and_replayed(pairing: Pairing) -> Result<()> {
    let (app, caller, client) = delivering(pairing).await?;
    let receiver = Receiver::start().await?;
    let hook = subscribe(&client, &receiver.url(), &["customer.created"]).await?;
    let id = hook["id"].as_str().unwrap();
    for number in 0..3 {
        client.customer(&format!("c{number}")).await?;
    }
    receiver.arrived(3).await?;
    let list = async |query: &str| -> Result<Value> {
        Ok(client.get(&format!("/webhook_deliveries?{query}")).await?.json())
    };
    let recorded = until("recorded", crate::app::PATIENCE, async || {
        let found = list("status=succeeded").await?["data"].take();
        Ok((found.as_array().unwrap().len() == 3).then_some(found))
    });
    let recorded = recorded.await?;
    let first = &recorded[0];
    assert_eq!((&first["subscription_id"], &first["event_type"]), (&json!(id), &json!("customer.created")));
    assert_eq!((&first["attempt"], &first["response_status"]), (&json!(1), &json!(200)));
    assert!(first["delivered_at"].is_string() && first["next_attempt_at"].is_null());
    let page = list("limit=2").await?;
    assert_eq!(page["data"].as_array().unwrap(), &recorded.as_array().unwrap()[..2]);
    let rest = list(&format!("limit=2&cursor={}", page["next_cursor"].as_str().unwrap())).await?;
    assert_eq!((&rest["data"][0], &rest["has_more"]), (&recorded[2], &json!(false)));
    assert_eq!(list("event_type=customer.updated").await?["data"], json!([]));
    for id in ["00000000000000000000000000", "ZZZZZZZZZZZZZZZZZZZZZZZZZZ"] {
        let unknown = client.get(&format!("/webhook_deliveries?subscription_id=wbs_{id}")).await?;
        refused(&unknown, 404, "resource_not_found");
    }

    let path = format!("/webhook_deliveries/{}", first["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await?.json()["data"], *first);
    let stranger = Client::new(&app, &caller, "stranger", false).await?;
    assert_eq!(stranger.get("/webhook_deliveries").await?.json()["data"], json!([]));
    refused(&stranger.get(&path).await?, 404, "resource_not_found");
    refused(&stranger.post(&format!("{path}/replay"), &json!({})).await?, 404, "resource_not_found");
    let replayed = client.post(&format!("{path}/replay"), &json!({})).await?.json()["data"].take();
    assert_eq!((&replayed["replayed_from"], &replayed["status"]), (&first["id"], &json!("pending")));
    let again = &receiver.arrived(4).await?[3];
    assert_eq!(again.header("x-kirim-event-id"), first["event_id"].as_str().unwrap());
    assert_eq!(again.header("x-kirim-attempt"), "2");
    let body = json!({ "subscription_id": id });
    let bulk = client.post("/webhook_deliveries/bulk_replay", &body).await?.json()["data"].take();
    assert_eq!(bulk, json!({ "enqueued": 0, "capped": false }), "nothing is dead");
    receiver.answer(|_| Reply::status(410));
    client.customer("gone").await?;
    until("disabled", crate::app::PATIENCE, async || {
        let status =
            client.get(&format!("/webhook_subscriptions/{id}")).await?.json()["data"]["status"].take();
        Ok((status == "disabled").then_some(()))
    })
    .await?;
    refused(&client.post(&format!("{path}/replay"), &json!({})).await?, 409, "conflict");
    refused(&client.post("/webhook_deliveries/bulk_replay", &body).await?, 409, "conflict");
    let secrets = client.post(&format!("/webhook_subscriptions/{id}/secrets"), &json!({})).await?;
    refused(&secrets, 409, "conflict");
    app.drain().await
}

async fn webhooks_are_of_the_live_side_alone(pairing: Pairing) -> Result<()> {
    let (app, caller, client) = delivering(pairing).await?;
    let receiver = Receiver::start().await?;
    let hook = subscribe(&client, &receiver.url(), &["customer.created"]).await?;
    let path = format!("/webhook_subscriptions/{}", hook["id"].as_str().unwrap());
    let sandbox = Client::new(&app, &caller, "acme", true).await?;
    for path in [&path, "/webhook_subscriptions", "/webhook_deliveries"] {
        refused(&sandbox.get(path).await?, 403, "insufficient_scope");
    }
    refused(&sandbox.delete(&path).await?, 403, "insufficient_scope");
    sandbox.customer("sandbox").await?;
    client.customer("live").await?;
    assert_eq!(receiver.arrived(1).await?[0].json()["data"]["name"], "live");
    app.drain().await?;
    assert_eq!(receiver.arrivals().len(), 1);
    Ok(())
}

async fn events_of_other_contracts_do_not_arrive(pairing: Pairing) -> Result<()> {
    let (app, caller, client) = delivering(pairing).await?;
    let (ours, theirs) = (Receiver::start().await?, Receiver::start().await?);
    subscribe(&client, &ours.url(), &["customer.created"]).await?;
    let hook = json!({ "url": theirs.url(), "events": ["customer.created"] });
    assert_eq!(caller.post("/api/v1/webhooks", &hook).await?.status, 201);
    client.customer("of messaging").await?;
    let partner = crate::contracts::partner::customer("john@example.com");
    assert_eq!(caller.post("/api/v1/customers", &partner).await?.status, 201);
    let name = |body: &[u8]| -> Result<Value> { Ok(serde_json::from_slice::<Value>(body)?["data"].take()) };
    assert_eq!(name(&ours.arrived(1).await?[0].body)?["name"], "of messaging");
    assert_eq!(name(&theirs.arrived(1).await?[0].body)?["email"], "john@example.com");
    app.drain().await?;
    assert_eq!((ours.arrivals().len(), theirs.arrivals().len()), (1, 1));
    Ok(())
}

//! `Idempotency-Key`, where this contract differs from others.

use super::{Client, refused, serving};
use crate::app::{Answer, Pairing, both};
use anyhow::Result;
use reqwest::Method;
use serde_json::json;

both!(a_hundred_at_once_get_one_response, another_request_with_the_key_is_rejected);

async fn create(client: &Client, key: &str, name: &str) -> Result<Answer> {
    let request = client.request(Method::POST, "/customers").header("idempotency-key", key);
    client.send(request.json(&json!({ "name": name }))).await
}

async fn a_hundred_at_once_get_one_response(pairing: Pairing) -> Result<()> {
    let (app, _, client) = serving(pairing).await?;
    let answers = futures::future::try_join_all((0..100).map(|_| create(&client, "key", "Acme"))).await?;
    let (first, others): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.header("idempotent-replayed") == "false");
    assert_eq!((first.len(), others.len()), (1, 99));
    for answer in &others {
        assert_eq!((answer.status, answer.header("idempotent-replayed")), (200, "true"), "{answer:?}");
        assert_eq!(answer.text, first[0].text, "the same object, with the request_id of the first");
    }
    assert_eq!(app.count("messaging_customers").await?, 1);
    app.drain().await
}

async fn another_request_with_the_key_is_rejected(pairing: Pairing) -> Result<()> {
    let (app, _, client) = serving(pairing).await?;
    assert_eq!(create(&client, "key", "Acme").await?.header("idempotent-replayed"), "false");
    refused(&create(&client, "key", "Other").await?, 422, "idempotency_key_reuse");
    refused(&create(&client, &"k".repeat(256), "Acme").await?, 400, "invalid_field_value");
    let without = client.post("/customers", &json!({ "name": "Acme" })).await?;
    assert_eq!(without.header("idempotent-replayed"), "");
    app.drain().await
}

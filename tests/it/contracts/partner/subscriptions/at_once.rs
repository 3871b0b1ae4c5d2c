//! Concurrent identical requests.

use super::Ground;
use crate::app::{Answer, Pairing, both};
use anyhow::Result;
use futures::future::try_join_all;
use harness::until;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::collections::BTreeSet;

both!(of_50_orders_one_is_made, of_50_with_one_key_all_have_the_same_answer, of_20_suspensions_one_is_made);

async fn of_50_orders_one_is_made(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let orders = (0..50).map(|_| ground.order("RESIDENTIAL_500", json!({})));
    let answers = try_join_all(orders).await?;
    let (made, others): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((made.len(), ground.app.count("subscriptions").await?), (1, 1));
    for answer in others {
        assert_eq!(answer.refused(StatusCode::CONFLICT, "CONFLICT")["field"], "serviceTier");
    }
    assert_eq!(ground.count("created").await?, 1);
    ground.drain().await
}

async fn of_50_with_one_key_all_have_the_same_answer(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let new = json!({ "customerId": ground.customer, "serviceTier": "RESIDENTIAL_500" });
    let order = async || -> Result<Answer> {
        until("the order is answered", crate::app::PATIENCE, async || {
            let request = ground.caller.request(Method::POST, "/api/v1/subscriptions").json(&new);
            let answer = ground.caller.send(request.header("idempotency-key", "order-1")).await?;
            // The first is still under way.
            Ok(Some(answer).filter(|answer| answer.status != 409))
        })
        .await
    };
    let answers = try_join_all((0..50).map(|_| order())).await?;
    let texts: BTreeSet<_> = answers.iter().map(|answer| (answer.status, &answer.text)).collect();
    assert_eq!((texts.len(), texts.first().map(|(status, _)| *status)), (1, Some(201)), "{texts:?}");
    assert_eq!((ground.app.count("subscriptions").await?, ground.count("created").await?), (1, 1));
    ground.drain().await
}

async fn of_20_suspensions_one_is_made(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let path = format!("{}/suspend", ground.active("RESIDENTIAL_500").await?);
    let none = json!({});
    let answers = try_join_all((0..20).map(|_| ground.caller.post(&path, &none))).await?;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 400)), "{answers:?}");
    assert_eq!(ground.count("suspended").await?, 1);
    ground.drain().await
}

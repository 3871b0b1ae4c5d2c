//! Successful installations.

use super::{
    Ground,
    fixtures::{PLENTY, Supplies},
};
use crate::app::{Pairing, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::{ids, subscription::SubscriptionStatus};
use futures::future::try_join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;

both!(
    an_installation_is_whole,
    of_64_at_once_no_two_share_an_address_or_a_box,
    of_50_who_ask_for_the_same_at_once_one_is_heard,
    what_is_scheduled_waits,
    requests_are_listed,
);

async fn an_installation_is_whole(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    let more = json!({ "notes": "Mornings", "metadata": { "order": "7" } });
    let path = ground.open(of, "NEW_INSTALL", more).await?;
    let request = ground.ended(&path).await?;
    assert_eq!(request["status"], "COMPLETED", "{request}");
    assert_eq!(request["ontId"], "ont_esc_001");
    assert_eq!(request["ipAllocation"], json!({ "ipv4": "192.0.2.2", "ipv6": "2001:db8::" }));
    assert_eq!((&request["notes"], &request["metadata"]["order"]), (&json!("Mornings"), &json!("7")));
    assert!(request["completedDate"].is_string() && request["scheduledDate"].is_null(), "{request}");
    let active = |address: &str| (address.to_owned(), "ACTIVE".to_owned());
    let mut ips = ground.ips(of).await?;
    ips.sort();
    assert_eq!(ips, [active("192.0.2.2"), active("2001:db8::")]);
    let subscription = ground.subscription(of).await?;
    assert_eq!(subscription.status, SubscriptionStatus::Active);
    assert!(subscription.started_at.is_some());
    let network = ground.network(of).await?.context("the network does it")?;
    assert_eq!((network.download_mbps, network.ipv4.as_deref()), (500, Some("192.0.2.2")));
    assert!(!network.suspended);
    let steps = ground.steps(&request).await?;
    let names: Vec<_> = steps.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["addresses", "ont", "network", "verify", "subscription"]);
    assert!(steps.iter().all(|(_, state)| state == "done"), "{steps:?}");
    let events = app.events().await?;
    let of_requests: Vec<_> = events.iter().filter(|kind| kind.starts_with("provisioning.")).collect();
    assert_eq!(of_requests, ["provisioning.started", "provisioning.completed"]);
    let created = app.events_of("provisioning_request.created").await?;
    let [created] = &created[..] else { panic!("one: {created:?}") };
    assert!(created.actor.starts_with("key_"), "{created:?}");
    assert!(created.operation.as_ref().is_some_and(|it| it.contains("/provisioning")), "{created:?}");
    assert_eq!(request["id"], ids::show("provisioning", created.resource_id));
    app.drain().await
}

async fn of_64_at_once_no_two_share_an_address_or_a_box(pairing: Pairing) -> Result<()> {
    let supplies = Supplies { pools: &["192.0.2.0/26"], onts: 64 };
    let (app, ground) = Ground::app(pairing, supplies, |_| {}).await?;
    let emails = (0..64).map(|number| format!("user{number}@example.com"));
    let all = try_join_all(emails.map(async |email| ground.subscribed(&email).await)).await?;
    let ended = try_join_all(all.iter().map(|of| ground.done(*of, "NEW_INSTALL"))).await?;
    let done: Vec<_> = ended.iter().filter(|it| it["status"] == "COMPLETED").collect();
    let addresses: BTreeSet<_> = done.iter().filter_map(|it| it["ipAllocation"]["ipv4"].as_str()).collect();
    let boxes: BTreeSet<_> = done.iter().filter_map(|it| it["ontId"].as_str()).collect();
    assert_eq!((done.len(), addresses.len(), boxes.len()), (61, 61, 61));
    let failed: Vec<_> = ended.iter().filter(|it| it["status"] == "FAILED").collect();
    assert_eq!(failed.len(), 3, "nobody waits for what there is not");
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (61, 61));
    app.drain().await
}

async fn of_50_who_ask_for_the_same_at_once_one_is_heard(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |settings| {
        settings.provisioners.simulator.delay = std::time::Duration::from_secs(3);
    })
    .await?;
    let of = ground.subscribed("john@example.com").await?;
    let body = of.asking("NEW_INSTALL", &json!({}));
    let post = async |_| ground.caller.post("/api/v1/provisioning", &body).await;
    let answers = try_join_all((0..50).map(post)).await?;
    let (heard, others): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 201);
    assert_eq!(heard.len(), 1);
    for other in others {
        let refused = other.refused(StatusCode::CONFLICT, "CONFLICT");
        assert_eq!(refused["field"], "subscriptionId");
    }
    assert_eq!(app.count("provisioning_requests").await?, 1);
    assert_eq!(app.jobs_of("provisioning").await?, 1);
    app.drain().await
}

async fn what_is_scheduled_waits(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    let at = app.clock.now() + TimeDelta::days(2);
    let path = ground.open(of, "NEW_INSTALL", json!({ "scheduledDate": at.to_rfc3339() })).await?;
    // Another one, asked for later, is done meanwhile.
    let other = ground.subscribed("jane@example.com").await?;
    ground.completed(other, "NEW_INSTALL").await?;
    let waiting = ground.caller.get(&path).await?.json()["data"].take();
    assert_eq!((&waiting["status"], waiting["scheduledDate"].is_string()), (&json!("PENDING"), true));
    assert!(ground.ips(of).await?.is_empty(), "nothing is reserved before the time");
    app.at_rest().await?;
    app.clock.advance(TimeDelta::days(2));
    assert_eq!(ground.ended(&path).await?["status"], "COMPLETED");
    app.drain().await
}

async fn requests_are_listed(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, Supplies { onts: 1, ..PLENTY }, |_| {}).await?;
    let [one, two] = [ground.subscribed("a@example.com").await?, ground.subscribed("b@example.com").await?];
    let first = ground.completed(one, "NEW_INSTALL").await?;
    let second = ground.done(two, "NEW_INSTALL").await?;
    let listed = async |query: String| {
        let answer = ground.caller.get(&format!("/api/v1/provisioning{query}")).await?;
        assert_eq!(answer.status, 200, "{answer:?}");
        anyhow::Ok(answer.json()["data"].take())
    };
    assert_eq!(listed(String::new()).await?, json!([first, second]), "the oldest first");
    assert_eq!(listed("?status=COMPLETED".into()).await?, json!([first]));
    assert_eq!(listed("?status=FAILED&limit=1".into()).await?, json!([second]));
    assert_eq!(listed(format!("?customerId={}", one.customer)).await?, json!([first]));
    assert_eq!(listed(format!("?status=PENDING&customerId={}", one.customer)).await?, json!([]));
    assert_eq!(listed("?customerId=x".into()).await?, Value::Array(vec![]));
    let stranger = ground.caller.with_key(Some(&app.key("other").await?));
    assert_eq!(stranger.get("/api/v1/provisioning").await?.json()["data"], json!([]));
    let theirs = format!("/api/v1/provisioning/{}", first["id"].as_str().context("an id")?);
    stranger.get(&theirs).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    app.drain().await
}

//! Webhooks of provisioners.

use super::{Desk, Ground, SIMULATE, VENDOR, acting, below, new_order, of};
use crate::app::{PATIENCE, Pairing, Receiver, Reply, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::{endpoint, ids::EndpointId};
use harness::until;
use isp::vendors;
use reqwest::Method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;

both!(
    the_credential_is_shown_once,
    a_kept_credential_is_for_its_client,
    orders_wait_for_a_webhook,
    orders_go_to_the_latest_webhook_alone,
    orders_wait_for_a_new_webhook_when_the_latest_is_gone,
    what_no_webhook_has_taken_goes_to_the_new_one,
    more_orders_than_one_batch_go_to_a_new_webhook,
    a_decided_order_is_not_delivered_again,
    the_limit_retires_the_oldest_of_the_same_provisioner,
    a_webhook_of_before_keeps_its_header,
);

async fn the_credential_is_shown_once(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let hooks = format!("/provisioners/{}/webhooks", ground.provisioner.id.0);
    let plain = ground.live.make(&hooks, &json!({ "url": "https://vendor.example/in" })).await?;
    assert_eq!(plain["sharedSecret"]["header"], "pax8ApiTokenV1");
    let named = json!({ "url": "https://vendor.example/in", "sharedSecret": { "header": "X-Own" } });
    let named = ground.live.make(&hooks, &named).await?;
    assert_eq!(named["sharedSecret"]["header"], "X-Own");
    let secret = named["sharedSecret"]["credential"].as_str().context("a credential")?.to_owned();
    assert!(secret.len() > 40 && named["sharedSecret"]["credential"] != plain["sharedSecret"]["credential"]);
    let one = format!("{hooks}/{}", named["id"].as_str().context("an id")?);
    for path in [hooks.clone(), one.clone(), format!("{hooks}/latest")] {
        let answer = ground.live.get(&path).await?;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.text.contains("whsec_"), "{path}: {}", answer.text);
        assert!(answer.text.contains("X-Own") && answer.text.contains("****"), "{path}: {}", answer.text);
    }
    let told = ground.app.events_of("webhook.created").await?;
    assert!(!serde_json::to_string(&told[0].payload)?.contains("whsec_"));
    let gone = ground.live.caller.send(ground.live.request(Method::DELETE, &one)).await?;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    assert_eq!(ground.live.get(&format!("{hooks}/latest")).await?.status, 404, "the one before was replaced");
    let replaced = ground.live.read(&hooks).await?["content"][0].take();
    assert_eq!((&replaced["id"], &replaced["status"]), (&plain["id"], &json!("replaced")));
    assert_eq!(ground.live.get(&one).await?.status, 404);
    ground.app.drain().await
}

/// Neither another client nor the other side is shown what the first was, whatever key they send.
async fn a_kept_credential_is_for_its_client(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let hooks = format!("/provisioners/{}/webhooks", ground.provisioner.id.0);
    let register = async |desk: &Desk| {
        let request = desk.request(Method::POST, &hooks).header("idempotency-key", "once");
        desk.caller.send(request.json(&json!({ "url": "https://vendor.example/in" }))).await
    };
    let first = register(&ground.live).await?;
    let secret = first.json()["sharedSecret"]["credential"].as_str().context("a credential")?.to_owned();
    let colleague = Desk::new(&ground.app, &ground.caller, VENDOR, false).await?;
    for other in [&ground.play, &colleague] {
        let answer = register(other).await?;
        assert_eq!(answer.header("idempotent-replayed"), "");
        assert!(!answer.text.contains(&secret), "{answer:?}");
    }
    assert_eq!(register(&ground.play).await?.status, 403);
    let again = register(&ground.live).await?;
    assert_eq!((&again.text, again.header("idempotent-replayed")), (&first.text, "true"));
    ground.app.drain().await
}

async fn orders_wait_for_a_webhook(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let (first, decided) = (ground.order(None).await?, ground.order(None).await?);
    let done = json!({ "status": "Success" });
    ground.live.make(&below(&decided, "/results"), &done).await?;
    ground.app.at_rest().await?;
    let receiver = Receiver::start().await?;
    ground.live.hook(&ground.provisioner, &receiver).await?;
    let arrived = receiver.arrived(1).await?;
    assert_eq!(arrived[0].json()["provisionRequest"]["id"], first.id.0.to_string());
    assert_eq!(arrived[0].json()["provisionRequest"]["companyName"], "Doe Ltd");
    let latest = below(&first, "/attempts/latest");
    ground.live.when(&latest, |attempt| attempt["status"] == "Acknowledged").await?;
    // What is decided needs nobody to be told.
    assert_eq!(receiver.arrivals().len(), 1);
    ground.app.drain().await
}

async fn orders_go_to_the_latest_webhook_alone(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let [old, new, twin] = [Receiver::start().await?, Receiver::start().await?, Receiver::start().await?];
    ground.live.hook(&ground.provisioner, &old).await?;
    ground.live.hook(&ground.provisioner, &new).await?;
    ground.play.hook(&ground.twin, &twin).await?;
    // A webhook of the same organization in another contract wants to know of everything there.
    let key = ground.app.key(super::VENDOR).await?;
    let partner = ground.caller.with_key(Some(&key));
    let everything = Receiver::start().await?;
    partner
        .hook(&everything, json!({ "events": ["ticket.created"], "customEvents": ["meter.read"] }))
        .await?;
    let orders = [ground.order(None).await?, ground.order(None).await?];
    let arrived = new.arrived(2).await?;
    let ids: Vec<_> = arrived.iter().map(|one| one.json()["provisionRequest"]["id"].clone()).collect();
    assert!(orders.iter().all(|order| ids.contains(&json!(order.id.0))), "{ids:?}");
    let mut numbers: Vec<_> = arrived.iter().map(crate::app::Arrival::sequence).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2]);
    let simulated = ground.play.make(SIMULATE, &json!({})).await?;
    assert_eq!(
        twin.arrived(1).await?[0].json()["provisionRequest"]["id"],
        simulated["provisionRequest"]["id"]
    );
    // Other events of the vendor's go to none of them.
    partner.publish("meter.read", json!({})).await?;
    everything.arrived(1).await?;
    ground.app.at_rest().await?;
    assert_eq!([old.arrivals().len(), new.arrivals().len(), twin.arrivals().len()], [0, 2, 1]);
    assert_eq!(everything.arrivals().len(), 1);
    ground.app.drain().await
}

/// Neither what has met the 410 nor what comes later goes to an older webhook.
async fn orders_wait_for_a_new_webhook_when_the_latest_is_gone(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let (gone, old) = (Receiver::answering(|_| Reply::status(410)).await?, Receiver::start().await?);
    let play: &Desk = &ground.play;
    play.hook(&ground.twin, &old).await?;
    let hook = play.hook(&ground.twin, &gone).await?;
    let hooks = format!("/provisioners/{}/webhooks", ground.twin.id.0);
    let first = play.make(SIMULATE, &json!({})).await?["provisionRequest"].take();
    let failed = play.when(&of(&first, "/attempts/latest"), |attempt| attempt["status"] == "Failed").await?;
    assert_eq!(failed["webhookId"], hook["id"]);
    let latest = format!("{hooks}/latest");
    play.when(&latest, |latest| latest["status"] == "disabled").await?;
    assert_eq!(play.read(&latest).await?["id"], hook["id"], "it is the latest all the same");
    let second = play.make(SIMULATE, &json!({})).await?["provisionRequest"].take();
    ground.app.at_rest().await?;
    let waits = play.read(&of(&second, "/attempts/latest")).await?;
    assert_eq!((&waits["status"], &waits["webhookId"]), (&json!("Issued"), &json!(null)));
    assert!(waits["errorDetail"].as_str().is_some_and(|text| text.contains("no active webhook")), "{waits}");
    let new = Receiver::start().await?;
    play.hook(&ground.twin, &new).await?;
    let arrived = new.arrived(2).await?;
    let ids: Vec<_> = arrived.iter().map(|one| one.json()["provisionRequest"]["id"].clone()).collect();
    assert!(ids.contains(&first["id"]) && ids.contains(&second["id"]), "{ids:?}");
    assert_eq!(play.read(&of(&first, "/attempts")).await?["page"]["totalElements"], 2, "a new attempt");
    assert_eq!(play.read(&of(&second, "/attempts")).await?["page"]["totalElements"], 1);
    assert_eq!([old.arrivals().len(), gone.arrivals().len()], [0, 1]);
    ground.app.drain().await
}

async fn what_no_webhook_has_taken_goes_to_the_new_one(pairing: Pairing) -> Result<()> {
    let ground = Ground::patient(pairing).await?;
    let old = Receiver::answering(|_| Reply::status(500)).await?;
    ground.live.hook(&ground.provisioner, &old).await?;
    let taken = ground.order(None).await?;
    old.arrived(1).await?;
    ground.live.make(&below(&taken, "/attempts"), &json!({})).await?;
    old.arrived(2).await?;
    let corrected = json!({ "details": { "domain": { "value": "other.example" } } });
    ground.live.make(&below(&taken, "/details"), &corrected).await?;
    let new = Receiver::start().await?;
    ground.live.hook(&ground.provisioner, &new).await?;
    let arrived = &new.arrived(1).await?[0];
    assert_eq!(arrived.json()["provisionRequest"]["id"], taken.id.0.to_string());
    assert_eq!(arrived.json()["provisionDetail"]["details"], corrected["details"]);
    let attempts = ground.live.read(&below(&taken, "/attempts")).await?;
    assert_eq!(attempts["page"]["totalElements"], 3);
    for before in &attempts["content"].as_array().context("a list")?[..2] {
        assert_eq!(before["status"], "Failed", "{before}");
    }
    ground.live.when(&below(&taken, "/attempts/latest"), |it| it["status"] == "Acknowledged").await?;
    // What has been taken stays where it is.
    let newest = Receiver::start().await?;
    ground.live.hook(&ground.provisioner, &newest).await?;
    ground.app.at_rest().await?;
    assert_eq!((newest.arrivals().len(), new.arrivals().len()), (0, 1));
    hours_pass(ground).await?;
    assert_eq!(old.arrivals().len(), 2, "the old one is not tried again");
    Ok(())
}

async fn more_orders_than_one_batch_go_to_a_new_webhook(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let work = acting(&ground.app, "acme").await?;
    for _ in 0..1001 {
        vendors::order(&work, new_order(&ground.provisioner, None)).await?;
    }
    work.commit().await?;
    let looked_at = async || Ok((ground.app.open_jobs().await? == 0).then_some(()));
    until("no webhook was found for them", PATIENCE, looked_at).await?;
    let receiver = Receiver::start().await?;
    ground.live.hook(&ground.provisioner, &receiver).await?;
    receiver.arrived(1001).await?;
    ground.app.drain().await
}

async fn a_decided_order_is_not_delivered_again(pairing: Pairing) -> Result<()> {
    let ground = Ground::patient(pairing).await?;
    let receiver = Receiver::answering(|_| Reply::status(500)).await?;
    ground.live.hook(&ground.provisioner, &receiver).await?;
    let request = ground.order(None).await?;
    let latest = below(&request, "/attempts/latest");
    let has_failed = |attempt: &serde_json::Value| attempt["errorDetail"].is_string();
    ground.live.when(&latest, has_failed).await?;
    // A vendor notified by other means responds.
    ground.live.make(&below(&request, "/results"), &json!({ "status": "Success" })).await?;
    let withdrawn = ground.live.when(&latest, |attempt| attempt["status"] == "Failed").await?;
    assert!(withdrawn["errorDetail"].as_str().is_some_and(|text| text.contains("decided")), "{withdrawn}");
    hours_pass(ground).await?;
    assert_eq!(receiver.arrivals().len(), 1);
    Ok(())
}

/// What waits for its time comes to it.
async fn hours_pass(ground: Ground) -> Result<()> {
    ground.app.at_rest().await?;
    ground.app.clock.advance(TimeDelta::hours(2));
    ground.app.drain().await
}

async fn the_limit_retires_the_oldest_of_the_same_provisioner(pairing: Pairing) -> Result<()> {
    let ground = Ground::limited(pairing, 3).await?;
    let hooks = |provisioner: &entities::vendor_provisioner::Model| {
        format!("/provisioners/{}/webhooks", provisioner.id.0)
    };
    let mut made = vec![];
    for number in 0..5 {
        let new = json!({ "url": format!("https://vendor.example/{number}") });
        made.push(ground.play.make(&hooks(&ground.twin), &new).await?["id"].clone());
    }
    // As many of the other side, and of another contract, are none of its business.
    for number in 0..3 {
        let new = json!({ "url": format!("https://vendor.example/{number}") });
        ground.live.make(&hooks(&ground.provisioner), &new).await?;
    }
    let shown = ground.play.read(&hooks(&ground.twin)).await?;
    let ids: Vec<_> = shown["content"].as_array().unwrap().iter().map(|hook| hook["id"].clone()).collect();
    assert_eq!(ids, made[2..]);
    assert_eq!(ground.live.read(&hooks(&ground.provisioner)).await?["page"]["totalElements"], 3);
    let key = ground.app.key(super::VENDOR).await?;
    let partner = ground.caller.with_key(Some(&key));
    partner.hook(&Receiver::start().await?, json!({ "events": ["ticket.created"] })).await?;
    ground.app.drain().await
}

/// It was told `x-shared-secret` when it was registered without a name.
async fn a_webhook_of_before_keeps_its_header(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let receiver = Receiver::start().await?;
    let made = ground.live.hook(&ground.provisioner, &receiver).await?;
    let row = endpoint::ActiveModel {
        id: Set(EndpointId(made["id"].as_str().context("an id")?.parse()?)),
        secret_header: Set(None),
        ..Default::default()
    };
    row.update(ground.app.kernel.db.writer()).await?;
    let latest =
        ground.live.read(&format!("/provisioners/{}/webhooks/latest", ground.provisioner.id.0)).await?;
    assert_eq!(latest["sharedSecret"]["header"], "x-shared-secret");
    ground.order(None).await?;
    let arrived = &receiver.arrived(1).await?[0];
    assert_eq!(arrived.header("x-shared-secret"), made["sharedSecret"]["credential"]);
    ground.app.drain().await
}

//! Webhooks of provisioners.

use super::{Desk, Ground, SIMULATE, VENDOR, below, of};
use crate::app::{Pairing, Receiver, Reply, both};
use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::json;

both!(
    the_credential_is_shown_once,
    a_kept_credential_is_for_its_client,
    orders_wait_for_a_webhook,
    orders_go_to_the_latest_webhook_alone,
    a_webhook_that_is_gone_is_not_told_of_further_orders,
);

async fn the_credential_is_shown_once(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let hooks = format!("/provisioners/{}/webhooks", ground.provisioner.id.0);
    let plain = ground.live.make(&hooks, &json!({ "url": "https://vendor.example/in" })).await?;
    assert_eq!(plain["sharedSecret"]["header"], "x-shared-secret");
    let named = json!({ "url": "https://vendor.example/in", "sharedSecret": { "header": "X-Own" } });
    let named = ground.live.make(&hooks, &named).await?;
    assert_eq!(named["sharedSecret"]["header"], "x-own");
    let secret = named["sharedSecret"]["credential"].as_str().context("a credential")?.to_owned();
    assert!(secret.len() > 40 && named["sharedSecret"]["credential"] != plain["sharedSecret"]["credential"]);
    let one = format!("{hooks}/{}", named["id"].as_str().context("an id")?);
    for path in [hooks.clone(), one.clone(), format!("{hooks}/latest")] {
        let answer = ground.live.get(&path).await?;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.text.contains("whsec_"), "{path}: {}", answer.text);
        assert!(answer.text.contains("x-own") && answer.text.contains("****"), "{path}: {}", answer.text);
    }
    let told = ground.app.events_of("webhook.created").await?;
    assert!(!serde_json::to_string(&told[0].payload)?.contains("whsec_"));
    let gone = ground.live.caller.send(ground.live.request(Method::DELETE, &one)).await?;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    assert_eq!(ground.live.read(&format!("{hooks}/latest")).await?["id"], plain["id"]);
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
    ground.live.when(&latest, |attempt| attempt["status"] == "Delivered").await?;
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

async fn a_webhook_that_is_gone_is_not_told_of_further_orders(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let (gone, other) = (Receiver::answering(|_| Reply::status(410)).await?, Receiver::start().await?);
    let play: &Desk = &ground.play;
    play.hook(&ground.twin, &other).await?;
    let hook = play.hook(&ground.twin, &gone).await?;
    let made = play.make(SIMULATE, &json!({})).await?;
    let request = &made["provisionRequest"];
    let latest = of(request, "/attempts/latest");
    let failed = play.when(&latest, |attempt| attempt["status"] == "Failed").await?;
    assert_eq!(failed["webhookId"], hook["id"]);
    let one =
        format!("/provisioners/{}/webhooks/{}", ground.twin.id.0, hook["id"].as_str().context("an id")?);
    play.when(&one, |hook| hook["status"] == "disabled").await?;
    play.make(&of(request, "/attempts"), &json!({})).await?;
    assert_eq!(other.arrived(1).await?[0].json()["provisionRequest"]["id"], request["id"]);
    ground.app.drain().await
}

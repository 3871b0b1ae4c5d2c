//! A replaced webhook is never used again.

use super::{Desk, Ground, SIMULATE, below, of};
use crate::app::{Pairing, Receiver, Reply, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::{endpoint, ids::EndpointId};
use isp::vendors::VendorScope;
use kernel::{UnitOfWork, events::Actor};
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

both!(
    after_the_latest_is_deleted_orders_wait_for_a_new_one,
    what_was_on_its_way_goes_to_the_next_webhook,
    the_list_says_which_webhook_is_in_use,
    a_replaced_webhook_cannot_be_resumed,
);

async fn delete(desk: &Desk, hooks: &str, hook: &Value) -> Result<()> {
    let path = format!("{hooks}/{}", hook["id"].as_str().context("an id")?);
    let answer = desk.caller.send(desk.request(Method::DELETE, &path)).await?;
    assert_eq!(answer.status, 204, "{answer:?}");
    Ok(())
}

async fn after_the_latest_is_deleted_orders_wait_for_a_new_one(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let [a, b, c] = [Receiver::start().await?, Receiver::start().await?, Receiver::start().await?];
    let play: &Desk = &ground.play;
    let hooks = format!("/provisioners/{}/webhooks", ground.twin.id.0);
    play.hook(&ground.twin, &a).await?;
    let latest = play.hook(&ground.twin, &b).await?;
    let taken = play.make(SIMULATE, &json!({})).await?["provisionRequest"].take();
    b.arrived(1).await?;
    play.when(&of(&taken, "/attempts/latest"), |attempt| attempt["status"] == "Acknowledged").await?;
    delete(play, &hooks, &latest).await?;
    assert_eq!(play.get(&format!("{hooks}/latest")).await?.status, 404);
    let order = play.make(SIMULATE, &json!({})).await?["provisionRequest"].take();
    ground.app.at_rest().await?;
    let waits = play.read(&of(&order, "/attempts/latest")).await?;
    assert_eq!((&waits["status"], &waits["webhookId"]), (&json!("Issued"), &json!(null)));
    assert!(waits["errorDetail"].as_str().is_some_and(|text| text.contains("no active webhook")), "{waits}");
    let new = play.hook(&ground.twin, &c).await?;
    let arrived = &c.arrived(1).await?[0];
    assert_eq!(arrived.json()["provisionRequest"]["id"], order["id"]);
    assert_eq!(arrived.header("x-vendor-secret"), new["sharedSecret"]["credential"]);
    let given = play.when(&of(&order, "/attempts/latest"), |it| it["status"] == "Acknowledged").await?;
    assert_eq!(given["webhookId"], new["id"]);
    ground.app.at_rest().await?;
    assert_eq!([a.arrivals().len(), b.arrivals().len(), c.arrivals().len()], [0, 1, 1]);
    ground.app.drain().await
}

async fn what_was_on_its_way_goes_to_the_next_webhook(pairing: Pairing) -> Result<()> {
    let ground = Ground::patient(pairing).await?;
    let old = Receiver::answering(|_| Reply::status(500)).await?;
    let hook = ground.live.hook(&ground.provisioner, &old).await?;
    let order = ground.order(None).await?;
    let latest = below(&order, "/attempts/latest");
    ground.live.when(&latest, |attempt| attempt["errorDetail"].is_string()).await?;
    delete(&ground.live, &format!("/provisioners/{}/webhooks", ground.provisioner.id.0), &hook).await?;
    let ended = ground.live.read(&latest).await?;
    let why = json!("the webhook was deleted");
    assert_eq!((&ended["status"], &ended["errorDetail"]), (&json!("Failed"), &why));
    // What the deleted webhook leaves behind is gone before there is another one.
    ground.app.at_rest().await?;
    ground.sweep().await?;
    assert_eq!(ground.live.read(&latest).await?["errorDetail"], why);
    let new = Receiver::start().await?;
    let hook = ground.live.hook(&ground.provisioner, &new).await?;
    let arrived = &new.arrived(1).await?[0];
    assert_eq!(arrived.json()["provisionRequest"]["id"], order.id.0.to_string());
    assert_eq!(arrived.header("x-vendor-secret"), hook["sharedSecret"]["credential"]);
    ground.live.when(&latest, |attempt| attempt["status"] == "Acknowledged").await?;
    assert_eq!(ground.live.read(&below(&order, "/attempts")).await?["page"]["totalElements"], 2);
    ground.app.at_rest().await?;
    assert_eq!(old.arrivals().len(), 1);
    // The job that was to try the deleted webhook again comes to its time.
    ground.app.clock.advance(TimeDelta::hours(2));
    ground.app.drain().await
}

async fn the_list_says_which_webhook_is_in_use(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let receiver = Receiver::start().await?;
    for provisioner in [&ground.provisioner, &ground.provisioner] {
        ground.live.hook(provisioner, &receiver).await?;
    }
    // The other side's is no business of these.
    ground.play.hook(&ground.twin, &receiver).await?;
    let hooks = format!("/provisioners/{}/webhooks", ground.provisioner.id.0);
    let listed = ground.live.read(&hooks).await?;
    let states: Vec<_> =
        listed["content"].as_array().context("a list")?.iter().map(|it| &it["status"]).collect();
    assert_eq!(states, ["replaced", "active"]);
    assert_eq!(ground.live.read(&format!("{hooks}/latest")).await?["status"], "active");
    ground.app.drain().await
}

async fn a_replaced_webhook_cannot_be_resumed(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let receiver = Receiver::start().await?;
    let first = ground.live.hook(&ground.provisioner, &receiver).await?;
    ground.live.hook(&ground.provisioner, &receiver).await?;
    let side = VendorScope { vendor: ground.provisioner.organization_id, sandbox: false };
    let work = UnitOfWork::new(ground.app.kernel.clone(), Actor::system(side.vendor));
    let id = EndpointId(first["id"].as_str().context("an id")?.parse()?);
    let refused = webhooks::resume(&work, "vendor", id).await.unwrap_err();
    assert!(refused.to_string().contains("another webhook was registered"), "{refused}");
    drop(work);
    let kept = endpoint::Entity::find_by_id(id).one(ground.app.kernel.db.reader()).await?.context("none")?;
    assert_eq!(kept.status, endpoint::EndpointStatus::Disabled);
    ground.app.drain().await
}

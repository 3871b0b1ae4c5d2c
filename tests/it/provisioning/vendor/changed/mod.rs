//! Changes of a service provided by a vendor.

mod meanwhile;

use super::fixtures::{Vendor, done};
use crate::{
    app::{PATIENCE, Pairing, both},
    provisioning::{Ground, Subscribed},
};
use anyhow::{Context, Result, ensure};
use entities::{
    job::{self, JobState},
    network_service,
    subscription::SubscriptionStatus,
    vendor_request::{RequestState::*, RequestType::*},
};
use harness::until;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

both!(
    another_tier_is_another_product,
    an_upgrade_that_the_vendor_refuses_leaves_what_was_there,
    a_suspension_is_an_update,
    who_takes_no_suspensions_is_not_asked_for_any,
    who_is_resumed_before_the_vendor_has_answered_is_not_suspended,
    a_disconnect_takes_it_away,
    a_disconnect_that_the_vendor_refuses_gives_nothing_back,
);

async fn change(ground: &Ground, of: Subscribed, what: &str, body: Value) -> Result<()> {
    let answer = ground.caller.post(&format!("/api/v1/subscriptions/{}/{what}", of.id), &body).await?;
    ensure!(answer.status == 200, "{answer:?}");
    Ok(())
}

async fn upgrade(ground: &Ground, of: Subscribed) -> Result<()> {
    change(ground, of, "upgrade", json!({ "newTier": "RESIDENTIAL_1G" })).await
}

/// The last request of the customer, once it has ended.
async fn ended(ground: &Ground, of: Subscribed) -> Result<Value> {
    ground.ended(&latest(ground, of).await?).await
}

/// Where the last request of the customer is.
async fn latest(ground: &Ground, of: Subscribed) -> Result<String> {
    let all = ground.caller.get(&format!("/api/v1/provisioning?customerId={}", of.customer)).await?.json();
    let last = all["data"].as_array().and_then(|all| all.last()).context("a request")?;
    Ok(format!("/api/v1/provisioning/{}", last["id"].as_str().context("an id")?))
}

async fn service(ground: &Ground, of: Subscribed) -> Result<network_service::Model> {
    let found = network_service::Entity::find_by_id(of.id).one(ground.kernel.db.reader()).await?;
    found.context("the service")
}

/// Once no suspension or resumption is under way.
async fn followed(ground: &Ground) -> Result<Vec<job::Model>> {
    until("the vendor has followed", PATIENCE, async || {
        let jobs = job::Entity::find().filter(job::Column::Kind.eq("network_sync"));
        let jobs = jobs.all(ground.kernel.db.reader()).await?;
        Ok(jobs.iter().all(|job| job.state.is_final()).then_some(jobs))
    })
    .await
}

async fn another_tier_is_another_product(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    upgrade(&ground, of).await?;
    let order = vendor.does(of, ChangeProduct).await?;
    assert_eq!(ended(&ground, of).await?["status"], "COMPLETED");
    let first = vendor.orders(of).await?.remove(0);
    assert_eq!(order.body.old_product_id, first.body.product_id);
    assert_ne!(order.body.product_id, first.body.product_id);
    let made = service(&ground, of).await?;
    assert_eq!((ground.code(made.plan_id).await?.as_str(), made.download_mbps), ("RESIDENTIAL_1G", 1000));
    app.drain().await
}

async fn an_upgrade_that_the_vendor_refuses_leaves_what_was_there(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    upgrade(&ground, of).await?;
    let order = vendor.waits(of, ChangeProduct).await?;
    vendor.fails(&order, "too fast for that cable").await?;
    let request = ended(&ground, of).await?;
    let why = "Failed: the vendor did not fulfil it within 72 h: too fast for that cable";
    assert_eq!((&request["status"], &request["notes"]), (&json!("FAILED"), &json!(why)));
    assert_eq!(ground.code(service(&ground, of).await?.plan_id).await?, "RESIDENTIAL_500");
    assert_eq!(vendor.told(of).await?, [(NetNew, Succeeded), (ChangeProduct, Failed)], "and nothing to undo");
    assert_eq!(ground.addresses_taken().await?, 2);
    app.drain().await
}

async fn a_suspension_is_an_update(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    for (what, cut) in [("suspend", true), ("resume", false)] {
        change(&ground, of, what, json!({})).await?;
        let order = vendor.does(of, Update).await?;
        followed(&ground).await?;
        assert_eq!(service(&ground, of).await?.suspended, cut);
        assert_eq!(vendor.waiting_job(&order).await?.kind, "network_sync");
        let details = vendor.details(&order).await?;
        assert_eq!(details[what], json!({ "before": !cut, "after": cut }), "{details}");
        assert_eq!(details.as_object().map(serde_json::Map::len), Some(2), "and the service: {details}");
    }
    // One that the vendor refuses is not an answer to the next.
    change(&ground, of, "suspend", json!({})).await?;
    let order = vendor.waits(of, Update).await?;
    vendor.fails(&order, "not on a Sunday").await?;
    let jobs = followed(&ground).await?;
    let says = |job: &job::Model| {
        job.last_error.as_deref().is_some_and(|error| error.ends_with(": not on a Sunday"))
    };
    assert!(jobs.iter().any(says), "{jobs:?}");
    change(&ground, of, "resume", json!({})).await?;
    followed(&ground).await?;
    assert_eq!(vendor.orders(of).await?.len(), 4, "it was never suspended");
    change(&ground, of, "suspend", json!({})).await?;
    vendor.does(of, Update).await?;
    followed(&ground).await?;
    assert!(service(&ground, of).await?.suspended);
    app.drain().await
}

/// Such a vendor would answer `Success` to an `Update` in which nothing differs, and suspend nothing.
async fn who_takes_no_suspensions_is_not_asked_for_any(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    // One that was suspended while the vendor took them is resumed there all the same.
    change(&ground, of, "suspend", json!({})).await?;
    vendor.does(of, Update).await?;
    followed(&ground).await?;
    vendor.takes_suspensions(false).await?;
    change(&ground, of, "resume", json!({})).await?;
    vendor.does(of, Update).await?;
    followed(&ground).await?;
    assert!(!service(&ground, of).await?.suspended);
    for (what, cut) in [("suspend", true), ("resume", false)] {
        change(&ground, of, what, json!({})).await?;
        let jobs = followed(&ground).await?;
        assert!(jobs.iter().all(|job| job.state == JobState::Succeeded), "{jobs:?}");
        assert_eq!(service(&ground, of).await?.suspended, cut);
    }
    // Nor is the end of a request held up that begins meanwhile.
    upgrade(&ground, of).await?;
    vendor.waits(of, ChangeProduct).await?;
    change(&ground, of, "suspend", json!({})).await?;
    let order = vendor.does(of, ChangeProduct).await?;
    assert_eq!(ended(&ground, of).await?["status"], "COMPLETED");
    let details = vendor.details(&order).await?;
    assert_eq!(details["service"]["suspended"], false, "{details}");
    followed(&ground).await?;
    assert_eq!(vendor.orders(of).await?.len(), 4, "an installation, two updates, and the upgrade");
    app.drain().await
}

async fn who_is_resumed_before_the_vendor_has_answered_is_not_suspended(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    change(&ground, of, "suspend", json!({})).await?;
    let first = vendor.waits(of, Update).await?;
    change(&ground, of, "resume", json!({})).await?;
    vendor.given_up(&first).await?;
    let second = vendor.waits(of, Update).await?;
    assert_eq!(vendor.orders(of).await?.len(), 3, "two jobs do not go on giving up each other's orders");
    vendor.is_refused(&first, done()).await?;
    vendor.answer(&second, done()).await?;
    let jobs = followed(&ground).await?;
    assert!(jobs.iter().all(|job| job.attempt <= 3), "{jobs:?}");
    assert!(!service(&ground, of).await?.suspended);
    assert_eq!(vendor.told(of).await?, [(NetNew, Succeeded), (Update, Failed), (Update, Succeeded)]);
    app.drain().await
}

async fn a_disconnect_takes_it_away(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    let path = ground.open(of, "DISCONNECT", json!({})).await?;
    vendor.does(of, Deprovision).await?;
    assert_eq!(ground.ended(&path).await?["status"], "COMPLETED");
    assert_eq!(ground.subscription(of).await?.status, SubscriptionStatus::Cancelled);
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (0, 0));
    app.drain().await
}

async fn a_disconnect_that_the_vendor_refuses_gives_nothing_back(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    let path = ground.open(of, "DISCONNECT", json!({})).await?;
    let order = vendor.waits(of, Deprovision).await?;
    vendor.fails(&order, "there is a contract").await?;
    let request = ground.ended(&path).await?;
    let why = "Failed: the vendor did not fulfil it within 72 h: there is a contract";
    assert_eq!((&request["status"], &request["notes"]), (&json!("FAILED"), &json!(why)));
    assert_eq!(ground.subscription(of).await?.status, SubscriptionStatus::Active);
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2, 1));
    let path = ground.open(of, "DISCONNECT", json!({})).await?;
    vendor.does(of, Deprovision).await?;
    assert_eq!(ground.ended(&path).await?["status"], "COMPLETED");
    app.drain().await
}
